package link

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kioskd/drivers/board"
)

// reader is the board's card reader. It implements board.Reader.
type reader struct {
	handle
	slots chan struct{} // a token for each unanswered command

	mu       sync.Mutex
	presence Presence
	changed  chan struct{} // closed at the next change
	powered  bool          // a Card is out
}

func newReader(h handle) *reader {
	return &reader{handle: h, slots: make(chan struct{}, Window), changed: make(chan struct{})}
}

// push takes what the board says lies there.
func (r *reader) push(p Presence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence = p
	close(r.changed)
	r.changed = make(chan struct{})
}

// Wait returns what lies there as soon as it differs from last.
func (r *reader) Wait(ctx context.Context, last board.Presence) (board.Presence, error) {
	for {
		r.mu.Lock()
		now, changed := r.presence, r.changed
		r.mu.Unlock()
		if err := r.b.Err(); err != nil {
			return last, err
		}
		if now.Cards < 0 {
			return last, r.wrap(board.ErrNoReader)
		}
		if p := (board.Presence{Cards: int(now.Cards), Change: now.Change}); p != last {
			return p, nil
		}
		select {
		case <-changed:
		case <-r.b.lost:
		case <-ctx.Done():
			return last, context.Cause(ctx)
		}
	}
}

// errPowered is a second Card of one reader.
var errPowered = errors.New("the card is in use")

// Connect powers the card and holds it alone.
func (r *reader) Connect() (board.Card, error) {
	r.mu.Lock()
	powered := r.powered
	r.powered = true
	r.mu.Unlock()
	if powered {
		return nil, r.wrap(errPowered)
	}
	if _, err := r.command(KindPowerOn, nil); err != nil {
		r.free()
		return nil, err
	}
	return &card{r: r}, nil
}

func (r *reader) free() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.powered = false
}

// command asks the reader and gives it TransmitWithin. A reader that lets so
// many commands wait that the window is full is hung without being asked.
func (r *reader) command(kind Kind, body []byte) ([]byte, error) {
	select {
	case r.slots <- struct{}{}:
	default:
		return nil, r.wrap(board.ErrHung)
	}
	c := newCall()
	c.slot = r.slots
	if _, err := r.b.begin(c, kind, r.number, raw(body)); err != nil {
		return nil, err
	}
	late := time.NewTimer(TransmitWithin)
	defer late.Stop()
	select {
	case <-c.done:
		return c.body, r.wrap(c.err)
	case <-late.C:
		return nil, r.wrap(board.ErrHung)
	}
}

// card is a powered card.
type card struct {
	r *reader

	mu     sync.Mutex
	broken error // why nothing more is sent to it
}

var errCardClosed = errors.New("link: the card was given up")

// Transmit sends one command APDU and waits for its response, at most
// TransmitWithin of process time: a clock that a scenario moves has no say.
func (c *card) Transmit(command []byte) ([]byte, error) {
	if len(command) > TransmitMax {
		return nil, fmt.Errorf("link: %s: a command of %d bytes, at most %d are allowed", c.r.name, len(command), TransmitMax)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return nil, c.broken
	}
	answer, err := c.r.command(KindTransmit, command)
	if errors.Is(err, board.ErrHung) {
		// What the card has done is unknown, and a late answer must not be taken
		// for that of the next command.
		c.broken = err
	}
	return answer, err
}

// Close takes the power away.
func (c *card) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(c.broken, errCardClosed) {
		return nil
	}
	hung := c.broken
	c.broken = errCardClosed
	defer c.r.free()
	if hung != nil {
		return c.abandon()
	}
	_, err := c.r.command(KindPowerOff, nil)
	return err
}

// abandon takes the power from a hung reader without waiting for it to say so.
func (c *card) abandon() error {
	select {
	case c.r.slots <- struct{}{}:
	default:
		return nil // it has not even answered what it was asked before
	}
	off := newCall()
	off.slot = c.r.slots
	_, err := c.r.b.begin(off, KindPowerOff, c.r.number, nil)
	return err
}
