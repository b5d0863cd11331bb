package receipts

import (
	"hash/crc32"
	"image"
)

// The roll.
const (
	rowBytes = 72 // 576 dots
	dots     = 8 * rowBytes
	rowsMax  = 24_000 // 3 m; what is fed beyond falls on the floor unseen

	glyphWidth  = 12
	glyphHeight = 24
	lineHeight  = 30 // of a line of text, unless ESC 3 says otherwise
	columns     = dots / glyphWidth
)

// paper is what hangs out of the printer: rows of dots, 1 is black, the most
// significant bit is left.
type paper struct {
	dots   []byte
	unpaid int // rows whose printing time has not passed
	column int // characters on the line that is not printed yet
}

func (p *paper) rows() int { return len(p.dots) / rowBytes }

func (p *paper) clear() { p.dots, p.column = nil, 0 }

func (p *paper) discardLine() { p.column = 0 }

// row prints one row; what is wider than the roll is lost.
func (p *paper) row(b []byte) {
	p.unpaid++
	if p.rows() >= rowsMax {
		return
	}
	var row [rowBytes]byte
	copy(row[:], b)
	p.dots = append(p.dots, row[:]...)
}

func (p *paper) feed(rows int) {
	for range rows {
		p.row(nil)
	}
}

// character puts a block on the line.
func (p *paper) character(spacing int) {
	if p.column == columns {
		p.newline(spacing)
	}
	p.column++
}

// newline prints the line of text, if there is one, and feeds to the next.
func (p *paper) newline(spacing int) {
	if p.column == 0 {
		p.feed(spacing)
		return
	}
	var row [rowBytes]byte
	for x := range p.column * glyphWidth {
		if x%glyphWidth < glyphWidth-2 {
			row[x/8] |= 0x80 >> (x % 8)
		}
	}
	for range glyphHeight {
		p.row(row[:])
	}
	p.column = 0
	p.feed(max(spacing-glyphHeight, 0))
}

// checksum is that of the dots from the first to the last row that has any.
func (p *paper) checksum() uint32 {
	first, last := -1, -1
	for y := range p.rows() {
		if !blank(p.dots[y*rowBytes : (y+1)*rowBytes]) {
			last = y
			if first < 0 {
				first = y
			}
		}
	}
	if first < 0 {
		return crc32.ChecksumIEEE(nil)
	}
	return crc32.ChecksumIEEE(p.dots[first*rowBytes : (last+1)*rowBytes])
}

func blank(row []byte) bool {
	for _, b := range row {
		if b != 0 {
			return false
		}
	}
	return true
}

func (p *paper) picture() *image.Gray {
	picture := image.NewGray(image.Rect(0, 0, dots, p.rows()))
	for i := range picture.Pix {
		if p.dots[i/8]&(0x80>>(i%8)) == 0 {
			picture.Pix[i] = 0xFF
		}
	}
	return picture
}
