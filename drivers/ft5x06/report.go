package ft5x06

import (
	"encoding/binary"
	"fmt"
	"image"
	"time"
)

// Report is one look at the glass.
type Report struct {
	At     time.Duration // board time of the edge that announced it
	Points []Point       // the fingers that lie there; none means all are up
}

// Point is one finger.
type Point struct {
	ID   int // the same for as long as the finger lies
	X, Y int // the chip's positions, from the top left
}

// What a point's two highest bits say.
const (
	eventDown    = 0
	eventUp      = 1
	eventContact = 2
)

// take reads the touch registers: one point at first, and the others only when
// there are any. It costs 10 bytes on the bus, about 0.23 ms at 400 kHz.
func (d *Dev) take() ([]Point, error) {
	if d.isHalted() {
		return nil, ErrHalted
	}
	var b [1 + pointsMax*pointLen]byte
	if err := d.bus.Tx(Addr, []byte{regTouches}, b[:1+pointLen]); err != nil {
		return nil, fmt.Errorf("ft5x06: read touches: %w", err)
	}
	n := contacts(b[0])
	if n > 1 {
		rest := b[1+pointLen : 1+n*pointLen]
		if err := d.bus.Tx(Addr, []byte{regTouches + 1 + pointLen}, rest); err != nil {
			return nil, fmt.Errorf("ft5x06: read more touches: %w", err)
		}
	}
	return parse(b[:1+max(n, 1)*pointLen], d.o.Size)
}

// contacts reads the first register. More than the chip has slots for is what
// it says before its first scan: none.
func contacts(b byte) int {
	n := int(b & noContacts)
	if n > pointsMax {
		return 0
	}
	return n
}

// parse reads the registers from regTouches on: a count, then points. A point
// that has just gone up is no finger any more.
func parse(b []byte, size image.Point) ([]Point, error) {
	n := contacts(b[0])
	if len(b) < 1+n*pointLen {
		return nil, fmt.Errorf("ft5x06: %d contacts in %d bytes", n, len(b))
	}
	var points []Point
	for p := b[1:]; n > 0; n, p = n-1, p[pointLen:] {
		event := p[0] >> 6
		if event == eventUp {
			continue
		}
		x, y := binary.BigEndian.Uint16(p)&(positions-1), binary.BigEndian.Uint16(p[2:])&(positions-1)
		point := Point{ID: int(p[2] >> 4), X: int(x), Y: int(y)}
		if event != eventDown && event != eventContact || !image.Pt(point.X, point.Y).In(image.Rectangle{Max: size}) {
			return nil, fmt.Errorf("ft5x06: %v with event %d on a panel of %v", point, event, size)
		}
		points = append(points, point)
	}
	return points, nil
}
