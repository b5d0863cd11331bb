package vm

import (
	"errors"
	"hash/crc32"
	"image"
	"image/draw"
	"image/png"
	"os"
	"sync"
)

// The emulated display, in pixels.
const (
	width  = 1280
	height = 800
)

// Display is what the machine's graphics card scans out.
type Display struct {
	machine *Machine
	taking  sync.Mutex // one picture at a time: there is one file
}

// Picture is what somebody in front of the machine sees; black while it is off.
func (d *Display) Picture() *image.RGBA {
	img, err := d.shot()
	if err != nil {
		return image.NewRGBA(image.Rect(0, 0, width, height))
	}
	return img
}

// shot asks QEMU for a picture.
func (d *Display) shot() (*image.RGBA, error) {
	r, err := d.machine.running()
	if err != nil {
		return nil, err
	}
	d.taking.Lock()
	defer d.taking.Unlock()
	path := d.machine.file("shot.png")
	if err := r.qmp.do("screendump", map[string]string{"filename": path, "format": "png"}); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	img, err := png.Decode(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	rgba := image.NewRGBA(img.Bounds())
	draw.Draw(rgba, rgba.Bounds(), img, img.Bounds().Min, draw.Src)
	return rgba, nil
}

// Checksum is the CRC-32 (IEEE) of the picture as a framebuffer keeps it: blue,
// green, red and a zero, row by row.
func (d *Display) Checksum() uint32 {
	pix := d.Picture().Pix
	for i := 0; i+4 <= len(pix); i += 4 {
		pix[i], pix[i+2], pix[i+3] = pix[i+2], pix[i], 0
	}
	return crc32.ChecksumIEEE(pix)
}

// BytesReceived is 0: nobody counts what the machine writes to its own memory.
func (d *Display) BytesReceived() uint64 { return 0 }

// OnChange does nothing: an emulated card tells nobody.
func (d *Display) OnChange(func(image.Rectangle)) {}

// Fault says that this display has none.
func (d *Display) Fault(string) error { return errors.New("vm: the machine's display has no faults") }

// Clear does nothing.
func (d *Display) Clear() {}

// PowerCut does nothing: a machine that is off is black.
func (d *Display) PowerCut() {}
