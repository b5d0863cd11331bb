package fleet_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/flows"
)

// TestLies: I1. A faulty office is found out before any money is asked for.
func TestLies(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	honest := w.login(c, "head")
	doc, err := honest.Order(t.Context(), w.choose(honest, flows.ScopeAll), nil)
	doc.Wipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ lie, why string }{
		{"other-session", "does not open"},
		{"other-resident", "another card"},
		{"page-swap", "is not the one that the manifest names"},
		{"bad-manifest", "not signed by a known key"},
		{"replay", "another order"},
		{"stale", "old, at most 2m0s"},
		{"twice", ""},
		{"same-instant", ""},
	} {
		t.Run(tc.lie, func(t *testing.T) {
			s := w.login(c, "head")
			r := w.choose(s, flows.ScopeAll)
			if err := w.office.Lie(tc.lie); err != nil {
				t.Fatal(err)
			}
			doc, err := s.Order(t.Context(), r, nil)
			if err := w.office.Lie(""); err != nil {
				t.Fatal(err)
			}
			defer doc.Wipe()
			var bad *flows.BadDocument
			if tc.why == "" {
				if err != nil {
					t.Errorf("a lie of coincidence alone: %v", err)
				}
				return
			}
			if !errors.As(err, &bad) || !strings.Contains(bad.Why, tc.why) {
				t.Errorf("order: %v, want a bad document: %s", err, tc.why)
			}
		})
	}
	if err := w.office.Lie("white"); err == nil {
		t.Error("an unknown lie was taken")
	}
}

// TestSameInstant: two orders in one tick, files named by the second (D2).
func TestSameInstant(t *testing.T) {
	w := newWorld(t)
	residents := []string{"adult", "head"}
	var sessions []flows.Session
	var requests []flows.Request
	for i, r := range residents {
		s := w.login(w.kiosk(fmt.Sprintf("k%03d", i+1)), r)
		sessions = append(sessions, s)
		requests = append(requests, w.choose(s, flows.ScopeSelf))
	}
	if err := w.office.Lie("same-instant"); err != nil {
		t.Fatal(err)
	}
	docs, errs := make([]*flows.Document, 2), make([]error, 2)
	var both sync.WaitGroup
	for i, s := range sessions {
		both.Go(func() { docs[i], errs[i] = s.Order(t.Context(), requests[i], nil) })
	}
	both.Wait()
	refused := 0
	for i := range docs {
		defer docs[i].Wipe()
		var bad *flows.BadDocument
		if errors.As(errs[i], &bad) {
			refused++
			continue
		}
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		text, _ := w.office.SheetText(sha256.Sum256(docs[i].Sheets[0].Raster))
		for _, p := range w.office.Residents() {
			if p.Name == residents[i] && !strings.Contains(text, p.FullName) {
				t.Errorf("%s got somebody else's sheet", residents[i])
			}
		}
	}
	if refused != 1 {
		t.Errorf("%d orders refused, want the one that was overwritten", refused)
	}
}

// TestLate: the answer after the deadline finds nobody.
func TestLate(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	s := w.login(c, "adult")
	r := w.choose(s, flows.ScopeSelf)
	if err := w.office.Lie("late"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		doc, err := s.Order(ctx, r, nil)
		doc.Wipe()
		failed <- err
	}()
	w.eventually("the document is drawn", func() bool { return w.office.Audit().Documents == 1 })
	w.clock.Advance(30*time.Second, func() {})
	cancel() // limit.fetch
	if err := <-failed; !errors.Is(err, flows.ErrOfficeAway) {
		t.Errorf("order: %v, want an office away", err)
	}
	s.Close()
	w.clock.Advance(2*time.Second, func() {})
	if err := w.office.Lie(""); err != nil {
		t.Fatal(err)
	}
	next := w.login(c, "head")
	doc, err := next.Order(t.Context(), w.choose(next, flows.ScopeSelf), nil)
	doc.Wipe()
	if err != nil {
		t.Error(err)
	}
}

// TestSlow: a slow office is asked again, and does the work once.
func TestSlow(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	s := w.login(c, "adult")
	r := w.choose(s, flows.ScopeSelf)
	w.office.Slow(time.Minute)
	got := make(chan error, 1)
	go func() {
		doc, err := s.Order(t.Context(), r, nil)
		doc.Wipe()
		got <- err
	}()
	w.eventually("it was asked twice", func() bool { return w.office.Audit().Repeated > 0 })
	w.clock.Advance(time.Minute, func() {})
	if err := <-got; err != nil {
		t.Error(err)
	}
	if n := w.office.Audit().Documents; n != 1 {
		t.Errorf("%d documents, want 1", n)
	}
}
