//go:build cgo

package pcsc

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ebfe/scard"

	"kioskd/drivers/board"
)

// card is a card that is held alone.
type card struct {
	reader  *Reader
	context *scard.Context
	handle  *scard.Card

	mu     sync.Mutex
	broken error // why nothing more is sent to it
}

// Connect powers the card and holds it alone.
func (r *Reader) Connect() (board.Card, error) {
	if r.hung() {
		return nil, fmt.Errorf("pcsc: connect: a call is out: %w", board.ErrNoReader)
	}
	r.mu.Lock()
	held := r.held
	r.held = true
	r.mu.Unlock()
	if held {
		return nil, errHeld
	}
	c, err := r.connect()
	if err != nil {
		r.free()
		return nil, err
	}
	return c, nil
}

func (r *Reader) free() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = false
}

func (r *Reader) connect() (board.Card, error) {
	context, err := r.establish()
	if err != nil {
		return nil, absence(err)
	}
	handle, err := r.power(context)
	for until := time.Now().Add(sharedWithin); errors.Is(err, errShared) && time.Now().Before(until); {
		time.Sleep(sharedEvery)
		handle, err = r.power(context)
	}
	if errors.Is(err, board.ErrHung) {
		return nil, absence(err) // the context is left when the call is back
	}
	if err != nil {
		r.release(context)
		return nil, err
	}
	return &card{reader: r, context: context, handle: handle}, nil
}

// power powers the one card there is. Each slot is tried: asking for its state
// would disturb the Wait that sleeps on it, for the library keeps one name a
// reader for all its calls.
func (r *Reader) power(c *scard.Context) (*scard.Card, error) {
	names, all, err := r.readers(c)
	if err != nil {
		return nil, absence(err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("pcsc: connect: no reader of %d fits %q: %w", all, r.name, board.ErrNoReader)
	}
	var with []*scard.Card
	var why, away error // of a card, of a slot that is not there
	cards, empty := 0, false
	for _, n := range names {
		handle, err := call(r, "connect", callWithin, func() (*scard.Card, error) {
			return c.Connect(n, scard.ShareExclusive, scard.ProtocolT1)
		}, func(h *scard.Card, err error) { leave(c, h, err) })
		switch {
		case err == nil && handle.ActiveProtocol() == scard.ProtocolT1:
			with = append(with, handle)
			cards++
		case err == nil:
			with = append(with, handle)
			cards++
			why = fmt.Errorf("pcsc: connect: %w: %w", board.ErrUnpowered, errProtocol)
		case errors.Is(err, board.ErrNoCard):
			empty = true
		case errors.Is(err, board.ErrHung):
			return nil, err
		case errors.Is(err, errShared):
			cards++
			why = err
		case errors.Is(err, board.ErrNoReader):
			away = err
		default:
			cards++
			why = err
		}
	}
	if cards == 1 && why == nil {
		return with[0], nil
	}
	for _, h := range with {
		if err := simply(r, "give a card up", func() error { return h.Disconnect(scard.UnpowerCard) }); errors.Is(err, board.ErrHung) {
			return nil, err
		}
	}
	switch {
	case away != nil && len(with) == 0 && !empty:
		return nil, away // a card in another slot is not to be trusted either
	case cards == 0:
		return nil, fmt.Errorf("pcsc: connect: %w", board.ErrNoCard)
	case cards == 1:
		return nil, why
	}
	return nil, fmt.Errorf("pcsc: connect: cards in %d of %q: %w", cards, names, board.ErrCollision)
}

// leave takes the power from a card that nobody waits for any more.
func leave(c *scard.Context, h *scard.Card, err error) {
	if err == nil {
		_ = h.Disconnect(scard.UnpowerCard) // the context goes next, and the handle with it
	}
	_ = c.Release()
}

const (
	commandMin = 4
	statusSize = 2
)

var errTorn = errors.New("answer without a status word")

// Transmit sends one command APDU, once.
func (c *card) Transmit(command []byte) ([]byte, error) {
	if len(command) < commandMin || len(command) > commandMax {
		return nil, fmt.Errorf("%w: %d bytes", errCommand, len(command))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return nil, c.broken
	}
	// A call that does not come back keeps its command: the caller's own may
	// hold a secret, and is wiped by then.
	own := bytes.Clone(command)
	answer, err := call(c.reader, "transmit", TransmitWithin, func() ([]byte, error) {
		defer clear(own)
		return c.handle.Transmit(own)
	}, func([]byte, error) { leave(c.context, c.handle, nil) })
	if err == nil && len(answer) >= statusSize {
		return answer, nil
	}
	if err == nil {
		// Some drivers have no other way to say that the card went in the middle.
		if err = c.why(errTorn); errors.Is(err, errTorn) && !final(err) {
			return answer, nil
		}
	}
	if failed(err) {
		err = c.why(err)
	}
	if final(err) {
		c.broken = err
	}
	return nil, err
}

// failed says that a command was lost, and not why.
func failed(err error) bool {
	var code scard.Error
	return errors.Is(err, board.ErrUnpowered) ||
		errors.As(err, &code) && (code == scard.ErrNotTransacted || code == scard.ErrCommError)
}

// final says that nothing more can come of this card.
func final(err error) bool {
	for _, e := range []error{board.ErrHung, board.ErrRemoved, board.ErrNoCard, board.ErrNoReader, board.ErrUnpowered} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// why asks whether the card or the reader has left; pcscd sees it a little later
// than a command does.
func (c *card) why(lost error) error {
	const every = 20 * time.Millisecond
	for until := time.Now().Add(goneWithin); ; time.Sleep(every) {
		_, err := call(c.reader, "ask for the card", callWithin, c.handle.Status, func(*scard.CardStatus, error) {
			leave(c.context, c.handle, nil)
		})
		if err != nil && !failed(err) {
			return fmt.Errorf("%w, after: %w", err, lost)
		}
		if time.Now().After(until) {
			return lost
		}
	}
}

// Close takes the power away. A card that has left has none.
func (c *card) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(c.broken, errClosed) {
		return nil
	}
	before := c.broken
	c.broken = errClosed
	defer c.reader.free()
	if errors.Is(before, board.ErrHung) {
		return nil // its call takes the power away when it is back
	}
	_, err := call(c.reader, "take the power away", callWithin, func() (struct{}, error) {
		return struct{}{}, c.handle.Disconnect(scard.UnpowerCard)
	}, func(struct{}, error) { leave(c.context, c.handle, nil) })
	if errors.Is(err, board.ErrHung) {
		return err
	}
	c.reader.release(c.context)
	if final(err) {
		return nil
	}
	return err
}
