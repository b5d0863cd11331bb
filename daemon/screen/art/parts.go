package art

import "kioskd/daemon/screen/draw"

// reader is the place where the card goes, seen from the front.
func reader(p *draw.Pen, glow draw.Colour) {
	p.Rect(slate, 10, 74, 90, 90, 7)
	p.Rect(0x465E67, 10, 71, 90, 84, 7)
	p.Rect(glow, 20, 74, 80, 80, 3)
}

// card is a My Number Card: a portrait, lines, a chip.
func card(p *draw.Pen, x, y, turn, size float32) {
	at := func(dx, dy float32) (float32, float32) {
		q := p.Around(x, y, turn, pt(dx*size, dy*size))
		return q[0].X, q[0].Y
	}
	box := func(col draw.Colour, dx, dy, w, h, r float32) {
		bx, by := at(dx, dy)
		p.Turned(col, bx, by, w*size, h*size, r*size, turn)
	}
	box(rose, 0, 0, 56, 36, 4.5)
	box(pink, 0, 0, 53.6, 33.6, 3.6)
	box(rose, 0, -12.5, 53.6, 6, 0)
	box(white, -16, 3.5, 15, 19, 1.5)
	hx, hy := at(-16, 0)
	p.Disc(steel, hx, hy, 4*size)
	box(steel, -16, 9, 11, 7, 3)
	box(rose, 9, -3, 26, 2.6, 1)
	box(rose, 6, 2.5, 20, 2.6, 1)
	box(gold, 16, 9.5, 9, 7.5, 1.5)
	box(amber, 16, 9.5, 9, 1, 0)
}

// hand holds a card by its right edge.
func hand(p *draw.Pen, x, y float32) {
	// Fingers go behind the card, the thumb lies on it.
	p.Line(shade, 7.5, pt(x+24, y+6), pt(x+10, y+8))
	p.Line(shade, 7.5, pt(x+26, y-2), pt(x+10, y-2))
	card(p, x-12, y, -6, 0.9)
	p.Turned(sleeve, x+38, y+7.5, 15, 22, 4, 18)
	p.Turned(0x234F66, x+32, y+5.5, 4, 23, 1, 18)
	p.Turned(skin, x+23, y+2.5, 16, 19, 7, 18)
	p.Line(skin, 8, pt(x+21, y-3.5), pt(x+7, y-4.5))
	p.Line(shade, 1.6, pt(x+18, y+1), pt(x+8, y-0.5))
}

// arrow points down (way 1) or up (way -1).
func arrow(p *draw.Pen, x, y, way float32) {
	p.Line(deep, 6, pt(x, y-6), pt(x, y+6))
	p.Line(deep, 6, pt(x-7.5, y+way*-0.5), pt(x, y+way*7), pt(x+7.5, y+way*-0.5))
}

// badge is a small disc that a sign is put on.
func badge(p *draw.Pen, x, y float32, col draw.Colour) {
	p.Disc(white, x, y, 17)
	p.Disc(col, x, y, 14.5)
}

func cross(p *draw.Pen, x, y float32) {
	p.Line(white, 5, pt(x-5.5, y-5.5), pt(x+5.5, y+5.5))
	p.Line(white, 5, pt(x-5.5, y+5.5), pt(x+5.5, y-5.5))
}

func clock(p *draw.Pen, x, y, r float32) {
	p.Disc(deep, x, y, r)
	p.Disc(white, x, y, r*0.84)
	for _, q := range []draw.Point{pt(0, -1), pt(1, 0), pt(0, 1), pt(-1, 0)} {
		p.Disc(steel, x+q.X*r*0.68, y+q.Y*r*0.68, r*0.06)
	}
	p.Line(deep, r*0.12, pt(x, y-r*0.5), pt(x, y), pt(x+r*0.36, y+r*0.22))
}

// page is a sheet of paper, upright.
func page(p *draw.Pen, x, y, size float32) {
	w, h := 27*size, 37*size
	p.Rect(mist, x-w+2, y-h+3, x+w+2, y+h+3, 2)
	p.Rect(steel, x-w, y-h, x+w, y+h, 2)
	p.Rect(white, x-w+1.4, y-h+1.4, x+w-1.4, y+h-1.4, 1)
}

// machine is the kiosk itself.
func machine(p *draw.Pen) {
	p.Rect(slate, 26, 16, 74, 88, 5)
	p.Rect(0x465E67, 29, 19, 71, 85, 3)
	p.Rect(mint, 33, 24, 67, 48, 2)
	p.Rect(white, 38, 31, 54, 34, 1)
	p.Rect(white, 38, 38, 62, 41, 1)
	p.Rect(slate, 33, 56, 49, 59, 1)
	p.Rect(slate, 33, 68, 67, 74, 1)
	p.Rect(white, 38, 70, 62, 76, 0.5)
}

func calendar(p *draw.Pen) {
	p.Rect(steel, 20, 24, 80, 82, 5)
	p.Rect(white, 22, 26, 78, 80, 3.5)
	p.Rect(teal, 22, 26, 78, 40, 3.5)
	p.Rect(teal, 22, 34, 78, 40, 0)
	p.Line(slate, 5, pt(36, 19), pt(36, 29))
	p.Line(slate, 5, pt(64, 19), pt(64, 29))
	for row := range 3 {
		for col := range 4 {
			x, y := 29+11.5*float32(col), 46+11*float32(row)
			p.Rect(mist, x, y, x+7, y+6.5, 1)
		}
	}
	p.Circle(red, 67, 60, 9, 3.4)
}

// counter is somebody at the desk of the municipality.
func counter(p *draw.Pen) {
	p.Disc(shade, 50, 33, 11)
	p.Disc(slate, 50, 29, 11.5)
	p.Disc(skin, 50, 34, 10)
	p.Rect(slate, 40, 24, 60, 29, 4)
	half(p, sleeve, 50, 70, 21, 25)
	p.Poly(white, pt(45, 46), pt(55, 46), pt(50, 56))
	p.Rect(deep, 12, 66, 88, 72, 2)
	p.Rect(teal, 17, 72, 83, 90, 2)
	p.Rect(white, 58, 56, 76, 66, 1)
	p.Rect(steel, 62, 59.5, 72, 61.5, 0.5)
	p.Disc(gold, 22, 26, 9)
	p.Disc(slate, 22, 21.8, 1.7)
	p.Line(slate, 3, pt(22, 26), pt(22, 31))
}

func yen(p *draw.Pen, col draw.Colour, x, y, size float32) {
	s := size
	p.Line(col, 3*s, pt(x-7*s, y-9*s), pt(x, y), pt(x+7*s, y-9*s))
	p.Line(col, 3*s, pt(x, y), pt(x, y+9*s))
	p.Line(col, 2.4*s, pt(x-6*s, y+1*s), pt(x+6*s, y+1*s))
	p.Line(col, 2.4*s, pt(x-6*s, y+5*s), pt(x+6*s, y+5*s))
}

func coin(p *draw.Pen, x, y, r float32, edge, face draw.Colour) {
	p.Disc(edge, x, y, r)
	p.Disc(face, x, y, r*0.84)
	yen(p, edge, x, y, r/15)
}

// coins fall into a slot.
func coins(p *draw.Pen) {
	p.Rect(slate, 18, 66, 82, 90, 6)
	p.Rect(0x465E67, 18, 63, 82, 84, 6)
	p.Rect(0x14212B, 36, 69, 64, 74, 2.4)
	coin(p, 50, 42, 17, amber, gold)
	coin(p, 24, 28, 11, steel, mist)
	coin(p, 77, 25, 12, steel, mist)
	p.Line(deep, 4.5, pt(74, 46), pt(74, 58))
	p.Line(deep, 4.5, pt(68.5, 53), pt(74, 58.5), pt(79.5, 53))
}

func printer(p *draw.Pen) {
	p.Rect(white, 32, 12, 68, 40, 1)
	p.Line(steel, 1.6, pt(32, 36), pt(32, 12), pt(68, 12), pt(68, 36))
	p.Rect(slate, 14, 32, 86, 68, 6)
	p.Rect(0x465E67, 14, 32, 86, 52, 6)
	p.Disc(mint, 76, 42, 3)
	p.Rect(0x14212B, 26, 57, 74, 63, 2)
}

// sheets come out of the slot, with an arrow to take them.
func sheets(p *draw.Pen) {
	p.Rect(slate, 14, 14, 86, 40, 6)
	p.Rect(0x14212B, 24, 30, 76, 36, 2)
	p.Rect(mist, 33, 33, 75, 80, 1)
	p.Rect(steel, 27, 33, 69, 78, 1)
	p.Rect(white, 28.2, 33, 67.8, 76.8, 0.5)
	p.Line(teal, 3.4, pt(40, 42), pt(56, 42))
	for i := range 3 {
		y := 50 + 7*float32(i)
		p.Line(mist, 3, pt(34, y), pt(62, y))
	}
	p.Circle(red, 60, 68, 4, 1.6)
	p.Line(deep, 6, pt(84, 52), pt(84, 70))
	p.Line(deep, 6, pt(76.5, 64), pt(84, 71.5), pt(91.5, 64))
}
