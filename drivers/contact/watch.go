package contact

import (
	"context"
	"time"

	"kioskd/drivers/board"
	"kioskd/drivers/board/alarm"
)

// watch is the Dev's goroutine.
func (d *Dev) watch(ctx context.Context, edges <-chan board.Edge) {
	defer close(d.done)
	reread := time.NewTicker(d.o.Reread)
	defer reread.Stop()
	stood := alarm.New(d.clock, d.o.Work) // the last edge is to be believed now
	defer stood.Cancel()
	suspect := false // the last reading contradicted the edges
	take := func(e board.Edge) {
		suspect = false
		d.change(func(s *state) (change, bool) { return s.edge(e) })
		if d.settled() {
			stood.Cancel() // it was a bounce: nothing is left to believe
		} else {
			stood.Set(d.o.Debounce)
		}
	}
	for {
		select {
		case <-ctx.Done():
			d.end(ErrHalted)
			return
		case e, ok := <-edges:
			if ctx.Err() != nil {
				d.end(ErrHalted)
				return
			}
			if !ok {
				d.end(ErrLost)
				return
			}
			take(e)
		case end := <-stood.C():
			// An edge that came before the time was over may still wait in line;
			// it, and not the order in which we look, decides.
			if e, ok := pending(edges); ok {
				take(e)
			} else {
				d.change((*state).stood)
			}
			end()
		case <-reread.C:
			suspect = d.reread(edges, suspect)
		}
	}
}

// pending takes an edge that is already there.
func pending(edges <-chan board.Edge) (board.Edge, bool) {
	select {
	case e, ok := <-edges:
		return e, ok
	default:
		return board.Edge{}, false
	}
}

// reread compares the line with what its edges said. An edge may be on its way
// while we read, so only the second contradiction in a row counts.
func (d *Dev) reread(edges <-chan board.Edge, suspect bool) (nowSuspect bool) {
	level, err := d.in.Read()
	if err != nil || len(edges) > 0 {
		return false // a lost board shows as the end of the edges
	}
	d.mu.Lock()
	same := level == d.state.raw
	d.mu.Unlock()
	if same {
		return false
	}
	if !suspect {
		return true
	}
	now := d.clock.Uptime()
	d.change(func(s *state) (change, bool) { return s.correct(level, now) })
	return false
}

func (d *Dev) settled() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.raw == d.state.level
}

// change moves the state and tells those who wait. Work is in hand from before
// they can see it until Changed has returned.
func (d *Dev) change(move func(*state) (change, bool)) {
	end := d.o.Work()
	defer end()
	d.mu.Lock()
	c, ok := move(&d.state)
	if ok {
		close(d.changed)
		d.changed = make(chan struct{})
	}
	d.mu.Unlock()
	if ok {
		d.o.Changed(c.level, c.at)
	}
}

func (d *Dev) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	close(d.changed)
	d.changed = make(chan struct{})
}
