// Package ft5x06 drives a FocalTech FT5x06 touch controller over I²C.
//
// It reports which fingers lie on the glass and where, in the chip's own
// positions, which are the panel's pixels. The chip needs no configuration and
// no acknowledgement: whoever reads too late has missed a touch. It knows
// nothing of buttons, and does not rotate or scale.
//
// Wiring: SDA, SCL (up to 400 kHz, 3.3 V), INT (low while touched, or a pulse
// for each report).
//
// Source: Linux drivers/input/touchscreen/edt-ft5x06.c; FocalTech FT5x06
// application note, register map.
package ft5x06

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/i2c"

	"kioskd/drivers/board"
)

// Addr is the chip's only address.
const Addr = 0x38

// Registers, of 8 bits. Unlike Goodix's, values are big endian.
const (
	regTouches  = 0x02 // low nibble: contacts; points of 6 bytes follow
	regFirmware = 0xA6
	regModule   = 0xA8
)

const (
	pointLen   = 6
	pointsMax  = 5
	positions  = 1 << 12 // a coordinate has 12 bits
	noContacts = 0x0F    // what the chip says just after power-up
)

// ErrDead says that nobody answers as an FT5x06 does. New may be tried again.
var ErrDead = errors.New("ft5x06: touch chip is dead")

// ErrHalted says that Halt was called.
var ErrHalted = errors.New("ft5x06: halted")

// Opts are the options of New. Size must be given, all else may be zero.
type Opts struct {
	// Size is the panel in pixels; a point outside is noise. The chip cannot say.
	Size image.Point
	// Poll is how often the chip is asked without having raised INT; 0 means
	// 10 ms of process time, the pace of its reports.
	Poll time.Duration
	// Check is how often the module's identity is read again; 0 means 1 s.
	Check time.Duration
	// Uptime is the board's monotonic time, for reports that no edge announced;
	// nil means that they carry the time of the last edge.
	Uptime func() time.Duration
	// Work is called when a piece of work is taken on, and what it returns when
	// the handler has returned; nil means that nobody counts.
	Work func() (end func())
	// Turn is called at each turn of Run, with Run's context, whatever the chip
	// answers; nil means that nobody asks whether it turns.
	Turn func(context.Context)
}

func (o Opts) withDefaults() Opts {
	if o.Poll == 0 {
		o.Poll = 10 * time.Millisecond
	}
	if o.Check == 0 {
		o.Check = time.Second
	}
	if o.Work == nil {
		o.Work = func() func() { return func() {} }
	}
	if o.Turn == nil {
		o.Turn = func(context.Context) {}
	}
	return o
}

// Dev is a touch chip that has answered.
type Dev struct {
	bus i2c.Bus
	irq board.Input
	o   Opts
	id  [2]byte // firmware and module, as first read

	mu     sync.Mutex
	halted bool
}

// New asks the chip who it is. The first answer after power-up may be bogus, so
// it is asked twice.
func New(bus i2c.Bus, irq board.Input, o Opts) (*Dev, error) {
	if o.Size.X <= 0 || o.Size.Y <= 0 || o.Size.X > positions || o.Size.Y > positions {
		return nil, fmt.Errorf("ft5x06: a panel of %v: want 1 to %d positions each way", o.Size, positions)
	}
	d := &Dev{bus: bus, irq: irq, o: o.withDefaults()}
	_, bogus := d.identity()
	var err error
	if d.id, err = d.identity(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDead, errors.Join(bogus, err))
	}
	if d.id == [2]byte{} || d.id == [2]byte{0xFF, 0xFF} {
		return nil, fmt.Errorf("%w: firmware and module read as %#x", ErrDead, d.id[:])
	}
	return d, nil
}

// String names the chip and its bus.
func (d *Dev) String() string { return fmt.Sprintf("ft5x06{%s 0x%02x}", d.bus, Addr) }

// Halt ends Run with ErrHalted. The chip itself goes on: its own sleep could not
// be left without a reset line. It may be called twice.
func (d *Dev) Halt() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halted = true
	return nil
}

func (d *Dev) isHalted() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.halted
}

// identity is firmware and module: what a chip that lost its mind gets wrong.
func (d *Dev) identity() (id [2]byte, err error) {
	if err := d.bus.Tx(Addr, []byte{regFirmware}, id[:1]); err != nil {
		return id, fmt.Errorf("read firmware: %w", err)
	}
	if err := d.bus.Tx(Addr, []byte{regModule}, id[1:]); err != nil {
		return id, fmt.Errorf("read module: %w", err)
	}
	return id, nil
}

var _ conn.Resource = (*Dev)(nil)
