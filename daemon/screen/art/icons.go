package art

import (
	"image"
	"math"

	"kioskd/daemon/screen/draw"
)

// Icon is a sign on a button.
type Icon string

// The signs.
const (
	Cross      Icon = "cross"
	Check      Icon = "check"
	Plus       Icon = "plus"
	Minus      Icon = "minus"
	ArrowLeft  Icon = "left"
	ArrowRight Icon = "right"
	Question   Icon = "question"
	Globe      Icon = "globe"
	Document   Icon = "document"
	Key        Icon = "key"
	Person     Icon = "person"
	People     Icon = "people"
	SomePeople Icon = "some-people"
	PrintIcon  Icon = "print"
	ClockIcon  Icon = "clock"
	Alert      Icon = "alert"
)

// pt shortens the long lists of points below.
func pt(x, y float32) draw.Point { return draw.Point{X: x, Y: y} }

// Sign draws an icon in one colour.
func Sign(c *draw.Canvas, r image.Rectangle, icon Icon, col draw.Colour) {
	p := c.Pen(r)
	switch icon {
	case Cross:
		p.Line(col, 13, pt(22, 22), pt(78, 78))
		p.Line(col, 13, pt(78, 22), pt(22, 78))
	case Check:
		p.Line(col, 14, pt(16, 54), pt(40, 78), pt(84, 24))
	case Plus:
		p.Line(col, 14, pt(50, 14), pt(50, 86))
		p.Line(col, 14, pt(14, 50), pt(86, 50))
	case Minus:
		p.Line(col, 14, pt(14, 50), pt(86, 50))
	case ArrowLeft:
		p.Line(col, 12, pt(86, 50), pt(16, 50))
		p.Line(col, 12, pt(44, 20), pt(14, 50), pt(44, 80))
	case ArrowRight:
		p.Line(col, 12, pt(14, 50), pt(84, 50))
		p.Line(col, 12, pt(56, 20), pt(86, 50), pt(56, 80))
	case Question:
		p.Circle(col, 50, 50, 42, 9)
		p.Arc(col, 50, 40, 15, 10, 180, 400)
		p.Line(col, 10, pt(61.5, 49.6), pt(50, 60), pt(50, 64))
		p.Disc(col, 50, 78, 6.5)
	case Globe:
		p.Circle(col, 50, 50, 42, 8)
		p.Ellipse(col, 50, 50, 18, 42, 6)
		p.Line(col, 6, pt(10, 50), pt(90, 50))
		p.Line(col, 6, pt(17, 29), pt(83, 29))
		p.Line(col, 6, pt(17, 71), pt(83, 71))
	case Document:
		p.Line(col, 8, pt(22, 10), pt(60, 10), pt(80, 30), pt(80, 90), pt(22, 90), pt(22, 10))
		p.Line(col, 7, pt(58, 12), pt(58, 32), pt(78, 32))
		p.Line(col, 7, pt(36, 48), pt(66, 48))
		p.Line(col, 7, pt(36, 62), pt(66, 62))
		p.Line(col, 7, pt(36, 76), pt(54, 76))
	case Key:
		p.Circle(col, 32, 50, 20, 11)
		p.Line(col, 11, pt(52, 50), pt(92, 50))
		p.Line(col, 10, pt(88, 50), pt(88, 68))
		p.Line(col, 10, pt(72, 50), pt(72, 64))
	case Person:
		person(p, col, 50, 1)
	case People:
		person(p, col, 21, 0.72)
		person(p, col, 79, 0.72)
		person(p, col, 50, 0.95)
	case SomePeople:
		person(p, col, 34, 0.9)
		p.Circle(col, 76, 44, 11, 6)
		p.Arc(col, 76, 84, 17, 6, 180, 360)
	case PrintIcon:
		p.Line(col, 8, pt(28, 34), pt(28, 12), pt(72, 12), pt(72, 34))
		p.Rect(col, 10, 34, 90, 72, 8)
		p.Rect(0xFFFFFF, 28, 56, 72, 92, 2)
		p.Line(col, 6, pt(28, 58), pt(72, 58), pt(72, 90), pt(28, 90), pt(28, 58))
	case ClockIcon:
		p.Circle(col, 50, 50, 40, 10)
		p.Line(col, 10, pt(50, 26), pt(50, 52), pt(66, 62))
	case Alert:
		p.Line(col, 9, pt(50, 12), pt(92, 86), pt(8, 86), pt(50, 12))
		p.Line(col, 10, pt(50, 40), pt(50, 60))
		p.Disc(col, 50, 74, 5.5)
	}
}

// person is a head and shoulders, standing on the lower edge.
func person(p *draw.Pen, col draw.Colour, x, size float32) {
	p.Disc(col, x, 92-60*size, 17*size)
	half(p, col, x, 92, 30*size, 36*size)
}

// half fills the upper half of an ellipse that stands on y.
func half(p *draw.Pen, col draw.Colour, x, y, rx, ry float32) {
	const steps = 24
	pts := make([]draw.Point, 0, steps+1)
	for i := range steps + 1 {
		s, c := math.Sincos(math.Pi * float64(i) / steps)
		pts = append(pts, pt(x+rx*float32(c), y-ry*float32(s)))
	}
	p.Poly(col, pts...)
}
