package daemon

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"slices"
	"strings"
	"time"

	"kioskd/daemon/attendant"
	"kioskd/daemon/check"
	"kioskd/daemon/journal"
	"kioskd/daemon/screen"
	"kioskd/drivers/board"
	"kioskd/drivers/contact"
	"kioskd/drivers/escpos"
	"kioskd/drivers/pcsc"
	"kioskd/flows"
)

func (t *trial) journal(context.Context) (string, error) {
	var r journal.Report
	var err error
	if t.kiosk != nil {
		if r, err = t.kiosk.memory.Report(); err == nil {
			err = t.kiosk.memory.why()
		}
	} else {
		r, err = journal.Read(t.o.cfg.State)
	}
	switch {
	case errors.Is(err, journal.ErrNone):
		return "none yet: the first start begins one", nil
	case errors.Is(err, journal.ErrDisk) && !errors.Is(err, os.ErrPermission):
		return "", &check.Skipped{Why: "the disk is to blame: " + err.Error()}
	case err != nil:
		return "", err
	}
	answer := fmt.Sprintf("%d events, %d not yet at the office", len(r.Events), r.Unsent)
	if r.Owed > 0 {
		answer += fmt.Sprintf(", %d yen owed", r.Owed)
	}
	return answer, nil
}

// shown is how long the glass is white, for whoever stands before it.
const shown = 300 * time.Millisecond

// panel lights the glass of a kiosk that is off; one that runs has its page on it.
func (t *trial) panel(context.Context) (answer string, err error) {
	if t.kiosk != nil {
		return "it shows " + t.kiosk.screen.Page(), t.kiosk.panel.Check()
	}
	p, format, err := openPanel(t.o.board, t.o.cfg)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.Halt()) }()
	size := p.Bounds()
	white := &screen.Frame{Rect: size, Format: format, Stride: size.Dx() * format.Bytes()}
	white.Pix = make([]byte, white.Stride*size.Dy())
	for i := range white.Pix {
		white.Pix[i] = 0xFF
	}
	if err := p.Update(white, []image.Rectangle{size}); err != nil {
		return "", err
	}
	time.Sleep(shown)
	return fmt.Sprintf("%dx%d; it was white for a moment: was it?", size.Dx(), size.Dy()), p.Check()
}

var errTouchDead = errors.New("it does not answer any more, and is started anew again and again")

func (t *trial) touch(context.Context) (answer string, err error) {
	if t.kiosk != nil {
		if t.kiosk.touchDead.Load() {
			return "", errTouchDead
		}
		return "it answers", nil
	}
	lines, err := t.o.touchLines()
	if err != nil {
		return "", err
	}
	chip, err := t.o.touch(lines, screenSize(t.o.cfg.Model))
	if err != nil {
		return "", err
	}
	return chip.String() + " answers", chip.Halt()
}

func (t *trial) reader(ctx context.Context) (string, error) {
	if t.o.cfg.Reader == "pcsc" {
		return pcscReaders(t.o.cfg.ReaderName)
	}
	if t.kiosk != nil {
		if !t.d.reader.Working() {
			return "", board.ErrNoReader
		}
		return present(t.d.reader.Present()), nil
	}
	dev, err := t.o.cardReader()
	if err != nil {
		return "", err
	}
	p, err := dev.Wait(ctx, board.Presence{Change: ^uint32(0)}) // differs from whatever lies there
	if err != nil {
		return "", err
	}
	return present(p.Cards > 0), nil
}

func present(card bool) string {
	if card {
		return "it is there; a card lies on it, and was not asked anything"
	}
	return "it is there; no card lies on it"
}

func pcscReaders(pattern string) (string, error) {
	r, err := pcsc.Open(pcsc.Options{Name: pattern})
	if err != nil {
		return "", err
	}
	match, all, err := r.Names()
	if err != nil {
		return "", err
	}
	if len(match) == 0 {
		return "", fmt.Errorf("pcscd has %d readers, and none whose name fits %q", all, pattern)
	}
	return strings.Join(match, "; "), nil
}

// resolution of the office's sheets.
const resolution = "300dpi"

func (t *trial) sheetPrinter(ctx context.Context) (answer string, err error) {
	dev, err := t.o.sheetPrinter(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	can, err := dev.Abilities(ctx)
	if err != nil {
		return "", err
	}
	if !slices.Contains(can.Resolutions, resolution) {
		return "", fmt.Errorf("it prints PWG raster at %q, not at %s", can.Resolutions, resolution)
	}
	if err := t.own(func(d *devices) error {
		d.sheets = attendant.NewSheets(t.o.sheetPrinter, nil, nil, t.o.rest)
		return nil
	}); err != nil {
		return "", err
	}
	how, err := t.readiness(check.SheetPrinter, t.d.sheets.Ready(ctx))
	if can.Model != "" {
		how = can.Model + ": " + how
	}
	return fmt.Sprintf("%s; PWG raster, %s, both sides", how, resolution), err
}

// readiness is a printer's word, in one.
func (t *trial) readiness(device string, err error) (string, error) {
	var low *flows.Low
	var not *flows.NotReady
	switch {
	case err == nil:
		return "ready", nil
	case errors.As(err, &low):
		t.says.Store(device, low.Reason)
		return "ready, but " + low.Reason, nil
	case errors.As(err, &not):
		t.says.Store(device, not.Said())
		switch says := not.Said(); {
		case not.Action == "clear":
			err = &check.Advice{Err: err, Todo: "clear it: put paper in, take the jam out, shut the cover"}
		case says != attendant.NoAnswer && says != attendant.HoldsLine:
			err = &check.Advice{Err: err, Todo: "it answers: see to what it says of itself (its manual), then switch it off and on"}
		}
		return "", err
	default:
		return "", err
	}
}

func (t *trial) receipts(ctx context.Context) (string, error) {
	if t.kiosk != nil {
		return t.readiness(check.ReceiptPrinter, t.d.slips.Ready(ctx))
	}
	// Its own error says more than "no answer".
	dev, err := t.o.receiptPrinter()
	if err != nil {
		return "", err
	}
	t.d.slips = attendant.NewSlips(func() (*escpos.Dev, error) { return dev, nil }, nil)
	return t.readiness(check.ReceiptPrinter, t.d.slips.Ready(ctx))
}

func (t *trial) exit(context.Context) (string, error) {
	if err := t.own(t.o.exit); err != nil {
		return "", err
	}
	return free(!bool(t.d.exit.Level()), "the slot is free", "paper is in the slot")
}

func (t *trial) tray(context.Context) (string, error) {
	if t.kiosk != nil {
		return free(!t.d.sheets.Lying(), "the tray is empty", "paper lies in the tray")
	}
	c, err := t.o.sensor(t.o.cfg.Wiring.SheetTray, contact.Opts{})
	if err != nil {
		return "", err
	}
	t.d.tray = c
	return free(!bool(c.Level()), "the tray is empty", "paper lies in the tray")
}

func free(is bool, yes, no string) (string, error) {
	if !is {
		return "", errors.New(no)
	}
	return yes, nil
}

func (t *trial) acceptor(context.Context) (string, error) {
	if err := t.own(t.o.acceptor); err != nil {
		return "", err
	}
	quiet, err := t.d.coin.Quiet()
	if err != nil {
		return "", err
	}
	return free(quiet, "coins are refused, the pulse line rests", "the pulse line is low")
}

func (t *trial) hopper(yen int) (string, error) {
	if err := t.own(func(d *devices) error { return t.o.hopper(d, yen) }); err != nil {
		return "", err
	}
	clear, err := t.d.hoppers[yen].Free()
	if err != nil {
		return "", err
	}
	return free(clear, "its motor is off, its exit free", "the coin line is low: a coin is in the exit")
}

// flash is how long a lamp is lit.
const flash = 150 * time.Millisecond

func (t *trial) signals(ctx context.Context) (string, error) {
	if err := t.own(t.o.lights); err != nil {
		return "", err
	}
	if err := t.d.signals.Try(ctx, flash); err != nil {
		return "", err
	}
	return "each took its level: did all light, and did it sound?", nil
}

func (t *trial) door(context.Context) (string, error) {
	if err := t.own(t.o.doorway); err != nil {
		return "", err
	}
	if t.d.door.Open() {
		return "open (a cut wire reads the same)", nil
	}
	return "shut", nil
}

func (t *trial) power(context.Context) (string, error) {
	if err := t.own(t.o.power); err != nil {
		return "", err
	}
	return free(!bool(t.d.power.Level()), "the supply is well", "the supply fails")
}
