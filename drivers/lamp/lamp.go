// Package lamp drives lamps and an active buzzer on output lines.
//
// A lamp is on, off or blinking, never faster than three flashes a second, which
// is the limit for people who get seizures from flashing light. A buzzer sounds
// a pattern and is silent afterwards, whatever happens in between. Neither reads
// its line back: reading an output turns it into an input.
//
// Wiring: high is on, a resistor holds the line low, so that a dead daemon
// leaves the kiosk dark and silent.
//
// Source: WCAG 2.2, 2.3.1 (three flashes); Linux GPIO character device v2.
package lamp

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/gpio"
)

// fastest is the shortest half of a flash: three flashes a second.
const fastest = time.Second / 6

// ErrTooFast refuses more than three flashes a second.
var ErrTooFast = errors.New("lamp: more than three flashes a second")

// Opts are the options of New. The zero value works.
type Opts struct {
	// Half is how long a blinking lamp is on, and then off; 0 means 500 ms of
	// process time.
	Half time.Duration
}

// Lamp is one lamp.
type Lamp struct {
	pin  gpio.PinOut
	half time.Duration

	mu    sync.Mutex // one change at a time
	lit   gpio.Level // while it does not blink
	blink *blinking  // nil while it does not blink
}

// blinking is the one goroutine of a blinking lamp.
type blinking struct {
	stop chan struct{} // closed to end it
	done chan struct{} // closed when it has ended
	err  error         // read after done
}

// New switches the lamp off.
func New(pin gpio.PinOut, o Opts) (*Lamp, error) {
	if o.Half == 0 {
		o.Half = 500 * time.Millisecond
	}
	if o.Half < fastest {
		return nil, fmt.Errorf("%w: half a flash is %v, want at least %v", ErrTooFast, o.Half, fastest)
	}
	l := &Lamp{pin: pin, half: o.Half}
	if err := l.out(gpio.Low); err != nil {
		return nil, err
	}
	return l, nil
}

// String names the lamp's line.
func (l *Lamp) String() string { return fmt.Sprintf("lamp{%s}", l.pin) }

// On lights the lamp steadily.
func (l *Lamp) On() error { return l.steady(gpio.High) }

// Off makes it dark.
func (l *Lamp) Off() error { return l.steady(gpio.Low) }

// Halt makes it dark and waits until it no longer blinks. It may be called
// twice.
func (l *Lamp) Halt() error { return l.steady(gpio.Low) }

// Close is Halt.
func (l *Lamp) Close() error { return l.Halt() }

// Blink lets it blink, beginning with light, until it is told something else.
// What goes wrong while it blinks is returned by the next call.
func (l *Lamp) Blink() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.blink != nil {
		select {
		case <-l.blink.done: // it ended by an error
		default:
			return nil
		}
		if err := l.end(); err != nil {
			return err
		}
	}
	if err := l.out(gpio.High); err != nil {
		return err
	}
	l.lit = gpio.Low // what it will be when it no longer blinks
	l.blink = &blinking{stop: make(chan struct{}), done: make(chan struct{})}
	go l.run(l.blink)
	return nil
}

// Flash lights the lamp for d of process time and leaves it as it was; other
// calls wait meanwhile. One that blinks is seen anyway.
func (l *Lamp) Flash(d time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.blink != nil {
		return nil
	}
	if err := l.out(gpio.High); err != nil {
		return err
	}
	time.Sleep(d)
	return l.out(l.lit)
}

func (l *Lamp) steady(level gpio.Level) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lit = level
	return errors.Join(l.end(), l.out(level))
}

// end stops the blinking and says what went wrong with it.
func (l *Lamp) end() error {
	if l.blink == nil {
		return nil
	}
	b := l.blink
	l.blink = nil
	close(b.stop)
	<-b.done
	return b.err
}

func (l *Lamp) run(b *blinking) {
	defer close(b.done)
	tick := time.NewTicker(l.half)
	defer tick.Stop()
	level := gpio.High
	for {
		select {
		case <-b.stop:
			return
		case <-tick.C:
		}
		level = !level
		if b.err = l.out(level); b.err != nil {
			return
		}
	}
}

func (l *Lamp) out(level gpio.Level) error {
	if err := l.pin.Out(level); err != nil {
		return fmt.Errorf("lamp: %s: %w", l.pin, err)
	}
	return nil
}

var _ conn.Resource = (*Lamp)(nil)
