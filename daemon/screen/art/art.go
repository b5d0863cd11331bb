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

// Draw draws an illustration as large as fits in r.
func Draw(c *draw.Canvas, r image.Rectangle, name Name) {
	p := c.Pen(r)
	p.Disc(0xD9EAE6, 50, 50, 48)
}

// Town draws a quiet town along the lower edge of r, 800 by 300 units.
func Town(c *draw.Canvas, r image.Rectangle) {
	p := c.Wide(r, 800)
	p.Disc(0xC9E3DC, 200, 400, 260)
	p.Disc(0xD3E9E3, 600, 480, 340)
}
