// Package contact watches a contact or sensor: a door, a paper exit, a tray, a
// supply that is failing.
//
// It knows the level from the start, believes a change only when it has stood
// for the debounce time by the board's own time stamps, and reads the line again
// every second, since a queue of 16 edges can lose one. It says so when that
// happened. It gives the levels no meaning.
//
// Wiring: normally closed to ground with a pull-up, so that a cut wire reads as
// the alarm.
//
// Source: sensors of the kiosk's own board; Linux GPIO character device v2, 16
// events a line, the oldest dropped.
package contact

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board"
)

// ErrLost says that the line is no longer watched: the board is gone.
var ErrLost = errors.New("contact: the line is gone")

// ErrHalted says that Halt was called.
var ErrHalted = errors.New("contact: halted")

// Opts are the options of New. The zero value works.
type Opts struct {
	// Debounce is how long a level must stand; 0 means 30 ms of board time.
	Debounce time.Duration
	// Reread is how often the line is read besides its edges; 0 means 1 s of
	// process time.
	Reread time.Duration
	// Changed is called for each believed change, one after the other, on the
	// Dev's goroutine: it must be short and must not call Halt. nil means nobody.
	Changed func(level gpio.Level, at time.Duration)
	// Work is called when a change is believed, and what it returns when Changed
	// has returned; nil means that nobody counts.
	Work func() (end func())
}

func (o Opts) withDefaults() Opts {
	if o.Debounce == 0 {
		o.Debounce = 30 * time.Millisecond
	}
	if o.Reread == 0 {
		o.Reread = time.Second
	}
	if o.Changed == nil {
		o.Changed = func(gpio.Level, time.Duration) {}
	}
	if o.Work == nil {
		o.Work = func() func() { return func() {} }
	}
	return o
}

// Dev is one watched line.
type Dev struct {
	in    board.Input
	clock board.Clock
	o     Opts
	stop  context.CancelFunc
	done  chan struct{} // closed when the watching goroutine has ended

	mu      sync.Mutex
	state   state
	changed chan struct{} // closed and replaced at each change
	err     error         // why the watch ended
}

// New reads the level, which counts at once, and watches from then on.
func New(in board.Input, clock board.Clock, o Opts) (*Dev, error) {
	ctx, cancel := context.WithCancel(context.Background()) // until Halt
	edges, err := in.Watch(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("contact: watch %s: %w", in, err)
	}
	level, err := in.Read()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("contact: read %s: %w", in, err)
	}
	d := &Dev{
		in: in, clock: clock, o: o.withDefaults(), stop: cancel,
		done: make(chan struct{}), changed: make(chan struct{}),
	}
	d.state = newState(level, clock.Uptime(), d.o.Debounce)
	go d.watch(ctx, edges)
	return d, nil
}

// String names the line.
func (d *Dev) String() string { return fmt.Sprintf("contact{%s}", d.in) }

// Halt ends the watch and waits for it. It may be called twice.
func (d *Dev) Halt() error {
	d.stop()
	<-d.done
	return nil
}

// Level is the level that is believed at this moment.
func (d *Dev) Level() gpio.Level {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.level
}

// Since is the board's time of the edge that brought the level.
func (d *Dev) Since() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.since
}

// Wait returns when the level is the given one, at once when it is so already.
// The error is the cause of ctx, ErrLost or ErrHalted.
func (d *Dev) Wait(ctx context.Context, level gpio.Level) error {
	return d.until(ctx, func() bool { return d.state.level == level })
}

// Passages is how many times the line went high and low again since New.
func (d *Dev) Passages() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.passages
}

// Passage waits for the passage of that number, counted from 0, and returns
// it. The number to ask for is what Passages answered beforehand. Only the last
// 64 are kept.
func (d *Dev) Passage(ctx context.Context, number int) (Passage, error) {
	var p Passage
	err := d.until(ctx, func() bool {
		if number >= d.state.passages {
			return false
		}
		p = d.state.kept[number%keptMax]
		return true
	})
	if err != nil {
		return Passage{}, err
	}
	if p.Number != number {
		return Passage{}, fmt.Errorf("contact: passage %d is forgotten", number)
	}
	return p, nil
}

// until waits for what is so under the lock.
func (d *Dev) until(ctx context.Context, ready func() bool) error {
	for {
		d.mu.Lock()
		ok, err, changed := ready(), d.err, d.changed
		d.mu.Unlock()
		if ok {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

var _ conn.Resource = (*Dev)(nil)
