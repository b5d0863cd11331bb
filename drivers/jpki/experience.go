package jpki

import (
	"errors"
	"sync"

	"kioskd/drivers/board"
)

// Experience is what a reader has seen of its cards' manners. The zero value has
// seen nothing. It may be shared by all cards of one reader.
//
// Only one thing is remembered: whether extended length has been seen to work
// here, for it takes both a card and a reader that know it. An attempt that
// fails costs an exchange, so that the first is made only where a login stays
// within its ten all the same, and none after one has failed.
type Experience struct {
	mu       sync.Mutex
	extended seen
}

type seen int

const (
	never seen = iota
	works
	fails
)

// Open is like the function Open, for a card of this reader.
func (e *Experience) Open(link Transmitter) (*Card, error) {
	c := &Card{link: link, experience: e, shortIDs: true}
	if err := c.selectApplication(); err != nil {
		return nil, err
	}
	return c, nil
}

func (e *Experience) get() seen {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.extended
}

func (e *Experience) set(s seen) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.extended != fails {
		e.extended = s
	}
}

// unheard says that an error of the link is about the card or the reader having
// gone, and not about what was sent: nothing more can come.
func unheard(err error) bool {
	for _, gone := range []error{board.ErrNoReader, board.ErrNoCard, board.ErrCollision, board.ErrUnpowered, board.ErrRemoved, board.ErrHung} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}
