package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"kioskd/flows"
)

// An event that can be read is written the same way again.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"n":8,"kind":"coin-in","at":"2026-11-24T10:00:08+09:00","visit":"1111","yen":500}`))
	f.Add([]byte(`{"n":1}{`))
	f.Add([]byte(``))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decode(b)
		if err != nil {
			return
		}
		text, err := json.Marshal(e)
		if err != nil {
			return // a year that JSON cannot write
		}
		again, err := decode(text)
		if err != nil || !again.At.Equal(e.At) {
			t.Fatalf("%s is written as %s: %v", b, text, err)
		}
		again.At = e.At
		if again != e {
			t.Errorf("%+v comes back as %+v", e, again)
		}
		flows.NewLedger().Apply(e)
	})
}

// Whatever stands in a file: what verify lets pass, bbolt opens without ending
// the process, and nothing of it takes longer or more memory than the file
// deserves. Each input overwrites a part of a good file.
func FuzzFile(f *testing.F) {
	good := goodFile(f)
	f.Add(uint32(0), []byte("damaged "))
	f.Add(uint32(4096+16), []byte{0, 0, 0, 0})
	f.Add(uint32(8192+8), []byte{1, 0, 255, 255})
	f.Add(uint32(3*4096+24), []byte{2, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, at uint32, over []byte) {
		b := bytes.Clone(good)
		copy(b[int(at)%len(b):], over)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fileName), b, 0o600); err != nil {
			t.Fatal(err)
		}
		bounds := shopBounds()
		bounds.space = int64(len(b))
		j, err := open(dir, nil, bounds)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Fatal(err)
			}
			return
		}
		j.db.NoSync = true
		if err := j.Write(flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100}); err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrFull) {
			t.Error(err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Whatever is written over a log: a start either says that it is damaged or finds
// every event but such as lie at the end and were written over themselves.
func FuzzLog(f *testing.F) {
	const events = 8
	dir := f.TempDir()
	b := shopBounds()
	b.space, b.log = 1, 12*blockBytes
	j, err := open(dir, nil, b)
	if err != nil {
		f.Fatal(err)
	}
	for n := range events {
		if err := j.Write(flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: n}); err != nil {
			f.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(dir, logName))
	if err != nil {
		f.Fatal(err)
	}
	generation := j.log.generation
	f.Add(uint32(blockBytes), []byte("damaged "))
	f.Add(uint32(events*blockBytes), make([]byte, blockBytes))
	f.Add(uint32((events+1)*blockBytes), frame{generation, events + 1, 3, []byte(`{"n":9}`)}.bytes())
	f.Add(uint32((events+2)*blockBytes), frame{generation, events + 2, 3, []byte(`{"n":10}`)}.bytes())
	f.Add(uint32((events+2)*blockBytes), frame{generation + 1, 1, 3, []byte(`{"n":1}`)}.bytes())
	f.Fuzz(func(t *testing.T, at uint32, over []byte) {
		log := bytes.Clone(good)
		from := blockBytes + int(at)%(len(log)-blockBytes)
		copy(log[from:], over)
		frames, err := replay(log, generation, 0)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		place := blockBytes
		for n, fr := range frames {
			b := fr.bytes()
			if fr.number != uint64(n)+1 || !bytes.HasPrefix(log[place:], b[:frameHead+len(fr.event)]) {
				t.Fatalf("event %d stands at place %d", fr.number, n+1)
			}
			place += len(b)
		}
		for n := len(frames); n < events; n++ {
			lost := (n + 1) * blockBytes
			if bytes.Equal(log[lost:lost+blockBytes], good[lost:lost+blockBytes]) {
				t.Fatalf("event %d is lost, and nothing was written over it", n+1)
			}
		}
	})
}

// goodFile has pages of every kind: a tree of events, buckets on pages of their
// own and inline.
func goodFile(f *testing.F) []byte {
	dir := f.TempDir()
	b := shopBounds()
	b.space = 1
	j, err := open(dir, nil, b)
	if err != nil {
		f.Fatal(err)
	}
	j.db.NoSync = true
	for n := range 200 {
		if err := j.Write(flows.Event{Kind: flows.SheetDelivered, Visit: "0123456789abcdef", Sheet: n, Issue: "0123456789abcdef"}); err != nil {
			f.Fatal(err)
		}
	}
	if err := errors.Join(j.db.Sync(), j.Close()); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		f.Fatal(err)
	}
	return good
}

// The log of another journal tells nothing of this one.
func TestAnothersLogIsNotCounted(t *testing.T) {
	file := []byte(`id0123456789abcdef0123456789abcdefsalt{"n":1,"kind":"coin-in","visit":"1","yen":500}`)
	event := []byte(`{"n":2,"kind":"coin-in","visit":"1","yen":500}`)
	for id, want := range map[string]int{"0123456789abcdef0123456789abcdef": 2, "fedcba9876543210fedcba9876543210": 1} {
		if a := salvageBytes(file, append(firstBlock(id, 1<<20), event...)); a.Events != want || a.ID != "0123456789abcdef0123456789abcdef" {
			t.Errorf("with the log of %s: %+v", id, a)
		}
	}
}

// What is salvaged of any bytes is no more than they hold.
func FuzzSalvage(f *testing.F) {
	f.Add([]byte(`xx{"n":8,"kind":"coin-in","visit":"1","yen":500}yy{"n":9,"kind":"debt-booked","visit":"1","yen":500}`))
	f.Add([]byte(`id0123456789abcdef0123456789abcdefsalt`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := salvageBytes(b, nil)
		if a.Events > len(b)/len(eventHead) || (a.ID != "" && !bytes.Contains(b, []byte(a.ID))) {
			t.Errorf("%+v of %q", a, b)
		}
	})
}
