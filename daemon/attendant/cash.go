package attendant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"kioskd/drivers/coin"
	"kioskd/flows"
)

// Cash is flows' acceptor and hoppers.
type Cash struct {
	acceptor *coin.Acceptor
	hoppers  map[int]*coin.Hopper // by yen
	rest     *Rest
	log      *slog.Logger

	deaf bool // Run has ended because it could not listen, once at least

	mu    sync.Mutex
	queue []flows.Coin
	asked chan struct{} // closed by the next train; nil while nobody asked
}

// NewCash joins an acceptor and its hoppers.
func NewCash(a *coin.Acceptor, hoppers map[int]*coin.Hopper, rest *Rest, log *slog.Logger) *Cash {
	return &Cash{acceptor: a, hoppers: hoppers, rest: rest, log: log}
}

// Run listens to the acceptor until ctx ends: also while coins are refused, for
// one may be on its way. When it cannot listen any more, whoever pays hears of it.
func (c *Cash) Run(ctx context.Context) error {
	err := c.acceptor.Run(ctx, func(t coin.Train) {
		c.came(flows.Coin{Yen: t.Yen, Fault: string(t.Fault)})
	})
	if ctx.Err() != nil {
		return nil
	}
	told := c.deaf && errors.Is(err, coin.ErrDeaf) // it has been dead since the try before
	c.deaf = true
	if !told {
		c.came(flows.Coin{Fault: flows.CoinsUnheard})
	}
	return err
}

func (c *Cash) came(coin flows.Coin) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, coin)
	if c.asked != nil {
		c.rest.Up()
		close(c.asked)
		c.asked = nil
	}
}

// Accept lets coins in.
func (c *Cash) Accept() error { return c.acceptor.Accept() }

// Refuse sends them back.
func (c *Cash) Refuse() error { return c.acceptor.Refuse() }

// Pending is closed while Next has something, and when it next has.
func (c *Cash) Pending() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) > 0 {
		now := make(chan struct{})
		close(now)
		return now
	}
	if c.asked == nil {
		c.asked = make(chan struct{})
	}
	return c.asked
}

// Next is the next finished train.
func (c *Cash) Next() (flows.Coin, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return flows.Coin{}, false
	}
	next := c.queue[0]
	c.queue = c.queue[1:]
	return next, true
}

// PayOut lets one coin out and returns how many left, late ones of the time
// before among them.
func (c *Cash) PayOut(yen int) (int, error) {
	h := c.hoppers[yen]
	if h == nil {
		return 0, fmt.Errorf("no hopper for %d yen", yen)
	}
	// No context: a motor that runs is waited for, and has its own limit.
	p, err := h.Dispense(context.Background())
	if p.Late > 0 || p.Coins > 1 {
		c.log.Error("hopper overran", "yen", yen, "coins", p.Coins, "late", p.Late)
	}
	return p.Coins + p.Late, err
}

// Late waits until no coin can follow the motor, and returns how many did.
func (c *Cash) Late(yen int) (int, error) {
	h := c.hoppers[yen]
	if h == nil {
		return 0, fmt.Errorf("no hopper for %d yen", yen)
	}
	return h.Overrun(context.Background())
}

// Close stops everything that moves.
func (c *Cash) Close() error {
	errs := []error{c.acceptor.Halt()}
	for _, h := range c.hoppers {
		errs = append(errs, h.Close())
	}
	return errors.Join(errs...)
}
