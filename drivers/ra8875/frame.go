package ra8875

import (
	"image"
	"image/color"
	"image/draw"
)

// bytesPerPixel on the panel's side of the wire.
const bytesPerPixel = 2

// RGB565 is a colour of the panel: 5 bits red, 6 green, 5 blue.
type RGB565 uint16

// RGBA spreads each part over its full range, so that white stays white.
func (c RGB565) RGBA() (r, g, b, a uint32) {
	r5, g6, b5 := uint32(c>>11), uint32(c>>5)&0x3F, uint32(c)&0x1F
	r8, g8, b8 := r5<<3|r5>>2, g6<<2|g6>>4, b5<<3|b5>>2
	return r8 * 0x101, g8 * 0x101, b8 * 0x101, 0xFFFF
}

// pack keeps the high bits of 8-bit parts.
func pack(r, g, b uint8) RGB565 {
	return RGB565(r&0xF8)<<8 | RGB565(g&0xFC)<<3 | RGB565(b>>3)
}

// ColorModel returns the panel's colours.
func ColorModel() color.Model { return color.ModelFunc(toRGB565) }

func toRGB565(c color.Color) color.Color {
	if c, ok := c.(RGB565); ok {
		return c
	}
	r, g, b, _ := c.RGBA()
	return pack(uint8(r>>8), uint8(g>>8), uint8(b>>8))
}

// Frame is a picture in the panel's own bytes, so that sending a part of it is
// copying. It implements draw.Image.
type Frame struct {
	// Pix holds the rows one after the other, two bytes a pixel, the high byte
	// first. The pixel at (x, y) starts at PixOffset(x, y).
	Pix    []byte
	Stride int // bytes from one row to the next
	Rect   image.Rectangle
}

// NewFrame returns a black picture.
func NewFrame(r image.Rectangle) *Frame {
	stride := r.Dx() * bytesPerPixel
	return &Frame{Pix: make([]byte, stride*r.Dy()), Stride: stride, Rect: r}
}

// ColorModel returns the panel's colours.
func (f *Frame) ColorModel() color.Model { return ColorModel() }

// Bounds returns Rect.
func (f *Frame) Bounds() image.Rectangle { return f.Rect }

// PixOffset is the index in Pix of the pixel's first byte.
func (f *Frame) PixOffset(x, y int) int {
	return (y-f.Rect.Min.Y)*f.Stride + (x-f.Rect.Min.X)*bytesPerPixel
}

// At returns an RGB565; outside of the picture, black.
func (f *Frame) At(x, y int) color.Color {
	if !image.Pt(x, y).In(f.Rect) {
		return RGB565(0)
	}
	i := f.PixOffset(x, y)
	return RGB565(f.Pix[i])<<8 | RGB565(f.Pix[i+1])
}

// Set changes one pixel; outside of the picture, none.
func (f *Frame) Set(x, y int, c color.Color) {
	if !image.Pt(x, y).In(f.Rect) {
		return
	}
	p, _ := toRGB565(c).(RGB565)
	i := f.PixOffset(x, y)
	f.Pix[i], f.Pix[i+1] = byte(p>>8), byte(p)
}

// Copy puts src where sp lands on r.Min, within both pictures, and returns the
// rectangle that it changed. From *image.RGBA (opaque) and *Frame it is quick.
func (f *Frame) Copy(r image.Rectangle, src image.Image, sp image.Point) image.Rectangle {
	r, sp = clip(r, f.Rect, src.Bounds(), sp)
	switch src := src.(type) {
	case *Frame:
		for y := range r.Dy() {
			to := f.PixOffset(r.Min.X, r.Min.Y+y)
			from := src.PixOffset(sp.X, sp.Y+y)
			copy(f.Pix[to:to+r.Dx()*bytesPerPixel], src.Pix[from:])
		}
	case *image.RGBA:
		for y := range r.Dy() {
			to := f.Pix[f.PixOffset(r.Min.X, r.Min.Y+y):]
			from := src.Pix[src.PixOffset(sp.X, sp.Y+y):]
			for x := range r.Dx() {
				p := pack(from[4*x], from[4*x+1], from[4*x+2])
				to[2*x], to[2*x+1] = byte(p>>8), byte(p)
			}
		}
	default:
		draw.Draw(f, r, src, sp, draw.Src)
	}
	return r
}

// clip keeps r within the panel and the source, and moves sp by what was cut
// off at the top and left, as image/draw does.
func clip(r, panel, src image.Rectangle, sp image.Point) (image.Rectangle, image.Point) {
	cut := r.Intersect(panel).Intersect(src.Add(r.Min.Sub(sp)))
	if cut.Empty() {
		return image.Rectangle{}, sp
	}
	return cut, sp.Add(cut.Min.Sub(r.Min))
}

var _ draw.Image = (*Frame)(nil)
