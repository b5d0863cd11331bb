package pwg

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

const (
	repeatMax  = 128 // pixels of one repeated run, n 0..127
	literalMax = 128 // pixels of one literal run, n 129..255
	linesMax   = 256 // equal lines told by one count byte
)

// Encode writes the pages as one file.
func Encode(pages ...*Page) ([]byte, error) {
	if len(pages) == 0 || len(pages) > pagesMax {
		return nil, fmt.Errorf("pwg: %d pages, want 1 to %d", len(pages), pagesMax)
	}
	out := make([]byte, 0, len(pages)*(headerSize+256<<10))
	out = append(out, syncWord...)
	for i, p := range pages {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("pwg: page %d: %w", i+1, err)
		}
		out = append(out, p.header()...)
		out = p.appendLines(out)
	}
	return out, nil
}

func (p *Page) check() error {
	if p.Width < 1 || p.Width > sideMax || p.Height < 1 || p.Height > sideMax {
		return fmt.Errorf("%w: %d by %d dots", ErrFormat, p.Width, p.Height)
	}
	if p.Resolution < 1 {
		return fmt.Errorf("%w: %d dots per inch", ErrFormat, p.Resolution)
	}
	if len(p.Name) > nameMax {
		return fmt.Errorf("%w: page size name of %d bytes", ErrFormat, len(p.Name))
	}
	if p.Quality < qualityDraft || p.Quality > qualityHigh {
		return fmt.Errorf("%w: quality %d, want %d to %d", ErrFormat, p.Quality, qualityDraft, qualityHigh)
	}
	if len(p.Dots) != p.Stride()*p.Height {
		return fmt.Errorf("%w: %d bytes of dots, want %d", ErrFormat, len(p.Dots), p.Stride()*p.Height)
	}
	for y := range p.Height {
		if last := p.Dots[(y+1)*p.Stride()-1]; last&p.beyond() != 0 {
			return fmt.Errorf("%w: line %d has dots beyond the edge", ErrFormat, y)
		}
	}
	return nil
}

func (p *Page) header() []byte {
	h := make([]byte, headerSize)
	copy(h, magic)
	put := func(at, v int) { binary.BigEndian.PutUint32(h[at:], uint32(v)) }
	if p.Duplex {
		put(atDuplex, 1) // tumble stays 0: the long edge
	}
	put(atResolutionX, p.Resolution)
	put(atResolutionY, p.Resolution)
	put(atCopies, 1)
	put(atPageWidth, p.PointsWide)
	put(atPageHeight, p.PointsHigh)
	put(atWidth, p.Width)
	put(atHeight, p.Height)
	put(atBitsColour, 1)
	put(atBitsPixel, 1)
	put(atBytesPerLine, p.Stride())
	put(atColourSpace, spaceBlack)
	put(atColours, 1)
	put(atTotalPages, p.Pages)
	put(atCrossFeed, transformAsc)
	put(atFeed, transformAsc)
	put(atBoxRight, p.Width)
	put(atBoxBottom, p.Height)
	put(atQuality, p.Quality)
	copy(h[atPageName:], p.Name)
	return h
}

// appendLines writes the rows: equal neighbours once, with a count before them.
func (p *Page) appendLines(out []byte) []byte {
	stride := p.Stride()
	for y := 0; y < p.Height; {
		row := p.Dots[y*stride : (y+1)*stride]
		n := 1
		for n < linesMax && y+n < p.Height && bytes.Equal(row, p.Dots[(y+n)*stride:(y+n+1)*stride]) {
			n++
		}
		out = append(out, byte(n-1))
		out = appendRow(out, row)
		y += n
	}
	return out
}

// appendRow packs one row; with one bit a dot a run counts bytes, not dots.
func appendRow(out, row []byte) []byte {
	for len(row) > 0 {
		n := equalAhead(row)
		if n > 1 || len(row) == 1 {
			out = append(out, byte(n-1), row[0])
			row = row[n:]
			continue
		}
		n = literalAhead(row)
		if n == 1 { // 257-1 does not fit: a single byte goes as a run of one
			out = append(out, 0, row[0])
		} else {
			out = append(out, byte(257-n))
			out = append(out, row[:n]...)
		}
		row = row[n:]
	}
	return out
}

// equalAhead counts how often the first byte comes in a row, at most repeatMax.
func equalAhead(row []byte) int {
	n := 1
	for n < len(row) && n < repeatMax && row[n] == row[0] {
		n++
	}
	return n
}

// literalAhead counts the bytes before three equal ones: a pair inside costs
// less as it stands than a run of its own.
func literalAhead(row []byte) int {
	n := 1
	for n < len(row) && n < literalMax {
		if n+2 < len(row) && row[n] == row[n+1] && row[n] == row[n+2] {
			break
		}
		n++
	}
	return n
}
