package coin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board"
	"kioskd/drivers/board/alarm"
)

// What can go wrong with a pay-out. The Payout beside the error is true all the
// same.
var (
	// ErrEmpty: the motor ran its time and no coin came; the hopper is empty, or
	// jammed before its barrier.
	ErrEmpty = errors.New("coin: no coin came out of the hopper")
	// ErrJam: a coin lies in the exit barrier.
	ErrJam = errors.New("coin: a coin is stuck in the hopper's exit")
	// ErrDoubt: edges were lost or no coin looks like that; more coins may have
	// left than were counted.
	ErrDoubt = errors.New("coin: the hopper's count is in doubt")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("coin: hopper is closed")
)

// HopperOpts are the options of NewHopper. The zero value works.
type HopperOpts struct {
	NoCoin   time.Duration // the motor may run so long for one coin; 0 means 5 s
	Overrun  time.Duration // a coin may leave so long after the motor; 0 means 500 ms
	Shortest time.Duration // low that still is a coin; 0 means 10 ms
	Longest  time.Duration // low that still is a coin; 0 means 250 ms
}

func (o HopperOpts) withDefaults() HopperOpts {
	if o.NoCoin == 0 {
		o.NoCoin = 5 * time.Second
	}
	if o.Overrun == 0 {
		o.Overrun = 500 * time.Millisecond
	}
	if o.Shortest == 0 {
		o.Shortest = 10 * time.Millisecond
	}
	if o.Longest == 0 {
		o.Longest = 250 * time.Millisecond
	}
	return o
}

// Payout is what was seen leaving a hopper.
type Payout struct {
	// Coins left during this call: 1 when all is well.
	Coins int
	// Late coins left between the last call and this one, after the motor had
	// stopped. They were never asked for.
	Late int
	// At is the board's time at which the last of them was counted.
	At time.Duration
}

// Hopper pays out coins of one value.
type Hopper struct {
	motor gpio.PinOut
	coin  board.Input
	clock board.Clock
	o     HopperOpts
	edges <-chan board.Edge
	stop  context.CancelFunc

	mu      sync.Mutex // one pay-out at a time
	seen    barrier
	stopped time.Duration // board time the motor last stopped
	closed  bool
}

// NewHopper makes sure that the motor stands, and watches the exit from then
// on. A dumb hopper cannot be asked whether it is there.
func NewHopper(motor gpio.PinOut, coin board.Input, clock board.Clock, o HopperOpts) (*Hopper, error) {
	if err := motor.Out(gpio.High); err != nil {
		return nil, fmt.Errorf("coin: stop %s: %w", motor, err)
	}
	level, err := coin.Read()
	if err != nil {
		return nil, fmt.Errorf("coin: read %s: %w", coin, err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // until Close
	edges, err := coin.Watch(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("coin: watch %s: %w", coin, err)
	}
	h := &Hopper{
		motor: motor, coin: coin, clock: clock, o: o.withDefaults(),
		edges: edges, stop: cancel, stopped: clock.Uptime(),
	}
	h.seen = barrier{o: h.o, level: level}
	return h, nil
}

// String names the hopper's motor.
func (h *Hopper) String() string { return fmt.Sprintf("hopper{%s}", h.motor) }

// Halt stops the motor, also while Dispense runs. It may be called twice.
func (h *Hopper) Halt() error {
	if err := h.motor.Out(gpio.High); err != nil {
		return fmt.Errorf("coin: stop %s: %w", h.motor, err)
	}
	return nil
}

// Close stops the motor and the watch. It may be called twice.
func (h *Hopper) Close() error {
	err := h.Halt()
	h.stop() // a Dispense that waits ends with ErrLine
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return err
}

// Free says whether no coin lies in the exit's barrier. One that stays there, a
// short or a lost pull-up look the same.
func (h *Hopper) Free() (bool, error) {
	level, err := h.coin.Read()
	if err != nil {
		return false, fmt.Errorf("coin: read %s: %w", h.coin, err)
	}
	return level == gpio.High, nil
}

// Dispense pays one coin: the motor runs until the coin has passed the barrier.
// It returns as soon as that is so; a coin that slips out afterwards is counted
// by the next call, as Late, or by Overrun. On any error, the end of ctx too,
// the motor is stopped first and the overrun is waited for, so that Payout is
// complete. Not repeatable: each call pays.
func (h *Hopper) Dispense(ctx context.Context) (p Payout, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return p, ErrClosed
	}
	if ctx.Err() != nil {
		return p, context.Cause(ctx)
	}
	if err := h.drain(&p.Late, &p.At); err != nil {
		return p, err
	}
	if h.seen.level == gpio.Low {
		// A late coin is passing just now, or lies there for good.
		if err := h.listen(ctx, h.o.Longest, &p.Late, &p.At); err != nil {
			return p, err
		}
		if h.seen.level == gpio.Low {
			return p, ErrJam
		}
	}
	if err := h.motor.Out(gpio.Low); err != nil {
		return p, errors.Join(fmt.Errorf("coin: run %s: %w", h.motor, err), h.halt())
	}
	why := h.waitCoin(ctx, &p)
	if err := h.halt(); err != nil {
		return p, errors.Join(why, err)
	}
	if why == nil {
		return p, nil
	}
	err = h.listen(context.WithoutCancel(ctx), h.o.Overrun, &p.Coins, &p.At)
	switch {
	case err != nil:
		return p, errors.Join(why, err)
	case h.seen.level == gpio.Low:
		return p, ErrJam
	case errors.Is(why, ErrEmpty) && p.Coins > 0:
		return p, nil // it came late, but it came
	default:
		return p, why
	}
}

// Overrun waits until no coin can follow the motor any more, and returns the
// coins that left since the last Dispense returned.
func (h *Hopper) Overrun(ctx context.Context) (coins int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, ErrClosed
	}
	var at time.Duration
	left := h.o.Overrun - (h.clock.Uptime() - h.stopped)
	if left <= 0 {
		err = h.drain(&coins, &at)
	} else {
		err = h.listen(ctx, left, &coins, &at)
	}
	if err == nil && h.seen.level == gpio.Low {
		err = ErrJam
	}
	return coins, err
}

func (h *Hopper) halt() error {
	h.stopped = h.clock.Uptime()
	return h.Halt()
}

// waitCoin returns nil when a coin has left.
func (h *Hopper) waitCoin(ctx context.Context, p *Payout) error {
	tooLong := alarm.New(h.clock, nil)
	tooLong.Set(h.o.NoCoin)
	defer tooLong.Cancel()
	for p.Coins == 0 {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case end := <-tooLong.C():
			end()
			return ErrEmpty
		case e, ok := <-h.edges:
			if !ok {
				return ErrLine
			}
			if err := h.seen.edge(e, &p.Coins, &p.At); err != nil {
				return err
			}
		}
	}
	return nil
}

// listen counts what leaves within d.
func (h *Hopper) listen(ctx context.Context, d time.Duration, coins *int, at *time.Duration) error {
	over := alarm.New(h.clock, nil)
	over.Set(d)
	defer over.Cancel()
	var doubt error
	for {
		select {
		case <-ctx.Done():
			return errors.Join(doubt, context.Cause(ctx))
		case end := <-over.C():
			end()
			return errors.Join(doubt, h.drain(coins, at))
		case e, ok := <-h.edges:
			if !ok {
				return errors.Join(doubt, ErrLine)
			}
			if err := h.seen.edge(e, coins, at); err != nil {
				doubt = err
			}
		}
	}
}

// drain counts what has already happened.
func (h *Hopper) drain(coins *int, at *time.Duration) error {
	var doubt error
	for {
		select {
		case e, ok := <-h.edges:
			if !ok {
				return errors.Join(doubt, ErrLine)
			}
			if err := h.seen.edge(e, coins, at); err != nil {
				doubt = err
			}
		default:
			return doubt
		}
	}
}

// barrier follows the edges of the exit light barrier.
type barrier struct {
	o      HopperOpts
	level  gpio.Level
	fell   time.Duration
	number uint32
	any    bool
}

// edge counts a coin at the end of its pulse. ErrDoubt means that coins may
// have passed uncounted; the count goes on.
func (b *barrier) edge(e board.Edge, coins *int, at *time.Duration) error {
	lost := e.Dropped > 0 || e.Level == b.level || (b.any && e.Number != b.number+1)
	b.any, b.number, b.level = true, e.Number, e.Level
	if lost {
		if e.Level == gpio.Low {
			b.fell = e.At
		}
		return fmt.Errorf("%w: edges were lost before %v", ErrDoubt, e.At)
	}
	if e.Level == gpio.Low {
		b.fell = e.At
		return nil
	}
	if width := e.At - b.fell; width < b.o.Shortest || width > b.o.Longest {
		return fmt.Errorf("%w: the barrier was dark for %v", ErrDoubt, width)
	}
	*coins++
	*at = e.At
	return nil
}

var _ conn.Resource = (*Hopper)(nil)
