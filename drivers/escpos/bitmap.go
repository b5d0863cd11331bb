package escpos

import (
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
)

// Width of the paper in dots, at 203 dpi on 80 mm.
const Width = 576

// RowLen is the number of bytes of one row of dots.
const RowLen = Width / 8

// Bitmap is a slip as dots, Width across. It implements draw.Image in black and
// white.
type Bitmap struct {
	// Rows holds the rows from the top, RowLen bytes each; a 1 is black, and the
	// highest bit is the leftmost dot.
	Rows []byte
}

// NewBitmap returns white paper of that many rows.
func NewBitmap(height int) *Bitmap { return &Bitmap{Rows: make([]byte, height*RowLen)} }

// FromImage makes dots of img, from its top left corner: black is what is darker
// than middle grey. What is wider than the paper is cut off.
func FromImage(img image.Image) *Bitmap {
	b := NewBitmap(img.Bounds().Dy())
	draw.Draw(b, b.Bounds(), img, img.Bounds().Min, draw.Src)
	return b
}

// Height is the number of rows.
func (b *Bitmap) Height() int { return len(b.Rows) / RowLen }

// Row is one row's bytes.
func (b *Bitmap) Row(y int) []byte { return b.Rows[y*RowLen : (y+1)*RowLen] }

// ColorModel returns black and white.
func (b *Bitmap) ColorModel() color.Model { return color.ModelFunc(blackOrWhite) }

func blackOrWhite(c color.Color) color.Color {
	if dark(c) {
		return color.Gray{Y: 0}
	}
	return color.Gray{Y: 0xFF}
}

func dark(c color.Color) bool {
	g, _ := color.GrayModel.Convert(c).(color.Gray)
	_, _, _, alpha := c.RGBA()
	return g.Y < 0x80 && alpha >= 0x8000 // nothing at all is paper
}

// Bounds returns Width by Height.
func (b *Bitmap) Bounds() image.Rectangle { return image.Rect(0, 0, Width, b.Height()) }

// At returns black or white.
func (b *Bitmap) At(x, y int) color.Color {
	if image.Pt(x, y).In(b.Bounds()) && b.Rows[y*RowLen+x/8]&(0x80>>(x%8)) != 0 {
		return color.Gray{Y: 0}
	}
	return color.Gray{Y: 0xFF}
}

// Set makes a dot black when c is dark.
func (b *Bitmap) Set(x, y int, c color.Color) {
	if !image.Pt(x, y).In(b.Bounds()) {
		return
	}
	bit := byte(0x80 >> (x % 8))
	if dark(c) {
		b.Rows[y*RowLen+x/8] |= bit
	} else {
		b.Rows[y*RowLen+x/8] &^= bit
	}
}

// Ink returns the rows from the first to the last that has any black; nil for
// white paper.
func (b *Bitmap) Ink() []byte {
	first, last := -1, -1
	for y := range b.Height() {
		if white(b.Row(y)) {
			continue
		}
		if first < 0 {
			first = y
		}
		last = y
	}
	if first < 0 {
		return nil
	}
	return b.Rows[first*RowLen : (last+1)*RowLen]
}

// Checksum is the CRC-32 (IEEE) of Ink, by which a printed slip is recognised.
func (b *Bitmap) Checksum() uint32 { return crc32.ChecksumIEEE(b.Ink()) }

func white(row []byte) bool {
	for _, b := range row {
		if b != 0 {
			return false
		}
	}
	return true
}

var _ draw.Image = (*Bitmap)(nil)
