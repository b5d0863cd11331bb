package link

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kioskd/drivers/board"
	"kioskd/drivers/board/edges"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// output is a line the kiosk drives. It implements gpio.PinOut.
type output struct {
	handle
	mu   sync.Mutex
	call *call
}

// Name is the line's name.
func (d *output) Name() string { return d.name }

// Number is -1: lines of a linked board have names alone.
func (d *output) Number() int { return -1 }

// Function is "Out".
func (d *output) Function() string { return "Out" }

// Out drives the line. It returns when the line has the level.
func (d *output) Out(l gpio.Level) error {
	if l {
		return d.drive(DriveHigh)
	}
	return d.drive(DriveLow)
}

// Halt leaves the line to its resistor.
func (d *output) Halt() error { return d.drive(DriveNone) }

// PWM fails: no line of this board has it.
func (d *output) PWM(gpio.Duty, physic.Frequency) error {
	return fmt.Errorf("link: %s: there is no PWM", d.name)
}

func (d *output) drive(to Drive) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.call.into = []byte{}
	return d.wrap(d.b.ask(d.call, KindOut, d.number, Out{to}))
}

// input is a line the kiosk watches.
type input struct {
	handle
	mu    sync.Mutex
	queue *edges.Queue // of the one watch

	asleep bool // its reader took nothing for roomWithin; the link's reader's own
}

// roomWithin is how long a full queue waits for its reader, in process time.
const roomWithin = 20 * time.Millisecond

// Read is the level now.
func (d *input) Read() (gpio.Level, error) {
	c := newCall()
	if err := d.b.ask(c, KindRead, d.number, nil); err != nil {
		return gpio.Low, d.wrap(err)
	}
	m, err := DecodeLevel(c.body)
	return m.Level, d.wrap(err)
}

// Halt does nothing: an input is inert.
func (d *input) Halt() error { return nil }

// Watch queues edges from now on.
func (d *input) Watch(ctx context.Context) (<-chan board.Edge, error) {
	q := edges.New()
	d.mu.Lock()
	watched := d.queue != nil
	if !watched {
		d.queue = q
	}
	d.mu.Unlock()
	if watched {
		return nil, fmt.Errorf("link: %s: it has a watcher already", d.name)
	}
	if err := d.b.ask(newCall(), KindWatch, d.number, nil); err != nil {
		d.unwatch()
		return nil, d.wrap(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(d.b.ctx, cancel)
	started := d.b.goes(func() {
		defer q.Close()
		defer d.unwatch()
		q.Run(ctx)
		stop()
		cancel()
		// On a lost link there is nothing to tell the board.
		_ = d.b.ask(newCall(), KindUnwatch, d.number, nil)
	})
	if !started {
		stop()
		cancel()
		d.unwatch()
		return nil, d.b.Err()
	}
	return q.Out(), nil
}

func (d *input) unwatch() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = nil
}

// push queues an edge that the board reported. A socket brings in one gulp what
// a kernel would have queued over time, so a reader that is alive gets a moment
// to make room; one that was found asleep gets none until it has caught up.
func (d *input) push(e board.Edge) {
	d.mu.Lock()
	q := d.queue
	d.mu.Unlock()
	if q == nil {
		return
	}
	if q.Full() && !d.asleep {
		late := time.NewTimer(roomWithin)
		select {
		case <-q.Room():
		case <-late.C:
			d.asleep = true
		case <-d.b.lost:
		}
		late.Stop()
	}
	if !q.Full() {
		d.asleep = false
	}
	q.Push(e)
}

// drained is closed when every edge has been taken, nil if nobody watches.
func (d *input) drained() <-chan struct{} {
	d.mu.Lock()
	q := d.queue
	d.mu.Unlock()
	if q == nil {
		return nil
	}
	return q.Drained()
}
