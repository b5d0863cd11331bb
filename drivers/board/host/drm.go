package host

//lint:file-ignore U1000 the structs are the kernel's: all their fields count

import (
	"errors"
	"fmt"
	"image"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errNoDisplay says that a graphics card drives no connected display.
var errNoDisplay = errors.New("no connected display")

// The requests of DRM's mode setting: include/uapi/drm/drm.h, drm_mode.h (6.1).
const (
	drmGetResources = 0xA0
	drmSetCrtc      = 0xA2
	drmGetEncoder   = 0xA6
	drmGetConnector = 0xA7
	drmAddFB        = 0xAE
	drmDirtyFB      = 0xB1
	drmCreateDumb   = 0xB2
	drmMapDumb      = 0xB3
)

const (
	drmConnected = 1
	drmDepth     = 24
	bitsPerPixel = 32
	pixelBytes   = bitsPerPixel / 8
)

type drmResources struct {
	fbs, crtcs, connectors, encoders                uint64 // addresses of arrays of uint32
	countFBs, countCrtcs, countConnectors, countEnc uint32
	minWidth, maxWidth, minHeight, maxHeight        uint32
}

type drmMode struct {
	clock                                       uint32
	width, hsyncStart, hsyncEnd, htotal, hskew  uint16
	height, vsyncStart, vsyncEnd, vtotal, vscan uint16
	refresh, flags, kind                        uint32
	name                                        [32]byte
}

type drmConnector struct {
	encoders, modes, props, values      uint64 // addresses
	countModes, countProps, countEnc    uint32
	encoder, id, kind, kindID, state    uint32
	mmWidth, mmHeight, subpixel, unused uint32
}

type drmEncoder struct{ id, kind, crtc, possibleCrtcs, possibleClones uint32 }

type drmDumb struct {
	height, width, bpp, flags, handle, pitch uint32
	size                                     uint64
}

type drmMap struct {
	handle, unused uint32
	offset         uint64
}

type drmFB struct{ id, width, height, pitch, bpp, depth, handle uint32 }

type drmCrtc struct {
	connectors                                        uint64 // address of an array of uint32
	countConnectors, id, fb, x, y, gamma, modeIsValid uint32
	mode                                              drmMode
}

type drmClip struct{ x1, y1, x2, y2 uint16 }

type drmDirty struct {
	fb, flags, color, countClips uint32
	clips                        uint64 // address
}

// display is a display the kernel drives, with its memory mapped.
type display struct {
	name   string
	file   *os.File
	size   image.Point
	stride int
	flush  func(r image.Rectangle) error // nil: the kernel sees by itself

	mu     sync.Mutex
	memory []byte // nil after Halt
}

// openDRM takes the first connected display of a card at its preferred mode. The
// first who opens a card sets its modes, and nobody else may.
func openDRM(path string) (_ *display, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	connector, mode, crtcs, err := connected(f)
	if err != nil {
		return nil, err
	}
	crtc, err := crtcFor(f, connector, crtcs)
	if err != nil {
		return nil, err
	}
	dumb := drmDumb{width: uint32(mode.width), height: uint32(mode.height), bpp: bitsPerPixel}
	if err := drmCall(f, drmCreateDumb, &dumb); err != nil {
		return nil, fmt.Errorf("make a buffer: %w", err)
	}
	fb := drmFB{width: dumb.width, height: dumb.height, pitch: dumb.pitch, bpp: bitsPerPixel, depth: drmDepth, handle: dumb.handle}
	if err := drmCall(f, drmAddFB, &fb); err != nil {
		return nil, fmt.Errorf("make it a framebuffer: %w", err)
	}
	where := drmMap{handle: dumb.handle}
	if err := drmCall(f, drmMapDumb, &where); err != nil {
		return nil, fmt.Errorf("map it: %w", err)
	}
	memory, err := unix.Mmap(int(f.Fd()), int64(where.offset), int(dumb.size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map it: %w", err)
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	ids := []uint32{connector.id}
	set := drmCrtc{connectors: address(&pin, ids), countConnectors: 1, id: crtc, fb: fb.id, modeIsValid: 1, mode: mode}
	if err := drmCall(f, drmSetCrtc, &set); err != nil {
		return nil, errors.Join(fmt.Errorf("show it: %w", err), unix.Munmap(memory))
	}
	return &display{
		name: path, file: f, size: image.Pt(int(mode.width), int(mode.height)), stride: int(dumb.pitch), memory: memory,
		flush: func(r image.Rectangle) error { return drmFlush(f, fb.id, r) },
	}, nil
}

// drmFlush tells the driver what changed: virtio, USB and SPI displays show
// nothing without it. A driver that scans the memory out says ENOSYS.
func drmFlush(f *os.File, fb uint32, r image.Rectangle) error {
	var pin runtime.Pinner
	defer pin.Unpin()
	clips := []drmClip{{uint16(r.Min.X), uint16(r.Min.Y), uint16(r.Max.X), uint16(r.Max.Y)}}
	err := drmCall(f, drmDirtyFB, &drmDirty{fb: fb, countClips: 1, clips: address(&pin, clips)})
	if errors.Is(err, unix.ENOSYS) {
		return nil
	}
	return err
}

// connected finds the first connector with a display, and its first mode, which
// is the preferred one.
func connected(f *os.File) (c drmConnector, mode drmMode, crtcs []uint32, err error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	var count drmResources
	if err := drmCall(f, drmGetResources, &count); err != nil {
		return c, mode, nil, fmt.Errorf("ask for connectors: %w", err)
	}
	crtcs, connectors := make([]uint32, count.countCrtcs), make([]uint32, count.countConnectors)
	all := drmResources{
		crtcs: address(&pin, crtcs), countCrtcs: count.countCrtcs,
		connectors: address(&pin, connectors), countConnectors: count.countConnectors,
	}
	if err := drmCall(f, drmGetResources, &all); err != nil {
		return c, mode, nil, fmt.Errorf("ask for connectors: %w", err)
	}
	for _, id := range connectors {
		c = drmConnector{id: id}
		if err := drmCall(f, drmGetConnector, &c); err != nil {
			return c, mode, nil, fmt.Errorf("ask connector %d: %w", id, err)
		}
		if c.state != drmConnected || c.countModes == 0 {
			continue
		}
		modes := make([]drmMode, c.countModes)
		c = drmConnector{id: id, modes: address(&pin, modes), countModes: uint32(len(modes))}
		if err := drmCall(f, drmGetConnector, &c); err != nil {
			return c, mode, nil, fmt.Errorf("ask connector %d: %w", id, err)
		}
		return c, modes[0], crtcs, nil
	}
	return c, mode, nil, errNoDisplay
}

// crtcFor is the scan-out the connector has, else the first one it can have.
func crtcFor(f *os.File, c drmConnector, crtcs []uint32) (uint32, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	e := drmEncoder{id: c.encoder}
	if c.encoder == 0 {
		encoders := make([]uint32, c.countEnc)
		again := drmConnector{id: c.id, encoders: address(&pin, encoders), countEnc: c.countEnc}
		if err := drmCall(f, drmGetConnector, &again); err != nil || len(encoders) == 0 {
			return 0, errors.Join(errNoDisplay, err)
		}
		e.id = encoders[0]
	}
	if err := drmCall(f, drmGetEncoder, &e); err != nil {
		return 0, fmt.Errorf("ask encoder %d: %w", e.id, err)
	}
	if e.crtc != 0 {
		return e.crtc, nil
	}
	for i, id := range crtcs {
		if e.possibleCrtcs&(1<<i) != 0 {
			return id, nil
		}
	}
	return 0, errNoDisplay
}

// drmCall is one request that reads and writes its argument.
func drmCall[T any](f *os.File, nr uintptr, arg *T) error {
	const readWrite, drm = 3, 'd'
	request := uintptr(readWrite)<<30 | unsafe.Sizeof(*arg)<<16 | drm<<8 | nr
	return ioctl(f, request, unsafe.Pointer(arg))
}

// address is where an array lies, as DRM's structs carry it; 0 for none. It stays
// there until pin lets go.
func address[T any](pin *runtime.Pinner, s []T) uint64 {
	if len(s) == 0 {
		return 0
	}
	pin.Pin(&s[0])
	return uint64(uintptr(unsafe.Pointer(&s[0])))
}

func ioctl(f *os.File, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case unix.EINTR, unix.EAGAIN:
		default:
			return errno
		}
	}
}
