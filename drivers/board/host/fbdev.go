package host

import (
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"kioskd/drivers/board"
)

// fbdev's requests: include/uapi/linux/fb.h (6.1).
const (
	fbGetVariable = 0x4600
	fbGetFixed    = 0x4602
)

type fbBits struct{ offset, length, msbRight uint32 }

type fbVariable struct {
	width, height, virtualWidth, virtualHeight, x, y uint32
	bpp, gray                                        uint32
	red, green, blue, alpha                          fbBits
	nonstandard, activate                            uint32
	mmHeight, mmWidth, flags                         uint32
	timing                                           [9]uint32
	rotate, colorspace                               uint32
	unused                                           [4]uint32
}

type fbFixed struct {
	id                         [16]byte
	memory                     uintptr
	memoryLen                  uint32
	kind, aux, visual          uint32
	panX, panY, wrapY          uint16
	lineLength                 uint32
	mmio                       uintptr
	mmioLen, accelerator       uint32
	capabilities, unused1, un2 uint16
}

// Framebuffer takes a display that the kernel drives. A name that is a path is
// that card or framebuffer; any other is the first card with a display, and
// where there is none, /dev/fb0.
func (b *Board) Framebuffer(name string) (board.Framebuffer, error) {
	paths := []string{b.real(name)}
	if !filepath.IsAbs(paths[0]) {
		cards, err := filepath.Glob("/dev/dri/card*")
		if err != nil {
			return nil, fmt.Errorf("host: framebuffer %s: %w", name, err)
		}
		paths = append(cards, "/dev/fb0")
	}
	var errs []error
	for _, path := range paths {
		open := openDRM
		if strings.HasPrefix(filepath.Base(path), "fb") {
			open = openFbdev
		}
		d, err := open(path)
		if err == nil {
			return d, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", path, err))
	}
	return nil, fmt.Errorf("%w: %w", &board.NoSuchError{Kind: "framebuffer", Name: name}, errors.Join(errs...))
}

// openFbdev maps a framebuffer device. Its mode is the kernel's; the text console
// shares it, so boot with vt.global_cursor_default=0.
func openFbdev(path string) (_ *display, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	var v fbVariable
	if err := ioctl(f, fbGetVariable, unsafe.Pointer(&v)); err != nil {
		return nil, fmt.Errorf("ask for its mode: %w", err)
	}
	if v.bpp != bitsPerPixel || v.red.offset != 16 || v.green.offset != 8 || v.blue.offset != 0 {
		return nil, fmt.Errorf("it has %d bits a pixel, red at %d: want 32, red at 16, green at 8, blue at 0", v.bpp, v.red.offset)
	}
	var fixed fbFixed
	if err := ioctl(f, fbGetFixed, unsafe.Pointer(&fixed)); err != nil {
		return nil, fmt.Errorf("ask for its memory: %w", err)
	}
	memory, err := unix.Mmap(int(f.Fd()), 0, int(fixed.memoryLen), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map it: %w", err)
	}
	return &display{
		name: path, file: f, size: image.Pt(int(v.width), int(v.height)), stride: int(fixed.lineLength), memory: memory,
	}, nil
}

// String names the device.
func (d *display) String() string { return "host " + d.name }

// Bounds starts at (0,0).
func (d *display) Bounds() image.Rectangle { return image.Rectangle{Max: d.size} }

// Write puts pixels into the display's memory and has them shown.
func (d *display) Write(r image.Rectangle, pixels []byte) error {
	if !r.In(d.Bounds()) || len(pixels) != r.Dx()*r.Dy()*pixelBytes {
		return fmt.Errorf("host: %s: %d bytes for %v on a display of %v", d.name, len(pixels), r, d.size)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.memory == nil {
		return fmt.Errorf("host: %s: %w", d.name, os.ErrClosed)
	}
	for y, row := r.Min.Y, r.Dx()*pixelBytes; y < r.Max.Y; y, pixels = y+1, pixels[row:] {
		copy(d.memory[y*d.stride+r.Min.X*pixelBytes:], pixels[:row])
	}
	if d.flush == nil {
		return nil
	}
	if err := d.flush(r); err != nil {
		return fmt.Errorf("host: %s: show: %w", d.name, err)
	}
	return nil
}

// Halt gives the display back to the kernel's console. It may be called twice.
func (d *display) Halt() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.memory == nil {
		return nil
	}
	err := errors.Join(unix.Munmap(d.memory), d.file.Close())
	d.memory = nil
	return err
}
