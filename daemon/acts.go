package daemon

import (
	"context"
	"errors"
	"time"

	"kioskd/daemon/health"
	"kioskd/daemon/office"
	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// How long a command waits for a kiosk that serves nobody, and how often it
// looks.
const (
	idleWait = 10 * time.Second
	idleLook = 100 * time.Millisecond
)

var _ office.Acts = (*condition)(nil)

// Health implements office.Acts.
func (c *condition) Health() protocol.Health { return c.now() }

// SelfTest implements office.Acts.
func (c *condition) SelfTest(ctx context.Context) (protocol.Health, error) {
	if err := c.idle(ctx); err != nil {
		return protocol.Health{}, err
	}
	c.probe(ctx)
	return c.now(), nil
}

// Log implements office.Acts.
func (c *condition) Log(ctx context.Context) ([]string, error) {
	if err := c.idle(ctx); err != nil {
		return nil, err
	}
	return c.k.lines.all(), nil
}

// Book implements office.Acts. A kiosk without a journal is out of service, and
// can be put so or started anew all the same.
func (c *condition) Book(name protocol.CommandName) error {
	if c.journal.why() != nil {
		return nil
	}
	return c.journal.Write(flows.Event{Kind: flows.Commanded, At: c.k.now(), Reason: string(name)})
}

// Restart implements office.Acts.
func (c *condition) Restart(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, idleWait)
	defer cancel()
	if err := c.k.service.Leave(waiting); err != nil {
		return protocol.CommandBusy
	}
	return nil
}

// idle waits until nobody is being served.
func (c *condition) idle(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, idleWait)
	defer cancel()
	for {
		switch pageClass(c.k.screen.Page()) {
		case protocol.PageIdle, protocol.PageOut:
			return nil
		}
		if errors.Is(waiting.Err(), context.DeadlineExceeded) {
			return protocol.CommandBusy
		}
		if waiting.Err() != nil {
			return context.Cause(ctx)
		}
		health.Sleep(waiting, idleLook)
	}
}

// pageClass is all that is told of what the screen shows.
func pageClass(page string) string {
	switch page {
	case flows.PageHome:
		return protocol.PageIdle
	case flows.PageOutOfService:
		return protocol.PageOut
	case "", flows.PageSettle, flows.PageForgotten:
		return protocol.PageWaiting
	default:
		return protocol.PageCustomer
	}
}
