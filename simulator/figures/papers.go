package figures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/simulator/board"
	"kioskd/simulator/shop"
)

// What would cross the wire without a thought: every dot of a receipt's rows, and
// of both sides of an A4 sheet at 300 dpi.
const (
	receiptRow   = 576 / 8             // bytes
	sheetDots    = 2 * 2480 / 8 * 3508 // bytes
	receiptsLine = "UART0"
	receiptsBaud = 115200
	bitsPerByte  = 10 // start, eight, stop

	idleWanted   = 5        // per cent: the line is kept at least 95 % busy
	memoryWanted = 96 << 20 // bytes
	manySheets   = 20
)

// papers buys a certificate on wires as slow as the real ones, and looks at what
// went to the two printers.
func (m *meter) papers(ctx context.Context, c *customer) error {
	if err := m.say("buying a certificate on slow wires"); err != nil {
		return err
	}
	c.slow = true
	err := c.visit(ctx)
	c.slow = false
	if err != nil {
		return err
	}
	sheets, slips := c.kiosk.Sheets(), c.kiosk.Papers()
	if len(sheets) == 0 || len(slips) == 0 {
		return fmt.Errorf("%d sheets and %d receipts came out, want some", len(sheets), len(slips))
	}
	if err := m.table.add(figure{
		name: "sheet, both sides: bytes on the wire", value: float64(sheets[len(sheets)-1].Size), reference: sheetDots,
		than: "naive raster, one bit a dot", unit: count,
	}); err != nil {
		return err
	}
	sent, idle, err := lastReceipt(c.kiosk)
	if err != nil {
		return err
	}
	naive := slips[len(slips)-1].Image.Bounds().Dy() * receiptRow
	if err := m.table.add(figure{
		name: "receipt: bytes on the wire", value: float64(sent), reference: float64(naive),
		than: "naive raster of the same rows", unit: count,
	}); err != nil {
		return err
	}
	wire := time.Duration(sent) * bitsPerByte * time.Second / receiptsBaud
	if err := m.table.add(figure{
		name: "receipt line with nothing to send while it prints", value: 100 * idle.Seconds() / (wire + idle).Seconds(), reference: 100,
		than: fmt.Sprintf("%.2f s on the wire at %d baud", wire.Seconds(), receiptsBaud), unit: percent, limit: idleWanted,
	}); err != nil {
		return err
	}
	return c.home(ctx)
}

// lastReceipt is how many bytes the latest receipt was, from the printer's reset
// to the cut, and for how long the line had nothing to send in between. (How late
// this machine is with its timers is not the kiosk's doing.)
func lastReceipt(k *shop.Kiosk) (sent int, idle time.Duration, err error) {
	entries, _ := k.Trace()
	found, over := false, false
	for _, e := range entries {
		switch {
		case e.Device != receiptsLine || e.Direction != board.ToDevice:
		case bytes.HasPrefix(e.Bytes, []byte{0x1B, 0x40}): // ESC @
			sent, idle, found, over = e.Len, 0, true, false
		case bytes.HasPrefix(e.Bytes, []byte{0x10, 0x04}): // a question: all dots are out
			over = true
		case found && !over:
			sent, idle = sent+e.Len, idle+e.Idle
		}
	}
	if !found {
		return 0, 0, errors.New("no receipt went over the line")
	}
	return sent, idle, nil
}

// memory has a new kioskd print a document of twenty sheets, the most there are,
// and asks the kernel how much memory the process has had at most.
func (m *meter) memory(ctx context.Context, dir string, o Options) (err error) {
	if err := m.say("printing a document of %d sheets", manySheets); err != nil {
		return err
	}
	e := newEye()
	s, err := shop.New(ctx, shop.Options{
		Dir: dir, Start: opening(), Kioskd: o.Kioskd, Fonts: o.Fonts, KeyCache: o.KeyCache, Watch: e.saw, SheetLimit: manySheets,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	k, err := s.Kiosk(1)
	if err != nil {
		return err
	}
	if err := k.PowerOn(); err != nil {
		return err
	}
	c := &customer{shop: s, kiosk: k, eye: e}
	if err := c.page(ctx, "home", "start"); err != nil {
		return errors.Join(err, c.describe())
	}
	start, _, err := k.Memory()
	if err != nil {
		return err
	}
	if err := c.buy(ctx, "too-big", "all", manySheets); err != nil {
		return errors.Join(err, c.describe())
	}
	_, most, err := k.Memory()
	if err != nil {
		return err
	}
	return m.table.add(figure{
		name: fmt.Sprintf("memory of kioskd, at most, %d sheets printed", manySheets), value: float64(most), reference: float64(start),
		than: "the same process at its start page", unit: mebibytes, limit: memoryWanted,
	})
}
