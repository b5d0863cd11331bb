package screen

import (
	"bytes"
	"image"
)

// Format is how a panel keeps a pixel.
type Format int

// RGB565 is two bytes, high byte first (RA8875). BGRX is four bytes, blue
// first (a kernel's XRGB8888 in little endian).
const (
	RGB565 Format = iota
	BGRX
)

// Bytes is the size of one pixel.
func (f Format) Bytes() int {
	if f == BGRX {
		return 4
	}
	return 2
}

// Frame is a picture as the panel keeps it, so that handing it to a driver is
// a plain copy of bytes.
type Frame struct {
	Rect   image.Rectangle // begins at 0, 0
	Format Format
	Stride int    // bytes from one row to the next
	Pix    []byte // Stride*Rect.Dy() bytes, row by row
}

func newFrame(r image.Rectangle, f Format) *Frame {
	stride := r.Dx() * f.Bytes()
	return &Frame{Rect: r, Format: f, Stride: stride, Pix: make([]byte, stride*r.Dy())}
}

// Row is the bytes of row y from x0 to x1.
func (f *Frame) Row(y, x0, x1 int) []byte {
	n := f.Format.Bytes()
	return f.Pix[y*f.Stride+x0*n : y*f.Stride+x1*n]
}

// tile is the side of the squares in which pictures are compared. Small, so
// that a ring around a key costs little on the bus; the keypad lies on the
// same grid.
const tile = 8

// take converts what of img lies in r to the panel's pixels and returns the
// rectangles that differ from what was there before.
func (f *Frame) take(img *image.RGBA, r image.Rectangle, all bool) []image.Rectangle {
	r = f.grid(r)
	n := f.Format.Bytes()
	band := make([]byte, tile*f.Stride)
	var m merger
	for y := r.Min.Y; y < r.Max.Y; y += tile {
		rows := min(tile, r.Max.Y-y)
		for i := range rows {
			f.convert(band[i*f.Stride+r.Min.X*n:i*f.Stride+r.Max.X*n], img.Pix[img.PixOffset(r.Min.X, y+i):])
		}
		for x := r.Min.X; x < r.Max.X; x += tile {
			end := min(x+tile, r.Max.X)
			changed := all
			for i := range rows {
				old, now := f.Row(y+i, x, end), band[i*f.Stride+x*n:i*f.Stride+end*n]
				if !bytes.Equal(old, now) {
					copy(old, now)
					changed = true
				}
			}
			if changed {
				m.add(image.Rect(x, y, end, y+rows))
			}
		}
		m.endBand(y + rows)
	}
	return m.rects
}

// grid widens r to whole tiles.
func (f *Frame) grid(r image.Rectangle) image.Rectangle {
	r.Min.X -= r.Min.X % tile
	r.Min.Y -= r.Min.Y % tile
	r.Max.X += (tile - r.Max.X%tile) % tile
	r.Max.Y += (tile - r.Max.Y%tile) % tile
	return r.Intersect(f.Rect)
}

// convert writes as many pixels as dst holds.
func (f *Frame) convert(dst, src []byte) {
	if f.Format == BGRX {
		for i := 0; i+4 <= len(dst); i += 4 {
			p := src[i : i+4 : i+4]
			dst[i], dst[i+1], dst[i+2], dst[i+3] = p[2], p[1], p[0], 0
		}
		return
	}
	for i, j := 0, 0; i+2 <= len(dst); i, j = i+2, j+4 {
		p := src[j : j+4 : j+4]
		dst[i] = p[0]&0xf8 | p[1]>>5
		dst[i+1] = p[1]<<3&0xe0 | p[2]>>3
	}
}

// merger joins changed tiles: those side by side in a band to one run, and a
// run to the same run in the band above. No unchanged tile is ever included.
type merger struct {
	rects []image.Rectangle
	band  int // index in rects where the present band's runs begin
	above []int
	here  []int
}

func (m *merger) add(t image.Rectangle) {
	if n := len(m.rects); n > m.band && m.rects[n-1].Max.X == t.Min.X && m.rects[n-1].Min.Y == t.Min.Y {
		m.rects[n-1].Max.X = t.Max.X
		return
	}
	m.rects = append(m.rects, t)
}

// endBand joins the band's runs to the ones above.
func (m *merger) endBand(bottom int) {
	m.here = m.here[:0]
	kept := m.rects[:m.band]
	for _, run := range m.rects[m.band:] {
		joined := false
		for _, i := range m.above {
			a := &kept[i]
			if a.Min.X == run.Min.X && a.Max.X == run.Max.X && a.Max.Y == run.Min.Y {
				a.Max.Y = bottom
				m.here = append(m.here, i)
				joined = true
				break
			}
		}
		if !joined {
			kept = append(kept, run)
			m.here = append(m.here, len(kept)-1)
		}
	}
	m.rects, m.band = kept, len(kept)
	m.above, m.here = m.here, m.above
}
