// Package panel is the display of the simulated board: a RAiO RA8875 with an
// 800x480 glass, as the host sees it over SPI.
//
// It decodes the frames byte by byte: register writes, the PLL and its time to
// lock, the active window, the cursor, the memory port with its automatic
// increment, colour depth, display and backlight. What it shows is what the bus
// carried: a wrong window is a wrong picture, and a chip that was not set up
// stays black.
//
// It refuses by ignoring, as the chip does: whatever comes while the PLL locks,
// pixels before there is a PLL or in text mode, and the drawing engine, fonts
// and block transfers, which no kiosk uses.
//
// Source: RAiO RA8875 specification 1.6; Linux
// drivers/staging/fbtft/fb_ra8875.c (6.1).
package panel

import (
	"fmt"
	"hash/crc32"
	"image"
	"sync"
	"time"
)

// The glass, in pixels.
const (
	Width  = 800
	Height = 480

	stride = 2 * Width // bytes of memory a row
)

// pllLock is how long the chip hears nothing after its PLL was set. The manual
// asks the host for far more.
const pllLock = time.Millisecond

// The prefix of a frame.
const (
	dataWrite    = 0x00
	dataRead     = 0x40
	commandWrite = 0x80
	statusRead   = 0xC0
)

// Clock is the board's monotonic time.
type Clock interface{ Uptime() time.Duration }

// Panel is a RA8875 and its glass. Safe for concurrent use.
type Panel struct {
	clock Clock

	mu       sync.RWMutex
	reg      [256]byte
	ram      []byte // RGB565, high byte first, row by row
	current  byte   // the register that data goes to
	unheard  bool   // the last command came while the PLL locked
	x, y     int    // where the next pixel goes
	half     bool   // a pixel's high byte came, its low byte did not
	high     byte
	pll      bool          // was set
	deafTill time.Duration // the PLL locks
	dead     bool
	received uint64
	onChange func(image.Rectangle)
}

// New makes a panel that has just been powered: black.
func New(clock Clock) *Panel {
	p := &Panel{clock: clock, ram: make([]byte, stride*Height)}
	p.reset()
	return p
}

// OnChange calls f with the area that may look different, after each frame that
// touched what is seen, on the goroutine that brought the frame. One listener;
// set it before the first frame.
func (p *Panel) OnChange(f func(image.Rectangle)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onChange = f
}

// Tx is one frame between two edges of chip select: w goes to the chip while r
// comes back, byte for byte; either may be empty. The first byte is the prefix.
func (p *Panel) Tx(w, r []byte) error {
	changed, listener := p.frame(w, r)
	if listener != nil && !changed.Empty() {
		listener(changed)
	}
	return nil
}

func (p *Panel) frame(w, r []byte) (changed image.Rectangle, listener func(image.Rectangle)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received += uint64(len(w))
	clear(r)
	if p.dead || len(w) == 0 {
		return image.Rectangle{}, nil
	}
	deaf := p.clock.Uptime() < p.deafTill
	switch w[0] {
	case statusRead:
		p.readStatus(r)
	case dataRead:
		if !deaf {
			p.readData(r)
		}
	case commandWrite:
		if len(w) > 1 {
			p.choose(w[1], deaf)
		}
	case dataWrite:
		changed = p.data(w[1:], deaf)
	}
	return changed, p.onChange
}

// choose points data at a register. While the PLL locks only its own registers
// are heard: every host sets both in one go.
func (p *Panel) choose(reg byte, deaf bool) {
	p.unheard = deaf && reg != regPLL1 && reg != regPLL2
	if p.unheard {
		return
	}
	p.current, p.half = reg, false
	if reg == regMemory {
		p.moveToCursor()
	}
}

func (p *Panel) data(b []byte, deaf bool) (changed image.Rectangle) {
	if p.unheard {
		return image.Rectangle{}
	}
	if deaf && p.current != regPLL1 && p.current != regPLL2 {
		return image.Rectangle{}
	}
	if p.current == regMemory {
		changed = p.pixels(b)
		if !p.lit() {
			return image.Rectangle{}
		}
		return changed
	}
	for _, v := range b {
		changed = changed.Union(p.set(p.current, v))
	}
	return changed
}

// readStatus answers a status read: never busy, since every command ends at once.
func (p *Panel) readStatus(r []byte) {
	if len(r) < 2 {
		return
	}
	if p.reg[regPower]&powerSleep != 0 {
		r[1] = statusSleep
	}
}

func (p *Panel) readData(r []byte) {
	for i := 1; i < len(r); i++ {
		r[i] = p.get(p.current)
	}
}

// lit says whether anything can be seen: display on and awake, panel timing as
// the glass needs it, and a backlight.
func (p *Panel) lit() bool {
	return !p.dead &&
		p.pll &&
		p.reg[regPower]&powerDisplay != 0 &&
		p.reg[regPower]&powerSleep == 0 &&
		p.timingFits() &&
		p.backlight()
}

// Picture is what somebody in front of the glass sees. Black when the display
// is off, dark, dead or wrongly set up.
func (p *Panel) Picture() *image.RGBA {
	picture := image.NewRGBA(image.Rect(0, 0, Width, Height))
	p.mu.RLock()
	defer p.mu.RUnlock()
	if !p.lit() {
		for i := 3; i < len(picture.Pix); i += 4 {
			picture.Pix[i] = 0xFF
		}
		return picture
	}
	for i := range Width * Height {
		hi, lo := p.ram[2*i], p.ram[2*i+1]
		red, green, blue := hi>>3, (hi&7)<<3|lo>>5, lo&31
		out := picture.Pix[4*i : 4*i+4 : 4*i+4]
		out[0] = red<<3 | red>>2
		out[1] = green<<2 | green>>4
		out[2] = blue<<3 | blue>>2
		out[3] = 0xFF
	}
	return picture
}

// Checksum is the CRC-32 (IEEE) of what is seen: RGB565, high byte first, row by
// row. A dark glass has the checksum of black.
func (p *Panel) Checksum() uint32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if !p.lit() {
		return crc32.ChecksumIEEE(make([]byte, len(p.ram)))
	}
	return crc32.ChecksumIEEE(p.ram)
}

// Lit says whether anything can be seen.
func (p *Panel) Lit() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.lit()
}

// BytesReceived counts all bytes that the bus brought, since New.
func (p *Panel) BytesReceived() uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.received
}

// PowerCut is the loss of power and its return: registers and memory are gone.
func (p *Panel) PowerCut() {
	p.mu.Lock()
	clear(p.ram)
	p.reset()
	p.mu.Unlock()
	p.changedAll()
}

// Fault breaks the panel: "dead" hears nothing and stays black.
func (p *Panel) Fault(kind string) error {
	if kind != "dead" {
		return fmt.Errorf("panel: no fault %q (there is dead)", kind)
	}
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.changedAll()
	return nil
}

// Clear mends the panel. It was without power: what it showed is gone, and the
// host must set it up again.
func (p *Panel) Clear() {
	p.mu.Lock()
	if p.dead {
		p.dead = false
		clear(p.ram)
		p.reset()
	}
	p.mu.Unlock()
	p.changedAll()
}

func (p *Panel) changedAll() {
	p.mu.RLock()
	f := p.onChange
	p.mu.RUnlock()
	if f != nil {
		f(image.Rect(0, 0, Width, Height))
	}
}
