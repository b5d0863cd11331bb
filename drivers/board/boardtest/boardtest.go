// Package boardtest is a handful of pins and a clock for the tests of drivers.
//
// They are dumb: no chip is behind them. Their time is package time's, so that a
// test in a synctest bubble runs through hours at once.
package boardtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"kioskd/drivers/board"
)

// Clock is a board's clock that was started when it was made.
type Clock struct{ start time.Time }

// NewClock starts a clock.
func NewClock() *Clock { return &Clock{time.Now()} }

// Now is trusted.
func (c *Clock) Now() (time.Time, bool) { return time.Now(), true }

// Uptime is the time since NewClock.
func (c *Clock) Uptime() time.Duration { return time.Since(c.start) }

// AfterFunc is time.AfterFunc.
func (c *Clock) AfterFunc(d time.Duration, f func()) board.Timer { return time.AfterFunc(d, f) }

// Line is an input that a test drives. As on Linux it queues 16 edges and drops
// the oldest.
type Line struct {
	clock *Clock

	mu      sync.Mutex
	level   gpio.Level
	number  uint32
	dropped uint32
	edges   chan board.Edge // nil while nobody watches
	fails   error           // what reading it gives
}

// NewLine returns a line at that level.
func NewLine(c *Clock, level gpio.Level) *Line { return &Line{clock: c, level: level} }

// String names it.
func (l *Line) String() string { return "line" }

// Halt does nothing.
func (l *Line) Halt() error { return nil }

// Read returns the level.
func (l *Line) Read() (gpio.Level, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level, l.fails
}

// Fail has reading it fail with err.
func (l *Line) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails = err
}

// Watch queues edges until ctx ends.
func (l *Line) Watch(ctx context.Context) (<-chan board.Edge, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.edges != nil {
		return nil, fmt.Errorf("boardtest: watched twice")
	}
	l.edges = make(chan board.Edge, board.EdgesMax)
	context.AfterFunc(ctx, l.Lose)
	return l.edges, nil
}

// Lose ends the watch, as a lost board does.
func (l *Line) Lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.edges != nil {
		close(l.edges)
		l.edges = nil
	}
}

// Set changes the level, which is an edge if it differs.
func (l *Line) Set(level gpio.Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if level == l.level {
		return
	}
	l.level = level
	l.number++
	l.queue(board.Edge{At: l.clock.Uptime(), Level: level, Number: l.number})
}

// Slip changes the level and loses the edge without a trace but its number.
func (l *Line) Slip(level gpio.Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.level = level
	l.number++
}

// Pulse changes the level and back after d.
func (l *Line) Pulse(d time.Duration) {
	l.mu.Lock()
	level := l.level
	l.mu.Unlock()
	l.Set(!level)
	time.Sleep(d)
	l.Set(level)
}

func (l *Line) queue(e board.Edge) {
	if l.edges == nil {
		return
	}
	for {
		e.Dropped = l.dropped
		select {
		case l.edges <- e:
			l.dropped = 0
			return
		default:
		}
		select {
		case <-l.edges:
			l.dropped++
		default:
		}
	}
}

// Pin is an output that remembers.
type Pin struct {
	// Hook is called for each Out that succeeds; nil means nobody.
	Hook func(gpio.Level)

	mu   sync.Mutex
	outs []gpio.Level
	err  error
}

// Fail lets every later Out fail; nil ends that.
func (p *Pin) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

// Outs is what was put out so far.
func (p *Pin) Outs() []gpio.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]gpio.Level(nil), p.outs...)
}

// Level is what was put out last; low before.
func (p *Pin) Level() gpio.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.outs) == 0 {
		return gpio.Low
	}
	return p.outs[len(p.outs)-1]
}

// Out remembers the level.
func (p *Pin) Out(level gpio.Level) error {
	p.mu.Lock()
	err := p.err
	if err == nil {
		p.outs = append(p.outs, level)
	}
	hook := p.Hook
	p.mu.Unlock()
	if err == nil && hook != nil {
		hook(level)
	}
	return err
}

// String names it.
func (p *Pin) String() string { return "pin" }

// Halt does nothing.
func (p *Pin) Halt() error { return nil }

// Name names it.
func (p *Pin) Name() string { return "pin" }

// Number is none.
func (p *Pin) Number() int { return -1 }

// Function is an output's.
func (p *Pin) Function() string { return "Out" }

// PWM is refused.
func (p *Pin) PWM(gpio.Duty, physic.Frequency) error { return fmt.Errorf("boardtest: no PWM") }

var (
	_ board.Clock = (*Clock)(nil)
	_ board.Input = (*Line)(nil)
	_ gpio.PinOut = (*Pin)(nil)
)
