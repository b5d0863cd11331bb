package fleet_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

func TestVisit(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	s, signature := w.begin(c, "head")
	town, err := s.Prove(t.Context(), signature)
	if err != nil {
		t.Fatal(err)
	}
	if town.ID != "inagi" || town.Contact.Municipality != "稲城市" || town.Contact.Phone == "" {
		t.Errorf("municipality = %+v", town)
	}
	if again, err := s.Prove(t.Context(), signature); err != nil || again != town {
		t.Errorf("proved again: %+v, %v", again, err)
	}
	offer, err := s.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if offer.Fee != 200 || offer.CopiesMax != 5 || offer.Alone || len(offer.Members) != 4 {
		t.Errorf("offer = %+v", offer)
	}
	r := flows.Request{ID: protocol.NewID(), Scope: flows.ScopeAll, Items: []string{"my-number"}, Copies: 2, Fee: 400}
	var told []int
	doc, err := s.Order(t.Context(), r, func(sheet, of int) { told = append(told, sheet, of) })
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Wipe()
	if len(doc.Sheets) != 1 || fmt.Sprint(told) != "[1 1]" {
		t.Errorf("%d sheets, told %v", len(doc.Sheets), told)
	}
	text, ok := w.office.SheetText(sha256.Sum256(doc.Sheets[0].Raster))
	if !ok || !strings.Contains(text, "住民票") {
		t.Errorf("text of the sheet = %q, %v", text, ok)
	}
	// Asked again under the same id, it is the same document.
	twin, err := s.Order(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if twin.Issue != doc.Issue || w.office.Audit().Documents != 1 {
		t.Errorf("asked twice: issues %s and %s, %d documents", doc.Issue, twin.Issue, w.office.Audit().Documents)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	for _, tc := range []struct{ resident, login, offer, order string }{
		{resident: "adult"},
		{resident: "revoked", login: "revoked"},
		{resident: "card-stopped", login: "card-stopped"},
		{resident: "child", offer: "under-15"},
		{resident: "overseas", offer: "overseas"},
		{resident: "protected", offer: "at-the-counter"},
		{resident: "too-big", order: "sheet-limit"},
	} {
		t.Run(tc.resident, func(t *testing.T) {
			var refused *flows.Refused
			is := func(err error, want string) bool {
				refused = nil
				if want == "" {
					return err == nil
				}
				return errors.As(err, &refused) && refused.Code == want
			}
			s, signature := w.begin(c, tc.resident)
			if _, err := s.Prove(t.Context(), signature); !is(err, tc.login) {
				t.Fatalf("prove: %v, want %q", err, tc.login)
			}
			if tc.login != "" {
				return
			}
			o, err := s.Offer(t.Context())
			if !is(err, tc.offer) {
				t.Fatalf("offer: %v, want %q", err, tc.offer)
			}
			if tc.offer != "" {
				return
			}
			r := flows.Request{ID: protocol.NewID(), Scope: flows.ScopeAll, Copies: 1, Fee: o.Fee}
			if o.Alone {
				r.Scope = flows.ScopeSelf
			}
			doc, err := s.Order(t.Context(), r, nil)
			doc.Wipe()
			if !is(err, tc.order) {
				t.Fatalf("order: %v, want %q", err, tc.order)
			}
		})
	}
}

// TestReissue: the old card is revoked, the new one comes in.
func TestReissue(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	s, signature := w.begin(c, "adult")
	if err := w.office.Reissue("adult"); err != nil {
		t.Fatal(err)
	}
	var refused *flows.Refused
	if _, err := s.Prove(t.Context(), signature); !errors.As(err, &refused) || refused.Code != "revoked" {
		t.Errorf("old card: %v, want revoked", err)
	}
	w.login(c, "adult")
}

func TestAwayAndBack(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	heard := make(chan bool, 8)
	c.OnReachable(func(up bool) { heard <- up })
	if !<-heard {
		t.Error("first told: not reachable")
	}
	if err := c.PublishJournal(t.Context(), 1, "j1", events(1, 2)); err != nil {
		t.Fatal(err)
	}
	w.office.Away()
	if <-heard || c.Reachable() {
		t.Error("reachable while the office is away")
	}
	spec, err := w.office.CardSpec("adult")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Begin(ctx, spec.UserCert); !errors.Is(err, flows.ErrOfficeAway) {
		t.Errorf("begin: %v, want an office away", err)
	}
	if err := c.PublishJournal(t.Context(), 3, "j1", events(3, 3)); !errors.Is(err, flows.ErrOfficeAway) {
		t.Errorf("journal: %v, want an office away", err)
	}
	if err := w.office.Back(); err != nil {
		t.Fatal(err)
	}
	if !<-heard {
		t.Error("not reachable when the office is back")
	}
	w.login(c, "adult")
	if id, last, _, err := c.LastJournal(t.Context()); err != nil || id != "j1" || last != 2 {
		t.Errorf("last of the journal: %q %d %v, want j1 2", id, last, err)
	}
	if got := w.office.Events("k001"); len(got) != 2 {
		t.Errorf("%d events after the outage, want 2", len(got))
	}
}
