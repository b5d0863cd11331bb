package coins

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A hopper's times.
const (
	coinEvery = 100 * time.Millisecond // while the motor runs
	coinPulse = 30 * time.Millisecond  // in the light barrier
	overrun   = 20 * time.Millisecond  // a coin this close to the lip falls although the motor has stopped
)

// The faults of the hoppers.
const (
	faultEmpty = "empty"
	faultShort = "short"
)

// hopper is the hopper of one kind of coin.
type hopper struct {
	yen   int
	line  Line
	level int // coins in it
	out   int // coins that left, ever
	motor bool
	due   time.Duration // when the next coin reaches the lip, while next is set
	next  func() bool   // takes that back
	seen  int           // coins in the light barrier now
}

// Hoppers are the hoppers of a kiosk. Safe for concurrent use.
type Hoppers struct {
	clock Clock
	tray  *Tray

	mu    sync.Mutex
	of    map[int]*hopper
	fault string
	left  int // coins before "short" stops them
}

// NewHoppers makes hoppers by the value of their coins, with their light
// barriers' lines (which rest high), all empty, motors off.
func NewHoppers(clock Clock, tray *Tray, lines map[int]Line) *Hoppers {
	h := &Hoppers{clock: clock, tray: tray, of: make(map[int]*hopper, len(lines))}
	for yen, line := range lines {
		h.of[yen] = &hopper{yen: yen, line: line}
		line.SetAt(true, clock.Uptime())
	}
	return h
}

// Refill puts coins in or takes them out, so that count of them are there. It
// refuses a coin no hopper has and a negative count.
func (h *Hoppers) Refill(yen, count int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	one, ok := h.of[yen]
	if !ok {
		return fmt.Errorf("coins: no hopper for %d yen (there are %v)", yen, slices.Sorted(maps.Keys(h.of)))
	}
	if count < 0 {
		return fmt.Errorf("coins: %d coins of %d yen cannot be in a hopper", count, yen)
	}
	one.level = count
	return nil
}

// Level is the number of coins in a hopper, 0 if there is none for that coin.
func (h *Hoppers) Level(yen int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one, ok := h.of[yen]; ok {
		return one.level
	}
	return 0
}

// Out is the yen that ever left the hoppers.
func (h *Hoppers) Out() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	yen := 0
	for _, one := range h.of {
		yen += one.yen * one.out
	}
	return yen
}

// SetMotor is a hopper's motor line; low runs it. A coin no hopper has is
// ignored: there is no motor on that line.
func (h *Hoppers) SetMotor(yen int, level bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one, ok := h.of[yen]
	if !ok || one.motor == !level {
		return
	}
	one.motor = !level
	if one.motor {
		if one.next == nil {
			h.turn(one, h.clock.Uptime()+coinEvery)
		}
		return
	}
	if one.next != nil && one.due-h.clock.Uptime() > overrun && one.next() {
		one.next = nil
	}
}

// turn brings the next coin to the lip at an uptime.
func (h *Hoppers) turn(one *hopper, at time.Duration) {
	one.due = at
	one.next = h.clock.AfterFunc(at-h.clock.Uptime(), func() { h.lip(one, at) })
}

// lip is the moment at which a coin can fall.
func (h *Hoppers) lip(one *hopper, at time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one.next = nil
	if one.motor {
		h.turn(one, at+coinEvery)
	}
	if one.level == 0 || h.blocked() {
		return
	}
	one.level--
	if one.seen == 0 {
		one.line.SetAt(false, at)
	}
	one.seen++
	h.clock.AfterFunc(at+coinPulse-h.clock.Uptime(), func() { h.fall(one, at+coinPulse) })
}

// blocked says whether a fault keeps the next coin in.
func (h *Hoppers) blocked() bool {
	switch h.fault {
	case faultEmpty, faultJam:
		return true
	case faultShort:
		if h.left == 0 {
			return true
		}
		h.left--
	}
	return false
}

// fall is the coin's end in the tray.
func (h *Hoppers) fall(one *hopper, at time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one.out++
	h.tray.drop(one.yen)
	one.seen--
	if one.seen == 0 {
		one.line.SetAt(true, at)
	}
}

// Fault breaks all hoppers: empty and jam (no coin comes), short:N (none after
// N more, of any kind). It replaces the fault before it. The coins stay where
// they are.
func (h *Hoppers) Fault(kind string) error {
	name, count, counted := strings.Cut(kind, ":")
	left := 0
	switch {
	case kind == faultEmpty || kind == faultJam:
	case name == faultShort && counted:
		n, err := strconv.ParseUint(count, 10, 16)
		if err != nil {
			return fmt.Errorf("coins: fault %q needs a number of coins: %w", kind, err)
		}
		left = int(n)
	default:
		return fmt.Errorf("coins: hoppers have no fault %q (there is %s, %s:N, %s)", kind, faultEmpty, faultShort, faultJam)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault, h.left = name, left
	return nil
}

// Clear mends the hoppers.
func (h *Hoppers) Clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault, h.left = "", 0
}

// Idle says whether no motor runs and no coin falls.
func (h *Hoppers) Idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, one := range h.of {
		if one.motor || one.seen > 0 || one.next != nil {
			return false
		}
	}
	return true
}
