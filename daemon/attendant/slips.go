package attendant

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"kioskd/drivers/escpos"
	"kioskd/flows"
)

// What is said of a printer that says nothing itself.
const (
	NoAnswer  = "no answer"
	HoldsLine = "holds the line" // by its flow control
)

// Artist draws slips in the font and the language of the screen, and tells who
// looks on what is on them.
type Artist interface {
	// Slip draws s; said is called when the printer has proved it.
	Slip(s flows.Slip) (rows []byte, said func() error, err error)
}

// Slips are flows' receipt printer. A printer that does not answer at the start
// is looked for again whenever somebody asks.
type Slips struct {
	open   func() (*escpos.Dev, error)
	artist Artist

	mu  sync.Mutex
	dev *escpos.Dev
}

// NewSlips is a printer that open finds.
func NewSlips(open func() (*escpos.Dev, error), artist Artist) *Slips {
	return &Slips{open: open, artist: artist}
}

func (s *Slips) device() (*escpos.Dev, error) {
	if s.dev != nil {
		return s.dev, nil
	}
	dev, err := s.open()
	if err != nil {
		return nil, err
	}
	s.dev = dev
	return dev, nil
}

// Ready is nil when a slip would be printed now, and a flows.Low when the roll
// is nearly at its end.
func (s *Slips) Ready(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dev, err := s.device()
	if err != nil {
		return &flows.NotReady{Device: flows.SlipPrinterDevice, Reason: NoAnswer, Action: escpos.ActionMaintenance}
	}
	status, err := dev.Status(ctx)
	switch {
	case errors.Is(err, escpos.ErrStuck):
		return &flows.NotReady{Device: flows.SlipPrinterDevice, Reason: HoldsLine, Action: escpos.ActionMaintenance}
	case err != nil:
		return &flows.NotReady{Device: flows.SlipPrinterDevice, Reason: NoAnswer, Action: escpos.ActionMaintenance}
	case !status.Ready():
		return &flows.NotReady{Device: flows.SlipPrinterDevice, Reason: status.String(), Action: status.Action}
	case status.PaperNearEnd:
		return &flows.Low{Device: flows.SlipPrinterDevice, Reason: status.String(), Action: escpos.ActionClear}
	default:
		return nil
	}
}

// Print prints one slip. It is delivered when the printer has proved it; nobody
// watches its slot.
func (s *Slips) Print(ctx context.Context, slip flows.Slip) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dev, err := s.device()
	if err != nil {
		return fmt.Errorf("%w: %w", &flows.NotPrinted{Reason: NoAnswer}, err)
	}
	rows, said, err := s.artist.Slip(slip)
	if err != nil {
		return fmt.Errorf("%w: %w", &flows.NotPrinted{Reason: "not drawn"}, err)
	}
	err = dev.Print(ctx, &escpos.Bitmap{Rows: rows})
	var not escpos.NotPrinted
	switch {
	case err == nil:
		return said()
	case errors.As(err, &not):
		return fmt.Errorf("%w: %w", &flows.NotPrinted{Reason: "not ready"}, err)
	default:
		return fmt.Errorf("receipt printer: %w", err)
	}
}

// Close ends the printer's line.
func (s *Slips) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dev == nil {
		return nil
	}
	return s.dev.Halt()
}
