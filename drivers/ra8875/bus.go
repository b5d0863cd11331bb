package ra8875

import (
	"fmt"
	"image"
	"time"

	"periph.io/x/conn/v3/physic"

	"kioskd/drivers/board"
)

// chunkMax is how many bytes of whole pixels one frame of chip select carries
// behind its prefix.
const chunkMax = (board.SPIMax - 1) / bytesPerPixel * bytesPerPixel

func (d *Dev) setUp() error {
	d.known = false
	if err := d.set(clockUp()); err != nil {
		return fmt.Errorf("ra8875: start clock: %w", err)
	}
	if err := d.waitReady(); err != nil {
		return err
	}
	if err := d.limitSpeed(d.o.Speed); err != nil {
		return err
	}
	if err := d.set(panelSetup()); err != nil {
		return fmt.Errorf("ra8875: set up panel: %w", err)
	}
	return d.check()
}

func (d *Dev) limitSpeed(f physic.Frequency) error {
	if d.limit == nil {
		return nil
	}
	if err := d.limit.LimitSpeed(f); err != nil {
		return fmt.Errorf("ra8875: limit speed to %s: %w", f, err)
	}
	return nil
}

// waitReady asks for the status until the chip is not busy. A line that nobody
// drives reads as ones, which is busy for ever.
func (d *Dev) waitReady() error {
	if d.o.WriteOnly {
		return nil
	}
	var status byte
	for range busyMax {
		var err error
		if status, err = d.get(statusRead); err != nil {
			return fmt.Errorf("ra8875: read status: %w", err)
		}
		if status&statusBusy == 0 {
			return nil
		}
		time.Sleep(busyRest)
	}
	return fmt.Errorf("%w: busy for %v (status 0x%02x)", ErrDead, busyMax*busyRest, status)
}

// check reads the width back: no other state of the chip or of an open line has
// that value.
func (d *Dev) check() error {
	if d.o.WriteOnly {
		return nil
	}
	if err := d.tx([]byte{command, regWidth}, nil); err != nil {
		return fmt.Errorf("ra8875: read back: %w", err)
	}
	got, err := d.get(dataRead)
	if err != nil {
		return fmt.Errorf("ra8875: read back: %w", err)
	}
	if want := byte(Width/8 - 1); got != want {
		return fmt.Errorf("%w: register 0x%02x is 0x%02x, want 0x%02x", ErrDead, regWidth, got, want)
	}
	return nil
}

// send writes one rectangle of the picture into the chip's memory.
func (d *Dev) send(r image.Rectangle) error {
	if r.Empty() {
		return nil
	}
	if err := d.point(r); err != nil {
		d.known = false // nobody knows which registers arrived
		return err
	}
	if err := d.tx([]byte{command, regMemory}, nil); err != nil {
		return err
	}
	// The chip keeps its address between frames of chip select, so rows run on
	// from one chunk into the next.
	d.buf[0] = dataWrite
	fill := d.buf[1 : 1+chunkMax]
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.frame.Pix[d.frame.PixOffset(r.Min.X, y):][:r.Dx()*bytesPerPixel]
		for len(row) > 0 {
			m := copy(fill[n:], row)
			row, n = row[m:], n+m
			if n < chunkMax {
				continue
			}
			if err := d.tx(d.buf[:1+n], nil); err != nil {
				return err
			}
			n = 0
		}
	}
	if n == 0 {
		return nil
	}
	return d.tx(d.buf[:1+n], nil)
}

// point sets the window and the cursor. Of the window only what changes is
// sent; the cursor moves with each pixel, so it is always sent.
func (d *Dev) point(r image.Rectangle) error {
	right, bottom := r.Max.X-1, r.Max.Y-1
	window := [8]byte{
		byte(r.Min.X), byte(r.Min.X >> 8), byte(r.Min.Y), byte(r.Min.Y >> 8),
		byte(right), byte(right >> 8), byte(bottom), byte(bottom >> 8),
	}
	for i, v := range window {
		if d.known && d.window[i] == v {
			continue
		}
		if err := d.write(regWindow+byte(i), v); err != nil {
			return err
		}
	}
	d.window, d.known = window, true
	for i, v := range window[:4] {
		if err := d.write(regCursor+byte(i), v); err != nil {
			return err
		}
	}
	return nil
}

func (d *Dev) set(settings []setting) error {
	for _, s := range settings {
		if err := d.write(s.reg, s.value); err != nil {
			return fmt.Errorf("register 0x%02x: %w", s.reg, err)
		}
		if s.rest > 0 {
			time.Sleep(s.rest)
		}
	}
	return nil
}

func (d *Dev) write(reg, value byte) error {
	if err := d.tx([]byte{command, reg}, nil); err != nil {
		return err
	}
	return d.tx([]byte{dataWrite, value}, nil)
}

// get reads the one byte that follows a prefix.
func (d *Dev) get(prefix byte) (byte, error) {
	var r [2]byte
	if err := d.tx([]byte{prefix, 0}, r[:]); err != nil {
		return 0, err
	}
	return r[1], nil
}

func (d *Dev) tx(w, r []byte) error {
	if err := d.c.Tx(w, r); err != nil {
		return err
	}
	d.sent.Add(int64(len(w)))
	return nil
}
