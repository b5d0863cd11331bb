package shop

import (
	"context"
	"fmt"
	"net"

	"kioskd/simulator/board/pages"
)

// plugSheetPrinter puts the page printer on the kiosk's own loopback network and
// its two sensors on the board.
func (k *Kiosk) plugSheetPrinter() error {
	exit, tray := k.board.AddInput("SHEET_EXIT", false), k.board.AddInput("SHEET_TRAY", false)
	k.pages = pages.New(k.shop.clock, exit, tray, "sheet printer of "+k.name)
	var lc net.ListenConfig
	l, err := lc.Listen(k.shop.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("shop: sheet printer: %w", err)
	}
	k.printerAt = l.Addr().String()
	ctx, stop := context.WithCancel(k.shop.ctx)
	k.printerOff = stop
	k.work.Go(func() {
		if err := k.pages.Serve(ctx, l); err != nil && ctx.Err() == nil {
			k.shop.log.Error("sheet printer", "kiosk", k.name, "err", err)
		}
	})
	return nil
}

func (k *Kiosk) sheetPrinterURL() string { return "ipp://" + k.printerAt + "/ipp/print" }

// Sheets are the sheets that ever came out, oldest first.
func (k *Kiosk) Sheets() []pages.Sheet { return k.pages.Sheets() }

// Tray is what lies in the tray of the sheet printer.
func (k *Kiosk) Tray() []pages.Sheet { return k.pages.Tray() }

// TakeSheets takes everything off the tray.
func (k *Kiosk) TakeSheets() []pages.Sheet {
	defer k.changed("sheets")
	return k.pages.Take()
}

// Queued is the number of jobs in the sheet printer, waiting or under way.
func (k *Kiosk) Queued() int { return k.pages.Queue() }
