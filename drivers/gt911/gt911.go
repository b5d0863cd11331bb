// Package gt911 drives a Goodix GT911 touch controller over I²C.
//
// It reports which fingers lie on the glass and where. It never writes the
// chip's configuration: a module comes configured, and a configuration that is
// written at each start wears the flash out or kills the touch for good. It
// knows nothing of buttons, and does not rotate or scale.
//
// Wiring: SDA, SCL (up to 400 kHz, 3.3 V), RST, INT. INT is the kiosk's input
// only, so the address is the one the module's own resistor on INT selects at
// reset; New tries both.
//
// Source: Linux drivers/input/touchscreen/goodix.c and goodix.h; Goodix GT911
// programming guide, register map.
package gt911

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"

	"kioskd/drivers/board"
)

// The two addresses the chip may have.
const (
	AddrLow  = 0x5D // INT was low when RST rose
	AddrHigh = 0x14 // INT was high
)

// Registers; addresses and the numbers on the wire that name them are big
// endian, values are little endian.
const (
	regConfig  = 0x8047 // version, X max, Y max, contacts, switches ...
	regProduct = 0x8140 // four ASCII characters, "911" and a zero
	regStatus  = 0x814E // bit 7 ready, low nibble contacts; points follow
)

const (
	configLen   = 184 // data bytes, then their checksum and a "fresh" flag
	resetLow    = 11 * time.Millisecond
	resetSettle = 56 * time.Millisecond // INT held for 5 ms, then 50 ms to start
)

// ErrDead says that the touch chip no longer answers as a GT911 does, not even
// after a reset. Reset may be tried again later.
var ErrDead = errors.New("gt911: touch chip is dead")

// ErrHalted says that Halt was called.
var ErrHalted = errors.New("gt911: halted")

// Opts are the options of New. The zero value works.
type Opts struct {
	// Addr is the only address to try; 0 means AddrLow, then AddrHigh.
	Addr uint16
	// Poll is how often the chip is asked without having raised INT; 0 means
	// 10 ms of process time, the pace of its reports.
	Poll time.Duration
	// Check is how often the product id is read again; 0 means 1 s.
	Check time.Duration
	// Uptime is the board's monotonic time, for reports that no edge announced;
	// nil means that they carry the time of the last edge.
	Uptime func() time.Duration
	// Work is called when a piece of work is taken on, and what it returns when
	// the handler has returned; nil means that nobody counts.
	Work func() (end func())
	// Turn is called at each turn of Run, with Run's context, whatever the chip answers; nil means
	// that nobody asks whether it turns.
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
	rst gpio.PinOut // may be nil
	irq board.Input
	o   Opts

	mu     sync.Mutex // guards what follows, and the bus through it
	addr   uint16
	size   image.Point
	halted bool
}

// New resets the chip, if rst is not nil, asks who it is and reads the
// resolution it is configured for. It takes about 70 ms with a reset line.
func New(bus i2c.Bus, rst gpio.PinOut, irq board.Input, o Opts) (*Dev, error) {
	d := &Dev{bus: bus, rst: rst, irq: irq, o: o.withDefaults()}
	if err := d.Reset(); err != nil {
		return nil, err
	}
	return d, nil
}

// String names the chip and its bus.
func (d *Dev) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Sprintf("gt911{%s 0x%02x}", d.bus, d.addr)
}

// Size is the number of touch positions across and down, as configured.
func (d *Dev) Size() image.Point {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.size
}

// Halt holds the chip in reset, where it reports nothing; Run then ends with
// ErrHalted. Without a reset line only Run ends: the chip's own sleep could not
// be left again. It may be called twice.
func (d *Dev) Halt() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halted {
		return nil
	}
	d.halted = true
	if d.rst == nil {
		return nil
	}
	if err := d.rst.Out(gpio.Low); err != nil {
		return fmt.Errorf("gt911: hold in reset: %w", err)
	}
	return nil
}

// Reset starts the chip anew, after Halt too, and greets it again. An error
// that is ErrDead means that nobody answered as a GT911 does.
func (d *Dev) Reset() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halted = false
	return d.start()
}

func (d *Dev) start() error {
	if err := d.pulseReset(); err != nil {
		return err
	}
	addrs := []uint16{AddrLow, AddrHigh}
	if d.o.Addr != 0 {
		addrs = []uint16{d.o.Addr}
	}
	var errs []error
	for _, addr := range addrs {
		d.addr = addr
		err := d.greet()
		if err == nil {
			return nil
		}
		errs = append(errs, fmt.Errorf("at 0x%02x: %w", addr, err))
	}
	return fmt.Errorf("%w: %w", ErrDead, errors.Join(errs...))
}

func (d *Dev) pulseReset() error {
	if d.rst == nil {
		return nil
	}
	if err := d.rst.Out(gpio.Low); err != nil {
		return fmt.Errorf("gt911: reset low: %w", err)
	}
	time.Sleep(resetLow)
	if err := d.rst.Out(gpio.High); err != nil {
		return fmt.Errorf("gt911: reset high: %w", err)
	}
	time.Sleep(resetSettle)
	return nil
}

func (d *Dev) greet() error {
	if err := d.checkProduct(); err != nil {
		return err
	}
	var c [configLen + 1]byte // the data and their checksum
	if err := d.read(regConfig, c[:]); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	var sum byte
	for _, b := range c {
		sum += b // the checksum is the two's complement of the data's sum
	}
	if sum != 0 {
		return fmt.Errorf("configuration does not add up: off by 0x%02x", sum)
	}
	size := image.Pt(int(binary.LittleEndian.Uint16(c[1:])), int(binary.LittleEndian.Uint16(c[3:])))
	if size.X == 0 || size.Y == 0 {
		return fmt.Errorf("configured for %d by %d positions", size.X, size.Y)
	}
	d.size = size
	return nil
}

// checkProduct costs 7 bytes on the bus.
func (d *Dev) checkProduct() error {
	var id [4]byte
	if err := d.read(regProduct, id[:]); err != nil {
		return fmt.Errorf("read product id: %w", err)
	}
	if string(id[:]) != "911\x00" {
		return fmt.Errorf("product id is %q, want \"911\"", id[:])
	}
	return nil
}

func (d *Dev) read(reg uint16, b []byte) error {
	return d.bus.Tx(d.addr, []byte{byte(reg >> 8), byte(reg)}, b)
}

var _ conn.Resource = (*Dev)(nil)
