package draw

import (
	"image/color"
	"math"
)

// Colour is an opaque colour, 0xRRGGBB.
type Colour uint32

func (c Colour) parts() (red, green, blue uint8) {
	return uint8(c >> 16), uint8(c >> 8), uint8(c)
}

func (c Colour) rgba() color.RGBA {
	r, g, b := c.parts()
	return color.RGBA{R: r, G: g, B: b, A: 0xff}
}

// Contrast is the ratio of two colours' luminance, 1 to 21 (WCAG 2, 1.4.3).
func Contrast(a, b Colour) float64 {
	l, m := a.luminance(), b.luminance()
	return (max(l, m) + 0.05) / (min(l, m) + 0.05)
}

func (c Colour) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	r, g, b := c.parts()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
