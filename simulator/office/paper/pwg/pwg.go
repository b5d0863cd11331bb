// Package pwg writes and reads PWG Raster for the simulated office: pages of one
// bit a dot, as an IPP Everywhere printer takes them.
//
// It knows black_1 only: no grey, no colour, no other bit depth, and it says so
// when it is given something else. It never guesses a size: the header decides.
//
// Source: PWG 5102.4-2012 (PWG Raster Format), clauses 4.2 to 4.4; the header's
// offsets are those of the CUPS version 2 page header that it grew from.
package pwg

import "errors"

// Where the fields of a page header lie, in bytes; all numbers are big-endian.
const (
	headerSize = 1796

	atDuplex       = 272
	atResolutionX  = 276
	atResolutionY  = 280
	atCopies       = 340
	atPageWidth    = 352
	atPageHeight   = 356
	atTumble       = 368
	atWidth        = 372
	atHeight       = 376
	atBitsColour   = 384
	atBitsPixel    = 388
	atBytesPerLine = 392
	atColourOrder  = 396
	atColourSpace  = 400
	atColours      = 420
	atTotalPages   = 452
	atCrossFeed    = 456
	atFeed         = 460
	atBoxRight     = 472
	atBoxBottom    = 476
	atQuality      = 484
	atPageName     = 1732
)

const (
	syncWord     = "RaS2"      // big-endian, compressed (clause 4.2)
	magic        = "PwgRaster" // first field of each header
	spaceBlack   = 3           // 1 is black
	transformAsc = 1           // dots in reading order; 0 is no transform at all and refused by printers
	qualityDraft = 3
	qualityHigh  = 5
	pagesMax     = 20 // of one file: a sheet has two
	sideMax      = 10000
	nameMax      = 63 // a text field has 64 bytes and ends with a zero
)

// Page is one side of a sheet.
type Page struct {
	Width, Height int    // dots
	Resolution    int    // dots per inch, the same both ways
	PointsWide    int    // 1/72 inch: A4 is 595 by 842
	PointsHigh    int    //
	Name          string // PWG media name: iso_a4_210x297mm
	Duplex        bool   // printed on both sides, turned over the long edge
	Pages         int    // sides in this file; 0 means unknown
	Quality       int    // 3 draft, 4 normal, 5 high
	// Dots are the rows from the top, (Width+7)/8 bytes each, the leftmost dot in
	// the highest bit, 1 is black. Bits beyond Width are 0.
	Dots []byte
}

// Stride is the length of one row in bytes.
func (p *Page) Stride() int { return (p.Width + 7) / 8 }

// beyond masks the bits of a row's last byte that are no dots.
func (p *Page) beyond() byte { return 1<<(p.Stride()*8-p.Width) - 1 }

// ErrFormat says that bytes are not a PWG Raster of this kind.
var ErrFormat = errors.New("pwg: not a black_1 PWG Raster")
