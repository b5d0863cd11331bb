package attendant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/daemon/health"
	"kioskd/drivers/board"
	"kioskd/drivers/contact"
	"kioskd/drivers/ipp"
	"kioskd/flows"
)

const (
	// exitWithin is how long after the printer says "completed" the sheet may
	// still be on its way past the exit sensor, in the board's time.
	exitWithin = 5 * time.Second
	sides      = 2 // of a sheet

	// In process time:
	emptyWithin = 3 * time.Second // for jobs to leave the queue when they are cancelled
	findEvery   = 5 * time.Second
)

var errUnseen = errors.New("the printer says completed, but no sheet was seen at the exit")

// Sheets are flows' page printer with the two sensors behind it: the exit slot,
// which sees a sheet pass, and the tray, which sees it lie.
//
// A printer that does not answer at the start is looked for again whenever
// somebody asks.
type Sheets struct {
	open    func(context.Context) (*ipp.Dev, error)
	once    chan struct{} // holds one while somebody has printer
	printer *ipp.Dev      // nil until it has answered
	exit    *contact.Dev
	tray    *contact.Dev
	clock   board.Clock
	rest    *Rest
	waiters waiters
}

// NewSheets joins the printer that open finds and its sensors; the tray's changes
// come by TrayChanged.
func NewSheets(open func(context.Context) (*ipp.Dev, error), exit *contact.Dev, clock board.Clock, rest *Rest) *Sheets {
	return &Sheets{open: open, exit: exit, clock: clock, rest: rest, once: make(chan struct{}, 1)}
}

// device is the printer, once it has answered. What an earlier process left in
// its queue is cancelled first: whoever clears that printer must not find
// somebody's certificate coming out of it.
func (s *Sheets) device(ctx context.Context) (*ipp.Dev, error) {
	select {
	case s.once <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.once }()
	if s.printer != nil {
		return s.printer, nil
	}
	dev, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := emptied(ctx, dev); err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	s.printer = dev
	return dev, nil
}

func emptied(ctx context.Context, dev *ipp.Dev) error {
	ctx, cancel := context.WithTimeout(ctx, emptyWithin)
	defer cancel()
	return dev.CancelAll(ctx)
}

// Find looks for the printer until it has answered once and its queue is empty,
// or ctx ends.
func (s *Sheets) Find(ctx context.Context) {
	for {
		if _, err := s.device(ctx); err == nil {
			return
		}
		health.Sleep(ctx, findEvery)
		if ctx.Err() != nil {
			return
		}
	}
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

// Ready is nil when both sides of a sheet would be printed now, and a flows.Low
// when that will not be so for long. A queue that cannot be emptied is no place
// for the next customer's sheet.
func (s *Sheets) Ready(ctx context.Context) error {
	const maintenance = ipp.ActionMaintenance
	dev, err := s.device(ctx)
	if err != nil {
		return unready(ipp.ReasonPrinter, maintenance, NoAnswer)
	}
	state, err := dev.Ready(ctx)
	var not ipp.NotReady
	switch {
	case errors.As(err, &not) && not.Err == nil:
		return unready(not.Reason, not.Action, strings.Join(not.State.Reasons, ", "))
	case err != nil:
		return unready(ipp.ReasonPrinter, maintenance, NoAnswer)
	}
	if i := slices.IndexFunc(state.Reasons, faint); i >= 0 {
		return unready(ipp.ReasonPrinter, maintenance, state.Reasons[i])
	}
	if err := emptied(ctx, dev); err != nil {
		return unready(ipp.ReasonPrinter, maintenance, "a job stays in its queue")
	}
	if reason, action := state.Low(); reason != "" {
		return &flows.Low{Device: flows.SheetPrinterDevice, Reason: reason, Action: action}
	}
	return nil
}

func unready(reason, action, detail string) error {
	return &flows.NotReady{Device: flows.SheetPrinterDevice, Reason: reason, Action: action, Detail: detail}
}

// faint holds for what a printer still prints with, but too faintly for the
// ground pattern by which a copy of a certificate shows itself as one.
func faint(reason string) bool {
	switch reason {
	case "toner-low", "marker-supply-low", "opc-near-eol":
		return true
	default:
		return false
	}
}

// Print prints one sheet and waits until the exit sensor has seen it leave.
//
// A sheet may look out of the slot and go back between its two sides. So a
// passage that was over when the printer still had a side to do was not the
// delivery. An answer of the printer may be read long after the sheet has come
// out, and speaks of no time before it was asked for: what counts is how many
// passages had been seen at the question.
func (s *Sheets) Print(ctx context.Context, raster []byte) error {
	before := s.exit.Passages()
	dev, err := s.device(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", &flows.NotPrinted{Reason: NoAnswer}, err)
	}
	asked, next := before, before
	err = dev.Print(ctx, raster, ipp.Watch{
		Asking: func() {
			health.Beat(ctx)
			asked = s.exit.Passages()
		},
		Told: func(p ipp.Progress) {
			if p.Impressions < sides {
				next = asked
			}
		},
	})
	if err == nil {
		return s.seen(next)
	}
	// What the printer says did not come out is believed only as long as the
	// exit has seen nothing either.
	if s.exit.Passages() != before || bool(s.exit.Level()) {
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

// Close ends the line to the printer.
func (s *Sheets) Close() error {
	s.once <- struct{}{}
	defer func() { <-s.once }()
	if s.printer == nil {
		return nil
	}
	return s.printer.Close()
}
