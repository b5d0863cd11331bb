package receipts

const (
	ht  = 0x09
	lf  = 0x0A
	cr  = 0x0D
	esc = 0x1B
	fs  = 0x1C
	gs  = 0x1D
	dc4 = 0x14

	graphicsMax = 1 << 20 // bytes of one GS ( L or GS 8 L; more is not kept
)

// parser is where the printer stands in the stream.
type parser struct {
	skip     int // bytes that belong to a command not carried out
	raster   raster
	graphics graphics
	stored   raster // by GS ( L, function 112
	pixels   []byte // of stored
	spacing  int    // dots a line, 0 means the usual
}

func (p *parser) line() int {
	if p.spacing == 0 {
		return lineHeight
	}
	return p.spacing
}

// step carries out what stands at the head of b and says how many bytes it was,
// 0 if more must come first.
func (p *Printer) step(b []byte) int {
	switch {
	case p.parse.skip > 0:
		n := min(p.parse.skip, len(b))
		p.parse.skip -= n
		return n
	case p.parse.raster.left > 0:
		return p.rasterData(b)
	case p.parse.graphics.left > 0:
		return p.graphicsData(b)
	}
	switch b[0] {
	case lf:
		p.paper.newline(p.parse.line())
	case ht, cr:
	case dle:
		return realTimeLength(b) // done at arrival
	case esc:
		return p.escape(b)
	case gs:
		return p.group(b)
	case fs:
		return field(b, &p.parse)
	default:
		if b[0] >= 0x20 {
			p.paper.character(p.parse.line())
		}
	}
	return 1
}

func realTimeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case eot, enq:
		return whole(b, 3)
	case dc4:
		return whole(b, 5)
	}
	return 1
}

// whole is n if that many bytes are there.
func whole(b []byte, n int) int {
	if len(b) < n {
		return 0
	}
	return n
}

// escape is ESC and what follows.
func (p *Printer) escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	n := whole(b, 2+escapeParameters(b[1]))
	if n == 0 {
		return 0
	}
	switch b[1] {
	case '@':
		p.paper.discardLine()
		p.parse = parser{}
		p.asb = 0
	case 'J':
		p.flushText()
		p.paper.feed(int(b[2]))
	case 'd':
		p.flushText()
		p.paper.feed(int(b[2]) * p.parse.line())
	case '2':
		p.parse.spacing = 0
	case '3':
		p.parse.spacing = int(b[2])
	case 'i', 'm':
		p.flushText()
		p.cut(false)
	case '*':
		size := int(b[3]) | int(b[4])<<8
		if b[2] >= 32 {
			size *= 3
		}
		p.parse.skip = size
	}
	return n
}

// escapeParameters is the number of bytes after ESC c.
func escapeParameters(c byte) int {
	switch c {
	case '@', '2', 'L', 'S', 'i', 'm', 'v', '<', 0x0C:
		return 0
	case '$', '\\', 'c':
		return 2
	case 'p', '*':
		return 3
	case 'W':
		return 8
	}
	return 1
}

// flushText prints the line of text that was begun.
func (p *Printer) flushText() {
	if p.paper.column > 0 {
		p.paper.newline(p.parse.line())
	}
}

// group is GS and what follows.
func (p *Printer) group(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case 'v':
		return p.beginRaster(b)
	case 'V':
		return p.cutPaper(b)
	case '(':
		return p.parenthesis(b)
	case '8':
		return p.eight(b)
	case 'k':
		return barcode(b, &p.parse)
	}
	n := whole(b, 2+groupParameters(b[1]))
	if n == 0 {
		return 0
	}
	switch b[1] {
	case 'a':
		p.setAutomatic(b[2])
	case 'r':
		if b[2] == 1 || b[2] == '1' {
			p.send(p.paperStatus())
		}
		if b[2] == 2 || b[2] == '2' {
			p.send(0)
		}
	case '*':
		p.parse.skip = int(b[2]) * int(b[3]) * 8
	}
	return n
}

// groupParameters is the number of bytes after GS c.
func groupParameters(c byte) int {
	switch c {
	case ':', 'c':
		return 0
	case '$', '*', 'L', 'P', 'W', '\\':
		return 2
	case '^':
		return 3
	}
	return 1
}

// cutPaper is GS V m, with a feed before the cut for the larger m.
func (p *Printer) cutPaper(b []byte) int {
	if len(b) < 3 {
		return 0
	}
	if b[2] < 'A' {
		p.flushText()
		p.cut(false)
		return 3
	}
	if len(b) < 4 {
		return 0
	}
	p.flushText()
	p.paper.feed(int(b[3]))
	p.cut(false)
	return 4
}

// barcode is GS k: it has two forms, neither is printed.
func barcode(b []byte, p *parser) int {
	if len(b) < 4 {
		return 0
	}
	if b[2] > 6 {
		p.skip = int(b[3])
		return 4
	}
	for i, c := range b[3:] {
		if c == 0 {
			return 3 + i + 1
		}
		if i == 255 {
			return 3 + i
		}
	}
	return 0
}

// field is FS and what follows: Kanji settings, which a printer without a font
// only steps over.
func field(b []byte, p *parser) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '&', '.':
		return 2
	case 'S', 'p':
		return whole(b, 4)
	case '(':
		if len(b) < 5 {
			return 0
		}
		p.skip = int(b[3]) | int(b[4])<<8
		return 5
	}
	return whole(b, 3)
}
