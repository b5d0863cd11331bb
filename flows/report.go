package flows

import (
	"context"
	"time"
)

// reportPatience is how long a customer waits for the office to hear of an
// outcome. What it did not hear is told again, and nobody is served before.
const reportPatience = 5 * time.Second

// Report tells the office what became of resets that it has not heard of, and
// books that it has. Several may call it.
func (c *Counter) Report(ctx context.Context) error {
	if err := c.reporting.take(ctx); err != nil {
		return err
	}
	defer c.reporting.give()
	for _, a := range c.Journal.Ledger().Unreported() {
		if err := c.Office.ReportReset(ctx, a.Visit, a.ResetOutcome); err != nil {
			return err
		}
		if err := c.write(Event{Kind: ResetReported, Visit: a.Visit}); err != nil {
			return err
		}
	}
	return nil
}

// reported says whether the office knows of every reset. Where it can be reached
// it is told first.
func (c *Counter) reported(ctx context.Context) bool {
	if c.Unreported() && c.Office.Reachable() {
		c.reportSoon(ctx)
	}
	return !c.Unreported()
}

// Unreported says whether there is a reset of which the office has not heard.
func (c *Counter) Unreported() bool { return len(c.Journal.Ledger().Unreported()) > 0 }

// reportSoon tells the office while somebody waits.
func (c *Counter) reportSoon(ctx context.Context) {
	telling, cancel := c.Clock.WithTimeout(ctx, reportPatience, ErrOfficeAway)
	defer cancel()
	if err := c.Report(telling); err != nil {
		c.Log.Warn("reset not reported yet", "err", err)
	}
}
