package flows

import (
	"context"
	"time"
)

const (
	// reportPatience is how long the customer may wait for the office to hear of
	// an outcome. What it did not hear is told again before anybody is served.
	reportPatience = 5 * time.Second
	// reportEvery is how often it is told again while nobody is here.
	reportEvery = time.Second
)

// Report tells the office what became of resets that it has not heard of: after
// a power cut, before anybody is served. It waits a moment for the line, and
// what it could not tell is told at the next gate.
func (c *Counter) Report(ctx context.Context) error {
	open := c.Journal.Ledger().Unreported()
	if len(open) == 0 {
		return nil
	}
	telling, cancel := c.Clock.WithTimeout(ctx, reportPatience, ErrOfficeAway)
	defer cancel()
	for _, a := range open {
		if err := c.reportOne(telling, a); err != nil {
			c.Log.Warn("reset not reported yet", "visit", a.Visit, "err", err)
			return journalOnly(err)
		}
	}
	return nil
}

// reported tries the same where the line stands, and says whether the office now
// knows of every reset.
func (c *Counter) reported(ctx context.Context) bool {
	if len(c.Journal.Ledger().Unreported()) == 0 {
		return true
	}
	if !c.Office.Reachable() {
		return false
	}
	if err := c.Report(ctx); err != nil {
		c.Log.Error("reset not booked as reported", "err", err)
		return false
	}
	return len(c.Journal.Ledger().Unreported()) == 0
}

func (c *Counter) reportOne(ctx context.Context, a *Account) error {
	if err := c.Office.ReportReset(ctx, a.Visit, a.ResetOutcome); err != nil {
		return err
	}
	return c.write(Event{Kind: ResetReported, Visit: a.Visit})
}

// journalOnly keeps the one failure after which nothing more may move.
func journalOnly(err error) error {
	if isJournal(err) {
		return err
	}
	return nil
}
