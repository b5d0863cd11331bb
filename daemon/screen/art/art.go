// Package art holds the kiosk's illustrations and icons, drawn in code.
//
// They are decoration: whatever they say stands in words beside them.
package art

import (
	"image"

	"kioskd/daemon/screen/draw"
)

// Name is one illustration.
type Name string

// The illustrations.
const (
	CardDown  Name = "card-down"  // lay it on the reader
	CardUp    Name = "card-up"    // take it
	CardRead  Name = "card-read"  // it is being read
	CardWrong Name = "card-wrong" // not this one
	Clock     Name = "clock"
	Pause     Name = "pause"
	Paper     Name = "paper"
	Calendar  Name = "calendar"
	Lock      Name = "lock"
	Warning   Name = "warning"
	Counter   Name = "counter"
	Waiting   Name = "waiting"
	Coins     Name = "coins"
	Printer   Name = "printer"
	Jam       Name = "jam"
	Sheets    Name = "sheets"
	Done      Name = "done"
	Back      Name = "back"
	Slip      Name = "slip"
)

// The few colours of the illustrations.
const (
	disc   draw.Colour = 0xDCEEE9
	deep   draw.Colour = 0x00544D
	teal   draw.Colour = 0x2E8C82
	mint   draw.Colour = 0x9AD0C4
	white  draw.Colour = 0xFFFFFF
	slate  draw.Colour = 0x33474F
	steel  draw.Colour = 0x6C828A
	mist   draw.Colour = 0xC7D5D6
	pink   draw.Colour = 0xF7D4CF
	rose   draw.Colour = 0xE29A94
	gold   draw.Colour = 0xF0B93A
	amber  draw.Colour = 0xC98A12
	red    draw.Colour = 0xB3261E
	skin   draw.Colour = 0xF4CDA8
	shade  draw.Colour = 0xDDAF86
	sleeve draw.Colour = 0x2B6C88
)

// Draw draws an illustration as large as fits in r.
func Draw(c *draw.Canvas, r image.Rectangle, name Name) {
	p := c.Pen(r)
	ground := disc
	switch name {
	case Warning, Jam, CardWrong:
		ground = 0xFBEBD2
	}
	p.Disc(ground, 50, 50, 49)
	switch name {
	case CardDown:
		reader(p, mint)
		hand(p, 50, 34)
		arrow(p, 50, 58, 1)
	case CardUp:
		reader(p, mist)
		hand(p, 50, 30)
		arrow(p, 50, 60, -1)
	case CardRead:
		reader(p, mint)
		card(p, 50, 66, 0, 0.72)
		for i, r := range []float32{12, 22, 32} {
			p.Arc(teal, 50, 50, r, 4-float32(i)*0.6, 215, 325)
		}
	case CardWrong:
		reader(p, mist)
		p.Turned(mist, 50, 40, 50, 32, 4, -8)
		p.Turned(steel, 50, 33.5, 49, 6, 0, -8)
		badge(p, 76, 66, red)
		cross(p, 76, 66)
	case Clock:
		clock(p, 50, 50, 34)
	case Pause:
		machine(p)
		badge(p, 72, 70, slate)
		p.Rect(white, 66, 62, 70.5, 78, 1.5)
		p.Rect(white, 73.5, 62, 78, 78, 1.5)
	case Paper:
		page(p, 50, 50, 1)
		for i := range 3 {
			y := 32 + 17*float32(i)
			p.Line(teal, 4, pt(33, y), pt(37, y+4), pt(43, y-5))
			p.Line(mist, 4, pt(50, y), pt(67, y))
		}
	case Calendar:
		calendar(p)
	case Lock:
		p.Circle(steel, 50, 42, 17, 7)
		p.Rect(deep, 26, 44, 74, 82, 6)
		p.Disc(gold, 50, 60, 6)
		p.Line(gold, 5, pt(50, 60), pt(50, 71))
	case Warning:
		p.Line(amber, 8, pt(50, 18), pt(86, 78), pt(14, 78), pt(50, 18))
		p.Poly(gold, pt(50, 18), pt(86, 78), pt(14, 78))
		p.Line(slate, 8, pt(50, 38), pt(50, 56))
		p.Disc(slate, 50, 68.5, 4.8)
	case Counter:
		counter(p)
	case Waiting:
		page(p, 46, 48, 0.95)
		for i := range 4 {
			y := 28 + 12*float32(i)
			p.Line(mist, 4, pt(32, y), pt(60, y))
		}
		clock(p, 70, 70, 19)
	case Coins:
		coins(p)
	case Printer:
		printer(p)
		page(p, 50, 72, 0.55)
		p.Line(mist, 3, pt(40, 68), pt(60, 68))
		p.Line(mist, 3, pt(40, 75), pt(60, 75))
		p.Line(mist, 3, pt(40, 82), pt(54, 82))
	case Jam:
		printer(p)
		p.Poly(white, pt(34, 60), pt(66, 60), pt(62, 68), pt(67, 75), pt(58, 80), pt(50, 75), pt(40, 82), pt(33, 74), pt(38, 68))
		p.Line(steel, 2.5, pt(40, 66), pt(48, 71), pt(44, 75))
		p.Line(steel, 2.5, pt(58, 66), pt(54, 72), pt(60, 75))
		badge(p, 78, 74, red)
		p.Line(white, 5, pt(78, 66), pt(78, 75))
		p.Disc(white, 78, 82, 2.8)
	case Sheets:
		sheets(p)
	case Done:
		p.Disc(deep, 50, 50, 32)
		p.Line(white, 8, pt(34, 51), pt(46, 63), pt(67, 38))
		for i, q := range []draw.Point{pt(14, 30), pt(86, 28), pt(10, 64), pt(90, 66), pt(26, 12), pt(74, 90)} {
			p.Disc([]draw.Colour{gold, rose, teal}[i%3], q.X, q.Y, 3.2)
		}
	case Back:
		p.Arc(deep, 50, 52, 24, 8, -60, 200)
		p.Poly(deep, pt(30, 26), pt(15, 47), pt(41, 51))
	case Slip:
		p.Poly(white, pt(30, 16), pt(70, 16), pt(70, 84), pt(63, 78), pt(57, 84), pt(50, 78), pt(43, 84), pt(37, 78), pt(30, 84))
		p.Line(steel, 2.4, pt(30, 16), pt(70, 16), pt(70, 84), pt(63, 78), pt(57, 84), pt(50, 78), pt(43, 84), pt(37, 78), pt(30, 84), pt(30, 16))
		yen(p, deep, 50, 36, 1.1)
		p.Line(mist, 4, pt(38, 58), pt(62, 58))
		p.Line(mist, 4, pt(38, 67), pt(55, 67))
	}
}
