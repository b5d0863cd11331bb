package fleet_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	client "kioskd/daemon/office"
)

// numbers are the events' numbers at the office; trouble fails the test.
func (w *world) numbers(kiosk, journal string) []uint64 {
	w.t.Helper()
	var all []uint64
	for _, e := range w.office.Events(kiosk) {
		if e.Trouble != "" {
			w.t.Errorf("event %d of %s: %s", e.N, e.Journal, e.Trouble)
		}
		if e.Journal == journal {
			all = append(all, e.N)
		}
	}
	return all
}

// TestJournal: I7. Doubtful resends, overlaps and gaps.
func TestJournal(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	if id, last, _, err := c.LastJournal(t.Context()); id != "" || last != 0 || err != nil {
		t.Fatalf("a new kiosk's journal: %q %d %v", id, last, err)
	}
	for _, send := range []struct{ from, to, gap int }{
		{1, 3, -1}, {1, 3, -1}, {2, 5, -1}, {5, 5, -1}, {9, 9, 5}, {6, 70, -1},
	} {
		err := c.PublishJournal(t.Context(), uint64(send.from), "j1", events(send.from, send.to))
		var gap *client.GapError
		if errors.As(err, &gap) != (send.gap >= 0) || gap != nil && gap.Last != uint64(send.gap) || gap == nil && err != nil {
			t.Errorf("send %d to %d: %v", send.from, send.to, err)
		}
	}
	if got := w.numbers("k001", "j1"); len(got) != 70 || got[69] != 70 {
		t.Errorf("the office has %v", got)
	}
	// Another client with the same key knows nothing of this one: the end that it
	// looked up is old when it writes, and it looks again.
	twin := w.kiosk("k001")
	if err := twin.PublishJournal(t.Context(), 71, "j1", events(71, 72)); err != nil {
		t.Error(err)
	}
	if err := c.PublishJournal(t.Context(), 71, "j1", events(71, 73)); err != nil {
		t.Error(err)
	}
	// A new journal begins anew.
	if err := c.PublishJournal(t.Context(), 1, "j2", events(1, 1)); err != nil {
		t.Error(err)
	}
	if id, last, _, err := c.LastJournal(t.Context()); id != "j2" || last != 1 || err != nil {
		t.Errorf("last: %q %d %v, want j2 1", id, last, err)
	}
	if got := w.numbers("k001", "j1"); len(got) != 73 {
		t.Errorf("the office has %d of j1, want 73", len(got))
	}
	for _, bad := range [][]json.RawMessage{nil, {json.RawMessage(`7`)}, make([]json.RawMessage, 257)} {
		if err := c.PublishJournal(t.Context(), 2, "j2", bad); err == nil && len(bad) > 0 {
			t.Errorf("%d bad events were taken", len(bad))
		}
	}
}

// TestJournalThroughOutages: the office goes away again and again while events
// are sent; what is in doubt is asked for, and nothing is lost or doubled.
func TestJournalThroughOutages(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	const total, batch = 600, 5
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var outages sync.WaitGroup
	outages.Go(func() {
		for range 4 {
			w.office.Away()
			if err := w.office.Back(); err != nil {
				t.Error(err)
				return
			}
			w.eventually("the line is back", c.Reachable)
		}
		cancel()
	})
	for n := 1; n <= total; {
		err := c.PublishJournal(t.Context(), uint64(n), "j1", events(n, n+batch-1))
		if err == nil {
			n += batch
			if n > total/2 {
				<-ctx.Done() // the rest after the outages, so that there are some on both sides
			}
		}
	}
	outages.Wait()
	got := w.numbers("k001", "j1")
	if len(got) != total {
		t.Fatalf("the office has %d events, want %d", len(got), total)
	}
	for i, n := range got {
		if n != uint64(i+1) {
			t.Fatalf("event %d stands at place %d", n, i+1)
		}
	}
}
