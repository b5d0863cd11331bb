package figures

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

const startWanted = 500 * time.Millisecond

// starts gives the kiosk power, again and again. It leaves it at its start page.
func (m *meter) starts(ctx context.Context, c *customer) error {
	if err := m.say("starting kioskd %d times", m.runs.Starts); err != nil {
		return err
	}
	var first, ready, bare []time.Duration
	for range m.runs.Starts {
		c.kiosk.PowerCut()
		c.eye.watch()
		begun := time.Now()
		if err := c.kiosk.PowerOn(); err != nil {
			return err
		}
		if err := c.until(ctx, "a first picture", func() bool { _, ok := c.eye.seen(); return ok }); err != nil {
			return err
		}
		lit, _ := c.eye.seen()
		first = append(first, lit.Sub(begun))
		if err := c.page(ctx, "home", "start"); err != nil {
			return err
		}
		ready = append(ready, time.Since(begun))
		if err := c.settled(ctx); err != nil {
			return err
		}

		begun = time.Now()
		if err := exec.CommandContext(ctx, c.shop.Kioskd(), "-h").Run(); err != nil {
			return fmt.Errorf("kioskd -h: %w", err)
		}
		bare = append(bare, time.Since(begun))
	}
	nothing := median(bare).Seconds()
	if err := m.table.add(figure{
		name: "start of kioskd to a first picture", value: median(first).Seconds(), reference: nothing,
		than: "the same program doing nothing (kioskd -h)", limit: startWanted.Seconds(),
	}); err != nil {
		return err
	}
	return m.table.add(figure{
		name: "start of kioskd to its start page", value: median(ready).Seconds(), reference: nothing,
		than: "the same program doing nothing (kioskd -h)",
	})
}
