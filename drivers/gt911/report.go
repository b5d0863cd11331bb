package gt911

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"time"
)

// PointsMax is how many fingers the chip can tell apart.
const PointsMax = 5

const (
	pointLen  = 8
	headLen   = 1 + pointLen + 1 // status, first point, key: what one read fetches
	readyBit  = 0x80
	countMask = 0x0F
)

// Report is what lies on the glass at one instant.
type Report struct {
	// At is the board's monotonic time of the edge that announced it.
	At time.Duration
	// Points are the fingers; none means that all are up.
	Points []Point
}

// Point is one finger. X counts from the left and Y from the top, in the chip's
// positions; ID stays with the finger until it is lifted.
type Point struct{ ID, X, Y int }

var errNotReady = errors.New("no report is ready")

// contacts reads the status byte: how many points follow it.
func contacts(status byte) (int, error) {
	if status&readyBit == 0 {
		return 0, errNotReady
	}
	n := int(status & countMask)
	if n > PointsMax {
		return 0, fmt.Errorf("status 0x%02x speaks of %d contacts", status, n)
	}
	return n, nil
}

// parsePoints reads n points of 8 bytes: track id, X, Y, size, reserved.
func parsePoints(b []byte, n int, size image.Point) ([]Point, error) {
	if len(b) < n*pointLen {
		return nil, fmt.Errorf("%d points in %d bytes", n, len(b))
	}
	points := make([]Point, n)
	for i := range points {
		raw := b[i*pointLen:]
		p := Point{
			ID: int(raw[0]),
			X:  int(binary.LittleEndian.Uint16(raw[1:])),
			Y:  int(binary.LittleEndian.Uint16(raw[3:])),
		}
		// A finger beside the glass is noise on the bus, and must press nothing.
		if p.X > size.X || p.Y > size.Y {
			return nil, fmt.Errorf("point %d,%d is outside of %d by %d", p.X, p.Y, size.X, size.Y)
		}
		// Some firmware counts the far edge as the resolution itself.
		p.X, p.Y = min(p.X, size.X-1), min(p.Y, size.Y-1)
		points[i] = p
	}
	return points, nil
}

// take reads one report and acknowledges it, without which the chip reports
// nothing new. errNotReady is the normal answer when nothing has happened.
func (d *Dev) take() ([]Point, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halted {
		return nil, ErrHalted
	}
	var buf [headLen + (PointsMax-1)*pointLen]byte
	if err := d.read(regStatus, buf[:headLen]); err != nil {
		return nil, fmt.Errorf("read status: %w", err)
	}
	n, err := contacts(buf[0])
	if errors.Is(err, errNotReady) {
		return nil, err
	}
	if err == nil && n > 1 {
		more := buf[headLen : headLen+(n-1)*pointLen]
		if err := d.read(regStatus+headLen, more); err != nil {
			return nil, fmt.Errorf("read points: %w", err)
		}
	}
	// Nonsense is acknowledged too, or the chip would repeat it for ever.
	ack := []byte{regStatus >> 8, regStatus & 0xFF, 0}
	if err := d.bus.Tx(d.addr, ack, nil); err != nil {
		return nil, fmt.Errorf("acknowledge: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return parsePoints(buf[1:], n, d.size)
}
