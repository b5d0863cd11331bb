package art

import (
	"image"

	"kioskd/daemon/screen/draw"
)

// The town's colours are pale: words stand in front of it.
const (
	far    draw.Colour = 0xCFE6DF
	near   draw.Colour = 0xB9DACF
	street draw.Colour = 0xA3CBBE
	wall   draw.Colour = 0xF7FAF8
	wallB  draw.Colour = 0xE6EFEC
	window draw.Colour = 0xA9CFCB
	roof   draw.Colour = 0x7FB3A8
	roofB  draw.Colour = 0xE0A79C
	leaf   draw.Colour = 0x7CB894
	leafB  draw.Colour = 0x93C8A4
	trunk  draw.Colour = 0x9A8468
	sun    draw.Colour = 0xF9E3A2
)

// Town draws a quiet town in r, 800 units wide: its street is 252 units below
// the upper edge and fills what is left.
func Town(c *draw.Canvas, r image.Rectangle) {
	p := c.Wide(r, 800)
	p.Disc(sun, 716, 60, 38)
	half(p, far, 150, 260, 330, 190)
	half(p, far, 640, 260, 380, 170)
	half(p, near, 420, 260, 420, 120)
	house(p, 472, 216, 62, 42, roofB)
	hall(p, 590, 196)
	house(p, 706, 204, 64, 52, roof)
	house(p, 34, 216, 76, 56, roof)
	house(p, 128, 222, 60, 46, roofB)
	house(p, 330, 214, 78, 52, roof)
	for _, t := range [][3]float32{{16, 232, 15}, {222, 226, 20}, {252, 234, 14}, {296, 230, 16}, {438, 228, 17}, {552, 232, 13}, {690, 232, 13}, {782, 226, 18}} {
		tree(p, t[0], t[1], t[2])
	}
	p.Rect(street, 0, 252, 800, float32(r.Dy())*800/float32(r.Dx()), 0)
}

func tree(p *draw.Pen, x, y, r float32) {
	p.Line(trunk, r/3, pt(x, y), pt(x, y+r*1.7))
	p.Disc(leaf, x, y-r*0.3, r)
	p.Disc(leafB, x-r*0.2, y-r*0.5, r*0.68)
}

// house stands with its upper left corner at x, y.
func house(p *draw.Pen, x, y, w, h float32, top draw.Colour) {
	p.Poly(top, pt(x-8, y), pt(x+w/2, y-h*0.5), pt(x+w+8, y))
	p.Rect(wallB, x, y, x+w, y+h, 0)
	p.Rect(wall, x, y, x+w*0.55, y+h, 0)
	for i := range 2 {
		wx := x + w*0.14 + float32(i)*w*0.44
		p.Rect(window, wx, y+h*0.22, wx+w*0.24, y+h*0.55, 1.5)
	}
}

// hall is the municipality's, with its flag.
func hall(p *draw.Pen, x, y float32) {
	p.Line(roof, 3, pt(x+48, y-92), pt(x+48, y-50))
	p.Poly(roofB, pt(x+50, y-92), pt(x+74, y-85), pt(x+50, y-77))
	p.Rect(wallB, x+28, y-52, x+68, y, 0)
	p.Rect(roof, x+24, y-56, x+72, y-48, 1)
	p.Disc(wall, x+48, y-30, 11)
	p.Circle(roof, x+48, y-30, 11, 2.5)
	p.Line(roof, 2.2, pt(x+48, y-36), pt(x+48, y-30), pt(x+52, y-28))
	p.Rect(wall, x, y-10, x+96, y+60, 0)
	p.Rect(roof, x-6, y-14, x+102, y-5, 1)
	for i := range 5 {
		wx := x + 8 + 17*float32(i)
		p.Rect(window, wx, y+6, wx+10, y+24, 1)
	}
	p.Rect(roof, x+38, y+32, x+58, y+60, 1)
}
