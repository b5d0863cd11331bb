// Package pictures makes the README's pictures: it opens a shop and its bench,
// lets a person in a real Chromium play a short visit, and keeps what the panel
// decoded from the bus, what the page looked like, and what came out of the
// printers. Nothing on them is drawn for the occasion.
package pictures

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/image/draw"

	"kioskd/simulator/bench"
	"kioskd/simulator/bench/visitor"
	"kioskd/simulator/shop"
)

// sheetWidth is how wide the picture of a sheet is, in pixels: a README is no
// printer.
const sheetWidth = 1240

// booth is one run: the bench, the person in front of it, and the folder.
type booth struct {
	open    *bench.Opening
	visitor *visitor.Visitor
	dir     string
	say     func(string)
}

// Make plays the visit and writes the PNG files into dir, which is made if it is
// not there: home-ja, home-en, pin, pay, bench, sheet, receipt. progress is told
// each file; it may be nil.
func Make(ctx context.Context, o shop.Options, dir string, progress func(string)) (err error) {
	if progress == nil {
		progress = func(string) {}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	l, err := bench.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	open, err := bench.Open(ctx, o, l, progress)
	if err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	v, err := visitor.Open(ctx, open.URL, visitor.Opts{})
	if err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	defer v.Close()
	b := &booth{open: open, visitor: v, dir: dir, say: progress}
	if err := b.visit(); err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	return nil
}

// visit is a Japanese visit that is looked at on the way, and the first page in
// English after it.
func (b *booth) visit() error {
	v := b.visitor
	return inOrder(
		step(v.See, "home"), b.panel("home-ja"),
		step(v.Tap, "start"), step(v.See, "menu"), step(v.Tap, "certificate"),
		step(v.See, "terms"), step(v.Tap, "agree"), step(v.See, "lay-card"),
		step(v.Click, "lay-card"), step(v.See, "pin"), step(v.Type, "12"), b.panel("pin"),
		step(v.Type, "34"), step(v.Tap, "enter"), step(v.See, "take-card"), step(v.Click, "take-card"),
		step(v.See, "kind"), step(v.Tap, "residence-certificate"), step(v.See, "scope"), step(v.Tap, "self"),
		step(v.See, "items"), step(v.Tap, "next"), step(v.See, "copies"), step(v.Tap, "next"),
		step(v.See, "confirm"), step(v.Tap, "go-on"), step(v.See, "pay"),
		step(v.Click, "coin-100"), step(v.Click, "coin-50"), b.paid(150), b.panel("pay"),
		step(v.Click, "coin-500"), b.paid(650), step(v.Tap, "print"), step(v.See, "take-sheets"),
		b.slip, b.bench("bench"), b.sheet("sheet"), b.receipt("receipt"),
		step(v.Click, "take-sheets"), step(v.See, "goodbye"), step(v.Click, "clock-1m"), step(v.See, "home"),
		step(v.Tap, "language"), step(v.See, "language"), step(v.Tap, "en"), step(v.See, "home"), b.panel("home-en"),
	)
}

func inOrder(steps ...func() error) error {
	for _, f := range steps {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func step(f func(string) error, what string) func() error { return func() error { return f(what) } }

func (b *booth) paid(yen int) func() error {
	return func() error { return b.visitor.Until("page-state", fmt.Sprintf("paid=%d", yen)) }
}

// slip waits until the page has the receipt's and the sheet's picture.
func (b *booth) slip() error {
	return b.visitor.Holds(`document.querySelector('[data-testid="slip-1"] img')?.naturalWidth > 0 && document.querySelector('[data-testid="sheet-1"] img')?.naturalWidth > 0`)
}

// settleWithin is how long the panel may take until it holds the picture of the
// page it is on.
const settleWithin = 2 * time.Second

// panel keeps what somebody in front of the panel sees.
func (b *booth) panel(name string) func() error {
	return func() error {
		k, err := b.open.Shop.Kiosk(1)
		if err != nil {
			return err
		}
		deadline := time.Now().Add(settleWithin)
		for {
			t := k.Tree()
			if t != nil && k.Shows(t.Checksum) {
				return b.write(name, k.Picture())
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("the panel does not hold the picture of its page: %s", name)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (b *booth) bench(name string) func() error {
	return func() error {
		shot, err := b.visitor.Picture("")
		if err != nil {
			return err
		}
		b.say(name + ".png")
		return os.WriteFile(filepath.Join(b.dir, name+".png"), shot, 0o644)
	}
}

func (b *booth) sheet(name string) func() error {
	return func() error {
		k, err := b.open.Shop.Kiosk(1)
		if err != nil {
			return err
		}
		sheets := k.Sheets()
		if len(sheets) == 0 || sheets[0].Front == nil {
			return errors.New("no sheet came out")
		}
		front := sheets[0].Front
		small := image.NewGray(image.Rect(0, 0, sheetWidth, sheetWidth*front.Height/front.Width))
		draw.CatmullRom.Scale(small, small.Rect, front.Paletted(), front.Bounds(), draw.Src, nil)
		return b.write(name, small)
	}
}

func (b *booth) receipt(name string) func() error {
	return func() error {
		k, err := b.open.Shop.Kiosk(1)
		if err != nil {
			return err
		}
		slips := k.Papers()
		if len(slips) == 0 {
			return errors.New("no receipt was printed")
		}
		return b.write(name, slips[0].Image)
	}
}

func (b *booth) write(name string, m image.Image) (err error) {
	f, err := os.Create(filepath.Join(b.dir, name+".png"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b.say(name + ".png")
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	return enc.Encode(f, m)
}
