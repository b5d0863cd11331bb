package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	client "kioskd/daemon/office"

	"kioskd/daemon/journal"
	"kioskd/flows"
)

func openJournal(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// send has the journal sent until the test or end ends it.
func send(t *testing.T, j *journal.Journal, c *client.Client) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	sending.Go(func() {
		if err := j.Send(ctx, c, slog.New(slog.NewTextHandler(testLog{t}, nil))); err != nil && ctx.Err() == nil && j.Err() == nil {
			t.Error(err)
		}
	})
	end = sync.OnceFunc(func() { cancel(); sending.Wait() })
	t.Cleanup(end)
	return end
}

func coin(t *testing.T, j *journal.Journal, yen int) {
	t.Helper()
	if err := j.Write(flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: yen}); err != nil {
		t.Fatal(err)
	}
}

// TestLostAcknowledgement: what the office has and the kiosk does not know of is
// not sent twice, not after a restart of both and not after a week.
func TestLostAcknowledgement(t *testing.T) {
	w := newWorld(t)
	first := w.kiosk("k001")
	if err := first.PublishJournal(t.Context(), 1, "j1", events(1, 3)); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil { // and with it all that it knew of the acknowledgement
		t.Fatal(err)
	}
	w.office.Away()
	w.clock.Advance(8*24*time.Hour, func() {})
	if err := w.office.Back(); err != nil {
		t.Fatal(err)
	}
	late := w.kiosk("k001")
	if err := late.PublishJournal(t.Context(), 1, "j1", events(1, 5)); err != nil {
		t.Fatal(err)
	}
	if got := w.numbers("k001", "j1"); fmt.Sprint(got) != "[1 2 3 4 5]" {
		t.Errorf("the office has %v", got)
	}
}

// TestRestoredJournal: a kiosk whose files were put back from an older copy sends
// nothing, neither when it is behind the office nor when it has gone on since:
// its events have numbers that the office knows for others.
func TestRestoredJournal(t *testing.T) {
	for name, since := range map[string]int{"behind": 1, "gone on": 9} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.kiosk("k001")
			dir, copied := t.TempDir(), t.TempDir()
			j := openJournal(t, dir)
			id := j.ID()
			for range 3 {
				coin(t, j, 100)
			}
			end := send(t, j, c)
			w.eventually("three events", func() bool { return len(w.numbers("k001", id)) == 3 })
			end()
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"journal.db", "journal.log"} {
				data, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(copied, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			j = openJournal(t, dir)
			for range 3 {
				coin(t, j, 500)
			}
			end = send(t, j, c)
			w.eventually("six events", func() bool { return len(w.numbers("k001", id)) == 6 })
			end()

			old := openJournal(t, copied)
			for range since {
				coin(t, old, 10)
			}
			send(t, old, c)
			w.eventually("the refusal", func() bool { return old.Err() != nil })
			if err := old.Err(); !errors.Is(err, journal.ErrDamaged) {
				t.Errorf("it says %v", err)
			}
			if got := w.numbers("k001", id); len(got) != 6 {
				t.Errorf("the office has %v", got)
			}
		})
	}
}

// TestDrainWhileServing: 5,000 events after an outage go out, once each and in
// order, and the customers who come meanwhile are served.
func TestDrainWhileServing(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	j := openJournal(t, t.TempDir())
	w.office.Away()
	w.eventually("the outage", func() bool { return !c.Reachable() })
	const total = 5000
	begun := time.Now()
	for range total {
		coin(t, j, 100)
	}
	written := time.Since(begun)
	if err := w.office.Back(); err != nil {
		t.Fatal(err)
	}
	w.eventually("the line", c.Reachable)
	begun = time.Now()
	send(t, j, c)
	served := 0
	for {
		report, err := j.Report()
		if err != nil {
			t.Fatal(err)
		}
		if report.Unsent == 0 && served > 0 {
			break
		}
		asked := time.Now()
		s := w.login(c, "adult")
		doc, err := s.Order(t.Context(), w.choose(s, flows.ScopeSelf), nil)
		doc.Wipe()
		s.Close()
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(asked); took > 5*time.Second {
			t.Errorf("customer %d waited %v", served+1, took)
		}
		served++
		if time.Since(begun) > time.Minute {
			t.Fatalf("%d events are still here", report.Unsent)
		}
	}
	got := w.numbers("k001", j.ID())
	if len(got) != total {
		t.Fatalf("the office has %d events, want %d", len(got), total)
	}
	for i, n := range got {
		if n != uint64(i+1) {
			t.Fatalf("event %d stands at place %d", n, i+1)
		}
	}
	t.Logf("%d events written in %v, gone out within %v, while %d customers were served", total, written, time.Since(begun), served)
}
