package coins

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// The acceptor's times and its unit.
const (
	yenAPulse = 10
	pulseLow  = 25 * time.Millisecond
	pulseHigh = 25 * time.Millisecond
	// From the slot past the gate to the sensors. A coin that is past the gate
	// when the inhibit rises is taken all the same.
	travel = 100 * time.Millisecond
	// After a train, before the next coin is let past the gate: longer than the
	// silence by which the host knows that a train is over.
	trainGap = 200 * time.Millisecond

	glitchPulses = 3                    // as many as no coin has
	glitchShort  = 5 * time.Millisecond // too short for a pulse
)

// The faults of the acceptor.
const (
	faultJam     = "jam"
	faultRejects = "rejects"
	faultGlitch  = "glitch"
)

// NoCoinError is a value no yen coin has.
type NoCoinError struct{ Yen int }

func (e *NoCoinError) Error() string {
	return fmt.Sprintf("coins: there is no coin of %d yen", e.Yen)
}

// ErrPowerCut is what Insert gives when the power went while the coin was on
// its way; the coin is in the box, the host may have seen a part of its pulses.
var ErrPowerCut = errors.New("coins: power cut while a coin was on its way")

// Counts is where the acceptor's coins went, in yen since New. Inserted is
// always the sum of the others.
type Counts struct {
	Inserted int
	Moving   int // past the gate, the train not over
	Box      int
	Returned int
	Stuck    int
}

// Acceptor is the coin acceptor and its cash box. Safe for concurrent use.
type Acceptor struct {
	clock Clock
	pulse Line
	tray  *Tray

	turn chan struct{} // holds one token; whoever has it owns the coin path

	mu      sync.Mutex
	inhibit bool
	fault   string
	counts  Counts
	stuck   []int
	power   chan struct{} // closed by a power cut, then replaced
}

// NewAcceptor makes an acceptor that refuses coins until the host allows them:
// the inhibit line's resistor is high. pulse rests high.
func NewAcceptor(clock Clock, pulse Line, tray *Tray) *Acceptor {
	a := &Acceptor{
		clock:   clock,
		pulse:   pulse,
		tray:    tray,
		turn:    make(chan struct{}, 1),
		inhibit: true,
		power:   make(chan struct{}),
	}
	a.turn <- struct{}{}
	pulse.SetAt(true, clock.Uptime())
	return a
}

// SetInhibit is the inhibit line; high refuses coins.
func (a *Acceptor) SetInhibit(level bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inhibit = level
}

// Inhibited says whether the host refuses coins.
func (a *Acceptor) Inhibited() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.inhibit
}

// Insert drops a coin into the slot and returns when it has come to rest: in
// the tray, stuck, or in the box with its train over. Coins go one after the
// other, each in its own time on the clock.
func (a *Acceptor) Insert(yen int) error {
	if !slices.Contains([]int{1, 5, 10, 50, 100, 500}, yen) {
		return &NoCoinError{Yen: yen}
	}
	<-a.turn
	defer func() { a.turn <- struct{}{} }()
	taken, power := a.gate(yen)
	if !taken {
		return nil
	}
	var t train
	t.pause(travel)
	t.pulses(yen/yenAPulse, pulseLow)
	t.pause(trainGap)
	powered := a.send(&t, power)
	a.settle(yen)
	if !powered {
		return ErrPowerCut
	}
	return nil
}

// gate decides about a coin in the slot.
func (a *Acceptor) gate(yen int) (taken bool, power <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Inserted += yen
	switch {
	case a.fault == faultJam:
		a.counts.Stuck += yen
		a.stuck = append(a.stuck, yen)
		return false, nil
	case a.inhibit || a.fault == faultRejects || yen < yenAPulse:
		a.counts.Returned += yen
		a.tray.drop(yen)
		return false, nil
	}
	a.counts.Moving += yen
	return true, a.power
}

// settle lets a coin fall into the box.
func (a *Acceptor) settle(yen int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Moving -= yen
	a.counts.Box += yen
}

// Fault breaks the acceptor: jam (coins stick), rejects (every coin comes
// back), glitch (at once, and then no more: a train of three pulses, which no
// coin has, and one of a single pulse too short to be one; Fault returns when
// both are over). It replaces the fault before it.
func (a *Acceptor) Fault(kind string) error {
	switch kind {
	case faultJam, faultRejects:
		a.become(kind)
	case faultGlitch:
		a.become(kind)
		a.glitch()
	default:
		return fmt.Errorf("coins: no fault %q (there is %s, %s, %s)", kind, faultJam, faultRejects, faultGlitch)
	}
	return nil
}

// Clear mends the acceptor; what was stuck comes back.
func (a *Acceptor) Clear() { a.become("") }

func (a *Acceptor) become(fault string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault = fault
	if fault == faultJam {
		return
	}
	for _, yen := range a.stuck {
		a.counts.Stuck -= yen
		a.counts.Returned += yen
		a.tray.drop(yen)
	}
	a.stuck = nil
}

// glitch sends its two trains and returns when they are over.
func (a *Acceptor) glitch() {
	<-a.turn
	defer func() { a.turn <- struct{}{} }()
	a.mu.Lock()
	power := a.power
	a.mu.Unlock()
	var t train
	t.pulses(glitchPulses, pulseLow)
	t.pause(trainGap)
	t.pulses(1, glitchShort)
	t.pause(trainGap)
	a.send(&t, power)
}

// Idle says whether no coin and no pulse is on its way.
func (a *Acceptor) Idle() bool { return len(a.turn) == 1 }

// Counts says where the coins are.
func (a *Acceptor) Counts() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts
}

// PowerCut is the loss of power and its return: a train under way ends, its
// coin falls into the box.
func (a *Acceptor) PowerCut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.power)
	a.power = make(chan struct{})
}
