package figures

import (
	"context"
	"slices"
	"time"
)

// keyWanted is the share of a full frame that a key press may send, in percent.
const keyWanted = 3.0

// keys presses digits on the page pin and never enter: no try is spent. It
// leaves the kiosk at its start page.
func (m *meter) keys(ctx context.Context, c *customer) error {
	if err := m.say("pressing keys"); err != nil {
		return err
	}
	if err := c.toPIN(ctx, resident); err != nil {
		return err
	}
	var first []time.Duration
	var sent []float64
	for i := range m.runs.Keys {
		const digits = 3 // fewer than a PIN has
		if i > 0 && i%digits == 0 {
			if err := c.tap(ctx, "pin", "clear"); err != nil {
				return err
			}
		}
		if err := c.settled(ctx); err != nil {
			return err
		}
		before := c.kiosk.PanelBytes()
		c.eye.watch()
		begun := time.Now()
		if err := c.tap(ctx, "pin", string('1'+rune(i%9))); err != nil {
			return err
		}
		if err := c.until(ctx, "a changed tile", func() bool { _, ok := c.eye.seen(); return ok }); err != nil {
			return err
		}
		at, _ := c.eye.seen()
		first = append(first, at.Sub(begun))
		if err := c.settled(ctx); err != nil {
			return err
		}
		sent = append(sent, 100*float64(c.kiosk.PanelBytes()-before)/(frameBytes+frameMessages))
	}
	if err := m.table.add(figure{
		name: "touch to the first changed tile on the bus", value: median(first).Seconds(), reference: m.touch.Seconds(),
		than: "a touch across the link, from above",
	}); err != nil {
		return err
	}
	if err := m.table.add(figure{
		name: "bytes to the panel a key press, the most", value: slices.Max(sent), reference: 100,
		than: "a full frame", unit: percent, limit: keyWanted,
	}); err != nil {
		return err
	}
	return c.leave(ctx)
}

// toPIN goes from the start page to the page pin.
func (c *customer) toPIN(ctx context.Context, who string) error {
	for _, s := range []struct{ page, button string }{{"home", "start"}, {"menu", "certificate"}, {"terms", "agree"}} {
		if err := c.tap(ctx, s.page, s.button); err != nil {
			return err
		}
	}
	if err := c.page(ctx, "lay-card", ""); err != nil {
		return err
	}
	if err := c.kiosk.Lay(who); err != nil {
		return err
	}
	return c.page(ctx, "pin", "1")
}

// leave gives up at the page pin.
func (c *customer) leave(ctx context.Context) error {
	if err := c.tap(ctx, "pin", "cancel"); err != nil {
		return err
	}
	if err := c.settled(ctx); err != nil {
		return err
	}
	c.kiosk.Take()
	return c.home(ctx)
}
