package soak_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"kioskd/flows"
	"kioskd/simulator/card"
)

// The exchanges of the write: challenge, the issuer's answer, a question for the
// tries, the new password, and its proof.
const writeExchanges = 5

// aftermath is what is left when everything is over, and has been told.
type aftermath struct {
	page    string // the last of the reset's results that was shown; "" for none
	card    string // old or new: the password that works
	events  []string
	booking string
	slips   []string
}

// visit plays one reset, with what goes wrong in it, and a start after a power
// cut.
func (k *kiosk) visit(s *strike) aftermath {
	k.t.Helper()
	if err := k.office.Phone("adult", "book"); err != nil {
		k.t.Fatal(err)
	}
	k.strike = s
	err := k.counter.Serve(k.t.Context())
	cut := k.alive() != nil
	if cut != (s != nil && s.what == "power") {
		k.t.Fatalf("%v: power cut is %v after %q, %v\n%s", s, cut, k.pages, err, k.log.String())
	}
	if !cut && err != nil {
		k.t.Fatalf("%v: %v\n%s", s, err, k.log.String())
	}
	k.strike = nil
	if cut {
		k.powerOn()
		if err := k.counter.Recover(); err != nil {
			k.t.Fatal(err)
		}
		if err := k.counter.Report(k.t.Context()); err != nil {
			k.t.Fatal(err)
		}
	}
	k.reader.Take()
	return k.look()
}

func (k *kiosk) look() aftermath {
	k.t.Helper()
	a := aftermath{card: "?", booking: k.office.Booking("adult"), slips: k.slips}
	for _, p := range k.pages {
		if strings.HasPrefix(p, "reset-") && p != flows.PageResetAbout {
			a.page = p
		}
	}
	switch {
	case k.card.Works(newPassword):
		a.card = "new"
	case k.card.Tries(card.Password) == 0:
		a.card = "old" // it was blocked, and still is
	}
	report, err := k.journal.Report()
	if err != nil {
		k.t.Fatal(err)
	}
	for _, e := range report.Events {
		if strings.HasPrefix(e.Kind, "reset-") {
			a.events = append(a.events, strings.TrimPrefix(e.Kind, "reset-"))
		}
	}
	return a
}

func (a aftermath) has(event string) bool { return slices.Contains(a.events, event) }

// honest says what of I8 does not hold; nothing, for a kiosk that tells the
// truth.
func (a aftermath) honest() []string {
	var wrong []string
	must := func(holds bool, what string) {
		if !holds {
			wrong = append(wrong, what)
		}
	}
	proved := a.has("proved")
	must((a.booking == "used") == proved, "a booking is spent by the proof and by nothing else")
	must(a.card == "new" || !proved, "proved, and the card has another password")
	must(a.card != "?", "the card has neither password")
	must(a.page != flows.PageResetDone || proved, "done without a proof")
	must(a.page != flows.PageResetUnchanged || a.card == "old", "not changed, and the card has the new password")
	must((a.page == flows.PageResetUnknown) == (len(a.slips) > 0), "a slip for what is unknown, and for nothing else")
	must(a.card != "new" || proved || a.booking == "unresolved", "new without a proof, and the customer cannot come again")
	outcomes := 0
	for _, o := range []string{"proved", "unchanged", "unknown"} {
		if a.has(o) {
			outcomes++
		}
	}
	must(a.has("intent") == (outcomes == 1), "an intent has one outcome")
	must(a.has("reported") == (outcomes == 1), "the office has heard of it")
	must(a.has("intent") || a.card == "old", "the card was set without an intent")
	must(a.booking != "started" || !a.has("intent"), "the booking is still held")
	return wrong
}

// TestEveryMomentOfTheWrite pulls the card, and cuts the power, at every exchange
// with the card and every commit of the journal, one run each: what screen, card,
// journal and office say afterwards agrees (I8, I10).
func TestEveryMomentOfTheWrite(t *testing.T) {
	w := newTown(t)
	var strikes []*strike
	for n := 1; n <= writeExchanges; n++ {
		for _, when := range []string{"before", "unheard", "after"} {
			strikes = append(strikes, &strike{what: "pulled", when: when, exchange: n})
		}
		for _, when := range []string{"before", "after"} {
			strikes = append(strikes, &strike{what: "power", when: when, exchange: n})
		}
	}
	for _, kind := range []string{flows.ResetIntent, flows.ResetProved, flows.ResetReported, flows.VisitEnded} {
		for _, when := range []string{"before", "after"} {
			strikes = append(strikes, &strike{what: "power", when: when, kind: kind})
		}
	}
	var table bytes.Buffer
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		if _, err := fmt.Fprintln(tw, strings.Join(cells, "\t")); err != nil {
			t.Fatal(err)
		}
	}
	row("what goes wrong", "screen", "card has", "journal", "booking")
	for _, s := range append([]*strike{nil}, strikes...) {
		k := w.kiosk(t, "adult", flows.ErrandReset)
		a := k.visit(s)
		name := "nothing"
		if s != nil {
			name = s.String()
		}
		row(name, a.page, a.card+" password", strings.Join(a.events, " "), a.booking)
		for _, wrong := range a.honest() {
			t.Errorf("%s: %s: %+v", name, wrong, a)
		}
		if s == nil && (a.booking != "used" || a.page != flows.PageResetDone || k.write != writeExchanges) {
			t.Errorf("nothing goes wrong, and %+v after %d exchanges", a, k.write)
		}
		wantNoTrace(t, k)
		wantNoWayToThePIN(t, k)
		if k.accepted != 0 {
			t.Errorf("%s: coins were let in", name)
		}
	}
	if err := tw.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", table.String())
}

// TestUnknownMayComeAgain: after an unknown outcome the same booking sets the
// password once more, and is spent then.
func TestUnknownMayComeAgain(t *testing.T) {
	w := newTown(t)
	k := w.kiosk(t, "adult", flows.ErrandReset)
	if a := k.visit(&strike{what: "pulled", when: "unheard", exchange: 4}); a.booking != "unresolved" {
		t.Fatalf("after an answer that was lost: %+v", a)
	}
	k.pages, k.slips, k.write = nil, nil, 0
	if err := k.counter.Serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := k.look(); a.booking != "used" || a.page != flows.PageResetDone || a.card != "new" {
		t.Errorf("the second time: %+v", a)
	}
}

// TestNoWayToThePIN: whatever the errand and however it goes, nothing but VERIFY
// and the question for its tries ever has to do with the 4-digit PIN.
func TestNoWayToThePIN(t *testing.T) {
	w := newTown(t)
	for _, errand := range []string{flows.ErrandReset, flows.ErrandCertificate} {
		for _, pin := range []string{rightPIN, "9999"} {
			if err := w.office.Phone("adult", "book"); err != nil {
				t.Fatal(err)
			}
			k := w.kiosk(t, "adult", errand)
			k.pin = pin
			if err := k.counter.Serve(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(k.sent) < 5 {
				t.Fatalf("%s: only %d exchanges", errand, len(k.sent))
			}
			wantNoWayToThePIN(t, k)
			if got, want := k.card.Tries(card.PIN), map[string]int{rightPIN: card.PINTriesMax, "9999": 1}[pin]; got != want {
				t.Errorf("%s with PIN %s: %d tries left, want %d", errand, pin, got, want)
			}
		}
	}
}

func wantNoWayToThePIN(t *testing.T, k *kiosk) {
	t.Helper()
	selected := uint16(0)
	for _, c := range k.sent {
		ins := c[1]
		switch {
		case ins == 0xA4 && c[2] == 0x02:
			selected = uint16(c[5])<<8 | uint16(c[6])
			continue
		case ins == 0xA4:
			selected = 0
			continue
		case ins == 0x20, ins == 0x84, ins == 0x82: // VERIFY; and what acts on no file
			continue
		}
		named := ins != 0xB0 && c[3] == 0x98
		if named || selected == 0x0018 {
			t.Errorf("%X has to do with the 4-digit PIN", c[:4])
		}
		if ins == 0x2C && c[3] != 0x9B && selected != 0x001B {
			t.Errorf("%X unblocks another file than 001B", c[:4])
		}
	}
}

// wantNoTrace looks for the password in everything that was kept or said.
func wantNoTrace(t *testing.T, k *kiosk) {
	t.Helper()
	w := k.town
	w.mu.Lock()
	said := map[string][]byte{"messages": bytes.Clone(w.passed.Bytes()), "log": k.log.Bytes(), "slips": []byte(strings.Join(k.slips, "\n"))}
	w.mu.Unlock()
	files, err := filepath.Glob(filepath.Join(k.dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if said[filepath.Base(f)], err = os.ReadFile(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	for _, form := range []string{
		newPassword, hex.EncodeToString([]byte(newPassword)), strings.ToUpper(hex.EncodeToString([]byte(newPassword))),
		base64.StdEncoding.EncodeToString([]byte(newPassword)),
	} {
		for where, b := range said {
			if bytes.Contains(b, []byte(form)) {
				t.Errorf("the password is in the %s", where)
			}
		}
	}
}
