package pwg

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Decode reads a whole file. What is not black_1, what ends too early and what
// has bytes left over is an ErrFormat.
func Decode(b []byte) ([]*Page, error) {
	if len(b) < len(syncWord) || string(b[:len(syncWord)]) != syncWord {
		return nil, fmt.Errorf("%w: no %s at the start", ErrFormat, syncWord)
	}
	b = b[len(syncWord):]
	var pages []*Page
	for len(b) > 0 {
		if len(pages) == pagesMax {
			return nil, fmt.Errorf("%w: more than %d pages", ErrFormat, pagesMax)
		}
		p, rest, err := decodePage(b)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", len(pages)+1, err)
		}
		pages = append(pages, p)
		b = rest
	}
	if len(pages) == 0 {
		return nil, fmt.Errorf("%w: no page", ErrFormat)
	}
	return pages, nil
}

func decodePage(b []byte) (*Page, []byte, error) {
	if len(b) < headerSize {
		return nil, nil, fmt.Errorf("%w: header ends after %d bytes", ErrFormat, len(b))
	}
	p, err := readHeader(b[:headerSize])
	if err != nil {
		return nil, nil, err
	}
	b = b[headerSize:]
	stride := p.Stride()
	row := make([]byte, stride)
	for y := 0; y < p.Height; {
		if len(b) == 0 {
			return nil, nil, fmt.Errorf("%w: ends at line %d of %d", ErrFormat, y, p.Height)
		}
		n := int(b[0]) + 1
		if y+n > p.Height {
			return nil, nil, fmt.Errorf("%w: line %d comes %d times, page has %d", ErrFormat, y, n, p.Height)
		}
		if b, err = readRow(b[1:], row); err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", y, err)
		}
		if row[stride-1]&p.beyond() != 0 {
			return nil, nil, fmt.Errorf("%w: line %d has dots beyond the edge", ErrFormat, y)
		}
		for range n {
			p.Dots = append(p.Dots, row...) // grows with what came, not with what a header claims
		}
		y += n
	}
	return p, b, nil
}

func readHeader(h []byte) (*Page, error) {
	get := func(at int) int { return int(int32(binary.BigEndian.Uint32(h[at:]))) }
	if !bytes.HasPrefix(h, []byte(magic+"\x00")) {
		return nil, fmt.Errorf("%w: header does not begin with %s", ErrFormat, magic)
	}
	if get(atBitsColour) != 1 || get(atBitsPixel) != 1 || get(atColourSpace) != spaceBlack || get(atColours) != 1 || get(atColourOrder) != 0 {
		return nil, fmt.Errorf("%w: %d bits, colour space %d", ErrFormat, get(atBitsPixel), get(atColourSpace))
	}
	if get(atCrossFeed) != transformAsc || get(atFeed) != transformAsc {
		return nil, fmt.Errorf("%w: transforms %d and %d, want 1 and 1", ErrFormat, get(atCrossFeed), get(atFeed))
	}
	if get(atResolutionX) != get(atResolutionY) {
		return nil, fmt.Errorf("%w: %d by %d dots per inch", ErrFormat, get(atResolutionX), get(atResolutionY))
	}
	if get(atTumble) != 0 {
		return nil, fmt.Errorf("%w: tumble %d, want 0", ErrFormat, get(atTumble))
	}
	name, _, found := bytes.Cut(h[atPageName:], []byte{0})
	if !found {
		return nil, fmt.Errorf("%w: page size name without an end", ErrFormat)
	}
	p := &Page{
		Width: get(atWidth), Height: get(atHeight), Resolution: get(atResolutionX),
		PointsWide: get(atPageWidth), PointsHigh: get(atPageHeight), Name: string(name),
		Duplex: get(atDuplex) != 0, Pages: get(atTotalPages), Quality: get(atQuality),
	}
	if p.Width < 1 || p.Width > sideMax || p.Height < 1 || p.Height > sideMax {
		return nil, fmt.Errorf("%w: %d by %d dots", ErrFormat, p.Width, p.Height)
	}
	if p.Resolution < 1 {
		return nil, fmt.Errorf("%w: %d dots per inch", ErrFormat, p.Resolution)
	}
	if p.Quality < qualityDraft || p.Quality > qualityHigh {
		return nil, fmt.Errorf("%w: quality %d", ErrFormat, p.Quality)
	}
	if get(atBytesPerLine) != p.Stride() {
		return nil, fmt.Errorf("%w: %d bytes a line, want %d", ErrFormat, get(atBytesPerLine), p.Stride())
	}
	return p, nil
}

// readRow unpacks one row into row and returns what follows it.
func readRow(b, row []byte) ([]byte, error) {
	for len(row) > 0 {
		if len(b) < 2 {
			return nil, fmt.Errorf("%w: run ends early", ErrFormat)
		}
		n, b1 := int(b[0]), b[1:]
		if n == 128 { // clause 4.4 leaves 128 without a meaning here
			return nil, fmt.Errorf("%w: run code 128", ErrFormat)
		}
		if n < 128 {
			n++
			if n > len(row) {
				return nil, fmt.Errorf("%w: run passes the line end", ErrFormat)
			}
			for i := range n {
				row[i] = b1[0]
			}
			b = b1[1:]
		} else {
			n = 257 - n
			if n > len(row) {
				return nil, fmt.Errorf("%w: run passes the line end", ErrFormat)
			}
			if n > len(b1) {
				return nil, fmt.Errorf("%w: run ends early", ErrFormat)
			}
			copy(row, b1[:n])
			b = b1[n:]
		}
		row = row[n:]
	}
	return b, nil
}
