package ra8875

import (
	"fmt"
	"image"
	"time"

	"periph.io/x/conn/v3/physic"
)

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

// check reads back the width, and the first setting that lasts: no other state of
// the chip or of an open line has these values. A chip whose power came in the
// middle of its setting up may have the one without the other.
func (d *Dev) check() error {
	if d.o.WriteOnly {
		return nil
	}
	for _, s := range []setting{{reg: regWidth, value: Width/8 - 1}, {reg: regPLL, value: pllDivider}} {
		if err := d.tx([]byte{command, s.reg}, nil); err != nil {
			return fmt.Errorf("ra8875: read back: %w", err)
		}
		got, err := d.get(dataRead)
		if err != nil {
			return fmt.Errorf("ra8875: read back: %w", err)
		}
		if got != s.value {
			return fmt.Errorf("%w: register 0x%02x is 0x%02x, want 0x%02x", ErrDead, s.reg, got, s.value)
		}
	}
	return nil
}

// paint writes rectangles of the picture into the chip's memory.
func (d *Dev) paint(rects ...image.Rectangle) error {
	for _, r := range rects {
		if r.Empty() {
			continue
		}
		if err := d.send(r); err != nil {
			return fmt.Errorf("send %v: %w", r, err)
		}
	}
	if err := d.flush(); err != nil {
		return fmt.Errorf("send %v: %w", rects, err)
	}
	return nil
}

// send puts one rectangle into the batch.
func (d *Dev) send(r image.Rectangle) error {
	if err := d.point(r); err != nil {
		return err
	}
	if err := d.queue(command, regMemory); err != nil {
		return err
	}
	// The chip keeps its address between frames of chip select, so rows run on
	// from one chunk into the next.
	left := r.Dx() * r.Dy() * bytesPerPixel
	var chunk []byte
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.frame.Pix[d.frame.PixOffset(r.Min.X, y):][:r.Dx()*bytesPerPixel]
		for len(row) > 0 {
			if len(chunk) == 0 {
				n := min(left, d.room())
				p, err := d.packet(1 + n)
				if err != nil {
					return err
				}
				p[0], chunk = dataWrite, p[1:]
				left -= n
			}
			n := copy(chunk, row)
			row, chunk = row[n:], chunk[n:]
		}
	}
	return nil
}

// point sets the window and the cursor. Of the window only what changes is
// sent; the cursor moves with each pixel, so it is always sent.
func (d *Dev) point(r image.Rectangle) error {
	right, bottom := r.Max.X-1, r.Max.Y-1
	window := [8]byte{
		byte(r.Min.X), byte(r.Min.X >> 8), byte(r.Min.Y), byte(r.Min.Y >> 8),
		byte(right), byte(right >> 8), byte(bottom), byte(bottom >> 8),
	}
	known, old := d.known, d.window
	for i, v := range window {
		if known && old[i] == v {
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

// set writes registers, at one go where none needs a rest.
func (d *Dev) set(settings []setting) error {
	for _, s := range settings {
		if err := d.write(s.reg, s.value); err != nil {
			return fmt.Errorf("register 0x%02x: %w", s.reg, err)
		}
		if s.rest == 0 {
			continue
		}
		if err := d.flush(); err != nil {
			return fmt.Errorf("registers up to 0x%02x: %w", s.reg, err)
		}
		time.Sleep(s.rest)
	}
	return d.flush()
}

// write puts one register into the batch.
func (d *Dev) write(reg, value byte) error {
	if err := d.queue(command, reg); err != nil {
		return err
	}
	return d.queue(dataWrite, value)
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
