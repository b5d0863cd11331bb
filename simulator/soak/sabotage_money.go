package soak

import (
	"sync/atomic"

	"kioskd/flows"
)

// eagerCash counts a coin as soon as coins are let in.
type eagerCash struct {
	flows.Cash
	owes bool
}

func (c *eagerCash) Accept() error { c.owes = true; return c.Cash.Accept() }

func (c *eagerCash) Next() (flows.Coin, bool) {
	if c.owes {
		c.owes = false
		return flows.Coin{Yen: 100}, true
	}
	return c.Cash.Next()
}

// deferredCash says that a coin is out and lets it out at the end.
type deferredCash struct {
	flows.Cash
	later []int
}

func (c *deferredCash) PayOut(yen int) (int, error) {
	c.later = append(c.later, yen)
	return 1, nil
}

func (c *deferredCash) Late(yen int) (int, error) {
	for _, y := range c.later {
		_, _ = c.Cash.PayOut(y)
	}
	c.later = nil
	return c.Cash.Late(yen)
}

// trustingCash takes a glitch for a coin.
type trustingCash struct{ flows.Cash }

func (c *trustingCash) Next() (flows.Coin, bool) {
	coin, ok := c.Cash.Next()
	if ok && coin.Fault != "" {
		coin = flows.Coin{Yen: 10}
	}
	return coin, ok
}

// forgetfulJournal has an empty ledger at the start.
type forgetfulJournal struct {
	flows.Journal
	asked atomic.Int32
}

func (j *forgetfulJournal) Ledger() *flows.Ledger {
	if j.asked.Add(1) < 4 {
		return flows.NewLedger()
	}
	return j.Journal.Ledger()
}
