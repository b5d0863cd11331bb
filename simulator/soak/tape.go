package soak

import (
	"sync"

	"kioskd/daemon/journal"
	"kioskd/flows"
)

// tape is the journal as one life of the daemon writes it. It knows every event
// that was committed, and cuts the power before or after a commit.
type tape struct {
	w *world
	p *plug
	j *journal.Journal
}

// record is what was committed in all lives.
type record struct {
	mu     sync.Mutex
	events []flows.Event
}

func (r *record) all() []flows.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events[:len(r.events):len(r.events)]
}

func (r *record) add(e flows.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Number = uint64(len(r.events)) + 1
	r.events = append(r.events, e)
}

func (t *tape) Ledger() *flows.Ledger       { return t.j.Ledger() }
func (t *tape) Person(serial []byte) string { return t.j.Person(serial) }

func (t *tape) Write(e flows.Event) error {
	if err := t.p.Err(); err != nil {
		return err
	}
	if t.w.strikes("before", e.Kind) {
		t.w.cut(t.w.crash.kill)
		return errCut
	}
	done, err := t.w.commit(func() error { return t.j.Write(e) })
	if done {
		t.w.record.add(e)
		t.w.trace.event(e)
		t.w.atCommit(e)
	}
	if err != nil {
		return err
	}
	if t.w.strikes("after", e.Kind) {
		t.w.cut(t.w.crash.kill)
		return errCut
	}
	return nil
}
