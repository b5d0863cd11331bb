package soak

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/spi"

	"kioskd/drivers/board"
	virtual "kioskd/simulator/board"
)

// errCut is what everything answers once the power is gone, or the process.
var errCut = errors.New("soak: the power is gone")

// plug is the kiosk's side of the machine for one life of the daemon: drivers see
// a board.Board on virtual chips in memory. Once it is cut, nothing passes any
// more, whatever the dying process still tries.
type plug struct {
	m    *machine
	lost chan struct{}
	once sync.Once
}

var _ board.Board = (*plug)(nil)

func newPlug(m *machine) *plug { return &plug{m: m, lost: make(chan struct{})} }

// cut ends the life of this plug: outputs fall to their resistors, inputs fall
// silent.
func (p *plug) cut() {
	p.once.Do(func() {
		close(p.lost)
		for _, name := range p.m.order {
			if o := p.m.outputs[name]; o != nil {
				o.set(o.resistor)
			}
			if l := p.m.inputs[name]; l != nil {
				l.unwatch()
			}
		}
		p.m.reader.PowerOff()
		p.m.serial.hangUp()
	})
}

func (p *plug) dead() bool {
	select {
	case <-p.lost:
		return true
	default:
		return false
	}
}

func (p *plug) String() string        { return "soak" }
func (p *plug) Lost() <-chan struct{} { return p.lost }
func (p *plug) Close() error          { return nil }

func (p *plug) Err() error {
	if p.dead() {
		return errCut
	}
	return nil
}

var errNoSuch = errors.New("soak: the screen has no pixels here")

func (p *plug) I2C(string) (i2c.BusCloser, error)             { return nil, errNoSuch }
func (p *plug) SPI(string) (spi.PortCloser, error)            { return nil, errNoSuch }
func (p *plug) Framebuffer(string) (board.Framebuffer, error) { return nil, errNoSuch }

func (p *plug) UART(string) (board.Serial, error)   { return &port{p: p, s: p.m.serial}, nil }
func (p *plug) Reader(string) (board.Reader, error) { return cardReader{p}, nil }
func (p *plug) Clock() board.Clock                  { return p.clock(0) }

func (p *plug) Output(name string) (gpio.PinOut, error) {
	if p.m.outputs[name] == nil {
		return nil, fmt.Errorf("soak: no output %q", name)
	}
	return pinOut{p: p, o: p.m.outputs[name], name: name}, nil
}

func (p *plug) Input(name string) (board.Input, error) {
	if p.m.inputs[name] == nil {
		return nil, fmt.Errorf("soak: no input %q", name)
	}
	return pinIn{p: p, l: p.m.inputs[name], name: name}, nil
}

// boardClock is the world's clock with this board's own errors.
//
// What two timers of one instant set off is in no order but the scheduler's. So
// every part of the kiosk has a clock of its own, on which timers ring a little
// later than they were set, each part's by another while.
type boardClock struct {
	p   *plug
	lag time.Duration
}

// lags are so different that sums of a few are, too.
const (
	lagUnit  = 7 * time.Nanosecond
	lagRadix = 3
)

// clock is that of the part of this number.
func (p *plug) clock(part int) boardClock {
	lag := lagUnit
	for range part {
		lag *= lagRadix
	}
	return boardClock{p: p, lag: lag}
}

func (c boardClock) Uptime() time.Duration { return c.p.m.clock.Uptime() }

func (c boardClock) Now() (time.Time, bool) {
	c.p.m.mu.Lock()
	defer c.p.m.mu.Unlock()
	return c.p.m.clock.Now().Add(c.p.m.skew), !c.p.m.unset
}

func (c boardClock) AfterFunc(d time.Duration, f func()) board.Timer {
	// Also on a board that is cut: what the dying process waits for must end, and
	// reaches nothing any more.
	return stopper{c.p.m.clock.AfterFunc(d+c.lag, f)}
}

type stopper struct{ stop func() bool }

func (s stopper) Stop() bool { return s.stop() }

// worldClock is the world's clock as the simulated devices know it.
type worldClock = virtual.Clock
