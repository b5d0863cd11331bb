package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

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

// What root begins in the kiosk's folder is the kiosk's.
func TestFilesAreTheFoldersOwners(t *testing.T) {
	dir := t.TempDir()
	const kiosk = 4321
	if err := os.Chown(dir, kiosk, kiosk); err != nil {
		t.Fatal(err)
	}
	opened(t, dir)
	for _, name := range []string{fileName, logName} {
		var st unix.Stat_t
		if err := unix.Stat(filepath.Join(dir, name), &st); err != nil || st.Uid != kiosk || st.Gid != kiosk || st.Mode&0o777 != 0o600 {
			t.Errorf("%s is %d:%d's, mode %o: %v", name, st.Uid, st.Gid, st.Mode, err)
		}
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
	dir := mounted(t, "64m")
	points := recorder{t: t, dir: dir}
	j, err := open(dir, &points, small())
	if err != nil {
		t.Fatal(err)
	}
	for range 11 { // the log has room for ten
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	want := "before checkpoint 0 after checkpoint 0"
	for n := range 10 {
		want += fmt.Sprintf(" before coin-in %d after coin-in %d", n, n+1)
	}
	want += " before checkpoint 10 after checkpoint 10 before coin-in 10 after coin-in 11"
	if got := strings.Join(points.seen, " "); got != want {
		t.Errorf("the points and the events after a cut there were\n%s\nwant\n%s", got, want)
	}
}

// recorder starts anew, at each point, from what the disk has.
type recorder struct {
	t    *testing.T
	dir  string
	seen []string
}

func (r *recorder) CommitPoint(when, kind string) {
	after := openedWith(r.t, copied(r.t, r.dir), small())
	r.seen = append(r.seen, fmt.Sprintf("%s %s %d", when, kind, after.last))
	if err := after.Close(); err != nil {
		r.t.Error(err)
	}
}

// copied is a journal as it lies, in a folder of its own.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to, err := os.MkdirTemp(dir, "copy")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fileName, logName} {
		if err := os.WriteFile(filepath.Join(to, name), contentsOf(t, filepath.Join(dir, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
