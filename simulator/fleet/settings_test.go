package fleet_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"kioskd/flows"
)

func TestSettings(t *testing.T) {
	w := newWorld(t)
	state := t.TempDir()
	c := w.dial("k001", state)
	heard := make(chan flows.Rules, 16)
	c.OnRules(func(r flows.Rules) { heard <- r })
	w.eventually("the first revision", func() bool { return c.Rules().Revision == 1 })
	first := c.Rules()
	if first.Hours["inagi"] != (flows.Hours{From: 6*time.Hour + 30*time.Minute, To: 23 * time.Hour}) ||
		len(first.Closed) != 1 || first.Closed[0].From.String() != "12-29" || first.Closed[0].To.String() != "01-03" ||
		len(first.Offers) != 2 {
		t.Errorf("first settings: %+v", first)
	}
	for key, value := range map[string]string{
		"hours.inagi": "07:00-21:30", "closed": "12-28..01-05", "offers": "certificate", "notice.ja": "お知らせ",
		"maintenance": "2026-11-25T00:00:00+09:00..2026-11-25T04:00:00+09:00", "version.minimum": "7", "tariff.inagi": "150",
	} {
		if err := w.office.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	w.eventually("the eighth revision", func() bool { return c.Rules().Revision == 8 })
	r := c.Rules()
	if r.Hours["inagi"].To != 21*time.Hour+30*time.Minute || r.Closed[0].From.Day != 28 || len(r.Offers) != 1 ||
		r.Notice["ja"] != "お知らせ" || len(r.Maintenance) != 1 || r.VersionMinimum != 7 {
		t.Errorf("settings: %+v", r)
	}
	for key, value := range map[string]string{
		"hours.inagi": "9-5", "hours.atlantis": "06:30-23:00", "tariff.inagi": "-10", "tariff.": "200", "closed": "12-29",
		"maintenance": "today", "offers": "coffee", "notice.fr": "bonjour", "version.minimum": "new", "weather": "fine",
	} {
		if err := w.office.Set(key, value); err == nil {
			t.Errorf("%s=%s was taken", key, value)
		}
	}
	// Set while the office is away, heard when it is back.
	w.office.Away()
	if err := w.office.Set("notice.en", "News"); err != nil {
		t.Fatal(err)
	}
	if err := w.office.Back(); err != nil {
		t.Fatal(err)
	}
	w.eventually("the ninth revision", func() bool { return c.Rules().Notice["en"] == "News" })
	// A kiosk that starts while the office is away has those of last time.
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	w.office.Away()
	late := w.dial("k001", state)
	if late.Rules().Revision != 9 || late.Reachable() {
		t.Errorf("without the office: revision %d, reachable %v", late.Rules().Revision, late.Reachable())
	}
	if err := late.Close(); err != nil {
		t.Fatal(err)
	}
	// Kept settings that somebody has edited are no settings.
	file := filepath.Join(state, "settings.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := w.dial("k001", state).Rules(); r.Revision != 0 {
		t.Errorf("edited settings are in force: %+v", r)
	}
}

// TestTariff: dated fees, and a fee that stays as offered until the visit ends.
func TestTariff(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	if err := w.office.Set("tariff.inagi", "300@2026-11-24T12:00:00+09:00"); err != nil {
		t.Fatal(err)
	}
	s := w.login(c, "adult")
	r := w.choose(s, flows.ScopeSelf)
	if r.Fee != 400 {
		t.Errorf("fee before noon: %d for two", r.Fee)
	}
	if err := w.office.Set("tariff.inagi", "250"); err != nil {
		t.Fatal(err)
	}
	doc, err := s.Order(t.Context(), r, nil)
	doc.Wipe()
	if err != nil {
		t.Errorf("the fee was frozen: %v", err)
	}
	if fee := w.choose(w.login(c, "adult"), flows.ScopeSelf).Fee; fee != 500 {
		t.Errorf("fee of the next customer: %d for two", fee)
	}
	if fee := w.choose(w.login(c, "other-town"), flows.ScopeSelf).Fee; fee != 600 {
		t.Errorf("fee of the other town: %d for two", fee)
	}
}
