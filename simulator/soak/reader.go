package soak

import (
	"context"
	"errors"
	"sync"
	"time"

	"kioskd/drivers/board"
)

// transmitWithin is how long a card may take for one answer, as on the link.
const transmitWithin = 3 * time.Second

// cardReader is the reader as a driver sees it.
type cardReader struct{ p *plug }

func (r cardReader) String() string { return "reader" }

func (r cardReader) Wait(ctx context.Context, last board.Presence) (board.Presence, error) {
	for {
		r.p.m.mu.Lock()
		changed := r.p.m.laid
		r.p.m.mu.Unlock()
		if err := r.p.Err(); err != nil {
			return last, err
		}
		n, change := r.p.m.reader.Presence()
		if n < 0 {
			return last, board.ErrNoReader
		}
		if now := (board.Presence{Cards: n, Change: change}); now != last {
			return now, nil
		}
		select {
		case <-changed:
		case <-r.p.lost:
		case <-ctx.Done():
			return last, context.Cause(ctx)
		}
	}
}

func (r cardReader) Connect() (board.Card, error) {
	if err := r.p.Err(); err != nil {
		return nil, err
	}
	if _, err := r.p.m.reader.PowerOn(); err != nil {
		return nil, err
	}
	return &poweredCard{r: r}, nil
}

// poweredCard is a card with power.
type poweredCard struct {
	r    cardReader
	once sync.Once
	hung bool
}

func (c *poweredCard) Transmit(command []byte) ([]byte, error) {
	if err := c.r.p.Err(); err != nil {
		return nil, err
	}
	if c.hung {
		return nil, board.ErrHung
	}
	// An exchange that hangs ends with the power.
	late := time.AfterFunc(transmitWithin, c.r.p.m.reader.PowerOff)
	defer late.Stop()
	answer, err := c.r.p.m.reader.Transmit(command)
	c.hung = errors.Is(err, board.ErrHung)
	if err := c.r.p.Err(); err != nil {
		return nil, err // the answer came to nobody
	}
	return answer, err
}

func (c *poweredCard) Close() error {
	c.once.Do(func() {
		if !c.r.p.dead() {
			c.r.p.m.reader.PowerOff()
		}
	})
	return nil
}
