// Package attendant serves the one customer: it gives the flows their card,
// screen, cash, printers and clock, each a few lines on a driver, and calls the
// procedure at the counter again and again.
//
// It decides nothing about a visit. What a device answered it says in the
// counter's words; what a device did not answer it never guesses.
package attendant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"kioskd/daemon/journal"
	"kioskd/flows"
)

// Serve serves customers until ctx ends. Before the first one, and after a disk
// that had failed, it books what was left open and offers the money that was
// kept back. ready is called once the kiosk has come so far. After Leave the end
// is ErrLeave.
func Serve(ctx context.Context, c *flows.Counter, s *Service, log *slog.Logger, ready func()) error {
	behind := true
	for ctx.Err() == nil {
		if s.leave() {
			return ErrLeave
		}
		err := next(ctx, c, s, behind, ready, log)
		var j *flows.JournalError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &j):
			log.Error("out of service", "err", err)
			s.Fail(JournalReason(err))
			behind = true
		case err != nil:
			return fmt.Errorf("attendant: %w", err)
		default:
			behind = s.Failed() != ""
		}
	}
	return nil
}

// next serves one customer, after catching up with what was left open. While
// the journal does not write, only the page that says so can be shown.
func next(ctx context.Context, c *flows.Counter, s *Service, behind bool, ready func(), log *slog.Logger) error {
	if behind && s.Failed() == "" {
		if err := c.Recover(); err != nil {
			return err
		}
		ready()
		if c.Unreported() {
			tellOffice(ctx, c, log)
		}
		if err := c.Settle(ctx); err != nil {
			return err
		}
	}
	if s.Failed() != "" {
		ready()
	}
	return c.Serve(ctx)
}

// JournalReason is what the out-of-service page says of a journal's error.
func JournalReason(err error) string {
	switch {
	case errors.Is(err, journal.ErrDisk):
		return "disk"
	case errors.Is(err, journal.ErrNewer):
		return "version"
	default:
		return "journal"
	}
}
