package link

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"sync"

	"kioskd/drivers/board"
	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// i2cBus is an I2C bus of the board.
type i2cBus struct {
	handle
	mu   sync.Mutex
	call *call
}

// Tx writes w to the chip at addr, then reads r.
func (d *i2cBus) Tx(addr uint16, w, r []byte) error {
	if len(w) > I2CMax || len(r) > I2CMax {
		return fmt.Errorf("link: %s: %d bytes out and %d in, at most %d are allowed", d.name, len(w), len(r), I2CMax)
	}
	if len(w) == 0 && len(r) == 0 {
		return nil // as i2c-dev: the bus is not touched
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.call.into = r
	if r == nil {
		d.call.into = []byte{}
	}
	return d.wrap(d.b.ask(d.call, KindI2CTx, d.number, I2CTx{Addr: addr, Read: uint16(len(r)), W: w}))
}

// SetSpeed fails: the board decides, as the device tree of a Linux host does.
func (d *i2cBus) SetSpeed(physic.Frequency) error {
	return fmt.Errorf("link: %s: the speed is the board's", d.name)
}

// Close lets the bus be opened again.
func (d *i2cBus) Close() error {
	d.shut()
	return nil
}

// spiPort is an SPI port of the board.
type spiPort struct {
	handle
	mu        sync.Mutex
	limit     physic.Frequency
	connected bool
}

// LimitSpeed bounds the clock of a later Connect.
func (d *spiPort) LimitSpeed(f physic.Frequency) error {
	if f <= 0 {
		return fmt.Errorf("link: %s: speed %s", d.name, f)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limit = f
	return nil
}

// spiSpeedMin is the slowest clock that periph's Linux host accepts. It refuses
// 0, so this board does too.
const spiSpeedMin = 100 * physic.Hertz

// Connect sets the port up, once.
func (d *spiPort) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.connected {
		return nil, fmt.Errorf("link: %s: connected already", d.name)
	}
	if f < spiSpeedMin || f/physic.Hertz > math.MaxUint32 {
		return nil, fmt.Errorf("link: %s: speed %s", d.name, f)
	}
	if bits != 8 {
		return nil, fmt.Errorf("link: %s: %d bits a word, only 8 are possible", d.name, bits)
	}
	if mode&^spi.Mode3 != 0 {
		return nil, fmt.Errorf("link: %s: mode %s is not possible", d.name, mode)
	}
	if d.limit != 0 {
		f = min(f, d.limit)
	}
	m := SPIConnect{Hertz: uint32(f / physic.Hertz), Mode: mode, Bits: uint8(bits)}
	if err := d.b.ask(newCall(), KindSPIConnect, d.number, m); err != nil {
		return nil, d.wrap(err)
	}
	d.connected = true
	return &spiConn{handle: d.handle, call: newCall(), out: make([]byte, 0, board.SPIMax)}, nil
}

// Close lets the port be opened again.
func (d *spiPort) Close() error {
	d.shut()
	return nil
}

// spiConn is a connected SPI port. It implements spi.Conn and conn.Limits.
type spiConn struct {
	handle
	mu   sync.Mutex
	call *call
	// Kept here so that a transaction allocates nothing.
	tx      SPITx
	out, in []byte
}

// MaxTxSize is the longest transaction in bytes, as spidev's.
func (d *spiConn) MaxTxSize() int { return board.SPIMax }

// Duplex is full.
func (d *spiConn) Duplex() conn.Duplex { return conn.Full }

// Tx does one frame of chip select. It returns when the chip has had it. One of
// w and r may be empty, else they are as long as each other.
func (d *spiConn) Tx(w, r []byte) error {
	if len(w) != 0 && len(r) != 0 && len(w) != len(r) {
		return fmt.Errorf("link: %s: %d bytes out but %d in", d.name, len(w), len(r))
	}
	n := max(len(w), len(r))
	if n > board.SPIMax {
		return fmt.Errorf("link: %s: %d bytes, at most %d are allowed", d.name, n, board.SPIMax)
	}
	if n == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	reads := len(r) != 0
	if len(w) == 0 {
		w = make([]byte, len(r))
	}
	d.tx.Frames = append(d.tx.Frames[:0], SPIFrame{Read: reads, W: w})
	if !reads {
		r = []byte{}
	}
	return d.exchange(r)
}

// exchange sends d.tx and waits for all that it reads.
func (d *spiConn) exchange(in []byte) error {
	d.call.into = in
	return d.wrap(d.b.ask(d.call, KindSPITx, d.number, &d.tx))
}

// TxPackets does several packets as one message, which crosses the link once.
// Those joined by KeepCS are one frame of chip select; the last must release
// it. Each takes a multiple of board.SPIAlign of the message's MaxTxSize bytes.
// At an error the packets behind the one that failed were not sent.
func (d *spiConn) TxPackets(packets []spi.Packet) error {
	total := 0
	for _, p := range packets {
		if len(p.W) != 0 && len(p.R) != 0 && len(p.W) != len(p.R) {
			return fmt.Errorf("link: %s: a packet of %d bytes out but %d in", d.name, len(p.W), len(p.R))
		}
		if p.BitsPerWord != 0 && p.BitsPerWord != 8 {
			return fmt.Errorf("link: %s: %d bits a word, only 8 are possible", d.name, p.BitsPerWord)
		}
		total += spiRoom(max(len(p.W), len(p.R)))
	}
	if total > board.SPIMax {
		return fmt.Errorf("link: %s: packets take %d bytes (each a multiple of %d), at most %d are allowed",
			d.name, total, board.SPIAlign, board.SPIMax)
	}
	if len(packets) > 0 && packets[len(packets)-1].KeepCS {
		return errors.New("link: " + d.name + ": chip select cannot stay asserted after the last packet")
	}
	if total == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	reads := d.join(packets)
	d.in = slices.Grow(d.in[:0], reads)[:reads]
	if err := d.exchange(d.in); err != nil {
		return err
	}
	d.deal(packets)
	return nil
}

// join makes frames of packets in d.tx, and says how many bytes they read.
func (d *spiConn) join(packets []spi.Packet) (reads int) {
	d.tx.Frames, d.out = d.tx.Frames[:0], d.out[:0]
	begin, read := 0, false
	for _, p := range packets {
		read = read || len(p.R) != 0
		d.out = append(d.out, p.W...)
		if len(p.W) == 0 {
			d.out = append(d.out, make([]byte, len(p.R))...)
		}
		if p.KeepCS {
			continue
		}
		if w := d.out[begin:]; len(w) > 0 {
			d.tx.Frames = append(d.tx.Frames, SPIFrame{Read: read, W: w})
			if read {
				reads += len(w)
			}
		}
		begin, read = len(d.out), false
	}
	return reads
}

// deal hands what came in to the packets that read.
func (d *spiConn) deal(packets []spi.Packet) {
	in, frames := d.in, d.tx.Frames
	left := 0 // bytes of the present frame that are still to be dealt
	for _, p := range packets {
		n := max(len(p.W), len(p.R))
		if n == 0 {
			continue
		}
		if left == 0 {
			left = len(frames[0].W)
		}
		if frames[0].Read {
			copy(p.R, in[:n])
			in = in[n:]
		}
		if left -= n; left == 0 {
			frames = frames[1:]
		}
	}
}

// framebuffer is a panel of the board that its kernel drives.
type framebuffer struct {
	handle
	width, height int
	mu            sync.Mutex
	call          *call
}

// Bounds starts at (0,0).
func (d *framebuffer) Bounds() image.Rectangle { return image.Rect(0, 0, d.width, d.height) }

// Halt does nothing: what the panel shows, it goes on showing.
func (d *framebuffer) Halt() error { return nil }

// Write puts pixels on the panel, in as few frames as they fit.
func (d *framebuffer) Write(r image.Rectangle, pixels []byte) error {
	if !r.In(d.Bounds()) {
		return fmt.Errorf("link: %s: %v is outside %v", d.name, r, d.Bounds())
	}
	if len(pixels) != r.Dx()*r.Dy()*pixelBytes {
		return fmt.Errorf("link: %s: %d bytes for %v", d.name, len(pixels), r)
	}
	if r.Empty() {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.call.into = []byte{}
	stride := r.Dx() * pixelBytes
	most := (BodyMax - pixelsHeader) / stride
	for y := r.Min.Y; y < r.Max.Y; y += most {
		rows := min(most, r.Max.Y-y)
		m := Pixels{
			X: uint16(r.Min.X), Y: uint16(y), Width: uint16(r.Dx()), Height: uint16(rows),
			Pix: pixels[:rows*stride],
		}
		if err := d.b.ask(d.call, KindPixels, d.number, m); err != nil {
			return d.wrap(err)
		}
		pixels = pixels[rows*stride:]
	}
	return nil
}
