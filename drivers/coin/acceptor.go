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

var (
	// ErrLine says that an input line ended: the board is gone.
	ErrLine = errors.New("coin: the input line is gone")
	// ErrDeaf says that coins are not let in: nobody would count them.
	ErrDeaf = errors.New("coin: nobody listens to the acceptor")
)

// silencePeriods is how many pulse periods without an edge end a train.
const silencePeriods = 3

// Debounce is how short a pulse of the acceptor's line the kernel should leave
// out: bouncing contacts and noise, and no pulse of any acceptor.
const Debounce = 5 * time.Millisecond

// Opts are the options of NewAcceptor. The zero value is an acceptor of 10 yen
// a pulse that pulses 25 ms low and 25 ms high.
type Opts struct {
	Unit     int           // yen a pulse; 0 means 10
	Coins    []int         // yen of the coins there are; nil means 10, 50, 100, 500
	Period   time.Duration // from pulse to pulse; 0 means 50 ms
	Shortest time.Duration // low that still is a pulse; 0 means 15 ms
	Longest  time.Duration // low that still is a pulse; 0 means 150 ms
	// Work is called when a train has ended, and what it returns when the
	// handler has returned; nil means that nobody counts.
	Work func() (end func())
	// Turn is called at each turn of Run, with Run's context, of which there is at least one in
	// turnEvery; nil means that nobody asks whether it turns.
	Turn func(context.Context)
}

// turnEvery is the longest that Run waits for an edge before it turns, in
// process time.
const turnEvery = 2 * time.Second

func (o Opts) withDefaults() Opts {
	if o.Unit == 0 {
		o.Unit = 10
	}
	if o.Coins == nil {
		o.Coins = []int{10, 50, 100, 500}
	}
	if o.Period == 0 {
		o.Period = 50 * time.Millisecond
	}
	if o.Shortest == 0 {
		o.Shortest = 15 * time.Millisecond
	}
	if o.Longest == 0 {
		o.Longest = 150 * time.Millisecond
	}
	if o.Work == nil {
		o.Work = func() func() { return func() {} }
	}
	if o.Turn == nil {
		o.Turn = func(context.Context) {}
	}
	return o
}

func (o Opts) silence() time.Duration { return silencePeriods * o.Period }

// Acceptor is a pulse coin acceptor.
type Acceptor struct {
	pulse   board.Input
	inhibit gpio.PinOut
	clock   board.Clock
	o       Opts

	mu        sync.Mutex // guards inhibit and listening together
	listening bool       // Run takes edges
}

// NewAcceptor refuses coins from the start. An acceptor cannot be asked whether
// it is there: an unplugged one looks like one that gets no coins. A line that
// cannot be read is Run's to tell: there is more to a kiosk than its coins.
func NewAcceptor(pulse board.Input, inhibit gpio.PinOut, clock board.Clock, o Opts) (*Acceptor, error) {
	a := &Acceptor{pulse: pulse, inhibit: inhibit, clock: clock, o: o.withDefaults()}
	if err := a.Refuse(); err != nil {
		return nil, err
	}
	return a, nil
}

// String names the acceptor's line.
func (a *Acceptor) String() string { return fmt.Sprintf("coin{%s}", a.pulse) }

// Halt refuses coins. It may be called twice.
func (a *Acceptor) Halt() error { return a.Refuse() }

// Accept lets coins in, while Run listens: else it is ErrDeaf, and coins are
// still refused.
func (a *Acceptor) Accept() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.listening {
		return ErrDeaf
	}
	if err := a.inhibit.Out(gpio.Low); err != nil {
		return fmt.Errorf("coin: accept: %w", err)
	}
	return nil
}

// Refuse turns coins away. A coin that is on its way still arrives, up to about
// a second later: whoever refuses keeps listening.
func (a *Acceptor) Refuse() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refuse()
}

func (a *Acceptor) refuse() error {
	if err := a.inhibit.Out(gpio.High); err != nil {
		return fmt.Errorf("coin: refuse: %w", err)
	}
	return nil
}

// Quiet says whether the pulse line rests, as it does between two coins. One that
// stays low is short or has lost its pull-up.
func (a *Acceptor) Quiet() (bool, error) {
	level, err := a.pulse.Read()
	if err != nil {
		return false, fmt.Errorf("coin: read %s: %w", a.pulse, err)
	}
	return level == gpio.High, nil
}

// Run hands each finished train to handle, faults too, one after the other,
// until ctx ends; the error is then its cause. A line that cannot be read any more
// ends it too, with ErrDeaf where it could not from the beginning. It leaves with
// coins refused: a train that is under way at that moment is lost, and is money
// that nobody saw.
func (a *Acceptor) Run(ctx context.Context, handle func(Train)) error {
	ctx, cancel := context.WithCancel(ctx) // ends the watch with us
	defer cancel()
	edges, err := a.pulse.Watch(ctx)
	if err != nil {
		return fmt.Errorf("%w: watch %s: %w", ErrDeaf, a.pulse, err)
	}
	quiet := alarm.New(a.clock, a.o.Work)
	defer quiet.Cancel()
	j := newJudge(a.o, a.clock.Uptime())
	level, err := a.pulse.Read()
	if err != nil {
		return fmt.Errorf("%w: read %s: %w", ErrDeaf, a.pulse, err)
	}
	if level == gpio.Low {
		j.missedStart(a.clock.Uptime())
		quiet.Set(a.o.silence())
	}
	a.listen()
	defer a.deafen()
	take := func(e board.Edge) {
		if done, ok := j.edge(e); ok {
			end := a.o.Work()
			handle(done)
			end()
		}
		quiet.Set(a.o.silence())
	}
	turn := time.NewTicker(turnEvery)
	defer turn.Stop()
	for {
		a.o.Turn(ctx)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-turn.C:
			// A line whose controller is gone brings no edge, and no error.
			if _, err := a.pulse.Read(); err != nil {
				return fmt.Errorf("coin: read %s: %w", a.pulse, err)
			}
		case e, ok := <-edges:
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !ok {
				return ErrLine
			}
			take(e)
		case end := <-quiet.C():
			// An edge that came before the silence was over may still wait in
			// line; it, and not the order in which we look, decides.
			if e, ok := pending(edges); ok {
				take(e)
			} else if done, ok := j.silence(); ok {
				handle(done)
			}
			end()
		}
	}
}

func (a *Acceptor) listen() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listening = true
}

// deafen refuses coins before nobody listens. Where the board is gone they are
// refused already.
func (a *Acceptor) deafen() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listening = false
	_ = a.refuse()
}

// pending takes an edge that is already there.
func pending(edges <-chan board.Edge) (board.Edge, bool) {
	select {
	case e, ok := <-edges:
		return e, ok
	default:
		return board.Edge{}, false
	}
}

var _ conn.Resource = (*Acceptor)(nil)
