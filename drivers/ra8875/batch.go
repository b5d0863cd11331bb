package ra8875

import (
	"periph.io/x/conn/v3/spi"

	"kioskd/drivers/board"
)

// batch is frames of chip select that leave as one message: on a host each
// message is a call of the kernel, far dearer than the bytes of a register. The
// chip takes a frame's first byte as its prefix, so chip select is released
// between any two.
type batch struct {
	packets []spi.Packet
	buf     [board.SPIMax]byte
	used    int // of buf, a multiple of board.SPIAlign
	bytes   int // that go to the chip
}

// room is how many bytes of whole pixels fit behind a prefix into the batch, or
// if that is full, into the next one.
func (d *Dev) room() int {
	n := len(d.batch.buf) - d.batch.used
	if n == 0 {
		n = len(d.batch.buf)
	}
	return (n - 1) / bytesPerPixel * bytesPerPixel
}

// packet adds a frame of n bytes, which the caller fills, to the batch. One
// that is full leaves first.
func (d *Dev) packet(n int) ([]byte, error) {
	b := &d.batch
	takes := (n + board.SPIAlign - 1) / board.SPIAlign * board.SPIAlign
	if b.used+takes > len(b.buf) {
		if err := d.flush(); err != nil {
			return nil, err
		}
	}
	p := b.buf[b.used : b.used+n]
	b.packets = append(b.packets, spi.Packet{W: p})
	b.used, b.bytes = b.used+takes, b.bytes+n
	return p, nil
}

// queue adds a prefix and its byte to the batch.
func (d *Dev) queue(prefix, value byte) error {
	p, err := d.packet(2)
	if err != nil {
		return err
	}
	p[0], p[1] = prefix, value
	return nil
}

// flush sends the batch. It is empty afterwards, whatever happens.
func (d *Dev) flush() error {
	b := &d.batch
	packets, bytes := b.packets, b.bytes
	b.packets, b.used, b.bytes = b.packets[:0], 0, 0
	if len(packets) == 0 {
		return nil
	}
	if err := d.c.TxPackets(packets); err != nil {
		d.known = false // nobody knows which registers arrived
		return err
	}
	d.sent.Add(int64(bytes))
	return nil
}
