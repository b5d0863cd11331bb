package figures

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"kioskd/simulator/shop"
)

const (
	resident = "adult"
	pin      = "1234"

	waitMost = 15 * time.Second      // for anything a kiosk does by itself
	lookMost = 20 * time.Millisecond // between two looks when nothing seems to change
)

// eye sees what changes at the kiosk.
type eye struct {
	changes chan struct{} // holds one when something changed since it was read

	mu      sync.Mutex
	watches bool
	lit     time.Time // when the panel changed first since watch
}

func newEye() *eye { return &eye{changes: make(chan struct{}, 1)} }

// saw is called by the shop, on the goroutine that brought the change.
func (e *eye) saw(_, what string) {
	if what == "panel" {
		now := time.Now()
		e.mu.Lock()
		if e.watches && e.lit.IsZero() {
			e.lit = now
		}
		e.mu.Unlock()
	}
	select {
	case e.changes <- struct{}{}:
	default:
	}
}

// watch begins to wait for the panel's next change.
func (e *eye) watch() {
	e.mu.Lock()
	e.watches, e.lit = true, time.Time{}
	e.mu.Unlock()
}

// seen is when the panel changed first since watch.
func (e *eye) seen() (at time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lit, !e.lit.IsZero()
}

// customer knows what to do and never hesitates.
type customer struct {
	shop  *shop.Shop
	kiosk *shop.Kiosk
	eye   *eye
	slow  bool // wires are as slow as real ones from "print" on
}

// until waits until it is so, looking whenever something changed.
func (c *customer) until(ctx context.Context, what string, so func() bool) error {
	late := time.NewTimer(waitMost)
	defer late.Stop()
	look := time.NewTicker(lookMost)
	defer look.Stop()
	for !so() {
		select {
		case <-c.eye.changes:
		case <-look.C:
		case <-late.C:
			return fmt.Errorf("waited %v for %s", waitMost, what)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// page waits for the page, and for the button on it ("" needs none).
func (c *customer) page(ctx context.Context, page, button string) error {
	return c.until(ctx, "page "+page+" with button "+button, func() bool {
		t := c.kiosk.Tree()
		if t == nil || t.Page != page {
			return false
		}
		if button == "" {
			return true
		}
		n, ok := t.Button(button)
		return ok && n.State != "disabled"
	})
}

// tap puts a finger on a button of the page and lifts it as soon as the kiosk
// has felt it.
func (c *customer) tap(ctx context.Context, page, button string) error {
	if err := c.page(ctx, page, button); err != nil {
		return err
	}
	n, ok := c.kiosk.Tree().Button(button)
	if !ok {
		return fmt.Errorf("button %s has gone from page %s", button, page)
	}
	at := n.Middle()
	c.kiosk.Down(at.X, at.Y)
	if err := c.kiosk.Touched(ctx); err != nil {
		return err
	}
	c.kiosk.Up()
	return c.kiosk.Touched(ctx)
}

// settled waits until kioskd says twice, with nothing done between, that it has
// no work in hand, and no device moves.
func (c *customer) settled(ctx context.Context) error {
	var last uint64
	calm := false
	return c.until(ctx, "the kiosk to settle", func() bool {
		s, err := c.kiosk.State(ctx)
		was := calm && s.Turn == last
		calm, last = err == nil && s.Settled && !s.Booting && !c.kiosk.Busy(), s.Turn
		return calm && was
	})
}

// home lets the world's time pass until the start page is back.
func (c *customer) home(ctx context.Context) error {
	const longEnough = 30 * time.Second // limit.end is 20 s
	if err := c.settled(ctx); err != nil {
		return err
	}
	var err error
	c.shop.Advance(longEnough, func() { err = errors.Join(err, c.settled(ctx)) })
	if err != nil {
		return err
	}
	return c.page(ctx, "home", "start")
}

// describe is what one sees where something went wrong.
func (c *customer) describe() error {
	page := "none"
	if t := c.kiosk.Tree(); t != nil {
		page = fmt.Sprint(t.Page, t.Keys)
	}
	const lines = 5
	return fmt.Errorf("page %s, %d yen in the coin tray; kioskd's log ends:\n%s",
		page, c.kiosk.Lying(), strings.Join(c.kiosk.LogTail(lines), "\n"))
}
