// Package scanout is the display of the simulated fb10 board: what a kernel's
// display driver scans out of a framebuffer of 4 bytes a pixel, blue, green, red
// and one that nobody looks at (DRM_FORMAT_XRGB8888 in little endian).
//
// It shows what was written, nothing else: it has no commands that could be
// wrong. A display that is dead is black and takes nothing; the framebuffer is the
// computer's memory, and what is in it is there when the display is back. A power
// cut clears it.
//
// Source: Linux include/uapi/drm/drm_fourcc.h (6.1).
package scanout

import (
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"sync"
)

const pixelBytes = 4

// ErrNoDisplay is what writing to a display without power gives: the kernel's
// driver has lost its connector.
var ErrNoDisplay = errors.New("scanout: no display is connected")

// Display is a framebuffer and the glass in front of it. Safe for concurrent
// use.
type Display struct {
	bounds image.Rectangle

	mu       sync.Mutex
	pix      []byte
	dead     bool
	received uint64
	changed  func(image.Rectangle)
}

// New makes a display of that many pixels that has just been powered: black.
func New(width, height int) *Display {
	return &Display{
		bounds: image.Rect(0, 0, width, height), pix: make([]byte, width*height*pixelBytes),
		changed: func(image.Rectangle) {},
	}
}

// OnChange calls f with the area that may look different, on the goroutine that
// brought it. One listener; set it before the first picture.
func (d *Display) OnChange(f func(image.Rectangle)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changed = f
}

// Bounds starts at (0,0).
func (d *Display) Bounds() image.Rectangle { return d.bounds }

// Write puts pixels on the glass, r.Dx()*r.Dy() of them row by row.
func (d *Display) Write(r image.Rectangle, pixels []byte) error {
	if !r.In(d.bounds) || len(pixels) != r.Dx()*r.Dy()*pixelBytes {
		return fmt.Errorf("scanout: %d bytes for %v on a display of %v", len(pixels), r, d.bounds.Max)
	}
	d.mu.Lock()
	if d.dead {
		d.mu.Unlock()
		return ErrNoDisplay
	}
	d.received += uint64(len(pixels))
	row := r.Dx() * pixelBytes
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(d.pix[d.at(r.Min.X, y):], pixels[:row])
		pixels = pixels[row:]
	}
	changed := d.changed
	d.mu.Unlock()
	changed(r)
	return nil
}

func (d *Display) at(x, y int) int { return (y*d.bounds.Dx() + x) * pixelBytes }

// Picture is what somebody in front of the glass sees.
func (d *Display) Picture() *image.RGBA {
	d.mu.Lock()
	defer d.mu.Unlock()
	img := image.NewRGBA(d.bounds)
	pix := d.lit()
	for i := 0; i < len(pix); i += pixelBytes {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = pix[i+2], pix[i+1], pix[i], 0xFF
	}
	return img
}

// Checksum is the CRC-32 (IEEE) of what the glass shows, row by row.
func (d *Display) Checksum() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return crc32.ChecksumIEEE(d.lit())
}

// lit is what the glass shows. d.mu is held.
func (d *Display) lit() []byte {
	if d.dead {
		return make([]byte, len(d.pix))
	}
	return d.pix
}

// BytesReceived counts all bytes of pixels since New.
func (d *Display) BytesReceived() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.received
}

// PowerCut is the loss of power and its return: black.
func (d *Display) PowerCut() {
	d.mu.Lock()
	clear(d.pix)
	changed := d.changed
	d.mu.Unlock()
	changed(d.bounds)
}

// Fault breaks the display: "dead" takes nothing and is black.
func (d *Display) Fault(kind string) error {
	if kind != "dead" {
		return fmt.Errorf("scanout: no fault %q (there is dead)", kind)
	}
	d.setDead(true)
	return nil
}

// Clear mends the display: it shows the framebuffer again.
func (d *Display) Clear() { d.setDead(false) }

func (d *Display) setDead(dead bool) {
	d.mu.Lock()
	d.dead = dead
	changed := d.changed
	d.mu.Unlock()
	changed(d.bounds)
}
