package ipp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
)

// A sheet of A4 at 300 dpi, in dots and in points.
const (
	SheetWidth, SheetHeight = 2480, 3508
	sheetDPI                = 300
	pointsWide, pointsHigh  = 595, 842
)

// Where a page header's fields are (PWG 5102.4, 4.3), and what they say here.
const (
	pageHeader     = 1796
	atDuplex       = 272
	atDPIX         = 276
	atDPIY         = 280
	atCopies       = 340
	atPointsWide   = 352
	atPointsHigh   = 356
	atWidth        = 372
	atHeight       = 376
	atBitsColour   = 384
	atBitsPixel    = 388
	atBytesPerLine = 392
	atColourSpace  = 400
	atColours      = 420
	atPages        = 452
	atCrossFeed    = 456
	atFeed         = 460
	atBoxRight     = 472
	atBoxBottom    = 476
	atQuality      = 484
	atSizeName     = 1732

	spaceBlack    = 3
	qualityNormal = 4
	sizeA4        = "iso_a4_210x297mm"
)

// Sheet makes a PWG raster of a sheet's two sides for Print: black_1, both sides
// turned at the long edge. Ink is what is darker than half.
func Sheet(front, back *image.Gray) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("RaS2")
	for _, side := range []*image.Gray{front, back} {
		if side.Rect.Dx() != SheetWidth || side.Rect.Dy() != SheetHeight {
			return nil, fmt.Errorf("ipp: a side of %v, want %dx%d", side.Rect, SheetWidth, SheetHeight)
		}
		b.Write(sheetHeader())
		sheetRows(&b, side)
	}
	return b.Bytes(), nil
}

func sheetHeader() []byte {
	h := make([]byte, pageHeader)
	copy(h, "PwgRaster")
	copy(h[atSizeName:], sizeA4)
	for at, v := range map[int]uint32{
		atDuplex: 1, atDPIX: sheetDPI, atDPIY: sheetDPI, atCopies: 1, atPointsWide: pointsWide, atPointsHigh: pointsHigh,
		atWidth: SheetWidth, atHeight: SheetHeight, atBitsColour: 1, atBitsPixel: 1, atBytesPerLine: SheetWidth / 8,
		atColourSpace: spaceBlack, atColours: 1, atPages: 2, atCrossFeed: 1, atFeed: 1,
		atBoxRight: SheetWidth, atBoxBottom: SheetHeight, atQuality: qualityNormal,
	} {
		binary.BigEndian.PutUint32(h[at:], v)
	}
	return h
}

// sheetRows writes equal rows once, with how often they come.
func sheetRows(b *bytes.Buffer, side *image.Gray) {
	const most = 256 // times a row may repeat
	var row, last []byte
	times := 0
	flush := func() {
		if times > 0 {
			b.WriteByte(byte(times - 1))
			packRow(b, last)
		}
	}
	for y := side.Rect.Min.Y; y < side.Rect.Max.Y; y++ {
		row = inkRow(side, y)
		if times > 0 && times < most && bytes.Equal(row, last) {
			times++
			continue
		}
		flush()
		last, times = row, 1
	}
	flush()
}

func inkRow(side *image.Gray, y int) []byte {
	row := make([]byte, SheetWidth/8)
	at := side.PixOffset(side.Rect.Min.X, y)
	for x, v := range side.Pix[at : at+SheetWidth] {
		if v < 128 {
			row[x/8] |= 0x80 >> (x % 8)
		}
	}
	return row
}

// packRow writes runs of a byte; a byte alone is a run of one.
func packRow(b *bytes.Buffer, row []byte) {
	const most = 128 // bytes of a run
	for len(row) > 0 {
		n := 1
		for n < len(row) && n < most && row[n] == row[0] {
			n++
		}
		b.WriteByte(byte(n - 1))
		b.WriteByte(row[0])
		row = row[n:]
	}
}
