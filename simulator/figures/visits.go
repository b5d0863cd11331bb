package figures

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// visits buys certificates, without a moment's thought.
func (m *meter) visits(ctx context.Context, c *customer) error {
	var whole, mechanics []time.Duration
	for i := range m.runs.Visits {
		if err := m.say("buying a certificate, %d of %d", i+1, m.runs.Visits); err != nil {
			return err
		}
		works := watchWorks(c.kiosk.Busy)
		begun := time.Now()
		err := c.visit(ctx)
		took := time.Since(begun)
		moved := works.stop()
		if err != nil {
			return fmt.Errorf("visit: %w", err)
		}
		whole = append(whole, took)
		mechanics = append(mechanics, moved)
		if err := c.home(ctx); err != nil {
			return err
		}
	}
	return m.table.add(figure{
		name: "one visit, start to goodbye, no human delay", value: median(whole).Seconds(), reference: median(mechanics).Seconds(),
		than: "coins, paper and receipt in motion",
	})
}

// visit is one certificate of one sheet.
func (c *customer) visit(ctx context.Context) error { return c.buy(ctx, resident, "self", 1) }

// buy is one certificate of that many sheets, paid with two coins.
func (c *customer) buy(ctx context.Context, who, scope string, sheets int) error {
	if err := c.toPIN(ctx, who); err != nil {
		return err
	}
	for _, digit := range pin {
		if err := c.tap(ctx, "pin", string(digit)); err != nil {
			return err
		}
	}
	if err := c.tap(ctx, "pin", "enter"); err != nil {
		return err
	}
	if err := c.page(ctx, "take-card", ""); err != nil {
		return err
	}
	c.kiosk.Take()
	for _, s := range []struct{ page, button string }{
		{"kind", "residence-certificate"},
		{"scope", scope},
		{"items", "next"},
		{"copies", "next"},
		{"confirm", "go-on"},
	} {
		if err := c.tap(ctx, s.page, s.button); err != nil {
			return err
		}
	}
	if err := c.page(ctx, "pay", ""); err != nil {
		return err
	}
	for range 2 {
		if err := c.kiosk.Insert(100); err != nil {
			return err
		}
	}
	if n := c.kiosk.TakeCoins(); n != 0 {
		return fmt.Errorf("%d yen came back from the slot", n)
	}
	c.kiosk.Board().SetPacing(c.slow)
	defer c.kiosk.Board().SetPacing(false)
	if err := c.tap(ctx, "pay", "print"); err != nil {
		return err
	}
	if err := c.page(ctx, "take-sheets", ""); err != nil {
		return err
	}
	if err := c.until(ctx, "the paper to lie still", func() bool { return !c.kiosk.Busy() }); err != nil {
		return err
	}
	if n := len(c.kiosk.TakeSheets()); n != sheets {
		return fmt.Errorf("%d sheets in the tray, want %d", n, sheets)
	}
	return c.page(ctx, "goodbye", "")
}

// works adds up for how long something was in motion.
type works struct {
	end   atomic.Bool
	moved chan time.Duration
}

// worksLook is how often it looks, and so how exact it is.
const worksLook = time.Millisecond

func watchWorks(moves func() bool) *works {
	w := &works{moved: make(chan time.Duration, 1)}
	go func() {
		var sum time.Duration
		last := time.Now()
		for !w.end.Load() {
			moving := moves()
			time.Sleep(worksLook)
			now := time.Now()
			if moving {
				sum += now.Sub(last)
			}
			last = now
		}
		w.moved <- sum
	}()
	return w
}

// stop ends the looking and says how long it was.
func (w *works) stop() time.Duration {
	w.end.Store(true)
	return <-w.moved
}
