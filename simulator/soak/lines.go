package soak

import (
	"context"
	"errors"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"kioskd/drivers/board"
)

// output is a line the kiosk drives, from its device's side.
type output struct {
	resistor bool
	f        func(level bool)

	mu    sync.Mutex
	level bool
}

func (o *output) set(level bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.level == level {
		return
	}
	o.level = level
	if o.f != nil {
		o.f(level)
	}
}

// line is a line the kiosk watches, from its device's side. It queues as many
// edges as the system does, and drops the oldest.
type line struct {
	clock *worldClock

	mu      sync.Mutex
	level   bool
	number  uint32
	dropped uint32
	edges   chan board.Edge // nil: nobody watches
	broken  bool
}

var errLine = errors.New("soak: the line's controller does not answer")

// Break has reading and watching the line fail, and its edges be lost; false mends
// it.
func (l *line) Break(broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = broken
}

func (l *line) err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken {
		return errLine
	}
	return nil
}

// Set and SetAt change the level.
func (l *line) Set(level bool) { l.SetAt(level, l.clock.Uptime()) }

func (l *line) SetAt(level bool, at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.level == level {
		return
	}
	l.level = level
	l.number++
	if l.edges == nil || l.broken {
		return
	}
	for {
		select {
		case l.edges <- board.Edge{At: at, Level: gpio.Level(level), Number: l.number, Dropped: l.dropped}:
			l.dropped = 0
			return
		default:
		}
		select {
		case old := <-l.edges:
			l.dropped += old.Dropped + 1
		default:
		}
	}
}

// Level is the level now.
func (l *line) Level() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level
}

func (l *line) watch() <-chan board.Edge {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.edges = make(chan board.Edge, board.EdgesMax)
	return l.edges
}

func (l *line) unwatch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.edges != nil {
		close(l.edges)
		l.edges = nil
	}
}

// pinIn is a line as a driver sees it.
type pinIn struct {
	p    *plug
	l    *line
	name string
}

func (i pinIn) String() string { return i.name }
func (i pinIn) Halt() error    { return nil }

func (i pinIn) Read() (gpio.Level, error) {
	return gpio.Level(i.l.Level()), errors.Join(i.p.Err(), i.l.err())
}

func (i pinIn) Watch(ctx context.Context) (<-chan board.Edge, error) {
	if err := errors.Join(i.p.Err(), i.l.err()); err != nil {
		return nil, err
	}
	edges := i.l.watch()
	context.AfterFunc(ctx, func() {
		if !i.p.dead() { // the next life may watch already
			i.l.unwatch()
		}
	})
	return edges, nil
}

// pinOut is an output as a driver sees it.
type pinOut struct {
	p    *plug
	o    *output
	name string
}

func (o pinOut) Out(l gpio.Level) error {
	if err := o.p.Err(); err != nil {
		return err
	}
	o.o.set(bool(l))
	return nil
}

func (o pinOut) String() string                        { return o.name }
func (o pinOut) Halt() error                           { return nil }
func (o pinOut) Name() string                          { return o.name }
func (o pinOut) Number() int                           { return -1 }
func (o pinOut) Function() string                      { return "Out" }
func (o pinOut) PWM(gpio.Duty, physic.Frequency) error { return errNoSuch }

var _ gpio.PinOut = pinOut{}
