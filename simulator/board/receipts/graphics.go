package receipts

// raster is a picture that comes row by row.
type raster struct {
	width  int // bytes a row
	left   int // bytes to come
	double byte
	row    []byte
}

// The bits of GS v 0's m.
const (
	doubleWidth  = 1
	doubleHeight = 2
)

// beginRaster is GS v 0 m xL xH yL yH: x in bytes, y in rows.
func (p *Printer) beginRaster(b []byte) int {
	if len(b) < 8 {
		return 0
	}
	p.flushText()
	width := int(b[4]) | int(b[5])<<8
	height := int(b[6]) | int(b[7])<<8
	p.parse.raster = raster{width: width, left: width * height, double: b[3] & 3}
	return 8
}

// rasterData takes what has come of the picture, at most one row at a time.
func (p *Printer) rasterData(b []byte) int {
	r := &p.parse.raster
	n := min(len(b), r.width-len(r.row))
	r.row = append(r.row, b[:n]...)
	r.left -= n
	if len(r.row) == r.width {
		p.printRow(r.row, r.double)
		r.row = r.row[:0]
	}
	return n
}

func (p *Printer) printRow(row []byte, double byte) {
	if double&doubleWidth != 0 {
		row = stretch(row)
	}
	p.paper.row(row)
	if double&doubleHeight != 0 {
		p.paper.row(row)
	}
}

// stretch makes each dot two.
func stretch(row []byte) []byte {
	wide := make([]byte, 2*len(row))
	for x := range 8 * len(row) {
		if row[x/8]&(0x80>>(x%8)) != 0 {
			wide[x/4] |= 0xC0 >> (2 * x % 8)
		}
	}
	return wide
}

// graphics is the body of GS ( L or GS 8 L as it comes.
type graphics struct {
	left int
	body []byte
}

// parenthesis is GS ( fn pL pH: only L, graphics, is carried out.
func (p *Printer) parenthesis(b []byte) int {
	if len(b) < 5 {
		return 0
	}
	p.beginGraphics(b[2] == 'L', int(b[3])|int(b[4])<<8)
	return 5
}

// eight is GS 8 L p1 p2 p3 p4, the long form.
func (p *Printer) eight(b []byte) int {
	if len(b) < 3 {
		return 0
	}
	if b[2] != 'L' {
		return 3
	}
	if len(b) < 7 {
		return 0
	}
	p.beginGraphics(true, int(b[3])|int(b[4])<<8|int(b[5])<<16|int(b[6])<<24)
	return 7
}

func (p *Printer) beginGraphics(known bool, size int) {
	if known && size <= graphicsMax {
		p.parse.graphics = graphics{left: size}
		return
	}
	p.parse.skip = size
}

func (p *Printer) graphicsData(b []byte) int {
	g := &p.parse.graphics
	n := min(len(b), g.left)
	g.body = append(g.body, b[:n]...)
	g.left -= n
	if g.left == 0 {
		body := g.body
		g.body = nil
		p.graphicsFunction(body)
	}
	return n
}

const (
	storeHeader = 10 // m fn a bx by c xL xH yL yH
	storeRaster = 112
	printStored = 50
)

// graphicsFunction is function 112 (store: x in dots) and 50 (print).
func (p *Printer) graphicsFunction(body []byte) {
	if len(body) < 2 {
		return
	}
	switch body[1] {
	case storeRaster:
		if len(body) < storeHeader {
			return
		}
		width := ((int(body[6]) | int(body[7])<<8) + 7) / 8
		height := int(body[8]) | int(body[9])<<8
		if width*height != len(body)-storeHeader {
			return
		}
		p.parse.stored = raster{
			width:  width,
			double: bit(body[3] == 2, doubleWidth) | bit(body[4] == 2, doubleHeight),
		}
		p.parse.pixels = body[storeHeader:]
	case printStored, 2:
		p.flushText()
		s := p.parse.stored
		for at := 0; s.width > 0 && at < len(p.parse.pixels); at += s.width {
			p.printRow(p.parse.pixels[at:at+s.width], s.double)
		}
		p.parse.pixels = nil
	}
}
