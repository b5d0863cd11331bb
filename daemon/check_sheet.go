package daemon

import (
	"context"
	"errors"
	"image"
	stddraw "image/draw"
	"time"

	"kioskd/daemon/attendant"
	"kioskd/daemon/check"
	"kioskd/daemon/screen/draw"
	"kioskd/drivers/ipp"
)

// testSheet prints one sheet, both sides, as a customer's would be: into the
// tray, past the exit sensor. Its ink says nothing of anybody.
func (t *trial) testSheet(ctx context.Context) (string, error) {
	sheets := t.d.sheets
	if sheets == nil || t.d.exit == nil {
		return "", &check.Skipped{Why: "the sheet printer or the exit sensor has failed"}
	}
	if t.kiosk == nil {
		sheets = attendant.NewSheets(t.o.sheetPrinter, t.d.exit, t.o.board.Clock(), t.o.rest)
		defer func() { _ = sheets.Close() }() // an idle connection
	}
	fonts, err := draw.OpenFonts(t.o.cfg.Fonts)
	if err != nil {
		return "", &check.Skipped{Why: "there are no fonts"}
	}
	now, _ := t.o.board.Clock().Now()
	var sides [2]*image.Gray
	for i, name := range []string{"front 表", "back 裏"} {
		sides[i] = testSide(fonts, []string{"kioskd check", t.o.cfg.Kiosk + "  " + now.Format(time.RFC3339), name})
	}
	raster, err := ipp.Sheet(sides[0], sides[1])
	if err := errors.Join(err, fonts.Close()); err != nil {
		return "", err
	}
	printing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Duration(t.o.cfg.Limit.Sheet))
	defer cancel()
	if err := sheets.Print(printing, raster); err != nil {
		return "", err
	}
	return "it came out: are both sides there?", nil
}

// testSide is a frame at the printable edge with some lines of text in it.
func testSide(fonts *draw.Fonts, lines []string) *image.Gray {
	const margin, size, black = 120, 90, draw.Colour(0) // dots
	side := image.NewGray(image.Rect(0, 0, ipp.SheetWidth, ipp.SheetHeight))
	for i := range side.Pix {
		side.Pix[i] = 0xFF
	}
	for i := margin; i < ipp.SheetWidth-margin; i++ {
		side.Pix[side.PixOffset(i, margin)], side.Pix[side.PixOffset(i, ipp.SheetHeight-margin)] = 0, 0
	}
	for i := margin; i < ipp.SheetHeight-margin; i++ {
		side.Pix[side.PixOffset(margin, i)], side.Pix[side.PixOffset(ipp.SheetWidth-margin, i)] = 0, 0
	}
	// A band of text only: a whole sheet in colour would take 35 MB.
	band := draw.New(image.Pt(ipp.SheetWidth-4*margin, size*2*(len(lines)+1)), fonts)
	band.Fill(band.Img.Rect, 0xFFFFFF)
	for i, s := range lines {
		band.String(0, size*2*(i+1), draw.Regular, size, black, s)
	}
	stddraw.Draw(side, band.Img.Rect.Add(image.Pt(2*margin, 2*margin)), band.Img, image.Point{}, stddraw.Src)
	return side
}
