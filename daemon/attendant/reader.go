package attendant

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/daemon/health"
	"kioskd/drivers/board"
	"kioskd/drivers/jpki"
	"kioskd/flows"
	"kioskd/flows/secret"
)

// readerRetry is how often a reader that is not there is looked for again.
const readerRetry = 100 * time.Millisecond

// Reader is flows' card reader: it knows at every moment what lies there.
type Reader struct {
	dev     board.Reader
	rest    *Rest
	log     *slog.Logger
	waiters waiters
	cards   jpki.Experience

	mu      sync.Mutex
	lies    board.Presence
	working bool
	looked  chan struct{} // closed at the next look
	open    atomic.Int32  // card handles: the board asks (quiet)
}

// NewReader is a reader on which nothing lies until Run has looked.
func NewReader(dev board.Reader, rest *Rest, log *slog.Logger) *Reader {
	return &Reader{dev: dev, rest: rest, log: log, working: true, looked: make(chan struct{})}
}

// Run watches the reader until ctx ends. Its wait for a change ends again and
// again, so that the loop is seen to turn.
func (r *Reader) Run(ctx context.Context) error {
	var last board.Presence
	first := true
	for {
		if first {
			last.Change = ^uint32(0) // differs from whatever lies there
			first = false
		}
		health.Beat(ctx)
		turn, cancel := context.WithTimeout(ctx, health.Turn)
		now, err := r.dev.Wait(turn, last)
		unchanged := err != nil && turn.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		if unchanged && errors.Is(err, context.DeadlineExceeded) {
			continue
		}
		if err != nil {
			r.set(board.Presence{}, false)
			select {
			case <-time.After(readerRetry):
			case <-ctx.Done():
				return nil
			}
			first = true
			continue
		}
		last = now
		r.set(now, true)
	}
}

func (r *Reader) set(p board.Presence, working bool) {
	r.mu.Lock()
	if working != r.working {
		r.log.Info("card reader", "working", working)
	}
	r.lies, r.working = p, working
	close(r.looked)
	r.looked = make(chan struct{})
	r.mu.Unlock()
	r.waiters.changed(r.rest.Up)
}

// Present says whether something lies there.
func (r *Reader) Present() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lies.Cards > 0
}

// Working says whether the reader answers. One that did not is looked at once
// more: it may have been plugged in again a moment ago.
func (r *Reader) Working() bool {
	r.mu.Lock()
	working, looked := r.working, r.looked
	r.mu.Unlock()
	if working {
		return true
	}
	select {
	case <-looked:
	case <-time.After(4 * readerRetry):
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.working
}

// Handles is how many cards are held open: at most one.
func (r *Reader) Handles() int { return int(r.open.Load()) }

// Laid is closed when something lies there.
func (r *Reader) Laid(ctx context.Context) <-chan struct{} {
	return r.waiters.when(ctx, r.Present)
}

// Gone is closed when nothing does.
func (r *Reader) Gone(ctx context.Context) <-chan struct{} {
	return r.waiters.when(ctx, func() bool { return !r.Present() })
}

// Lost is closed when the reader does not answer.
func (r *Reader) Lost(ctx context.Context) <-chan struct{} {
	return r.waiters.when(ctx, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return !r.working
	})
}

// Open powers the card and reads what needs no PIN.
func (r *Reader) Open() (flows.Card, error) {
	r.mu.Lock()
	looked := r.looked
	r.mu.Unlock()
	handle, err := r.dev.Connect()
	if err != nil {
		r.letLook(err, looked)
		return nil, cardError(err)
	}
	c := &Card{handle: handle, reader: r}
	r.open.Add(1)
	if err := c.read(); err != nil {
		c.Close()
		r.letLook(err, looked)
		return nil, cardError(err)
	}
	return c, nil
}

// letLook gives Run a moment to see what an error of the reader's own has said,
// so that Working knows it too. What Run cannot see (another program keeps the
// card) holds until something changes on the reader.
func (r *Reader) letLook(err error, looked <-chan struct{}) {
	away := errors.Is(err, board.ErrNoReader)
	if !away && !errors.Is(err, board.ErrHung) {
		return
	}
	select {
	case <-looked:
		return
	case <-time.After(readerRetry):
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if away && r.looked == looked {
		r.log.Warn("card reader", "working", false, "err", err)
		r.working = false
	}
}

// cardError says in the counter's words what is wrong with a card.
func cardError(err error) error {
	for _, k := range []struct {
		is   error
		kind string
	}{
		{jpki.ErrForeign, "foreign"},
		{jpki.ErrOldCard, "old"},
		{jpki.ErrPhone, "phone"},
		{jpki.ErrNoPIN, "no-pin"},
		{board.ErrCollision, "two"},
		{jpki.ErrUnreadable, "unreadable"},
		{jpki.ErrAlgorithm, "unreadable"},
		{board.ErrUnpowered, "unreadable"},
		{board.ErrHung, "unreadable"},
	} {
		if errors.Is(err, k.is) {
			return fmt.Errorf("%w: %w", &flows.WrongCard{Kind: k.kind}, err)
		}
	}
	for _, gone := range []error{board.ErrRemoved, board.ErrNoCard, board.ErrNoReader} {
		if errors.Is(err, gone) {
			return fmt.Errorf("%w: %w", flows.ErrCardGone, err)
		}
	}
	return err
}

// Card is flows' card on a powered one.
type Card struct {
	handle board.Card
	reader *Reader
	jpki   *jpki.Card
	cert   *x509.Certificate
	tries  int
	once   sync.Once
}

func (c *Card) read() error {
	card, err := c.reader.cards.Open(c.handle)
	if err != nil {
		return err
	}
	c.jpki = card
	cert, err := card.UserCertificate()
	if errors.Is(err, jpki.ErrNoCertificate) {
		return nil // the flow has a page for it
	}
	if err != nil {
		return err
	}
	c.cert = cert
	c.tries, err = card.Tries()
	return err
}

// Certificate is the user-verification certificate, or nil.
func (c *Card) Certificate() *x509.Certificate { return c.cert }

// Tries is what is left of the 4-digit PIN.
func (c *Card) Tries() int { return c.tries }

// Verify presents the PIN, once.
func (c *Card) Verify(pin *secret.Text) error {
	err := c.jpki.Verify(pin)
	var wrong *jpki.WrongPIN
	switch {
	case errors.As(err, &wrong):
		return &flows.WrongPIN{Left: wrong.Left}
	case errors.Is(err, jpki.ErrBlocked):
		return &flows.WrongPIN{Left: 0}
	default:
		return cardError(err)
	}
}

// Sign signs with the user-verification key.
func (c *Card) Sign(message []byte) ([]byte, error) {
	s, err := c.jpki.Sign(message)
	return s, cardError(err)
}

// Close takes the power away.
func (c *Card) Close() {
	c.once.Do(func() {
		if err := c.handle.Close(); err != nil {
			c.reader.log.Warn("card power off", "err", err)
		}
		c.reader.open.Add(-1)
	})
}
