package screen

import (
	"bytes"
	"image"
	"slices"
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

// windowPixels is how many unchanged pixels are worth one rectangle less: 1 KB
// at RGB565.
//
// To a RA8875 a rectangle is about one SPI message more: up to 25 frames of chip
// select for its window and cursor, which fill three quarters of what spidev
// takes at one call. Linux rests 10 µs between two frames, and a call with its
// interrupts takes about 100 µs: some 350 µs, in which the bus carries 875 bytes
// at 20 MHz. In a framebuffer a rectangle costs nothing, and 2 KB of memory
// hardly more.
const windowPixels = 512

// take converts what of img lies in r to the panel's pixels and returns the
// rectangles that differ from what was there before, with as much between them
// as is cheaper to send than to leave out. They do not overlap.
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
	return join(m.rects)
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
// run to the same run in the band above. It includes no unchanged tile.
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

// join puts rectangles together while that is cheaper than a window for each.
// They must not overlap, and do not afterwards.
func join(rects []image.Rectangle) []image.Rectangle {
	apart := 0 // no two of rects[:apart] are worth joining
next:
	for apart < len(rects) {
		r := rects[apart]
		for _, o := range rects[:apart] {
			u := r.Union(o)
			if area(u)-area(r)-area(o) > windowPixels {
				continue
			}
			if u, ok := swell(rects, u); ok {
				rects, apart = swallow(rects, apart, u)
				continue next
			}
		}
		apart++
	}
	return rects
}

// swell lets u grow until it holds whole all that it overlaps, and says whether
// sending it costs no more than their windows.
func swell(rects []image.Rectangle, u image.Rectangle) (image.Rectangle, bool) {
	for {
		before, windows, pixels := u, 0, 0
		for _, r := range rects {
			if r.Overlaps(u) {
				u = u.Union(r)
				windows++
				pixels += area(r)
			}
		}
		if u == before {
			return u, area(u)-pixels <= (windows-1)*windowPixels
		}
	}
}

// swallow puts u in the place of all that it holds. The n before it are of the
// first apart.
func swallow(rects []image.Rectangle, apart int, u image.Rectangle) (left []image.Rectangle, n int) {
	left = rects[:0]
	for i, r := range rects {
		if r.In(u) {
			continue
		}
		if i < apart {
			n++
		}
		left = append(left, r)
	}
	return slices.Insert(left, n, u), n
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }
