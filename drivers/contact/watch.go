package contact

import (
	"context"
	"time"

	"kioskd/drivers/board"
)

func (d *Dev) watch(ctx context.Context, edges <-chan board.Edge) {
	defer close(d.done)
	reread := time.NewTicker(d.o.Reread)
	defer reread.Stop()
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
			d.edge(e)
		case <-reread.C:
			d.reread(edges)
		}
	}
}

func (d *Dev) edge(e board.Edge) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.suspect = false
	d.tell(d.state.edge(e))
	d.round++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.state.raw == d.state.level {
		return // it was a bounce: nothing is left to believe
	}
	round := d.round
	d.timer = d.clock.AfterFunc(d.o.Debounce, func() { d.settle(round) })
}

// settle is the clock's call: no edge has followed.
func (d *Dev) settle(round int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if round != d.round || d.err != nil {
		return
	}
	// The timer was set after the edge was stamped, so the time is over even
	// where the clock answers a trifle early.
	d.tell(d.state.settle(d.state.rawAt + d.o.Debounce))
}

// reread compares the line with what its edges said. An edge may be on its way
// while we read, so only the second contradiction in a row counts.
func (d *Dev) reread(edges <-chan board.Edge) {
	level, err := d.in.Read()
	if err != nil || len(edges) > 0 {
		return // a lost board shows as the end of the edges
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if level == d.state.raw {
		d.suspect = false
		return
	}
	if !d.suspect {
		d.suspect = true
		return
	}
	d.suspect = false
	d.round++
	d.tell(d.state.correct(level, d.clock.Uptime()))
}

// tell wakes those who wait, under the lock.
func (d *Dev) tell(c change, ok bool) {
	if !ok {
		return
	}
	end := d.o.Work()
	defer end()
	close(d.changed)
	d.changed = make(chan struct{})
	d.o.Changed(c.level, c.at)
}

func (d *Dev) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	d.round++
	if d.timer != nil {
		d.timer.Stop()
	}
	close(d.changed)
	d.changed = make(chan struct{})
}
