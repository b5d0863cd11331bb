package shop

import (
	"context"
	"image"

	"kioskd/simulator/board"
	"kioskd/simulator/board/glass"
	"kioskd/simulator/board/pane"
	"kioskd/simulator/board/panel"
	"kioskd/simulator/board/scanout"
)

// The boards a kiosk may have.
const (
	SPI7 = "spi7" // RA8875 over SPI, GT911, 800x480
	FB10 = "fb10" // a display the kernel drives, FT5x06, 1280x800
)

// The fb10 board's display, in pixels.
const (
	fb10Width  = 1280
	fb10Height = 800
)

// The touch chips' line, and their addresses on I2C1.
const (
	touchLine = "TOUCH_INT"

	gt911Address  = 0x5D
	ft5x06Address = 0x38
)

// touchpad is a touch chip and its glass.
type touchpad interface {
	Down(x, y int)
	Move(x, y int)
	Up()
	Wait(ctx context.Context) error
	Fault(kind string) error
	Clear()
	PowerCut()
}

// wireFront plugs panel and touch chip into the board, or into the machine that
// has them itself.
func (k *Kiosk) wireFront(b *board.Board) {
	clock := k.shop.clock
	if m := k.machine(); m != nil {
		chip := pane.New(clock, m.AddInput(touchLine, true), fb10Width, fb10Height)
		m.AddI2C(ft5x06Address, chip)
		k.glass, k.panel = chip, m
	} else if line := b.AddInput(touchLine, true); k.shop.opts.Board == FB10 {
		chip := pane.New(clock, line, fb10Width, fb10Height)
		b.AddI2C("I2C1", ft5x06Address, chip)
		k.glass = chip
		screen := scanout.New(fb10Width, fb10Height)
		b.AddFramebuffer("fb0", screen)
		k.panel = screen
	} else {
		chip := glass.New(clock, line, glass.Opts{})
		b.AddI2C("I2C1", gt911Address, chip)
		b.AddOutput("TOUCH_RST", true, chip.SetReset)
		k.glass = chip
		screen := panel.New(clock)
		b.AddSPI("SPI0.0", screen)
		k.panel = screen
	}
	k.panel.OnChange(func(image.Rectangle) { k.changed("panel") })
}
