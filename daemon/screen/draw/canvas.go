// Package draw puts shapes and words into a picture: rounded boxes, vector
// paths, and text with the line breaking of Japanese and English.
//
// It knows nothing of pages or panels. Text is never cut: what does not fit at
// the smallest size the caller allows is drawn all the same and reported.
//
// Source: JIS X 4051 for the characters that may not begin or end a line.
package draw

import (
	"image"
	"math"

	"golang.org/x/image/vector"
)

// Canvas is a picture in the making. Coordinates are pixels.
type Canvas struct {
	Img   *image.RGBA
	fonts *Fonts
	ras   *vector.Rasterizer
	trace trace
}

// New makes a canvas of that size.
func New(size image.Point, fonts *Fonts) *Canvas {
	return &Canvas{Img: image.NewRGBA(image.Rectangle{Max: size}), fonts: fonts, ras: vector.NewRasterizer(size.X, size.Y)}
}

// Fonts are the canvas's letters.
func (c *Canvas) Fonts() *Fonts { return c.fonts }

// Fill paints a rectangle.
func (c *Canvas) Fill(r image.Rectangle, col Colour) {
	r = r.Intersect(c.Img.Rect)
	if r.Empty() {
		return
	}
	first := c.Img.Pix[c.Img.PixOffset(r.Min.X, r.Min.Y):]
	row := first[:4*r.Dx()]
	red, green, blue := col.parts()
	for i := 0; i < len(row); i += 4 {
		row[i], row[i+1], row[i+2], row[i+3] = red, green, blue, 0xff
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(c.Img.Pix[c.Img.PixOffset(r.Min.X, y):], row)
	}
}

// Round paints a rectangle with round corners of that radius.
func (c *Canvas) Round(r image.Rectangle, radius int, col Colour) {
	radius = max(0, min(radius, r.Dx()/2, r.Dy()/2))
	if radius == 0 {
		c.Fill(r, col)
		return
	}
	c.Fill(image.Rect(r.Min.X+radius, r.Min.Y, r.Max.X-radius, r.Max.Y), col)
	c.Fill(image.Rect(r.Min.X, r.Min.Y+radius, r.Min.X+radius, r.Max.Y-radius), col)
	c.Fill(image.Rect(r.Max.X-radius, r.Min.Y+radius, r.Max.X, r.Max.Y-radius), col)
	for y := range radius {
		for x := range radius {
			// Distance of the pixel's middle from the corner's circle.
			d := math.Hypot(float64(radius-x)-0.5, float64(radius-y)-0.5)
			a := uint32(255 * min(1, max(0, float64(radius)-d+0.5)))
			if a == 0 {
				continue
			}
			c.blend(r.Min.X+x, r.Min.Y+y, col, a)
			c.blend(r.Max.X-1-x, r.Min.Y+y, col, a)
			c.blend(r.Min.X+x, r.Max.Y-1-y, col, a)
			c.blend(r.Max.X-1-x, r.Max.Y-1-y, col, a)
		}
	}
}

// Box paints a rounded rectangle with a border of that width.
func (c *Canvas) Box(r image.Rectangle, radius, width int, border, fill Colour) {
	c.Round(r, radius, border)
	c.Round(r.Inset(width), radius-width, fill)
}

// Ring paints only the border.
func (c *Canvas) Ring(r image.Rectangle, radius, width int, col Colour) {
	in := r.Inset(width)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if x == in.Min.X+radius && y >= r.Min.Y+radius && y < r.Max.Y-radius {
				x = in.Max.X - radius // the middle is not the ring's
			}
			a := cover(r, radius, x, y) - cover(in, radius-width, x, y)
			if a > 0 {
				c.blend(x, y, col, uint32(255*a))
			}
		}
	}
}

// cover says how much of a pixel a rounded rectangle covers.
func cover(r image.Rectangle, radius, x, y int) float64 {
	if x < r.Min.X || x >= r.Max.X || y < r.Min.Y || y >= r.Max.Y {
		return 0
	}
	cx := min(x-r.Min.X, r.Max.X-1-x)
	cy := min(y-r.Min.Y, r.Max.Y-1-y)
	if cx >= radius || cy >= radius {
		return 1
	}
	d := math.Hypot(float64(radius-cx)-0.5, float64(radius-cy)-0.5)
	return min(1, max(0, float64(radius)-d+0.5))
}

func (c *Canvas) blend(x, y int, col Colour, a uint32) {
	if !(image.Point{x, y}).In(c.Img.Rect) {
		return
	}
	p := c.Img.Pix[c.Img.PixOffset(x, y):][:4]
	red, green, blue := col.parts()
	p[0] = mix(p[0], red, a)
	p[1] = mix(p[1], green, a)
	p[2] = mix(p[2], blue, a)
	p[3] = 0xff
}

func mix(under, over uint8, a uint32) uint8 {
	return uint8((uint32(under)*(255-a) + uint32(over)*a + 127) / 255)
}
