package draw

import (
	"image"
	"math"

	"golang.org/x/image/vector"
)

// Pen draws vector shapes in a square of 100 by 100 units that is laid over a
// rectangle of the canvas.
type Pen struct {
	c     *Canvas
	at    image.Point
	scale float32 // pixels a unit
	size  image.Point
}

// Pen lays the square of 100 units into r: as large as it goes, in the middle.
func (c *Canvas) Pen(r image.Rectangle) *Pen {
	side := min(r.Dx(), r.Dy())
	at := r.Min.Add(image.Pt((r.Dx()-side)/2, (r.Dy()-side)/2))
	return &Pen{c: c, at: at, scale: float32(side) / 100, size: image.Pt(side, side)}
}

// Wide lays a space of width by height units over r without keeping it square
// in pixels: r must have the same proportions.
func (c *Canvas) Wide(r image.Rectangle, width float32) *Pen {
	return &Pen{c: c, at: r.Min, scale: float32(r.Dx()) / width, size: r.Size()}
}

// Point is a place in the pen's units.
type Point struct{ X, Y float32 }

// trace notes a path and how far it reaches, so that only that much of the
// canvas is rasterised.
type trace struct {
	ops      []op
	from, to Point
}

// op is one piece of a path: a move (1 point), a line (1) or a curve (3).
type op struct {
	kind byte
	p    [3]Point
}

func (t *trace) add(kind byte, pts ...Point) {
	o := op{kind: kind}
	copy(o.p[:], pts)
	for _, q := range pts {
		if len(t.ops) == 0 {
			t.from, t.to = q, q
		}
		t.from = Point{min(t.from.X, q.X), min(t.from.Y, q.Y)}
		t.to = Point{max(t.to.X, q.X), max(t.to.Y, q.Y)}
	}
	t.ops = append(t.ops, o)
}

// MoveTo, LineTo, CubeTo and ClosePath are those of vector.Rasterizer.
func (t *trace) MoveTo(x, y float32) { t.add('m', Point{x, y}) }

func (t *trace) LineTo(x, y float32) { t.add('l', Point{x, y}) }

func (t *trace) CubeTo(bx, by, cx, cy, dx, dy float32) {
	t.add('c', Point{bx, by}, Point{cx, cy}, Point{dx, dy})
}

func (t *trace) ClosePath() { t.ops = append(t.ops, op{kind: 'z'}) }

// replay draws the path with its origin moved.
func (t *trace) replay(z *vector.Rasterizer, at image.Point) {
	dx, dy := float32(at.X), float32(at.Y)
	for _, o := range t.ops {
		p := o.p
		switch o.kind {
		case 'm':
			z.MoveTo(p[0].X-dx, p[0].Y-dy)
		case 'l':
			z.LineTo(p[0].X-dx, p[0].Y-dy)
		case 'c':
			z.CubeTo(p[0].X-dx, p[0].Y-dy, p[1].X-dx, p[1].Y-dy, p[2].X-dx, p[2].Y-dy)
		default:
			z.ClosePath()
		}
	}
}

// fill rasterises what path draws and paints it.
func (p *Pen) fill(col Colour, path func(z *trace)) {
	t := &p.c.trace
	t.ops = t.ops[:0]
	path(t)
	reach := image.Rect(int(t.from.X)-1, int(t.from.Y)-1, int(t.to.X)+2, int(t.to.Y)+2)
	dst := reach.Add(p.at).Intersect(image.Rectangle{Min: p.at, Max: p.at.Add(p.size)}).Intersect(p.c.Img.Rect)
	if dst.Empty() {
		return
	}
	z := p.c.ras
	z.Reset(dst.Dx(), dst.Dy())
	t.replay(z, dst.Min.Sub(p.at))
	z.Draw(p.c.Img, dst, image.NewUniform(col.rgba()), image.Point{})
}

// Poly fills a polygon.
func (p *Pen) Poly(col Colour, pts ...Point) {
	p.fill(col, func(z *trace) { p.poly(z, pts) })
}

func (p *Pen) poly(z *trace, pts []Point) {
	z.MoveTo(pts[0].X*p.scale, pts[0].Y*p.scale)
	for _, q := range pts[1:] {
		z.LineTo(q.X*p.scale, q.Y*p.scale)
	}
	z.ClosePath()
}

// kappa makes four cubic curves a circle.
const kappa = 0.5522848

func (p *Pen) circle(z *trace, x, y, r float32, back bool) {
	x, y, r = x*p.scale, y*p.scale, r*p.scale
	k := r * kappa
	z.MoveTo(x+r, y)
	if back {
		z.CubeTo(x+r, y-k, x+k, y-r, x, y-r)
		z.CubeTo(x-k, y-r, x-r, y-k, x-r, y)
		z.CubeTo(x-r, y+k, x-k, y+r, x, y+r)
		z.CubeTo(x+k, y+r, x+r, y+k, x+r, y)
	} else {
		z.CubeTo(x+r, y+k, x+k, y+r, x, y+r)
		z.CubeTo(x-k, y+r, x-r, y+k, x-r, y)
		z.CubeTo(x-r, y-k, x-k, y-r, x, y-r)
		z.CubeTo(x+k, y-r, x+r, y-k, x+r, y)
	}
	z.ClosePath()
}

// Disc fills a circle.
func (p *Pen) Disc(col Colour, x, y, r float32) {
	p.fill(col, func(z *trace) { p.circle(z, x, y, r, false) })
}

// Circle draws a circle's line of that width.
func (p *Pen) Circle(col Colour, x, y, r, width float32) {
	p.fill(col, func(z *trace) {
		p.circle(z, x, y, r+width/2, false)
		p.circle(z, x, y, r-width/2, true)
	})
}

// Ellipse draws an ellipse's line, upright, of about that width.
func (p *Pen) Ellipse(col Colour, x, y, rx, ry, width float32) {
	const steps = 40
	pts := make([]Point, 0, steps+1)
	for i := range steps + 1 {
		s, co := math.Sincos(2 * math.Pi * float64(i) / steps)
		pts = append(pts, Point{x + rx*float32(co), y + ry*float32(s)})
	}
	p.Line(col, width, pts...)
}

// Arc draws part of a circle's line; angles in degrees, clockwise from east.
func (p *Pen) Arc(col Colour, x, y, r, width float32, from, to float64) {
	steps := max(4, int(math.Abs(to-from)/8))
	pts := make([]Point, 0, steps+1)
	for i := range steps + 1 {
		a := (from + (to-from)*float64(i)/float64(steps)) * math.Pi / 180
		s, co := math.Sincos(a)
		pts = append(pts, Point{x + r*float32(co), y + r*float32(s)})
	}
	p.Line(col, width, pts...)
}

// Rect fills a rectangle with round corners.
func (p *Pen) Rect(col Colour, x0, y0, x1, y1, r float32) {
	p.fill(col, func(z *trace) {
		s := p.scale
		a, b, c, d, q := x0*s, y0*s, x1*s, y1*s, r*s
		k := q * (1 - kappa)
		z.MoveTo(a+q, b)
		z.LineTo(c-q, b)
		z.CubeTo(c-k, b, c, b+k, c, b+q)
		z.LineTo(c, d-q)
		z.CubeTo(c, d-k, c-k, d, c-q, d)
		z.LineTo(a+q, d)
		z.CubeTo(a+k, d, a, d-k, a, d-q)
		z.LineTo(a, b+q)
		z.CubeTo(a, b+k, a+k, b, a+q, b)
		z.ClosePath()
	})
}

// Line draws a line of that width with round joints and ends.
func (p *Pen) Line(col Colour, width float32, pts ...Point) {
	h := width / 2
	p.fill(col, func(z *trace) {
		for i, q := range pts {
			p.circle(z, q.X, q.Y, h, false)
			if i == 0 {
				continue
			}
			o := pts[i-1]
			dx, dy := q.X-o.X, q.Y-o.Y
			l := float32(math.Hypot(float64(dx), float64(dy)))
			if l == 0 {
				continue
			}
			nx, ny := -dy/l*h, dx/l*h
			// The same turning as the circles, or they would cancel each other.
			p.poly(z, []Point{{o.X - nx, o.Y - ny}, {q.X - nx, q.Y - ny}, {q.X + nx, q.Y + ny}, {o.X + nx, o.Y + ny}})
		}
	})
}

// Turned fills a card of w by h units with round corners about its middle,
// turned by degrees.
func (p *Pen) Turned(col Colour, x, y, w, h, r, degrees float32) {
	const steps = 5
	var pts []Point
	corners := [4]struct{ x, y, from float64 }{
		{float64(w/2 - r), float64(h/2 - r), 0},
		{float64(r - w/2), float64(h/2 - r), 90},
		{float64(r - w/2), float64(r - h/2), 180},
		{float64(w/2 - r), float64(r - h/2), 270},
	}
	for _, c := range corners {
		for i := range steps + 1 {
			s, co := math.Sincos((c.from + 90*float64(i)/steps) * math.Pi / 180)
			pts = append(pts, Point{float32(c.x + float64(r)*co), float32(c.y + float64(r)*s)})
		}
	}
	p.Poly(col, p.Around(x, y, degrees, pts...)...)
}

// Around turns points about the origin and moves them to x, y.
func (p *Pen) Around(x, y, degrees float32, pts ...Point) []Point {
	s64, c64 := math.Sincos(float64(degrees) * math.Pi / 180)
	s, c := float32(s64), float32(c64)
	out := make([]Point, len(pts))
	for i, q := range pts {
		out[i] = Point{x + q.X*c - q.Y*s, y + q.X*s + q.Y*c}
	}
	return out
}
