package gt911

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/drivers/board"
)

// failuresMax is how often in a row the chip may answer wrongly before it is
// reset: a single one is noise.
const failuresMax = 3

var errEdges = errors.New("gt911: the interrupt line is gone")

// Run hands each report to handle, one after the other, until ctx ends (the
// error is then its cause). It waits for INT and also polls, since a lost edge
// must not freeze the screen. When the chip answers wrongly three times
// running, as after a discharge, it is reset; if that does not help the error
// is ErrDead. When the chip was reset while a finger lay, handle sees it lifted.
func (d *Dev) Run(ctx context.Context, handle func(Report)) error {
	ctx, cancel := context.WithCancel(ctx) // ends the watch with us
	defer cancel()
	edges, err := d.irq.Watch(ctx)
	if err != nil {
		return fmt.Errorf("gt911: watch interrupt: %w", err)
	}
	poll := time.NewTicker(d.o.Poll)
	defer poll.Stop()
	r := runner{d: d, handle: handle, checkEvery: max(1, int(d.o.Check/d.o.Poll))}
	for {
		d.o.Turn(ctx)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case e, ok := <-edges:
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !ok {
				return errEdges
			}
			err = r.edge(e)
		case <-poll.C:
			err = r.poll()
		}
		if err != nil {
			return err
		}
	}
}

// runner is the state of one Run.
type runner struct {
	d      *Dev
	handle func(Report)

	at         time.Duration // of the last edge
	down       bool          // the last report had points
	failures   int           // reads that failed, in a row
	strange    int           // product ids that were wrong, in a row
	polls      int
	checkEvery int // polls between two looks at the product id
}

func (r *runner) edge(e board.Edge) error {
	end := r.d.o.Work()
	defer end()
	r.at = e.At
	points, err := r.d.take()
	if err == nil {
		r.report(points, e.At)
	}
	return r.judge(err)
}

func (r *runner) poll() error {
	points, err := r.d.take()
	if err == nil {
		end := r.d.o.Work()
		defer end()
		at := r.at
		if r.d.o.Uptime != nil {
			at = r.d.o.Uptime()
		}
		r.report(points, at)
	}
	if err := r.judge(err); err != nil {
		return err
	}
	r.polls++
	if r.polls < r.checkEvery && r.strange == 0 {
		return nil
	}
	r.polls = 0
	return r.checkProduct()
}

func (r *runner) report(points []Point, at time.Duration) {
	r.down = len(points) > 0
	r.handle(Report{At: at, Points: points})
}

// judge counts failures in a row, and resets the chip at the third.
func (r *runner) judge(err error) error {
	if err == nil || errors.Is(err, errNotReady) {
		r.failures = 0
		return nil
	}
	if errors.Is(err, ErrHalted) {
		return err
	}
	r.failures++
	if r.failures < failuresMax {
		return nil
	}
	return r.reset()
}

func (r *runner) checkProduct() error {
	r.d.mu.Lock()
	err := r.d.checkProduct()
	r.d.mu.Unlock()
	if err == nil {
		r.strange = 0
		return nil
	}
	r.strange++
	if r.strange < failuresMax {
		return nil
	}
	return r.reset()
}

func (r *runner) reset() error {
	end := r.d.o.Work()
	defer end()
	if r.down {
		// The chip forgets the finger, so nobody would ever hear it lift.
		r.report(nil, r.at)
	}
	r.failures, r.strange = 0, 0
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	if r.d.halted {
		return ErrHalted
	}
	return r.d.start()
}
