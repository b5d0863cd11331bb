package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"kioskd/flows"
)

func opened(t *testing.T, dir string) *Journal { return openedWith(t, dir, shopBounds()) }

func openedWith(t *testing.T, dir string, b bounds) *Journal {
	t.Helper()
	j, err := open(dir, nil, b)
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

func write(t *testing.T, j *Journal, events ...flows.Event) {
	t.Helper()
	for _, e := range events {
		if err := j.Write(e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatWasWrittenIsThereAfterAStart(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir)
	id, person := j.ID(), j.Person([]byte{1, 2, 3})
	write(t, j, flows.Event{Kind: flows.VisitBegun, Visit: "v"}, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 500})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	again := opened(t, dir)
	if again.New() || again.ID() != id || again.Person([]byte{1, 2, 3}) != person {
		t.Error("another journal was opened: its name or its salt differs")
	}
	if a := again.Ledger().Account("v"); a == nil || a.Owes() != 500 {
		t.Errorf("the account is %+v, want 500 yen inserted", a)
	}
	r, err := again.Report()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Events) != 2 || r.Events[1].Number != 2 || r.Unsent != 2 {
		t.Errorf("the report is %+v, want two events, both unsent", r)
	}
}

func edit(t *testing.T, path string, f func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// office keeps what it is sent, as JetStream with an expected sequence does, and
// can lose its answers.
type office struct {
	mu      sync.Mutex
	journal string
	events  []string
	lose    int // the next so many acknowledgements
	full    chan struct{}
	want    int
}

func (o *office) LastJournal(context.Context) (string, uint64, json.RawMessage, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var last json.RawMessage
	if n := len(o.events); n > 0 {
		last = json.RawMessage(o.events[n-1])
	}
	return o.journal, uint64(len(o.events)), last, nil
}

var errLost = errors.New("the acknowledgement was lost")

func (o *office) PublishJournal(_ context.Context, first uint64, journal string, events []json.RawMessage) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if first != uint64(len(o.events))+1 {
		return fmt.Errorf("event %d comes after %d", first, len(o.events))
	}
	o.journal = journal
	for _, e := range events {
		o.events = append(o.events, string(e))
	}
	if len(o.events) == o.want {
		close(o.full)
	}
	if o.lose > 0 {
		o.lose--
		return errLost
	}
	return nil
}

// I7: nothing is lost, doubled or reordered, though acknowledgements are lost.
func TestOutboxSendsEachEventOnce(t *testing.T) {
	const events = 3*batchMax + 7
	j := opened(t, t.TempDir())
	o := &office{lose: 2, want: events, full: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	go func() { sent <- j.Send(ctx, o, slog.New(slog.DiscardHandler)) }()
	for n := range events {
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: n})
	}
	<-o.full
	cancel()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	for n, text := range o.events {
		var e flows.Event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		if e.Number != uint64(n+1) || e.Yen != n {
			t.Fatalf("event %d at the office is %+v", n+1, e)
		}
	}
}

// A cut before a commit leaves nothing of the event, a cut after it all of it.
func TestCommitPoints(t *testing.T) {
	var points recorder
	j, err := Open(t.TempDir(), &points)
	if err != nil {
		t.Fatal(err)
	}
	points.at = func(when string) {
		report, err := j.db.Begin(false)
		if err != nil {
			t.Error(err)
			return
		}
		n := report.Bucket(eventsBucket).Stats().KeyN
		if err := report.Rollback(); err != nil {
			t.Error(err)
		}
		if want := map[string]int{"before": 0, "after": 1}[when]; n != want {
			t.Errorf("%s the commit the file holds %d events, want %d", when, n, want)
		}
	}
	write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(points.seen); got != "[before coin-in after coin-in]" {
		t.Errorf("the points were %v", got)
	}
}

type recorder struct {
	seen []string
	at   func(when string)
}

func (r *recorder) CommitPoint(when, kind string) {
	r.seen = append(r.seen, when+" "+kind)
	r.at(when)
}
