package attendant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board"
	"kioskd/drivers/contact"
	"kioskd/drivers/ipp"
	"kioskd/flows"
)

const (
	sheetDevice = "sheet-printer"
	// exitWithin is how long after the printer says "completed" the sheet may
	// still be on its way past the exit sensor, in the board's time.
	exitWithin = 5 * time.Second
)

var errUnseen = errors.New("the printer says completed, but no sheet was seen at the exit")

// Sheets are flows' page printer with the two sensors behind it: the exit slot,
// which sees a sheet pass, and the tray, which sees it lie.
type Sheets struct {
	printer *ipp.Dev
	exit    *contact.Dev
	tray    *contact.Dev
	clock   board.Clock
	rest    *Rest
	log     *slog.Logger
	waiters *waiters
}

// NewSheets joins a printer and its sensors; the tray's changes come by
// TrayChanged.
func NewSheets(p *ipp.Dev, exit *contact.Dev, clock board.Clock, rest *Rest, log *slog.Logger) *Sheets {
	return &Sheets{printer: p, exit: exit, clock: clock, rest: rest, log: log, waiters: &waiters{}}
}

// SetTray says which sensor watches the tray.
func (s *Sheets) SetTray(tray *contact.Dev) { s.tray = tray }

// TrayChanged is told of each change of the tray's level.
func (s *Sheets) TrayChanged(gpio.Level, time.Duration) { s.waiters.changed(s.rest.Up) }

// Lying says whether paper lies in the tray.
func (s *Sheets) Lying() bool { return bool(s.tray.Level()) }

// Clear is closed when none does.
func (s *Sheets) Clear(ctx context.Context) <-chan struct{} {
	return s.waiters.when(ctx, func() bool { return !s.Lying() })
}

// Ready is nil when both sides of a sheet would be printed now.
func (s *Sheets) Ready(ctx context.Context) error {
	_, err := s.printer.Ready(ctx)
	var not ipp.NotReady
	switch {
	case err == nil:
		return nil
	case errors.As(err, &not):
		return &flows.NotReady{Device: sheetDevice, Reason: not.Reason, Action: not.Action}
	default:
		return &flows.NotReady{Device: sheetDevice, Reason: "printer", Action: "maintenance"}
	}
}

// Print prints one sheet and waits until the exit sensor has seen it leave.
//
// A sheet may look out of the slot and go back between its two sides. So a
// passage that ended while the printer still had its second side to do was not
// the delivery.
func (s *Sheets) Print(ctx context.Context, raster []byte) error {
	before := s.exit.Passages()
	next := before
	err := s.printer.Print(ctx, raster, func(p ipp.Progress) {
		if p.Impressions < 2 {
			next = s.exit.Passages()
		}
	})
	if err == nil {
		return s.seen(next)
	}
	// What the printer says did not come out is believed only as long as the
	// exit has seen nothing either.
	if s.exit.Passages() != before {
		return fmt.Errorf("the exit saw something of a sheet that failed: %w", err)
	}
	var jam ipp.Jam
	var not ipp.NotPrinted
	switch {
	case errors.As(err, &jam) && !jam.Left:
		return fmt.Errorf("%w: %w", &flows.NotPrinted{Reason: "jam"}, err)
	case errors.As(err, &not):
		return fmt.Errorf("%w: %w", &flows.NotPrinted{Reason: "not ready"}, err)
	default:
		return err
	}
}

// seen waits for the passage of that number.
func (s *Sheets) seen(number int) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	timer := s.clock.AfterFunc(exitWithin, func() { cancel(errUnseen) })
	defer timer.Stop()
	p, err := s.exit.Passage(ctx, number)
	if err != nil {
		return err
	}
	if p.Doubt {
		return fmt.Errorf("exit sensor: edges were lost around passage %d", number)
	}
	return nil
}

// Queued is how many jobs the printer still has: none, between customers.
func (s *Sheets) Queued(ctx context.Context) (int, error) { return s.printer.Queue(ctx) }
