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

// What is salvaged of any bytes is no more than they hold.
func FuzzSalvage(f *testing.F) {
	f.Add([]byte(`xx{"n":8,"kind":"coin-in","visit":"1","yen":500}yy{"n":9,"kind":"debt-booked","visit":"1","yen":500}`))
	f.Add([]byte(`id0123456789abcdef0123456789abcdefsalt`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := salvageBytes(b)
		if a.Events > len(b)/len(eventHead) || (a.ID != "" && !bytes.Contains(b, []byte(a.ID))) {
			t.Errorf("%+v of %q", a, b)
		}
	})
}
