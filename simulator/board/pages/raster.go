package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of a document.
const (
	documentMax = 32 << 20 // bytes
	pagesMax    = 16
	widthMax    = 5_000 // pixels
	heightMax   = 8_000
	resolution  = 300 // dots an inch, the only one
)

const (
	rasterSync   = "RaS2"
	rasterName   = "PwgRaster\x00"
	headerLen    = 1796
	spaceBlack   = 3
	spaceGray    = 18
	grayBlack    = 0x80 // a shade below prints
	runReserved  = 128
	literalsFrom = 129
)

// Offsets of the header's fields, each four bytes, big-endian.
const (
	atDuplex       = 272
	atResolutionX  = 276
	atResolutionY  = 280
	atWidth        = 372
	atHeight       = 376
	atBitsColor    = 384
	atBitsPixel    = 388
	atBytesPerLine = 392
	atColorOrder   = 396
	atColorSpace   = 400
	atColors       = 420
	atTotalPages   = 452
	atCrossFeed    = 456
	atFeed         = 460
)

// document is a decoded PWG Raster.
type document struct {
	pages  []*Bitmap
	duplex bool // says the first page's header
	digest [sha256.Size]byte
	size   int // bytes
}

var errShort = errors.New("it ends in the middle of a page")

// decode reads a document in one of the printer's two formats, which it knows by
// its first bytes.
func decode(b []byte) (*document, error) {
	if bytes.HasPrefix(b, []byte(jpegStart)) {
		return decodeJPEG(b)
	}
	return decodeRaster(b)
}

// decodeRaster reads a whole PWG Raster. What is not exactly one is an error.
func decodeRaster(b []byte) (*document, error) {
	d := &document{digest: sha256.Sum256(b), size: len(b)}
	rest, ok := bytes.CutPrefix(b, []byte(rasterSync))
	if !ok {
		return nil, fmt.Errorf("pages: not PWG Raster: it does not begin with %s", rasterSync)
	}
	total := 0
	for len(rest) > 0 {
		n := len(d.pages) + 1
		if n > pagesMax {
			return nil, fmt.Errorf("pages: more than %d pages", pagesMax)
		}
		if len(rest) < headerLen {
			return nil, fmt.Errorf("pages: page %d: %w", n, errShort)
		}
		h := header(rest[:headerLen])
		if err := h.check(); err != nil {
			return nil, fmt.Errorf("pages: page %d: %w", n, err)
		}
		if n == 1 {
			d.duplex = h.at(atDuplex) != 0
			total = h.at(atTotalPages)
		}
		page, used, err := h.pixels(rest[headerLen:])
		if err != nil {
			return nil, fmt.Errorf("pages: page %d: %w", n, err)
		}
		d.pages = append(d.pages, page)
		rest = rest[headerLen+used:]
	}
	if len(d.pages) == 0 {
		return nil, errors.New("pages: a document without pages")
	}
	if total != 0 && total != len(d.pages) {
		return nil, fmt.Errorf("pages: the header says %d pages, there are %d", total, len(d.pages))
	}
	return d, nil
}

// header is a page's header.
type header []byte

func (h header) at(offset int) int { return int(int32(binary.BigEndian.Uint32(h[offset:]))) }

func (h header) check() error {
	if !bytes.HasPrefix(h, []byte(rasterName)) {
		return errors.New("the header does not begin with PwgRaster")
	}
	width, height := h.at(atWidth), h.at(atHeight)
	if width < 1 || width > widthMax || height < 1 || height > heightMax {
		return fmt.Errorf("%dx%d pixels, at most %dx%d print", width, height, widthMax, heightMax)
	}
	if h.at(atResolutionX) != resolution || h.at(atResolutionY) != resolution {
		return fmt.Errorf("%dx%d dpi, only %d prints", h.at(atResolutionX), h.at(atResolutionY), resolution)
	}
	bits := h.at(atBitsPixel)
	black := bits == 1 && h.at(atColorSpace) == spaceBlack
	gray := bits == 8 && h.at(atColorSpace) == spaceGray
	if !black && !gray {
		return fmt.Errorf("%d bits in colour space %d, only black_1 and sgray_8 print", bits, h.at(atColorSpace))
	}
	if h.at(atBitsColor) != bits || h.at(atColors) != 1 || h.at(atColorOrder) != 0 {
		return errors.New("more than one colour")
	}
	if h.at(atBytesPerLine) != (width*bits+7)/8 {
		return fmt.Errorf("%d bytes a line for %d pixels of %d bits", h.at(atBytesPerLine), width, bits)
	}
	for _, transform := range []int{h.at(atCrossFeed), h.at(atFeed)} {
		if transform != 1 && transform != -1 {
			return fmt.Errorf("a transform of %d, only 1 and -1 mean anything", transform)
		}
	}
	return nil
}

// pixels decodes the page behind the header, and says how many bytes it took.
func (h header) pixels(b []byte) (page *Bitmap, used int, err error) {
	page = newBitmap(h.at(atWidth), h.at(atHeight))
	line := make([]byte, h.at(atBytesPerLine))
	for y := 0; y < page.Height; {
		if used == len(b) {
			return nil, 0, errShort
		}
		repeat := int(b[used]) + 1
		used++
		if y+repeat > page.Height {
			return nil, 0, fmt.Errorf("a line repeats beyond the page's end, at line %d", y)
		}
		n, err := unpack(line, b[used:])
		if err != nil {
			return nil, 0, fmt.Errorf("line %d: %w", y, err)
		}
		used += n
		for range repeat {
			page.setRow(y, line, h.at(atBitsPixel))
			y++
		}
	}
	return page, used, nil
}

// unpack fills a line from its runs, and says how many bytes they took. For one
// bit a pixel as for eight, a run counts whole bytes.
func unpack(line, b []byte) (used int, err error) {
	for x := 0; x < len(line); {
		if used == len(b) {
			return 0, errShort
		}
		code := int(b[used])
		used++
		switch {
		case code == runReserved:
			return 0, errors.New("a run of the reserved length 128")
		case code >= literalsFrom:
			n := 257 - code
			if x+n > len(line) {
				return 0, errors.New("literals pass the line's end")
			}
			if used+n > len(b) {
				return 0, errShort
			}
			x += copy(line[x:x+n], b[used:])
			used += n
		default:
			n := code + 1
			if x+n > len(line) {
				return 0, errors.New("a run passes the line's end")
			}
			if used == len(b) {
				return 0, errShort
			}
			run := line[x : x+n]
			for i := range run {
				run[i] = b[used]
			}
			x += n
			used++
		}
	}
	return used, nil
}
