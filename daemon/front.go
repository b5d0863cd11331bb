package daemon

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"

	"kioskd/daemon/config"
	"kioskd/daemon/health"
	"kioskd/daemon/screen"
	"kioskd/drivers/board"
	"kioskd/drivers/framebuffer"
	"kioskd/drivers/ft5x06"
	"kioskd/drivers/gt911"
	"kioskd/drivers/ra8875"
	"kioskd/flows"
)

// panel is what a customer looks at, as the screen and its watch need it.
type panel interface {
	screen.Panel
	Check() error   // an error when it shows nothing
	Refresh() error // sets it up anew
	Halt() error
}

// chipPanel is a panel behind a RA8875, framePanel one that the kernel drives.
type (
	chipPanel  struct{ *ra8875.Dev }
	framePanel struct{ *framebuffer.Dev }
)

// Update hands the screen's bytes on: they are the panel's own.
func (p chipPanel) Update(f *screen.Frame, dirty []image.Rectangle) error {
	return p.Push(dirty, &ra8875.Frame{Pix: f.Pix, Stride: f.Stride, Rect: f.Rect})
}

// Update hands the screen's bytes on: they are the display's own.
func (p framePanel) Update(f *screen.Frame, dirty []image.Rectangle) error {
	return p.Push(dirty, &framebuffer.Frame{Pix: f.Pix, Stride: f.Stride, Rect: f.Rect})
}

// screenSize is a model's, in pixels.
func screenSize(model string) image.Point {
	if model == config.FB10 {
		return image.Pt(1280, 800)
	}
	return image.Pt(ra8875.Width, ra8875.Height)
}

// openPanel takes the model's panel, and says how it keeps a pixel.
func openPanel(b board.Board, cfg config.Config) (panel, screen.Format, error) {
	if cfg.Model == config.FB10 {
		fb, err := b.Framebuffer(cfg.Wiring.Framebuffer)
		if err != nil {
			return nil, 0, err
		}
		dev, err := framebuffer.New(fb)
		if err != nil {
			return nil, 0, err
		}
		return framePanel{dev}, screen.BGRX, nil
	}
	port, err := b.SPI(cfg.Wiring.Panel)
	if err != nil {
		return nil, 0, err
	}
	dev, err := ra8875.New(port, ra8875.Opts{})
	if err != nil {
		return nil, 0, err
	}
	return chipPanel{dev}, screen.RGB565, nil
}

// touchChip is a touch controller that has answered.
type touchChip interface {
	String() string
	// run hands on where fingers lie, until ctx ends or the chip is dead.
	run(ctx context.Context, fingers func([]image.Point)) error
	Halt() error
}

type goodix struct{ *gt911.Dev }

func (g goodix) run(ctx context.Context, fingers func([]image.Point)) error {
	return g.Run(ctx, func(r gt911.Report) {
		points := make([]image.Point, len(r.Points))
		for i, p := range r.Points {
			points[i] = image.Pt(p.X, p.Y)
		}
		fingers(points)
	})
}

type focaltech struct{ *ft5x06.Dev }

func (f focaltech) run(ctx context.Context, fingers func([]image.Point)) error {
	return f.Run(ctx, func(r ft5x06.Report) {
		points := make([]image.Point, len(r.Points))
		for i, p := range r.Points {
			points[i] = image.Pt(p.X, p.Y)
		}
		fingers(points)
	})
}

// touchLines are what the touch chip hangs on.
type touchLines struct {
	bus   i2c.Bus
	reset gpio.PinOut // nil where the model has none
	irq   board.Input
}

func (o opener) touchLines() (l touchLines, err error) {
	w := o.cfg.Wiring
	if l.bus, err = o.board.I2C(w.Touch); err != nil {
		return l, err
	}
	if o.cfg.Model != config.FB10 {
		if l.reset, err = o.board.Output(w.TouchReset); err != nil {
			return l, err
		}
	}
	l.irq, err = o.board.Input(w.TouchIRQ)
	return l, err
}

// touch greets the model's touch chip.
func (o opener) touch(l touchLines, size image.Point) (touchChip, error) {
	uptime := o.board.Clock().Uptime
	if o.cfg.Model == config.FB10 {
		chip, err := ft5x06.New(l.bus, l.irq, ft5x06.Opts{Size: size, Work: o.gauge.Begin, Uptime: uptime, Turn: health.Beat})
		if err != nil {
			return nil, err
		}
		return focaltech{chip}, nil
	}
	chip, err := gt911.New(l.bus, l.reset, l.irq, gt911.Opts{Work: o.gauge.Begin, Uptime: uptime, Turn: health.Beat})
	if err != nil {
		return nil, err
	}
	return goodix{chip}, nil
}

// touch listens to the touch chip, and starts it anew when it is dead.
func (k *kiosk) touch(ctx context.Context, size image.Point) error {
	o := k.opener()
	lines, err := o.touchLines()
	if err != nil {
		return fmt.Errorf("daemon: touch: %w", err)
	}
	repeat(ctx, touchRetry, func() error {
		chip, err := o.touch(lines, size)
		k.greeted.Store(true)
		if err == nil {
			k.touchDead.Store(false)
			err = errors.Join(chip.run(ctx, k.screen.Finger), chip.Halt())
		}
		if ctx.Err() == nil && !k.touchDead.Swap(true) {
			k.log.Error("touch is dead", "err", err)
		}
		return err
	})
	return nil
}

// watchPanel reads the panel's chip back again and again: nothing else would
// tell that the glass is black. A chip that has lost its settings is set up
// anew, and gets the next picture whole.
func (k *kiosk) watchPanel(ctx context.Context) error {
	tick := time.NewTicker(panelCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		health.Beat(ctx)
		err := k.panel.Check()
		if err == nil {
			if err := k.screen.Renew(); err != nil {
				k.log.Error("panel gets no picture", "err", err)
			}
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		if !k.panelDead.Swap(true) {
			k.log.Error("panel is dead", "err", err)
			k.devices.signals.On(flows.LampAttention)
		}
		if k.panel.Refresh() != nil || k.panel.Check() != nil {
			continue
		}
		k.log.Info("panel is set up anew")
		k.screen.Forget()
		if err := k.screen.Renew(); err != nil {
			k.log.Error("panel gets no picture", "err", err)
		}
		k.devices.signals.Off(flows.LampAttention)
		k.panelDead.Store(false)
	}
}
