package ft5x06

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kioskd/drivers/board"
)

// failuresMax is how often in a row the chip may answer wrongly: a single one is
// noise.
const failuresMax = 3

var errEdges = errors.New("ft5x06: the interrupt line is gone")

// Run hands each change of the glass to handle, one after the other, until ctx
// ends (the error is then its cause). It waits for INT and also polls, since a
// lost edge must not freeze the screen. When the chip answers wrongly three
// times running, the error is ErrDead, and handle sees a finger that lay there
// lifted: there is no reset line to help it with.
func (d *Dev) Run(ctx context.Context, handle func(Report)) error {
	ctx, cancel := context.WithCancel(ctx) // ends the watch with us
	defer cancel()
	edges, err := d.irq.Watch(ctx)
	if err != nil {
		return fmt.Errorf("ft5x06: watch interrupt: %w", err)
	}
	poll := time.NewTicker(d.o.Poll)
	defer poll.Stop()
	r := runner{d: d, handle: handle, checkEvery: max(1, int(d.o.Check/d.o.Poll))}
	for {
		d.o.Turn(ctx)
		var e board.Edge
		edge, ok := false, true
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case e, ok = <-edges:
			edge = true
		case <-poll.C:
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !ok:
			return errEdges
		case edge:
			r.at = e.At
		case d.o.Uptime != nil:
			r.at = d.o.Uptime()
		}
		if err := r.turn(edge); err != nil {
			return err
		}
	}
}

// runner is the state of one Run.
type runner struct {
	d      *Dev
	handle func(Report)

	at         time.Duration // of what is read next
	last       []Point       // what handle heard last
	failures   int           // wrong answers in a row
	polls      int
	checkEvery int // polls between two looks at the identity
}

// turn reads the glass once; every so many polls it asks who is there, too.
func (r *runner) turn(edge bool) error {
	if edge {
		end := r.d.o.Work()
		defer end()
	}
	points, err := r.d.take()
	if err == nil && !edge {
		if r.polls++; r.polls >= r.checkEvery {
			r.polls = 0
			err = r.sameChip()
		}
	}
	if errors.Is(err, ErrHalted) {
		return err
	}
	if err == nil {
		r.failures = 0
		r.report(points)
		return nil
	}
	r.failures++
	r.polls = r.checkEvery // ask again at once who is there
	if r.failures < failuresMax {
		return nil
	}
	r.report(nil)
	return fmt.Errorf("%w: %w", ErrDead, err)
}

// sameChip is nil while the identity is what it was at the start.
func (r *runner) sameChip() error {
	id, err := r.d.identity()
	if err != nil {
		return err
	}
	if id != r.d.id {
		return fmt.Errorf("firmware and module read as %#x, not %#x", id[:], r.d.id[:])
	}
	return nil
}

// report leaves out what handle knows: the chip repeats a resting finger.
func (r *runner) report(points []Point) {
	if slices.Equal(points, r.last) {
		return
	}
	end := r.d.o.Work()
	defer end()
	r.last = points
	r.handle(Report{At: r.at, Points: points})
}
