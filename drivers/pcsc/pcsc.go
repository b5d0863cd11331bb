//go:build cgo

package pcsc

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/ebfe/scard"

	"kioskd/drivers/board"
)

// Reader is a board.Reader. It takes no room while nobody waits or holds a
// card, and needs no Close.
type Reader struct {
	matches func(name string) bool
	name    string
	log     *slog.Logger
	turn    chan struct{} // one Wait at a time
	view    view          // of whose turn it is

	mu    sync.Mutex
	held  bool
	out   int           // calls that were given up and are not back
	awry  chan struct{} // closed while out > 0
	again chan struct{} // closed while out == 0
}

// Open makes a reader. It need not be there yet, nor need pcscd.
func Open(o Options) (*Reader, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Reader{
		matches: matcher(o.Name), name: o.Name, log: o.Log, turn: make(chan struct{}, 1),
		awry: make(chan struct{}), again: make(chan struct{}),
	}
	close(r.again)
	return r, nil
}

// String is the device's name.
func (r *Reader) String() string {
	if r.name == "" {
		return "pcsc"
	}
	return "pcsc(" + r.name + ")"
}

// away notes a call that does not come back.
func (r *Reader) away(step string) {
	r.log.Warn("card reader does not answer", "step", step)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out++
	if r.out == 1 {
		close(r.awry)
		r.again = make(chan struct{})
	}
}

// back notes that it came back after all.
func (r *Reader) back() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out--
	if r.out == 0 {
		r.awry = make(chan struct{})
		close(r.again)
	}
}

// trouble is closed as soon as a call does not come back, mended as soon as all
// are back.
func (r *Reader) trouble() (trouble, mended <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.awry, r.again
}

func (r *Reader) hung() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out > 0
}

// establish opens a context of its own: calls in one context wait for each
// other.
func (r *Reader) establish() (*scard.Context, error) {
	return call(r, "reach pcscd", callWithin, scard.EstablishContext, func(c *scard.Context, err error) {
		if err == nil {
			_ = c.Release() // whoever wanted it has gone
		}
	})
}

// release gives a context back. That pcscd does not know it any more is well.
func (r *Reader) release(c *scard.Context) {
	if err := simply(r, "leave pcscd", c.Release); err != nil {
		r.log.Debug("card reader", "err", err)
	}
}

// readers lists those that match, and how many there are of any name.
func (r *Reader) readers(c *scard.Context) (match []string, all int, err error) {
	names, err := call(r, "list readers", callWithin, func() ([]string, error) {
		names, err := c.ListReaders()
		if err == scard.ErrNoReadersAvailable { //nolint:errorlint // the library returns it bare
			return nil, nil
		}
		return names, err
	}, func([]string, error) {})
	for _, n := range names {
		if r.matches(n) {
			match = append(match, n)
		}
	}
	return match, len(names), err
}

// Names are the readers that pcscd has: those that match, and how many there are
// of any name. It touches no card.
func (r *Reader) Names() (match []string, all int, err error) {
	c, err := r.establish()
	if err != nil {
		return nil, 0, fmt.Errorf("pcsc: reach pcscd: %w", err)
	}
	defer r.release(c)
	if match, all, err = r.readers(c); err != nil {
		return nil, 0, fmt.Errorf("pcsc: list readers: %w", err)
	}
	return match, all, nil
}

var (
	_ board.Reader = (*Reader)(nil)
	_ board.Card   = (*card)(nil)
)
