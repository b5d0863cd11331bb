// Package framebuffer drives a panel whose own driver is in the kernel: HDMI,
// DSI or LVDS, by a DRM dumb buffer or fbdev.
//
// It copies the parts of a picture that changed, four bytes a pixel, and keeps
// the picture so that a display that was away gets it back. It sets no mode and
// no backlight: the board's kernel has done that. How the memory is reached is
// the board's business (drivers/board).
//
// Source: Linux include/uapi/drm/drm_fourcc.h, DRM_FORMAT_XRGB8888.
package framebuffer

import (
	"errors"
	"fmt"
	"image"
	"sync"

	"periph.io/x/conn/v3"

	"kioskd/drivers/board"
)

const bytesPerPixel = 4

// ErrDead says that the display takes no picture.
var ErrDead = errors.New("framebuffer: the display is dead")

// Frame is a picture in the display's own bytes: blue, green, red and one that
// nobody looks at.
type Frame struct {
	Pix    []byte
	Stride int // bytes from one row to the next
	Rect   image.Rectangle
}

// Dev is a display. Safe for concurrent use.
type Dev struct {
	fb board.Framebuffer

	mu    sync.Mutex
	frame Frame // what the display shows, or should
	part  []byte
}

// New takes the display and makes it black.
func New(fb board.Framebuffer) (*Dev, error) {
	r := fb.Bounds()
	stride := r.Dx() * bytesPerPixel
	d := &Dev{fb: fb, frame: Frame{Pix: make([]byte, stride*r.Dy()), Stride: stride, Rect: r}}
	if err := d.Refresh(); err != nil {
		return nil, err
	}
	return d, nil
}

// String names the display.
func (d *Dev) String() string { return fmt.Sprintf("framebuffer{%s}", d.fb) }

// Bounds is the display in pixels, from (0,0).
func (d *Dev) Bounds() image.Rectangle { return d.frame.Rect }

// Push puts the given rectangles of frame on the display, at the same place. What
// lies outside is left out. After an error the display shows something, and
// Refresh what it should.
func (d *Dev) Push(rects []image.Rectangle, frame *Frame) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range rects {
		r = r.Intersect(d.frame.Rect).Intersect(frame.Rect)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(d.frame.row(y, r), frame.row(y, r))
		}
		if err := d.show(r); err != nil {
			return err
		}
	}
	return nil
}

func (f *Frame) row(y int, r image.Rectangle) []byte {
	at := (y-f.Rect.Min.Y)*f.Stride + (r.Min.X-f.Rect.Min.X)*bytesPerPixel
	return f.Pix[at : at+r.Dx()*bytesPerPixel]
}

// show writes one rectangle of what is kept.
func (d *Dev) show(r image.Rectangle) error {
	if r.Empty() {
		return nil
	}
	d.part = d.part[:0]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		d.part = append(d.part, d.frame.row(y, r)...)
	}
	if err := d.fb.Write(r, d.part); err != nil {
		return fmt.Errorf("%w: %w", ErrDead, err)
	}
	return nil
}

// Check writes a pixel that is there already. ErrDead when the display does not
// take it; Refresh may then help. There is no reading back: a glass that is dark
// though its connector stands cannot be told from here.
func (d *Dev) Check() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.show(image.Rectangle{Min: d.frame.Rect.Min, Max: d.frame.Rect.Min.Add(image.Pt(1, 1))})
}

// Refresh shows the whole picture again.
func (d *Dev) Refresh() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.show(d.frame.Rect)
}

// Halt makes the display black. It may be called twice.
func (d *Dev) Halt() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.frame.Pix)
	return errors.Join(d.show(d.frame.Rect), d.fb.Halt())
}

var _ conn.Resource = (*Dev)(nil)
