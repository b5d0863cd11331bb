package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/flows"
)

// files are a journal as it lies.
type files struct{ db, log []byte }

func take(t *testing.T, dir string) files {
	t.Helper()
	return files{contentsOf(t, filepath.Join(dir, fileName)), contentsOf(t, filepath.Join(dir, logName))}
}

func (f files) lay(t *testing.T, dir string) {
	t.Helper()
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, fileName), f.db, 0o600), os.WriteFile(filepath.Join(dir, logName), f.log, 0o600),
	); err != nil {
		t.Fatal(err)
	}
}

// with is the log with b at that place.
func (f files) with(at int64, b []byte) files {
	f.log = bytes.Clone(f.log)
	copy(f.log[at:], b)
	return f
}

// wantAfterStart has a kiosk start with these files, and be whole: as many events
// as that, read the same beforehand, one more written, and all there after the
// next start.
func wantAfterStart(t *testing.T, dir, what string, f files, want uint64) {
	t.Helper()
	f.lay(t, dir)
	before, err := Read(dir)
	if err != nil || before.Pruned+uint64(len(before.Events)) != want {
		t.Fatalf("%s: a technician reads %d events, want %d: %v", what, len(before.Events), want, err)
	}
	for n := range uint64(2) {
		j, err := open(dir, nil, small())
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if j.last != want+n {
			t.Fatalf("%s: start %d finds %d events, want %d", what, n+1, j.last, want+n)
		}
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 50})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// inTheLog is a journal whose log holds so many events behind those of the file,
// in front of what is left of the generation before.
func inTheLog(t *testing.T, dir string, events int) *Journal {
	t.Helper()
	j := openedWith(t, dir, small())
	for range 10 {
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
	}
	if err := j.checkpoint(j.base); err != nil {
		t.Fatal(err)
	}
	for range events {
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 10})
	}
	return j
}

// I7, I10: power goes at each byte of a commit. What was committed before is
// there, and of the last event nothing or all.
func TestEachByteOfACommit(t *testing.T) {
	dir := mounted(t, "64m")
	j := inTheLog(t, dir, 3)
	at, before := j.log.at, take(t, dir)
	write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 500})
	frame := take(t, dir).log[at : at+blockBytes]
	used := len(bytes.TrimRight(frame, "\x00"))
	again := mounted(t, "64m")
	for n := range used + 1 {
		want := uint64(13)
		if n == used {
			want++
		}
		wantAfterStart(t, again, fmt.Sprintf("%d of %d bytes", n, used), before.with(at, frame[:n]), want)
	}
}

// A disk writes the sectors of one commit in any order, over zeros or over an
// older generation: all of them, or it never was.
func TestAnySectorsOfACommit(t *testing.T) {
	const sector = 512
	event := []byte(`{"n":2,"kind":"incident","reason":"` + strings.Repeat("x", eventMax-40) + `"}`)
	one := frame{7, 1, 0, []byte(`{"n":1,"kind":"coin-in"}`)}.bytes()
	whole := frame{7, 2, 1, event}.bytes()
	old := bytes.Repeat(frame{6, 2, 0, []byte(`{"n":2,"kind":"coin-in"}`)}.bytes(), len(whole)/blockBytes)
	for name, under := range map[string][]byte{"zeros": make([]byte, len(whole)), "an older generation": old} {
		for set := 1<<(len(whole)/sector) - 1; set >= 0; set -= 7 { // some 9,000 of 65,536, all of it among them
			log := slices.Concat(make([]byte, blockBytes), one, under)
			for s := range len(whole) / sector {
				if set>>s&1 == 1 {
					copy(log[2*blockBytes+s*sector:], whole[s*sector:][:sector])
				}
			}
			frames, err := replay(log, 7, 0)
			got := slices.Equal(log[2*blockBytes:], whole)
			if err != nil || len(frames) != 1 && !(len(frames) == 2 && bytes.Equal(frames[1].event, event)) || got && len(frames) != 2 {
				t.Fatalf("over %s the sectors %016b: %d events, %v", name, set, len(frames), err)
			}
		}
	}
}

// Power goes in each step of a checkpoint, with and without one that prunes:
// while bbolt writes its pages, at each byte of its head, and when the log begins
// anew over what it had.
func TestEachStepOfACheckpoint(t *testing.T) {
	for name, upTo := range map[string]uint64{"nothing pruned": 0, "pruned": 6} {
		t.Run(name, func(t *testing.T) {
			dir, again := mounted(t, "64m"), mounted(t, "64m")
			j := inTheLog(t, dir, 9)
			j.sent = 12
			before := take(t, dir)
			if err := j.checkpoint(upTo); err != nil {
				t.Fatal(err)
			}
			after := take(t, dir)
			if !bytes.Equal(before.log, after.log) {
				t.Fatal("a checkpoint has written to the log")
			}
			page := j.db.Info().PageSize
			torn := files{bytes.Clone(before.db), before.log}
			steps := 0
			for at := 2 * page; at < len(after.db); at += page { // the pages, then the head
				if bytes.Equal(before.db[at:at+page], after.db[at:at+page]) {
					continue
				}
				for n := 0; n <= page; n += 512 {
					copy(torn.db[at:], after.db[at:at+n])
					wantAfterStart(t, again, fmt.Sprintf("%d bytes of page %d", n, at/page), torn, 19)
					steps++
				}
			}
			for at := range 2 * page {
				if torn.db[at] != after.db[at] {
					torn.db[at] = after.db[at]
					wantAfterStart(t, again, fmt.Sprintf("byte %d of the heads", at), torn, 19)
					steps++
				}
			}
			if !bytes.Equal(torn.db, after.db) || steps < 20 {
				t.Fatalf("%d steps do not lead to the file there is after a checkpoint", steps)
			}
			write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 500})
			frame := take(t, dir).log[blockBytes : 2*blockBytes]
			used := len(bytes.TrimRight(frame, "\x00"))
			for n := range used {
				wantAfterStart(t, again, fmt.Sprintf("%d bytes of the first frame", n), after.with(blockBytes, frame[:n]), 19)
			}
			wantAfterStart(t, again, "the first frame", after.with(blockBytes, frame), 20)
		})
	}
}

// Any order of commits, acknowledgements and cuts: what was committed is there,
// each once, in order, and what the office has is known as of the last commit.
func TestAnyOrderOfCommitsAndCuts(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := mounted(t, "64m")
	j := openedWith(t, dir, small())
	var yen []int // of every event
	var sent, noted uint64
	for range 1500 {
		switch n := uint64(len(yen)); {
		case r.IntN(10) < 7 && n-j.base < small().most-1:
			e := flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: r.IntN(1000), Reason: strings.Repeat("x", r.IntN(2)*r.IntN(eventMax-200))}
			write(t, j, e)
			yen, noted = append(yen, e.Yen), sent
		case r.IntN(3) > 0:
			sent += r.Uint64N(n - sent + 1)
			if err := j.acknowledge(sent); err != nil {
				t.Fatal(err)
			}
			noted = max(noted, j.noted)
		default:
			f := take(t, dir)
			if r.IntN(2) == 0 { // a commit that was begun
				f = f.with(j.log.at, frame{j.log.generation, n + 1, sent, []byte(`{"n":0}`)}.bytes()[:1+r.IntN(frameHead)])
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			f.lay(t, dir)
			j = openedWith(t, dir, small())
			if j.sent < noted || j.sent > sent {
				t.Fatalf("after a cut %d events are at the office, %d were when it last committed", j.sent, noted)
			}
			sent, noted = j.sent, j.sent
		}
		if j.last != uint64(len(yen)) {
			t.Fatalf("%d events, want %d", j.last, len(yen))
		}
		if r.IntN(40) == 0 {
			wantSame(t, dir, j, yen)
		}
	}
}

// wantSame holds what the open journal says, and what lies in its files, to what
// was committed.
func wantSame(t *testing.T, dir string, j *Journal, yen []int) {
	t.Helper()
	report, err := j.Report()
	if err != nil {
		t.Fatal(err)
	}
	copy := copied(t, dir)
	lies, err := Read(copy)
	if err := errors.Join(err, os.RemoveAll(copy)); err != nil {
		t.Fatal(err)
	}
	for _, r := range []Report{report, lies} {
		if r.Pruned+uint64(len(r.Events)) != uint64(len(yen)) {
			t.Fatalf("%d events behind %d, want %d in all", len(r.Events), r.Pruned, len(yen))
		}
		for _, e := range r.Events {
			if e.Yen != yen[e.Number-1] {
				t.Fatalf("event %d is of %d yen, %d were committed", e.Number, e.Yen, yen[e.Number-1])
			}
		}
	}
	from := j.base + rand.Uint64N(j.last-j.base+1)
	batch, err := j.after(from)
	if err != nil || len(batch) == 0 && from < j.last {
		t.Fatalf("after event %d of %d there is nothing to send: %v", from, j.last, err)
	}
	for i, b := range batch {
		if e, err := decode(b); err != nil || e.Number != from+uint64(i)+1 {
			t.Fatalf("event %d would be sent as number %d: %v", e.Number, from+uint64(i)+1, err)
		}
	}
}

// A log that is taken away or cut under a running kiosk would let commits vanish.
func TestALogThatIsTakenAwayWhileItIsOpen(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"taken away": remove,
		"cut":        func(t *testing.T, path string) { truncate(t, path, 3*blockBytes) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := inTheLog(t, dir, 5)
			spoil(t, filepath.Join(dir, logName))
			if err := j.Write(flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100}); !errors.Is(err, ErrDamaged) {
				t.Errorf("writing says %v", err)
			}
			if a, err := j.BeginAnew(time.Now()); err != nil || a.Last < 10 {
				t.Errorf("a technician cannot begin anew: %+v, %v", a, err)
			}
		})
	}
}

// Power goes before a new file has its log: when it was begun, when an older one
// was brought up, and when a damaged one was kept aside. Nothing of it is lost.
func TestAFileBeforeItsFirstLog(t *testing.T) {
	dir := t.TempDir()
	if err := create(dir, nil); err != nil {
		t.Fatal(err)
	}
	if r, err := Read(dir); err != nil || len(r.Events) != 0 {
		t.Fatalf("a technician reads %+v, %v", r, err)
	}
	j := opened(t, dir)
	id := j.ID()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(dir, fileName))
	remove(t, filepath.Join(dir, logName))
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "format-2"))); err != nil {
		t.Fatal(err)
	}
	if err := createLog(dir, "66ea6632615022bf32b49dd9547f8387", 1<<20); err != nil {
		t.Fatal(err)
	}
	j = opened(t, dir)
	if j.ID() == id || j.last != 26 {
		t.Errorf("brought up, it has %d events, want 26", j.last)
	}
	if kept, err := filepath.Glob(filepath.Join(dir, "journal.kept-*")); err != nil || len(kept) > 0 {
		t.Errorf("an empty log was kept aside: %v, %v", kept, err)
	}

	dir, path := aFile(t, 300)
	truncate(t, path, 10_000)
	log := contentsOf(t, logOf(path))
	a, err := BeginAnew(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(logOf(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old log lies where the new one will: %v", err)
	}
	if err := os.WriteFile(logOf(path), log, 0o600); err != nil {
		t.Fatal(err)
	}
	wantIncident(t, dir, a)
	if !bytes.Equal(log, contentsOf(t, filepath.Join(dir, "journal.kept-2.log"))) {
		t.Error("another journal's log was not kept")
	}
}
