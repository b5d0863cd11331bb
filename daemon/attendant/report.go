package attendant

import (
	"context"
	"log/slog"
	"time"

	"kioskd/daemon/health"
	"kioskd/flows"
)

const (
	reportEvery  = 500 * time.Millisecond // how often the office is told again, in process time
	reportAtBoot = 5 * time.Second        // how long the first customer waits for that
)

// Report tells the office what became of resets that it has not heard of, again
// and again until ctx ends: whatever page is up.
func Report(ctx context.Context, c *flows.Counter, log *slog.Logger) error {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		health.Beat(ctx)
		if c.Unreported() && c.Office.Reachable() {
			tellOffice(ctx, c, log)
		}
	}
}

// tellOffice tries for a while. A journal that does not write is found by the
// next event that matters.
func tellOffice(ctx context.Context, c *flows.Counter, log *slog.Logger) {
	telling, cancel := context.WithTimeout(ctx, reportAtBoot)
	defer cancel()
	if err := c.Report(telling); err != nil && ctx.Err() == nil {
		log.Warn("reset not reported yet", "err", err)
	}
}
