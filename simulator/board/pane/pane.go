// Package pane is the touch panel of the simulated fb10 board: a FocalTech
// FT5x06 as the host sees it over I2C, with its INT line in trigger mode.
//
// It keeps the registers a host reads (contacts, points, firmware, module) and
// the chip's way of telling: a pulse on INT for each scan that saw something, and
// no acknowledgement. A real chip forgets a scan after 10 ms whether anybody read
// it or not; this one keeps each until it was read once, since a finger that
// lies for less than a scan does not exist, and a scripted one may.
//
// It follows one finger only and has no gestures. After power-up the contacts
// read 0xFF until the first scan.
//
// Source: FocalTech FT5x06 application note, register map; Linux
// drivers/input/touchscreen/edt-ft5x06.c (6.1).
package pane

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// The registers that a host reads.
const (
	regTouches  = 0x02
	regXHigh    = 0x03
	regFirmware = 0xA6
	regModule   = 0xA8

	firmware = 0x10
	module   = 0x70 // EDT's 7 inch M09
)

// What a point's two highest bits say.
const (
	eventDown    = 0 << 6
	eventUp      = 1 << 6
	eventContact = 2 << 6
)

const (
	pendingMax = 12 // scans that wait; a touch that finds less room than it may need is not felt
	perTouch   = 3  // scans a touch may have waiting: down, the last move, up
	ghostEvery = 300 * time.Millisecond
	beforeScan = 0xFF
)

// ErrNAK is what a bus master sees when nobody pulls the acknowledge low.
var ErrNAK = errors.New("pane: no acknowledge")

// Clock is the board's time, for touches nobody made.
type Clock interface {
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Line is the chip's INT line.
type Line interface{ Set(level bool) }

// scan is what one look at the glass saw.
type scan struct {
	event byte
	x, y  int
}

// Chip is an FT5x06. Safe for concurrent use.
type Chip struct {
	clock         Clock
	line          Line
	width, height int

	mu       sync.Mutex
	pointer  byte
	scanned  bool // since power-up
	shown    scan // in the registers
	unread   bool // the host has not seen shown
	pending  []scan
	felt     bool // the finger that is down was seen
	dead     bool
	ghostEnd func() bool // nil: nothing haunts
	random   *rand.Rand
	read     chan struct{} // closed when the host has seen all, then replaced
}

// New makes a chip on a glass of that many pixels, powered and untouched.
func New(clock Clock, line Line, width, height int) *Chip {
	c := &Chip{
		clock: clock, line: line, width: width, height: height,
		random: rand.New(rand.NewPCG(1, 1)), read: make(chan struct{}),
	}
	line.Set(true)
	return c
}

// Tx is one I2C message to the chip's address: w (a register address, and what
// to write there, which changes nothing here), a repeated start, then r.
func (c *Chip) Tx(w, r []byte) error {
	c.mu.Lock()
	if c.dead {
		c.mu.Unlock()
		return ErrNAK
	}
	if len(w) > 0 {
		c.pointer = w[0]
	}
	seen := false
	for i := range r {
		seen = seen || c.pointer == regTouches
		r[i] = c.register(c.pointer)
		c.pointer++
	}
	fresh := false
	if seen {
		fresh = c.next()
	}
	c.mu.Unlock()
	if fresh {
		c.pulse()
	}
	return nil
}

// register is what one reads.
func (c *Chip) register(reg byte) byte {
	switch reg {
	case regTouches:
		switch {
		case !c.scanned:
			return beforeScan
		case c.shown.event == eventUp:
			return 0
		}
		return 1
	case regXHigh:
		return c.shown.event | byte(c.shown.x>>8)
	case regXHigh + 1:
		return byte(c.shown.x)
	case regXHigh + 2:
		return byte(c.shown.y >> 8) // the finger's number in the high nibble: 0
	case regXHigh + 3:
		return byte(c.shown.y)
	case regFirmware:
		return firmware
	case regModule:
		return module
	}
	return 0
}

// next shows the scan that waited longest, when the host has seen the last one.
func (c *Chip) next() (fresh bool) {
	c.unread = false
	if c.shown.event == eventDown {
		c.shown.event = eventContact
	}
	if len(c.pending) == 0 {
		close(c.read)
		c.read = make(chan struct{})
		return false
	}
	c.shown, c.unread, c.scanned = c.pending[0], true, true
	c.pending = c.pending[1:]
	return true
}

// pulse is INT in trigger mode.
func (c *Chip) pulse() {
	c.line.Set(false)
	c.line.Set(true)
}

// Down puts the finger on the glass. Coordinates are pixels; what lies outside
// is felt at the edge. A second Down without an Up is a move.
func (c *Chip) Down(x, y int) { c.finger(scan{eventDown, x, y}) }

// Move slides the finger. Without a finger down it does nothing.
func (c *Chip) Move(x, y int) { c.finger(scan{eventContact, x, y}) }

// Up lifts the finger. Without a finger down it does nothing.
func (c *Chip) Up() { c.finger(scan{event: eventUp}) }

func (c *Chip) finger(s scan) {
	if c.feel(s) {
		c.pulse()
	}
}

func (c *Chip) feel(s scan) (fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return false
	}
	s.x, s.y = min(max(s.x, 0), c.width-1), min(max(s.y, 0), c.height-1)
	switch {
	case s.event != eventUp && c.felt:
		s.event = eventContact
		if n := len(c.pending); n > 0 && c.pending[n-1].event == eventContact {
			c.pending[n-1] = s // what lay between two scans is not seen
			return false
		}
	case s.event == eventDown:
		if len(c.pending)+perTouch > pendingMax {
			return false
		}
		c.felt = true
	case s.event == eventUp && c.felt:
		c.felt = false
	default:
		return false
	}
	c.pending = append(c.pending, s)
	return !c.unread && c.next()
}

// Idle says whether the host has seen every scan there was.
func (c *Chip) Idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unread && len(c.pending) == 0
}

// Wait returns when the host has seen every scan, or with the cause of ctx.
func (c *Chip) Wait(ctx context.Context) error {
	for {
		c.mu.Lock()
		idle, read := !c.unread && len(c.pending) == 0, c.read
		c.mu.Unlock()
		if idle {
			return nil
		}
		select {
		case <-read:
		case <-ctx.Done():
			return fmt.Errorf("pane: the host did not read the touch: %w", context.Cause(ctx))
		}
	}
}

// PowerCut is the loss of power and its return.
func (c *Chip) PowerCut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget()
}

func (c *Chip) forget() {
	c.pending, c.felt, c.unread, c.scanned, c.shown, c.pointer = nil, false, false, false, scan{event: eventUp}, 0
	close(c.read)
	c.read = make(chan struct{})
}

// Fault breaks the chip: "dead" (no acknowledge on the bus) or "ghost" (touches
// that nobody makes). It replaces the fault before it.
func (c *Chip) Fault(kind string) error {
	switch kind {
	case "dead":
		c.Clear()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.dead = true
		c.forget()
	case "ghost":
		c.Clear()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ghostEnd = c.clock.AfterFunc(ghostEvery, c.haunt)
	default:
		return fmt.Errorf("pane: no fault %q (there is dead, ghost)", kind)
	}
	return nil
}

// Clear mends the chip.
func (c *Chip) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = false
	if c.ghostEnd != nil {
		c.ghostEnd()
		c.ghostEnd = nil
	}
}

// haunt touches the glass somewhere, and arms the next time.
func (c *Chip) haunt() {
	c.mu.Lock()
	if c.ghostEnd == nil {
		c.mu.Unlock()
		return
	}
	x, y := c.random.IntN(c.width), c.random.IntN(c.height)
	c.ghostEnd = c.clock.AfterFunc(ghostEvery, c.haunt)
	c.mu.Unlock()
	c.Down(x, y)
	c.Up()
}
