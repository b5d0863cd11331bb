package fleet_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// races is how often two kiosks race: in make test, and in make test-long.
func races() int {
	if os.Getenv("KIOSKD_LONG") != "" {
		return 1000
	}
	return 20
}

// TestTwoKiosksRaceForOneBooking: of two starts at once exactly one is made,
// only that one is authorised, and once it is proved there is no second.
func TestTwoKiosksRaceForOneBooking(t *testing.T) {
	w := newWorld(t)
	a, b := w.kiosk("k001"), w.kiosk("k002")
	challenge := bytes.Repeat([]byte{7}, 16)
	for n := range races() {
		if err := w.office.Phone("adult", "book"); err != nil {
			t.Fatal(err)
		}
		sessions := []flows.Session{w.login(a, "adult"), w.login(b, "adult")}
		visits := []string{protocol.NewID(), protocol.NewID()}
		errs := make([]error, 2)
		var race sync.WaitGroup
		for i := range sessions {
			race.Go(func() { errs[i] = sessions[i].BeginReset(t.Context(), visits[i]) })
		}
		race.Wait()
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		loser := 1 - winner
		var refused *flows.Refused
		if errs[winner] != nil || !errors.As(errs[loser], &refused) || refused.Code != "booking-wait" {
			t.Fatalf("race %d: %v", n, errs)
		}
		if _, err := sessions[loser].AuthoriseReset(t.Context(), visits[loser], challenge); err == nil {
			t.Fatalf("race %d: the loser is authorised", n)
		}
		if _, err := sessions[loser].AuthoriseReset(t.Context(), visits[winner], challenge); err == nil {
			t.Fatalf("race %d: the loser is authorised for the winner's start", n)
		}
		if c, err := sessions[winner].AuthoriseReset(t.Context(), visits[winner], challenge); err != nil || len(c) != 16 {
			t.Fatalf("race %d: the winner is not authorised: %v", n, err)
		}
		clients := []interface {
			ReportReset(ctx context.Context, visit string, outcome flows.ResetOutcome) error
		}{a, b}
		// The loser's word about the winner's start is nobody's.
		if err := clients[loser].ReportReset(t.Context(), visits[winner], flows.OutcomeProved); err != nil {
			t.Fatal(err)
		}
		if got := w.office.Booking("adult"); got != "started" {
			t.Fatalf("race %d: the booking is %s", n, got)
		}
		if err := clients[winner].ReportReset(t.Context(), visits[winner], flows.OutcomeProved); err != nil {
			t.Fatal(err)
		}
		if got := w.office.Booking("adult"); got != "used" {
			t.Fatalf("race %d: the booking is %s after the proof", n, got)
		}
		if err := sessions[loser].BeginReset(t.Context(), protocol.NewID()); !errors.As(err, &refused) || refused.Code != "booking-used" {
			t.Fatalf("race %d: a second start: %v", n, err)
		}
		for _, s := range sessions {
			s.Close()
		}
	}
	t.Logf("%d races, one winner each", races())
}

// TestResetRequestsMayBeRepeated: what was answered once is answered the same,
// and an outcome may be told as often as one likes.
func TestResetRequestsMayBeRepeated(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	if err := w.office.Phone("elderly", "book"); err != nil {
		t.Fatal(err)
	}
	if err := w.office.Lie("twice"); err != nil { // each answer comes twice
		t.Fatal(err)
	}
	s := w.login(c, "elderly")
	visit := protocol.NewID()
	if err := s.BeginReset(t.Context(), visit); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := c.ReportReset(t.Context(), visit, flows.OutcomeUnknown); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.office.Booking("elderly"); got != "unresolved" {
		t.Errorf("the booking is %s", got)
	}
	if err := c.ReportReset(t.Context(), protocol.NewID(), flows.OutcomeProved); err != nil {
		t.Errorf("a visit that started nothing: %v", err)
	}
	// Before the proof of the card nothing is asked.
	stranger, _ := w.begin(c, "elderly")
	if err := stranger.BeginReset(t.Context(), protocol.NewID()); !errors.Is(err, protocol.ErrTooEarly) {
		t.Errorf("without a login: %v", err)
	}
}
