package panel

import "image"

// pixels takes what comes through the memory port, and says which area it
// touched. A pixel may be split between two frames.
func (p *Panel) pixels(b []byte) (touched image.Rectangle) {
	if !p.pll || p.reg[regMode]&(modeText|modeDirection) != 0 {
		return image.Rectangle{}
	}
	window := p.window()
	if window.Empty() {
		return image.Rectangle{}
	}
	if p.reg[regSystem]&depthMask == depth8 {
		for _, v := range b {
			hi, lo := widen(v)
			touched = touched.Union(p.pixel(window, hi, lo))
		}
		return touched
	}
	if p.half && len(b) > 0 {
		touched = p.pixel(window, p.high, b[0])
		p.half, b = false, b[1:]
	}
	for len(b) >= 2 {
		n, area := p.run(window, b)
		touched = touched.Union(area)
		b = b[2*n:]
	}
	if len(b) == 1 {
		p.half, p.high = true, b[0]
	}
	return touched
}

// run takes as many pixels as fit into the rest of the row, at least one.
func (p *Panel) run(window image.Rectangle, b []byte) (n int, touched image.Rectangle) {
	n = min(window.Max.X-p.x, len(b)/2)
	if n < 1 || p.x+n > Width || p.y >= Height || p.reg[regMode]&modeStay != 0 {
		return 1, p.pixel(window, b[0], b[1])
	}
	copy(p.ram[p.y*stride+2*p.x:], b[:2*n])
	touched = image.Rect(p.x, p.y, p.x+n, p.y+1)
	p.x += n
	p.wrap(window)
	return n, touched
}

// pixel writes one pixel at the cursor and moves on. Beyond the glass there is
// no memory.
func (p *Panel) pixel(window image.Rectangle, hi, lo byte) (touched image.Rectangle) {
	if p.x < Width && p.y < Height {
		at := p.y*stride + 2*p.x
		p.ram[at], p.ram[at+1] = hi, lo
		touched = image.Rect(p.x, p.y, p.x+1, p.y+1)
	}
	if p.reg[regMode]&modeStay == 0 {
		p.x++
		p.wrap(window)
	}
	return touched
}

// wrap goes to the next row of the window after its last column, and to its
// first row after its last.
func (p *Panel) wrap(window image.Rectangle) {
	if p.x < window.Max.X {
		return
	}
	p.x = window.Min.X
	p.y++
	if p.y >= window.Max.Y {
		p.y = window.Min.Y
	}
}

// widen makes a pixel of 8 bits (3 red, 3 green, 2 blue) one of 16.
func widen(v byte) (hi, lo byte) {
	red, green, blue := v>>5, v>>2&7, v&3
	return red<<5 | red>>1<<3 | green, green<<5 | blue<<3 | blue<<1
}
