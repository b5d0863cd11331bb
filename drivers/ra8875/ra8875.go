// Package ra8875 drives an 800x480 panel behind a RAiO RA8875 over SPI.
//
// It keeps the picture and sends rectangles of it. It neither draws nor finds
// out what changed, and it never shows the chip's own text or shapes. The panel
// stays dark until the first picture is on it: the memory holds noise at power-up.
//
// Wiring: SCLK, MOSI, MISO, CS, mode 0, 8 bits. Many modules switch the panel on
// by their own pull-up; the backlight hangs on the chip's PWM 1.
//
// The RA8876 and LT7683 look alike and are not: their prefix bytes differ.
//
// Source: RAiO RA8875 specification 1.6, chapters 5 (registers), 6-1 (serial
// interface) and 7-4 (memory write); Linux staging/fbtft/fb_ra8875.c.
package ra8875

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"sync"
	"sync/atomic"
	"time"

	"periph.io/x/conn/v3/display"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// The panel's size in pixels.
const (
	Width  = 800
	Height = 480
)

const (
	slow     = physic.MegaHertz      // registers, until the PLL has locked
	fast     = 20 * physic.MegaHertz // 30 MHz was seen to fail
	busyMax  = 100                   // looks at the status before giving up
	busyRest = time.Millisecond
)

// ErrDead says that the chip does not answer as an RA8875 does.
var ErrDead = errors.New("ra8875: panel is dead")

// Opts are the options of New. The zero value works.
type Opts struct {
	// Speed of the bus once the PLL runs; 0 means 20 MHz.
	Speed physic.Frequency
	// Brightness of the backlight, 1 to 255; 0 means 255.
	Brightness byte
	// WriteOnly is for modules without MISO: nothing is read, so that a dead
	// panel is not noticed.
	WriteOnly bool
}

// speedLimiter is the part of spi.PortCloser that slows a port down.
type speedLimiter interface {
	LimitSpeed(f physic.Frequency) error
}

// Dev is a panel that has answered.
type Dev struct {
	port  spi.Port
	limit speedLimiter // nil when the port knows one speed only
	c     spi.Conn
	o     Opts
	sent  atomic.Int64

	mu     sync.Mutex // guards what follows, and the bus
	frame  *Frame     // what the panel shows, or is to show once lit
	window [8]byte    // registers 30 to 37 as they stand in the chip
	known  bool       // window is true
	lit    bool
	batch  batch
}

// New starts the chip and greets it by reading a register back. It takes about
// 15 ms; nothing is shown yet.
func New(p spi.Port, o Opts) (*Dev, error) {
	if o.Speed == 0 {
		o.Speed = fast
	}
	if o.Brightness == 0 {
		o.Brightness = 0xFF
	}
	d := &Dev{port: p, o: o, frame: NewFrame(image.Rect(0, 0, Width, Height))}
	d.limit, _ = p.(speedLimiter)
	if err := d.limitSpeed(slow); err != nil {
		return nil, err
	}
	c, err := p.Connect(o.Speed, spi.Mode0, 8)
	if err != nil {
		return nil, fmt.Errorf("ra8875: connect: %w", err)
	}
	d.c = c
	if err := d.setUp(); err != nil {
		return nil, err
	}
	return d, nil
}

// String names the chip and its port.
func (d *Dev) String() string { return fmt.Sprintf("ra8875{%s}", d.port) }

// ColorModel returns RGB565's.
func (d *Dev) ColorModel() color.Model { return ColorModel() }

// Bounds returns 800x480.
func (d *Dev) Bounds() image.Rectangle { return image.Rect(0, 0, Width, Height) }

// Sent is how many bytes have gone to the chip.
func (d *Dev) Sent() int64 { return d.sent.Load() }

// Draw puts a part of src on the panel (display.Drawer).
func (d *Dev) Draw(dst image.Rectangle, src image.Image, sp image.Point) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.frame.Copy(dst, src, sp)
	return d.show([]image.Rectangle{r})
}

// Push puts the given rectangles of frame on the panel, at the same place. A
// frame of another size is clipped. The rectangles should not overlap.
func (d *Dev) Push(rects []image.Rectangle, frame *Frame) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	changed := make([]image.Rectangle, 0, len(rects))
	for _, r := range rects {
		changed = append(changed, d.frame.Copy(r, frame, r.Min))
	}
	return d.show(changed)
}

// Check reads a register back. The error is ErrDead when the chip has lost its
// setting, or is gone; Refresh then may help.
func (d *Dev) Check() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.check()
}

// Refresh starts the chip anew, after a discharge, and shows the picture again.
func (d *Dev) Refresh() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	wasLit := d.lit
	d.lit = false
	if err := d.limitSpeed(slow); err != nil {
		return err
	}
	if err := d.setUp(); err != nil {
		return err
	}
	if !wasLit {
		return nil
	}
	return d.light()
}

// Halt makes the panel dark. The next picture lights it again. It may be called
// twice.
func (d *Dev) Halt() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.lit {
		return nil
	}
	err := d.set([]setting{
		{regDuty, 0, 0},
		{regBacklight, backlightOff, 0},
		{regPower, powerOff, 0},
	})
	if err != nil {
		return fmt.Errorf("ra8875: switch off: %w", err)
	}
	d.lit = false
	return nil
}

func (d *Dev) show(rects []image.Rectangle) error {
	if !d.lit {
		return d.light()
	}
	if err := d.paint(rects...); err != nil {
		return fmt.Errorf("ra8875: %w", err)
	}
	return nil
}

// light sends the whole picture and only then switches the panel on.
func (d *Dev) light() error {
	if err := d.paint(d.frame.Rect); err != nil {
		return fmt.Errorf("ra8875: whole picture: %w", err)
	}
	err := d.set([]setting{
		{regPower, powerOn, 0},
		{regBacklight, backlightOn, 0},
		{regDuty, d.o.Brightness, 0},
	})
	if err != nil {
		return fmt.Errorf("ra8875: switch on: %w", err)
	}
	d.lit = true
	return nil
}

var _ display.Drawer = (*Dev)(nil)
