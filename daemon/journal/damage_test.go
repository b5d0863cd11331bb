package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kioskd/flows"
)

// inLittle are a shop's bounds with little space taken beforehand: less to compare.
func inLittle() bounds {
	b := shopBounds()
	b.space = 1 << 20
	return b
}

// aFile is a journal of so many events, closed.
func aFile(t *testing.T, events int) (dir, path string) {
	t.Helper()
	dir = mounted(t, "200m")
	j := openedWith(t, dir, inLittle())
	for n := range events {
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: n + 1})
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, fileName)
}

// used is the part of the file that bbolt uses.
func used(t *testing.T, path string) int64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	m, err := newestMeta(f, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	return int64(m.pages * m.pageSize)
}

func overwrite(t *testing.T, path string, at int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whatever is wrong with a file, opening it says so, changes nothing, and does
// not end the process; a technician's word begins a new one, with an incident
// that names the old, and the old file lies beside it as it was.
func TestAFileThatCannotBeUsed(t *testing.T) {
	const page = 4096
	cases := []struct {
		name  string
		spoil func(t *testing.T, path string)
		want  error
		read  int // events that can still be read, at least
	}{
		{"overwritten", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("not a journal, and long enough to be looked at"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, ErrDamaged, 0},
		{"empty", func(t *testing.T, path string) { truncate(t, path, 0) }, ErrDamaged, 0},
		{"cut to one page", func(t *testing.T, path string) { truncate(t, path, page) }, ErrDamaged, 0},
		{"cut in the middle", func(t *testing.T, path string) { truncate(t, path, used(t, path)/2) }, ErrDamaged, 100},
		{"cut by a page", func(t *testing.T, path string) { truncate(t, path, used(t, path)-page) }, ErrDamaged, 100},
		{"head zeroed", func(t *testing.T, path string) { overwrite(t, path, 0, make([]byte, 2*page)) }, ErrDamaged, 300},
		{"64 KiB of garbage in front", func(t *testing.T, path string) {
			overwrite(t, path, 0, bytes.Repeat([]byte("damaged "), 8<<10))
		}, ErrDamaged, 0},
		{"one page torn", func(t *testing.T, path string) { tear(t, path) }, ErrDamaged, 150},
		{"an event torn out", func(t *testing.T, path string) {
			edit(t, path, func(tx *bolt.Tx) error { return tx.Bucket(eventsBucket).Delete(key(1)) })
		}, ErrDamaged, 299},
		{"an event that is none", func(t *testing.T, path string) {
			edit(t, path, func(tx *bolt.Tx) error { return tx.Bucket(eventsBucket).Put(key(7), []byte("{")) })
		}, ErrDamaged, 299},
		{"more sent than there is", func(t *testing.T, path string) {
			edit(t, path, func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Put(sentKey, key(1000)) })
		}, ErrDamaged, 300},
		{"no base", func(t *testing.T, path string) {
			edit(t, path, func(tx *bolt.Tx) error { return tx.DeleteBucket(baseBucket) })
		}, ErrDamaged, 300},
		{"log gone", func(t *testing.T, path string) { remove(t, logOf(path)) }, ErrDamaged, 254},
		{"file gone, log there", func(t *testing.T, path string) { remove(t, path) }, ErrDamaged, 46},
		{"log empty", func(t *testing.T, path string) { truncate(t, logOf(path), 0) }, ErrDamaged, 254},
		{"log cut", func(t *testing.T, path string) { truncate(t, logOf(path), 64<<10) }, ErrDamaged, 269},
		{"log of another journal", func(t *testing.T, path string) {
			_, other := aFile(t, 20)
			overwrite(t, logOf(path), 0, contentsOf(t, logOf(other)))
		}, ErrDamaged, 254},
		{"an event in the log spoilt", func(t *testing.T, path string) {
			overwrite(t, logOf(path), 9*blockBytes+frameHead+20, []byte("!"))
		}, ErrDamaged, 299},
		{"file put back, log has gone on", func(t *testing.T, path string) {
			older := contentsOf(t, path)
			j := openedWith(t, filepath.Dir(path), inLittle()) // a start: the next generation
			write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 1})
			if err := errors.Join(j.Close(), os.WriteFile(path, older, 0o600)); err != nil {
				t.Fatal(err)
			}
		}, ErrDamaged, 300},
		{"file put back of a time without log", func(t *testing.T, path string) {
			edit(t, path, func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Delete(generationKey) })
		}, ErrDamaged, 300},
		{"from a newer version", func(t *testing.T, path string) {
			edit(t, path, func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Put(formatKey, key(format+1)) })
		}, ErrNewer, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir, path := aFile(t, 300)
			c.spoil(t, path)
			before, log := whatThereIs(t, path), whatThereIs(t, logOf(path))
			for range 2 {
				if _, err := open(dir, nil, inLittle()); !errors.Is(err, c.want) {
					t.Fatalf("opening says %v, want %v", err, c.want)
				}
			}
			if _, err := Read(dir); !errors.Is(err, c.want) {
				t.Errorf("reading says %v, want %v", err, c.want)
			}
			if !bytes.Equal(before, whatThereIs(t, path)) || !bytes.Equal(log, whatThereIs(t, logOf(path))) {
				t.Error("the file or the log was changed")
			}
			a, err := BeginAnew(dir, time.Now())
			if errors.Is(c.want, ErrNewer) {
				if !errors.Is(err, ErrNewer) || !bytes.Equal(before, contentsOf(t, path)) {
					t.Errorf("a whole journal of a newer version was given up: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if (a.Name == "") != (before == nil) || before != nil && !bytes.Equal(before, contentsOf(t, filepath.Join(dir, a.Name))) {
				t.Error("what is kept aside is not what there was")
			}
			if (a.Log == "") != (log == nil) || log != nil && !bytes.Equal(log, contentsOf(t, filepath.Join(dir, a.Log))) {
				t.Error("the log that is kept aside is not what there was")
			}
			if a.Events < c.read {
				t.Errorf("only %d events could be read, want %d", a.Events, c.read)
			}
			wantIncident(t, dir, a)
		})
	}
}

func wantIncident(t *testing.T, dir string, a Aside) {
	t.Helper()
	r, err := openedWith(t, dir, inLittle()).Report()
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != a.New || len(r.Events) != 1 || r.Events[0].Kind != flows.Incident || r.Unsent != 1 {
		t.Fatalf("the new journal is %+v, want one incident", r)
	}
	e := r.Events[0]
	for _, want := range []string{a.ID, a.Name, a.Log, fmt.Sprint(a.Events, " events"), fmt.Sprint(a.Owed, " yen")} {
		if !strings.Contains(e.Reason, want) {
			t.Errorf("the incident lacks %q: %s", want, e.Reason)
		}
	}
}

func logOf(path string) string { return filepath.Join(filepath.Dir(path), logName) }

// whatThereIs is nil where there is no file.
func whatThereIs(t *testing.T, path string) []byte {
	t.Helper()
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return contentsOf(t, path)
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func contentsOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// tear overwrites the second half of the page that holds the first events, as a
// disk does that lost its power in the middle of a write.
func tear(t *testing.T, path string) {
	t.Helper()
	b := contentsOf(t, path)
	at := bytes.Index(b, []byte(`{"n":1,`))
	if at < 0 {
		t.Fatal("no first event in the file")
	}
	for page := at / 4096 * 4096; page >= 0; page = bytes.Index(b, []byte(`{"n":1,`)) / 4096 * 4096 {
		overwrite(t, path, int64(page), make([]byte, 2048))
		b = contentsOf(t, path)
		if !bytes.Contains(b, []byte(`{"n":1,`)) {
			return
		}
		overwrite(t, path, int64(page+2048), make([]byte, 2048))
		if b = contentsOf(t, path); !bytes.Contains(b, []byte(`{"n":1,`)) {
			return
		}
	}
}

// A second journal that is kept aside does not take the first one's name.
func TestKeptAsideTwice(t *testing.T) {
	dir, path := aFile(t, 3)
	names := map[string][]byte{}
	for n := range 3 {
		overwrite(t, path, 0, bytes.Repeat([]byte{byte('a' + n)}, 8192))
		spoilt := contentsOf(t, path)
		a, err := BeginAnew(dir, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		names[a.Name] = spoilt
	}
	if len(names) != 3 {
		t.Fatalf("three journals kept aside have the names %v", names)
	}
	for name, want := range names {
		if !bytes.Equal(contentsOf(t, filepath.Join(dir, name)), want) {
			t.Errorf("%s is not what was kept", name)
		}
	}
	if _, err := BeginAnew(dir, time.Now()); !errors.Is(err, ErrWhole) {
		t.Errorf("a whole journal was given up: %v", err)
	}
}

// A file that shrinks under a running kiosk would end it by a signal, again and
// again; here it ends the journal.
func TestAFileThatShrinksWhileItIsOpen(t *testing.T) {
	dir, path := aFile(t, 300)
	j, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	truncate(t, path, 8192)
	if _, err := j.Report(); !errors.Is(err, ErrDamaged) {
		t.Errorf("reading says %v", err)
	}
	for range 2 {
		if err := j.Write(flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100}); !errors.Is(err, ErrDamaged) {
			t.Errorf("writing says %v", err)
		}
	}
	if !errors.Is(j.Err(), ErrDamaged) || !errors.Is(j.Probe(), ErrDamaged) {
		t.Errorf("the journal calls itself whole: %v, %v", j.Err(), j.Probe())
	}
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Error(err)
	}
	if err := verify(bytes.NewReader(contentsOf(t, path)), 8192); err == nil {
		t.Error("the next start finds nothing wrong")
	}
	a, err := j.BeginAnew(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	wantIncident(t, dir, a)
}

// A journal that was put back from an older copy would give numbers twice.
func TestAJournalBehindTheOffice(t *testing.T) {
	j := opened(t, t.TempDir())
	write(t, j, flows.Event{Kind: flows.VisitBegun, Visit: "v"})
	if err := j.acknowledge(2); !errors.Is(err, ErrDamaged) {
		t.Errorf("the office has more than the journal, which says %v", err)
	}
	if err := j.Write(flows.Event{Kind: flows.VisitEnded, Visit: "v"}); !errors.Is(err, ErrDamaged) {
		t.Errorf("a number was given twice: %v", err)
	}
	if a, err := j.BeginAnew(time.Now()); err != nil || a.ID != j.ID() || a.Events != 1 {
		t.Errorf("a technician cannot begin anew: %+v, %v", a, err)
	}
}

// A message to the office is never longer than it takes, however long its events.
func TestMessagesAreBounded(t *testing.T) {
	j := opened(t, t.TempDir())
	for range batchMax {
		write(t, j, flows.Event{Kind: flows.Incident, Reason: strings.Repeat("x", eventMax-200)})
	}
	o := &limited{}
	if err := j.drain(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if o.last != batchMax || o.longest > batchBytesMax {
		t.Errorf("%d events came, %d bytes the longest message", o.last, o.longest)
	}
	if err := j.Write(flows.Event{Kind: flows.Incident, Reason: strings.Repeat("x", eventMax)}); err == nil {
		t.Error("an event was written that no message can hold")
	}
}

type limited struct {
	journal string
	last    uint64
	longest int
	event   json.RawMessage // the last
}

func (o *limited) LastJournal(context.Context) (string, uint64, json.RawMessage, error) {
	return o.journal, o.last, o.event, nil
}

func (o *limited) PublishJournal(_ context.Context, first uint64, journal string, events []json.RawMessage) error {
	if first != o.last+1 {
		return errors.New("a gap")
	}
	size := 0
	for _, e := range events {
		size += len(e)
	}
	o.event = events[len(events)-1]
	o.journal, o.last, o.longest = journal, o.last+uint64(len(events)), max(o.longest, size)
	return nil
}
