// Package glass is the touch panel of the simulated board: a Goodix GT911 as
// the host sees it over I2C, with its INT line and its reset line.
//
// It keeps the whole register map (configuration with checksum, product id,
// status, points) and the chip's one rule that costs drivers days: it reports
// nothing new until the host has written 0 to the status register. What the
// finger does meanwhile waits in a short queue, so that a quick tap reaches the
// host as a down and an up.
//
// It refuses what the chip refuses: a configuration with a wrong checksum, and
// any transfer while it is held in reset. It follows one finger only, does not
// repeat a report while a finger rests, and has no gestures or keys.
//
// Source: Goodix GT911 programming guide, register map; Linux
// drivers/input/touchscreen/goodix.c (6.1).
package glass

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	pendingMax   = 12 // reports that wait; a touch that finds less room than it may need is not felt
	perTouch     = 3  // reports a touch may have waiting: down, the last move, up
	ghostEvery   = 300 * time.Millisecond
	fingerSize   = 30 // of a resting finger tip, in the chip's units
	touchedID    = 0
	commandSleep = 0x05
)

// ErrNAK is what a bus master sees when nobody pulls the acknowledge low.
var ErrNAK = errors.New("glass: no acknowledge")

// Clock is the board's time, for touches nobody made.
type Clock interface {
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Line is the chip's INT line.
type Line interface{ Set(level bool) }

// Opts says what module the chip sits on. Zero values work.
type Opts struct {
	Width, Height int     // of the glass in pixels; 0 means 800 x 480
	Trigger       Trigger // what INT does, as the module came configured
	Seed          uint64  // of the touches that the fault "ghost" makes
}

// Trigger is what the INT line does when a report waits.
type Trigger int

// The triggers of the chip.
const (
	Falling Trigger = iota // a short low pulse: how modules of this kind come
	Rising
	LowLevel
	HighLevel
)

// code is bits 1:0 of register 0x804D for a trigger; triggerOf is
// the way back.
func (t Trigger) code() byte { return [4]byte{1, 0, 2, 3}[t&3] }

func triggerOf(b byte) Trigger { return [4]Trigger{Rising, Falling, LowLevel, HighLevel}[b&3] }

// report is what one scan of the glass saw.
type report struct {
	down bool
	move bool // of a finger already down
	x, y int
}

// Chip is a GT911. Safe for concurrent use.
type Chip struct {
	clock Clock
	line  Line

	intMu sync.Mutex // keeps the line's changes in the order of their causes; taken before mu

	mu       sync.Mutex
	mem      registers
	flash    [configLen]byte // the configuration in force
	pointer  uint16          // where the next read begins
	pending  []report        // not yet in the status register
	felt     bool            // the finger that is down was reported
	at       report
	held     bool // reset line low
	asleep   bool
	dead     bool
	ghost    bool
	ghostEnd func() bool
	random   *rand.Rand
	read     chan struct{} // closed when the chip becomes idle, then replaced
}

// New makes a chip that is powered, configured and untouched.
func New(clock Clock, line Line, o Opts) *Chip {
	if o.Width == 0 {
		o.Width = 800
	}
	if o.Height == 0 {
		o.Height = 480
	}
	c := &Chip{
		clock:  clock,
		line:   line,
		flash:  factory(o.Width, o.Height, o.Trigger),
		random: rand.New(rand.NewPCG(o.Seed, o.Seed)),
		read:   make(chan struct{}),
	}
	c.mem.boot(&c.flash)
	c.settleINT(false)
	return c
}

// Tx is one I2C message to the chip's address: w (a register address of two
// bytes, high first, and what to write there), a repeated start, then r.
func (c *Chip) Tx(w, r []byte) error {
	fresh, err := c.transfer(w, r)
	if err != nil {
		return err
	}
	c.settleINT(fresh)
	return nil
}

func (c *Chip) transfer(w, r []byte) (fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.held {
		return false, ErrNAK
	}
	if len(w) >= 2 {
		c.pointer = uint16(w[0])<<8 | uint16(w[1])
		for _, b := range w[2:] {
			c.write(c.pointer, b)
			c.pointer++
		}
		fresh = len(w) > 2 && c.present()
	}
	for i := range r {
		r[i] = c.mem.get(c.pointer)
		c.pointer++
	}
	return fresh, nil
}

// write is one byte from the host.
func (c *Chip) write(reg uint16, b byte) {
	switch {
	case reg == regCommand:
		c.asleep = b == commandSleep
		c.mem.set(reg, b)
	case reg >= regConfig && reg < regConfig+configLen:
		c.mem.set(reg, b)
		if reg == regFresh && b == 1 {
			c.takeConfig()
		}
	case reg == regStatus:
		c.mem.set(reg, b)
	}
}

// takeConfig puts what the host wrote into flash, or, if the sum is wrong, puts
// flash back where the host wrote.
func (c *Chip) takeConfig() {
	if c.mem.checksum() == c.mem.get(regChecksum) {
		c.mem.copyConfig(&c.flash)
	}
	c.mem.setConfig(&c.flash)
}

// present moves the next report into the registers if the host has given the
// last one back. It says whether it did.
func (c *Chip) present() bool {
	if c.mem.get(regStatus) != 0 {
		return false
	}
	if c.asleep || len(c.pending) == 0 {
		c.wake()
		return false
	}
	c.mem.show(c.pending[0])
	c.pending = c.pending[1:]
	return true
}

// wake tells the waiting that every report was read.
func (c *Chip) wake() {
	if c.idle() {
		close(c.read)
		c.read = make(chan struct{})
	}
}

func (c *Chip) idle() bool {
	return c.mem.get(regStatus) == 0 && len(c.pending) == 0
}

// Down puts the finger on the glass. Coordinates are pixels; what lies outside
// is felt at the edge. A second Down without an Up is a move.
func (c *Chip) Down(x, y int) { c.finger(report{down: true, x: x, y: y}) }

// Move slides the finger. Without a finger down it does nothing.
func (c *Chip) Move(x, y int) { c.finger(report{down: true, move: true, x: x, y: y}) }

// Up lifts the finger. Without a finger down it does nothing.
func (c *Chip) Up() { c.finger(report{}) }

func (c *Chip) finger(r report) {
	c.settleINT(c.feel(r))
}

func (c *Chip) feel(r report) (fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.held || c.asleep {
		return false
	}
	width, height := c.mem.size()
	r.x = min(max(r.x, 0), width-1)
	r.y = min(max(r.y, 0), height-1)
	switch {
	case r.down && c.felt:
		r.move = true
		c.at = r
		if n := len(c.pending); n > 0 && c.pending[n-1].move {
			c.pending[n-1] = r // the chip scans every 10 ms: what lay between is not seen
			return false
		}
	case r.down && !r.move:
		if len(c.pending)+perTouch > pendingMax {
			return false
		}
		c.felt, c.at = true, r
	case !r.down && c.felt:
		c.felt = false
	default:
		return false
	}
	c.pending = append(c.pending, r)
	return c.present()
}

// Idle says whether the host has read every report there was.
func (c *Chip) Idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idle()
}

// Wait returns when the host has read every report, or with the cause of ctx.
func (c *Chip) Wait(ctx context.Context) error {
	for {
		c.mu.Lock()
		idle, read := c.idle(), c.read
		c.mu.Unlock()
		if idle {
			return nil
		}
		select {
		case <-read:
		case <-ctx.Done():
			return fmt.Errorf("glass: the host did not read the touch: %w", context.Cause(ctx))
		}
	}
}

// SetReset is the reset line: low holds the chip, the rising edge starts it.
func (c *Chip) SetReset(level bool) {
	c.mu.Lock()
	c.held = !level
	c.forget()
	c.mu.Unlock()
	c.settleINT(false)
}

// PowerCut is the loss of power and its return: reports and sleep are lost, the
// configuration is in flash.
func (c *Chip) PowerCut() {
	c.mu.Lock()
	c.forget()
	c.mu.Unlock()
	c.settleINT(false)
}

func (c *Chip) forget() {
	c.pending, c.felt, c.asleep, c.pointer = nil, false, false, 0
	c.mem.boot(&c.flash)
	c.wake()
}

// settleINT brings the line to where the configuration wants it: a pulse for
// each fresh report, or a level for as long as a report waits for the host.
func (c *Chip) settleINT(fresh bool) {
	c.intMu.Lock()
	defer c.intMu.Unlock()
	c.mu.Lock()
	trigger := triggerOf(c.flash[regModule-regConfig])
	waits := c.mem.get(regStatus) != 0
	c.mu.Unlock()
	switch trigger {
	case Rising, Falling:
		rest := trigger == Falling
		if fresh {
			c.line.Set(!rest)
		}
		c.line.Set(rest)
	case LowLevel:
		c.line.Set(!waits)
	case HighLevel:
		c.line.Set(waits)
	}
}
