package attendant

import (
	"context"
	"fmt"
	"sync"

	"kioskd/drivers/escpos"
	"kioskd/flows"
)

const slipDevice = "receipt-printer"

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

// Ready is nil when a slip would be printed now.
func (s *Slips) Ready(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dev, err := s.device()
	if err != nil {
		return &flows.NotReady{Device: slipDevice, Reason: "no answer", Action: escpos.ActionMaintenance}
	}
	status, err := dev.Status(ctx)
	if err != nil {
		return &flows.NotReady{Device: slipDevice, Reason: err.Error(), Action: escpos.ActionMaintenance}
	}
	if !status.Ready() {
		return &flows.NotReady{Device: slipDevice, Reason: status.String(), Action: status.Action}
	}
	return nil
}

// Print prints one slip.
func (s *Slips) Print(ctx context.Context, slip flows.Slip) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dev, err := s.device()
	if err != nil {
		return fmt.Errorf("receipt printer: %w", err)
	}
	rows, said, err := s.artist.Slip(slip)
	if err != nil {
		return fmt.Errorf("draw slip: %w", err)
	}
	if err := dev.Print(ctx, &escpos.Bitmap{Rows: rows}); err != nil {
		return fmt.Errorf("receipt printer: %w", err)
	}
	return said()
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
