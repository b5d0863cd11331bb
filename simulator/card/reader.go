package card

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kioskd/drivers/board"
)

// NotThere is the number of cards that Presence gives while the reader is
// unplugged.
const NotThere = -1

// atr is what a reader makes of a card's ATQB (ISO/IEC 14443 type B, 106 kbit/s
// and more, frames of 256 bytes). Nobody may tell cards apart by it.
var atr = [...]byte{0x3B, 0x88, 0x80, 0x01, 0x00, 0x4B, 0x51, 0xFF, 0xB3, 0x81, 0xD1, 0x00, 0x0F}

// Reader is a contactless reader. It is the board's end of the plug: what lies
// on it, power, and one exchange at a time.
type Reader struct {
	mu        sync.Mutex
	lying     []*Card
	powered   *Card // nil without power
	lost      error // why the power went, until the next PowerOn
	change    uint32
	listeners []func()
	watchers  []func(Exchange)
	exchanges int
	fault     fault
	freed     chan struct{} // closed when a hanging exchange may end
	timing    *Timing       // nil: as fast as this machine
	traffic   counter
}

// NewReader makes a reader with nothing on it.
func NewReader() *Reader { return &Reader{freed: make(chan struct{})} }

// OnChange adds somebody to call whenever what lies there changes.
func (r *Reader) OnChange(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listeners = append(r.listeners, f)
}

// OnExchange adds somebody to show each exchange to, with the secrets masked.
// It is called after the exchange and before its answer is handed on.
func (r *Reader) OnExchange(f func(Exchange)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = append(r.watchers, f)
}

// SetTiming makes each exchange take as long as a card would, in real time; nil
// makes it as fast as this machine.
func (r *Reader) SetTiming(t *Timing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timing = t
}

// ATR is what the reader would tell of the one card that lies there, powered or
// not; nil where it has nothing to tell.
func (r *Reader) ATR() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault.kind == unplugged || len(r.lying) != 1 || r.lying[0].kind == Unreadable {
		return nil
	}
	return slices.Clone(atr[:])
}

// Presence is how many cards lie there (NotThere without a reader) and a count
// of the changes.
func (r *Reader) Presence() (cards int, change uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault.kind == unplugged {
		return NotThere, r.change
	}
	return len(r.lying), r.change
}

// Lay puts cards beside what lies there already.
func (r *Reader) Lay(cards ...*Card) {
	r.alter(func() {
		r.lying = append(r.lying, cards...)
		if len(r.lying) > 1 {
			r.lose(board.ErrCollision)
		}
	})
}

// Take takes everything off and returns it.
func (r *Reader) Take() []*Card {
	var taken []*Card
	r.alter(func() {
		taken, r.lying = r.lying, nil
		r.lose(board.ErrRemoved)
	})
	return taken
}

// Swap exchanges what lies there for this card, too quickly to be seen as an
// empty reader: only the count of changes tells.
func (r *Reader) Swap(c *Card) {
	r.alter(func() {
		r.change++ // taken; alter counts the laying
		r.lying = []*Card{c}
		r.lose(board.ErrRemoved)
	})
}

// Lying is what lies there.
func (r *Reader) Lying() []*Card {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lying)
}

// alter changes what lies there and tells the listeners.
func (r *Reader) alter(f func()) {
	r.mu.Lock()
	f()
	r.change++
	listeners := slices.Clone(r.listeners)
	r.mu.Unlock()
	for _, tell := range listeners {
		tell()
	}
}

// lose takes the power from a card because of what happened to it.
func (r *Reader) lose(why error) {
	if r.powered == nil {
		return
	}
	r.powered.power()
	r.powered, r.lost = nil, why
}

// PowerOn powers the one card that lies there, afresh if it had power.
func (r *Reader) PowerOn() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault.kind == unplugged {
		return nil, board.ErrNoReader
	}
	if len(r.lying) == 0 {
		return nil, board.ErrNoCard
	}
	if len(r.lying) > 1 {
		return nil, board.ErrCollision
	}
	c := r.lying[0]
	if c.kind == Unreadable {
		return nil, board.ErrUnpowered
	}
	c.power()
	r.powered, r.lost = c, nil
	return slices.Clone(atr[:]), nil
}

// PowerOff takes the power away. It may be called twice, and ends an exchange
// that hangs.
func (r *Reader) PowerOff() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lose(nil)
	r.lost = nil
	r.free()
}

// Transmit is one exchange with the powered card. While the reader hangs it
// does not return.
func (r *Reader) Transmit(command []byte) ([]byte, error) {
	answer, after, err := r.exchange(command)
	if after.late > 0 {
		select {
		case <-time.After(after.late):
		case <-after.wait:
		}
	} else if after.wait != nil {
		<-after.wait
	}
	for _, tell := range after.tell {
		tell()
	}
	return answer, err
}

// aftermath is what an exchange leaves to do once the reader's lock is free.
type aftermath struct {
	wait <-chan struct{} // nil: the answer may go out at once
	late time.Duration   // how long the answer takes, unless wait ends it
	tell []func()
}

func (r *Reader) exchange(command []byte) (answer []byte, after aftermath, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges++
	shown := Exchange{}
	defer func() {
		shown.Number, shown.Err = r.exchanges, err
		for _, show := range r.watchers {
			after.tell = append(after.tell, func() { show(shown) })
		}
	}()
	shown = mask(command, nil, false)
	if r.fault.kind == unplugged {
		return nil, after, board.ErrNoReader
	}
	if r.fault.kind == pulled && r.fault.left == 0 || r.fault.misses(command) {
		after.tell = r.pull()
	}
	if r.powered == nil {
		if r.lost != nil {
			return nil, after, r.lost
		}
		return nil, after, board.ErrNoCard
	}
	c := r.powered
	answer = c.Process(command)
	r.traffic.add(command, answer)
	if t := r.timing; t != nil {
		after.wait, after.late = r.freed, t.Air(len(command), len(answer))+t.Chip(command)
	}
	shown = mask(command, answer, c.free())
	switch r.fault.kind {
	case hangs:
		// The card has heard the command: the worst that can be lost is an
		// answer.
		after.wait, after.late = r.freed, 0
		return nil, after, board.ErrHung
	case late:
		after.wait, after.late = r.freed, after.late+r.fault.by
	case garbage:
		answer = r.fault.garble(answer)
	case lost:
		if r.fault.left == 0 {
			after.tell = r.pull()
			return nil, after, board.ErrRemoved
		}
		r.fault.left--
	case pulled:
		r.fault.left--
		if r.fault.left == 0 {
			after.tell = r.pull()
		}
	default:
		pull, unheard := r.fault.follows(command, answer)
		if pull {
			after.tell = r.pull()
		}
		if unheard {
			return nil, after, board.ErrRemoved
		}
	}
	return answer, after, nil
}

// pull takes the card off in the middle of things. The fault is spent. It
// returns whom to tell.
func (r *Reader) pull() []func() {
	r.fault = fault{}
	r.lying = nil
	r.lose(board.ErrRemoved)
	r.change++
	return slices.Clone(r.listeners)
}

// free lets go of an exchange that hangs.
func (r *Reader) free() {
	close(r.freed)
	r.freed = make(chan struct{})
}

// Fault makes the reader misbehave, in place of what it did before: "unplugged",
// "hangs", "garbage", "late:D" (each answer comes D of real time later), "pulled:N" (the card is off after N more exchanges),
// "lost:N" (after N more it is pulled in the middle of one: the card has done
// it, and nobody hears), or around the reset of a password:
// "pulled:before-reset", "pulled:after-reset" (done, and nobody hears) or
// "pulled:before-verify" (the proof's).
func (r *Reader) Fault(kind string) error {
	f, err := parseFault(kind)
	if err != nil {
		return err
	}
	r.setFault(f)
	return nil
}

// Clear ends the fault. What was pulled stays in the hand.
func (r *Reader) Clear() { r.setFault(fault{}) }

func (r *Reader) setFault(f fault) {
	r.mu.Lock()
	before := r.fault.kind == unplugged
	r.fault = f
	r.free()
	if f.kind == unplugged {
		r.lose(board.ErrNoReader)
	}
	r.mu.Unlock()
	if before != (f.kind == unplugged) {
		r.alter(func() {})
	}
}

// ErrNoSuchFault says that a reader cannot misbehave in that way.
var ErrNoSuchFault = errors.New("card: a reader has no such fault")

func noSuchFault(kind string) error {
	return fmt.Errorf("%w: %q (there is %s)", ErrNoSuchFault, kind, knownFaults)
}
