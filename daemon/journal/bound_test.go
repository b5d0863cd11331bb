package journal

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"kioskd/flows"
)

func small() bounds {
	return bounds{history: 20, most: 60, reserved: 10, prune: 5, space: 1 << 20, log: 12 * blockBytes}
}

// What was acknowledged is pruned down to the history; what it adds up to, and
// what the office has not taken, stays, also over a start.
func TestHistoryIsPrunedAndWhatIsOwedStays(t *testing.T) {
	dir := t.TempDir()
	j := openedWith(t, dir, small())
	write(t, j,
		flows.Event{Kind: flows.CashCount, Yen: 100, Count: 30},
		flows.Event{Kind: flows.LoginOK, Visit: "owed", Person: "p"},
		flows.Event{Kind: flows.CoinIn, Visit: "owed", Yen: 500},
		flows.Event{Kind: flows.DebtBooked, Visit: "owed", Yen: 500, Incident: "i"},
		flows.Event{Kind: flows.VisitEnded, Visit: "owed", How: flows.HowFailed},
		flows.Event{Kind: flows.CoinIn, Visit: "open", Yen: 100},
		flows.Event{Kind: flows.CoinIntent, Visit: "open", Yen: 100, Count: 1},
	)
	o := &limited{}
	for n := range 200 {
		write(t, j, flows.Event{Kind: flows.DeviceFault, Device: "door", Reason: "open", Count: n})
		if n%7 == 0 {
			if err := j.drain(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		if j.last-j.base > small().history+small().prune+7 {
			t.Fatalf("%d events are kept, %d of them acknowledged", j.last-j.base, j.sent-j.base)
		}
		if j.base > j.sent {
			t.Fatalf("event %d was pruned, and the office has %d", j.base, j.sent)
		}
	}
	wantStill := func(j *Journal) {
		t.Helper()
		l := j.Ledger()
		if l.Owed() != 500 || l.Hopper(100) != 30 || len(l.Open()) != 1 || l.Open()[0].Visit != "open" {
			t.Errorf("the ledger has lost something: owed %d, hopper %d, open %v", l.Owed(), l.Hopper(100), l.Open())
		}
		r, err := j.Report()
		if err != nil {
			t.Fatal(err)
		}
		if r.Pruned == 0 || r.Events[0].Number != r.Pruned+1 || r.Events[len(r.Events)-1].Number != 207 {
			t.Errorf("pruned up to %d, events %d to %d", r.Pruned, r.Events[0].Number, r.Events[len(r.Events)-1].Number)
		}
		if r.Owed != 500 || len(r.Debts) != 1 || !r.Debts[0].Card {
			t.Errorf("owed %d: %+v", r.Owed, r.Debts)
		}
	}
	wantStill(j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	wantStill(openedWith(t, dir, small()))
}

// Full of what the office has not taken, the journal says so while there is room
// for who is being served, then refuses; it drops nothing, and is itself again
// when the office has taken them.
func TestFullOfUnsentEvents(t *testing.T) {
	dir := t.TempDir()
	j := openedWith(t, dir, small())
	n := 0
	for ; !j.Full(); n++ {
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 10})
	}
	if want := int(small().most - small().reserved); n != want+1 {
		t.Errorf("out of service after %d events, want %d", n, want+1)
	}
	if err := j.Probe(); !errors.Is(err, ErrFull) {
		t.Errorf("a full journal can be written, says %v", err)
	}
	var err error
	for ; err == nil; n++ {
		err = j.Write(flows.Event{Kind: flows.CoinOut, Visit: "v", Yen: 10})
	}
	if !errors.Is(err, ErrFull) || n != int(small().most)+1 {
		t.Errorf("after %d events it says %v", n, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openedWith(t, dir, small())
	if !j.Full() || j.last != small().most {
		t.Fatalf("after a start it has %d events, full: %v", j.last, j.Full())
	}
	o := &limited{}
	if err := j.drain(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if o.last != small().most {
		t.Errorf("the office has %d events, want all %d", o.last, small().most)
	}
	if j.Full() || j.Probe() != nil {
		t.Errorf("the office has taken them, and the journal is full")
	}
	write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 10})
}

// An office that was put back from an older copy has a gap that nobody can fill:
// nothing may be sent under a wrong number.
func TestAnOfficeBehindTheHistory(t *testing.T) {
	j := openedWith(t, t.TempDir(), small())
	o := &limited{}
	for range 50 {
		write(t, j, flows.Event{Kind: flows.DeviceFault, Device: "door"})
	}
	if err := j.drain(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	o.last = 3
	if err := j.drain(t.Context(), o); err == nil || o.last != 3 {
		t.Errorf("the office lacks events that were pruned, and drain says %v", err)
	}
}

// The space is taken beforehand and is enough: a journal at its bound, of events
// of an ordinary length, with every commit's old pages, needs no more.
func TestTheSpaceTakenBeforehandIsEnough(t *testing.T) {
	dir := t.TempDir()
	b := shopBounds()
	j := openedWith(t, dir, b)
	j.db.NoSync = true
	st, err := os.Stat(filepath.Join(dir, fileName))
	if err != nil || st.Size() != b.space {
		t.Fatalf("the file has %d bytes before its first event, want %d: %v", st.Size(), b.space, err)
	}
	visit := "0123456789abcdef0123456789abcdef"
	for n := uint64(1); n <= b.most; {
		if err := j.db.Update(func(tx *bolt.Tx) error {
			events := tx.Bucket(eventsBucket)
			events.FillPercent = 0.9
			for range 500 {
				text, err := json.Marshal(flows.Event{Number: n, Kind: flows.SheetDelivered, Visit: visit, Sheet: 1, Of: 1, Copy: 1, Issue: visit})
				if err != nil {
					return err
				}
				if err := events.Put(key(n), text); err != nil {
					return err
				}
				n++
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if st, err = os.Stat(filepath.Join(dir, fileName)); err != nil || st.Size() != b.space {
		t.Errorf("a journal at its bound has %d bytes, taken were %d: %v", st.Size(), b.space, err)
	}
}

func TestAnOfficeThatIsAwayCostsNothing(t *testing.T) {
	j := openedWith(t, t.TempDir(), small())
	write(t, j, flows.Event{Kind: flows.DeviceFault, Device: "door"})
	if err := j.drain(t.Context(), gone{}); !errors.Is(err, errLost) || j.Err() != nil {
		t.Errorf("the office is away: %v, and the journal says %v", err, j.Err())
	}
}

type gone struct{}

func (gone) LastJournal(context.Context) (string, uint64, json.RawMessage, error) {
	return "", 0, nil, errLost
}

func (gone) PublishJournal(context.Context, uint64, string, []json.RawMessage) error {
	return errLost
}
