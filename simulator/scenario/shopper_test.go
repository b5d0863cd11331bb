package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/simulator/shop"
)

const (
	shopperPatience = 30 * time.Second // for the whole of one visit
	shopperLooks    = 5 * time.Millisecond
)

// shopper buys two copies and does, page by page, what anybody would, whatever
// happened before: after a crash the kiosk's pages alone say what to do.
type shopper struct {
	shop     *shop.Shop
	kiosk    *shop.Kiosk
	struck   chan struct{} // closed when kioskd was held at a commit
	again    bool          // the power was away: whoever sees the first page is done
	begun    bool
	laid     bool
	more     bool // the second copy was asked for
	inserted int  // yen
}

// comesBack is the same customer after the crash, whom nothing strikes any more.
func (c *shopper) comesBack() *shopper {
	back := *c
	back.struck, back.again = nil, true
	return &back
}

// describe is what somebody sees who wonders why it does not go on.
func (c *shopper) describe(ctx context.Context) string {
	t := c.kiosk.Tree()
	if t == nil {
		return "no page, kioskd " + c.kiosk.Ended()
	}
	s, err := c.kiosk.State(ctx)
	var pages []string
	for _, was := range c.kiosk.Trees(0) {
		pages = append(pages, was.Page+fmt.Sprint(was.Keys))
	}
	return fmt.Sprintf("pages %s; page %s, on the panel: %v, %+v, %v, devices busy: %v, begun: %v, again: %v",
		strings.Join(slices.Compact(pages), " "), t.Page, c.kiosk.Shows(t.Checksum), s, err, c.kiosk.Busy(), c.begun, c.again)
}

// keepUp holds the world until kioskd has taken in what just happened, or waits
// for something itself.
func (c *shopper) keepUp(ctx context.Context) {
	for range 3 {
		looking, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		s, err := c.kiosk.State(looking)
		cancel()
		if err != nil || s.Settled || s.Booting {
			return
		}
		time.Sleep(shopperLooks)
	}
}

// until goes on until the visit is over, or until the crash where one is to come.
func (c *shopper) until(ctx context.Context, crash bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, shopperPatience, errors.New("the shopper has waited too long"))
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.struck:
			return nil
		case <-time.After(shopperLooks):
		}
		t := c.kiosk.Tree()
		if t == nil || !c.kiosk.Shows(t.Checksum) {
			continue
		}
		if t.Page == "home" && (c.begun || c.again) && !crash && c.over(ctx) {
			return nil
		}
		if err := c.act(ctx, t); err != nil {
			select {
			case <-c.struck: // in the middle of it
				return nil
			default:
				return fmt.Errorf("on page %s: %w", t.Page, err)
			}
		}
	}
}

// over says whether the kiosk has settled on its first page and nothing moves.
func (c *shopper) over(ctx context.Context) bool {
	s, err := c.kiosk.State(ctx)
	return err == nil && s.Settled && !s.Booting && !c.kiosk.Busy()
}

func (c *shopper) act(ctx context.Context, t *shop.Tree) error {
	switch t.Page {
	case "home":
		if c.begun {
			return nil
		}
		return c.tap(ctx, t, "start")
	case "menu":
		c.begun = true
		return c.tap(ctx, t, "certificate")
	case "lay-card", "settle":
		if c.laid {
			return nil
		}
		c.laid = true
		return c.kiosk.Lay("adult")
	case "pin":
		for _, id := range []string{"1", "2", "3", "4", "enter"} {
			if err := c.tap(ctx, t, id); err != nil {
				return err
			}
		}
		return nil
	case "take-card", "forgotten":
		c.laid = false
		c.kiosk.Take()
		c.kiosk.TakeSheets()
		return nil
	case "copies":
		if !c.more {
			c.more = true
			return c.tap(ctx, t, "plus")
		}
		if t.Keys["n"] != fmt.Sprint(ordered) {
			return nil
		}
		return c.tap(ctx, t, "next")
	case "pay":
		if c.inserted == 0 {
			c.inserted = coinIn
			return c.kiosk.Insert(coinIn)
		}
		if n, ok := t.Button("print"); !ok || n.State == "disabled" {
			return nil
		}
		return c.tap(ctx, t, "print")
	case "take-sheets":
		if len(c.kiosk.Tray()) == 0 || c.kiosk.Busy() {
			return nil
		}
		c.kiosk.TakeSheets()
		return nil
	}
	for _, id := range []string{"agree", "residence-certificate", "self", "go-on", "next"} {
		if slices.Contains(t.Buttons(), id) {
			return c.tap(ctx, t, id)
		}
	}
	return nil // a page that goes by itself
}

// tap presses a button and waits until the page has changed for it, or the crash
// has come.
func (c *shopper) tap(ctx context.Context, t *shop.Tree, id string) error {
	n, ok := t.Button(id)
	if !ok || n.State == "disabled" {
		return nil
	}
	before := c.kiosk.Latest()
	at := n.Middle()
	touched, cancel := context.WithCancel(ctx)
	defer cancel()
	struck := c.struck
	go func() {
		select {
		case <-struck: // a kiosk that is held reads no touch
			cancel()
		case <-touched.Done():
		}
	}()
	c.kiosk.Down(at.X, at.Y)
	err := c.kiosk.Touched(touched)
	c.kiosk.Up()
	if err := errors.Join(err, c.kiosk.Touched(touched)); err != nil {
		return err
	}
	for until := time.Now().Add(2 * time.Second); c.kiosk.Latest() == before && time.Now().Before(until); time.Sleep(shopperLooks) {
		if touched.Err() != nil {
			return context.Cause(touched)
		}
	}
	return nil
}
