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

// Serve books what a crash left open, offers the money it kept back, and then
// serves customers until ctx ends. ready is called once somebody could be
// served.
func Serve(ctx context.Context, c *flows.Counter, s *Service, log *slog.Logger, ready func()) error {
	begin := []func() error{
		c.Recover,
		func() error { ready(); return nil },
		func() error { return c.Settle(ctx) },
	}
	for _, step := range begin {
		if err := outcome(ctx, step(), s, log); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		if err := outcome(ctx, c.Serve(ctx), s, log); err != nil {
			return err
		}
	}
	return nil
}

// outcome sorts what a flow returned: a journal that does not write puts the
// kiosk out of service, and the page that says so still shows.
func outcome(ctx context.Context, err error, s *Service, log *slog.Logger) error {
	var j *flows.JournalError
	switch {
	case err == nil, ctx.Err() != nil:
		return nil
	case errors.As(err, &j):
		log.Error("out of service", "err", err)
		s.Fail(JournalReason(err))
		return nil
	default:
		return fmt.Errorf("attendant: %w", err)
	}
}

// JournalReason is what the out-of-service page says of a journal's error.
func JournalReason(err error) string {
	if errors.Is(err, journal.ErrDisk) || errors.Is(err, journal.ErrFull) {
		return "disk"
	}
	return "journal"
}
