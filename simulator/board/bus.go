package board

import (
	"fmt"
	"image"

	hw "kioskd/drivers/board"
	"kioskd/drivers/board/link"
)

// i2cBus is an I2C bus and the chips on it.
type i2cBus struct {
	unmoved
	b     *Board
	name  string
	chips map[uint16]I2CChip
	pace  pacer
	read  []byte
}

func (d *i2cBus) add(addr uint16, chip I2CChip) {
	if d.chips[addr] != nil {
		panic(fmt.Sprintf("board: %s has a chip at %#x already", d.name, addr))
	}
	d.chips[addr] = chip
}

func (d *i2cBus) describe() link.Device { return link.Device{Kind: link.DeviceI2C, Name: d.name} }

func (d *i2cBus) handle(s *session, r *request) {
	if r.kind != link.KindI2CTx {
		s.malformed(r, d.name)
		return
	}
	m, err := link.DecodeI2CTx(r.body)
	if err != nil {
		s.malformed(r, d.name)
		return
	}
	chip := d.chips[m.Addr]
	if chip == nil {
		s.fail(r, fmt.Errorf("no acknowledge from %#x", m.Addr))
		return
	}
	if d.b.pacing.Load() {
		d.pace.take(wireTime(i2cBits(len(m.W))+i2cBits(int(m.Read)), i2cHertz))
	}
	if cap(d.read) < int(m.Read) {
		d.read = make([]byte, link.I2CMax)
	}
	in := d.read[:m.Read]
	clear(in)
	d.b.traceBytes(d.name, ToDevice, m.W, traceBytesMax)
	if err := chip.Tx(m.W, in); err != nil {
		s.fail(r, err)
		return
	}
	d.b.traceBytes(d.name, FromDevice, in, traceBytesMax)
	s.reply(r, in)
}

// i2cBits is the length on the wire of one half of a transaction: start,
// address and bytes with their acknowledges.
func i2cBits(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + 9*(n+1)
}

// spiPort is an SPI port with its chip.
type spiPort struct {
	unmoved
	b     *Board
	name  string
	chip  SPIChip
	hertz uint32
	pace  pacer
	read  []byte
}

func (d *spiPort) describe() link.Device { return link.Device{Kind: link.DeviceSPI, Name: d.name} }

func (d *spiPort) handle(s *session, r *request) {
	switch r.kind {
	case link.KindSPIConnect:
		m, err := link.DecodeSPIConnect(r.body)
		if err != nil {
			s.malformed(r, d.name)
			return
		}
		d.hertz = min(max(m.Hertz, 1), spiHertzMax)
		s.reply(r, nil)
	case link.KindSPITx:
		m, err := link.DecodeSPITx(r.body)
		if err != nil {
			s.malformed(r, d.name)
			return
		}
		d.tx(s, r, m)
	default:
		s.malformed(r, d.name)
	}
}

func (d *spiPort) tx(s *session, r *request, m link.SPITx) {
	if d.read == nil {
		d.read = make([]byte, 0, hw.SPIMax)
	}
	in := d.read[:0]
	for _, f := range m.Frames {
		if d.b.pacing.Load() {
			d.pace.take(wireTime(8*len(f.W), d.hertz))
		}
		var one []byte
		if f.Read {
			one = in[len(in) : len(in)+len(f.W)]
			clear(one)
			in = in[:len(in)+len(one)]
		}
		d.b.traceBytes(d.name, ToDevice, f.W, tracePixelsMax)
		if err := d.chip.Tx(f.W, one); err != nil {
			s.fail(r, err)
			return
		}
		d.b.traceBytes(d.name, FromDevice, one, tracePixelsMax)
	}
	s.reply(r, in)
}

// framebuffer is a panel the kernel drives.
type framebuffer struct {
	unmoved
	b    *Board
	name string
	sink FrameSink
}

func (d *framebuffer) describe() link.Device {
	size := d.sink.Bounds().Size()
	return link.Device{
		Kind: link.DeviceFramebuffer, Name: d.name, Width: uint16(size.X), Height: uint16(size.Y),
	}
}

func (d *framebuffer) handle(s *session, r *request) {
	if r.kind != link.KindPixels {
		s.malformed(r, d.name)
		return
	}
	m, err := link.DecodePixels(r.body)
	if err != nil {
		s.malformed(r, d.name)
		return
	}
	at := m.Rect().Add(d.sink.Bounds().Min)
	if !at.In(d.sink.Bounds()) || at == (image.Rectangle{}) {
		s.fail(r, fmt.Errorf("%v is outside the panel", m.Rect()))
		return
	}
	d.b.traceBytes(d.name, ToDevice, m.Pix, tracePixelsMax)
	if err := d.sink.Write(at, m.Pix); err != nil {
		s.fail(r, err)
		return
	}
	s.reply(r, nil)
}
