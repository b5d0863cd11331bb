package office

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/office/protocol"
)

// Line carries one request to the office and brings its answer.
type Line interface {
	// Connected says whether a request could be sent now.
	Connected() bool
	// Request returns the answer's body, or an error when none came before ctx
	// ended: a *protocol.Error when it was turned away unread.
	Request(ctx context.Context, subject string, body []byte) ([]byte, error)
}

// On is a client on a line that somebody else keeps, for a world that has both
// ends in one process. It has no journal there, and settings come by Take. pinned
// are the office's keys, as in its file. spread draws a pause below d: a world
// that is to be the same again draws it itself.
func On(l Line, pinned []byte, o Options, spread func(d time.Duration) time.Duration) (*Client, error) {
	if err := protocol.CheckKiosk(o.Kiosk); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	keys, err := protocol.ReadPinned(pinned)
	if err != nil {
		return nil, fmt.Errorf("office: public keys: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	c := newClient(o, keys)
	c.given, c.spread, c.stop = l, spread, func() {}
	close(c.dialled)
	close(c.done)
	return c, nil
}

// Take hands over settings that came outside of the line.
func (c *Client) Take(settings []byte) { c.takeRules(settings) }

// line is the one that was given, or NATS.
func (c *Client) line() Line {
	if c.given != nil {
		return c.given
	}
	return natsLine{c.conn()}
}

// natsLine is a connection, nil until there is one.
type natsLine struct{ nc *nats.Conn }

func (l natsLine) Connected() bool { return l.nc != nil && l.nc.IsConnected() }

func (l natsLine) Request(ctx context.Context, subject string, body []byte) ([]byte, error) {
	if l.nc == nil {
		return nil, nats.ErrConnectionClosed
	}
	m, err := l.nc.RequestWithContext(ctx, subject, body)
	if err != nil {
		return nil, err
	}
	if len(m.Data) == 0 {
		if no := protocol.Unread(m.Header.Get(protocol.CodeHeader)); no != nil {
			return nil, no
		}
	}
	return m.Data, nil
}

// backoff is the pause before attempt n, counted from 0: doubling, with half of
// it random, so that a thousand kiosks do not come back in step.
func (c *Client) backoff(n int, most time.Duration) time.Duration {
	d := min(backoffFirst<<min(n, 16), most)
	return d/2 + c.spread(d/2+1)
}

// anything below d.
func anything(d time.Duration) time.Duration { return rand.N(d) }
