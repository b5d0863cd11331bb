package paper

// A4 at 300 dots per inch, upright.
const (
	pageWidth  = 2480
	pageHeight = 3508
	pageStride = pageWidth / 8
	resolution = 300
)

// canvas is a rectangle of dots, one bit each, 1 is black, the leftmost dot in a
// byte's highest bit: the very rows that PWG Raster packs, so nothing is converted.
type canvas struct {
	width, height, stride int
	dots                  []byte
}

func newCanvas(width, height int) *canvas {
	stride := (width + 7) / 8
	return &canvas{width: width, height: height, stride: stride, dots: make([]byte, stride*height)}
}

func (c *canvas) clone() *canvas {
	d := *c
	d.dots = append([]byte(nil), c.dots...)
	return &d
}

func (c *canvas) at(x, y int) bool {
	if x < 0 || y < 0 || x >= c.width || y >= c.height {
		return false
	}
	return c.dots[y*c.stride+x/8]&(0x80>>(x%8)) != 0
}

func (c *canvas) set(x, y int) {
	if x < 0 || y < 0 || x >= c.width || y >= c.height {
		return
	}
	c.dots[y*c.stride+x/8] |= 0x80 >> (x % 8)
}

// fill blackens a rectangle, clear whitens it; x1 and y1 are not part of it.
func (c *canvas) fill(x0, y0, x1, y1 int)  { c.span(x0, y0, x1, y1, true) }
func (c *canvas) clear(x0, y0, x1, y1 int) { c.span(x0, y0, x1, y1, false) }

func (c *canvas) span(x0, y0, x1, y1 int, black bool) {
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, c.width), min(y1, c.height)
	if x0 >= x1 {
		return
	}
	first, last := x0/8, (x1-1)/8
	head, tail := byte(0xFF>>(x0%8)), byte(0xFF<<(7-(x1-1)%8))
	for y := y0; y < y1; y++ {
		row := c.dots[y*c.stride : (y+1)*c.stride]
		for i := first; i <= last; i++ {
			m := byte(0xFF)
			if i == first {
				m &= head
			}
			if i == last {
				m &= tail
			}
			if black {
				row[i] |= m
			} else {
				row[i] &^= m
			}
		}
	}
}

// frame draws the four edges of a rectangle, thick dots inwards.
func (c *canvas) frame(x0, y0, x1, y1, thick int) {
	c.fill(x0, y0, x1, y0+thick)
	c.fill(x0, y1-thick, x1, y1)
	c.fill(x0, y0, x0+thick, y1)
	c.fill(x1-thick, y0, x1, y1)
}

// line draws a straight stroke of a square pen.
func (c *canvas) line(x0, y0, x1, y1, thick int) {
	steps := max(abs(x1-x0), abs(y1-y0), 1)
	for i := range steps + 1 {
		x, y := x0+(x1-x0)*i/steps, y0+(y1-y0)*i/steps
		c.fill(x, y, x+thick, y+thick)
	}
}

func abs(n int) int { return max(n, -n) }

// stamp blackens where the glyph is black, with its origin at x on baseline y.
func (c *canvas) stamp(g *glyph, x, y int) {
	x, y = x+g.left, y+g.top
	shift := uint(x) % 8
	for r := range g.height {
		if y+r < 0 || y+r >= c.height {
			continue
		}
		row := c.dots[(y+r)*c.stride : (y+r+1)*c.stride]
		at := (x - int(shift)) / 8
		for _, b := range g.bits[r*g.stride : (r+1)*g.stride] {
			if at >= 0 && at < len(row) {
				row[at] |= b >> shift
			}
			if at+1 >= 0 && at+1 < len(row) {
				row[at+1] |= b << (8 - shift)
			}
			at++
		}
	}
}
