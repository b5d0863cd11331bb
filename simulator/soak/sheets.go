package soak

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"kioskd/drivers/escpos"
	"kioskd/flows"
	"kioskd/simulator/office"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/paper/pwg"
)

// drawn is what the office drew on one sheet, for whoever finds it in the tray.
type drawn struct {
	names   []string // whose records it shows
	address string   // of their household
	issue   string
	number  int
	of      int
	at      time.Duration
}

// bulkDots is the side of a bulk sheet, in dots: enough for a digest.
const bulkDots = 64

// easel draws for the office and remembers what it drew. real is nil in bulk: a
// few dots then stand for the page.
type easel struct {
	w    *world
	real office.Paper
}

func (e easel) Sheets(rec paper.Record, issue string) ([]paper.Sheet, error) {
	sheets, err := e.sheets(rec, issue)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range rec.Persons {
		names = append(names, p.Name)
	}
	e.w.mu.Lock()
	defer e.w.mu.Unlock()
	for _, s := range sheets {
		e.w.drawn[sha256.Sum256(s.Raster)] = drawn{names, rec.Address, issue, s.Number, len(sheets), e.w.clock.Uptime()}
	}
	return sheets, nil
}

func (e easel) sheets(rec paper.Record, issue string) ([]paper.Sheet, error) {
	if e.real != nil {
		return e.real.Sheets(rec, issue)
	}
	var sheets []paper.Sheet
	for number := 1; number <= paper.Count(rec); number++ {
		page := &pwg.Page{
			Width: bulkDots, Height: bulkDots, Resolution: 300, PointsWide: 595, PointsHigh: 842,
			Name: "iso_a4_210x297mm", Duplex: true, Pages: 2, Quality: 5, Dots: make([]byte, bulkDots*bulkDots/8),
		}
		sum := sha256.Sum256([]byte(issue + strings.Repeat("+", number)))
		copy(page.Dots, sum[:])
		raster, err := pwg.Encode(page, page)
		if err != nil {
			return nil, err
		}
		sheets = append(sheets, paper.Sheet{Number: number, Raster: slices.Clone(raster)})
	}
	return sheets, nil
}

// artist draws slips without letters: their digest as dots.
type artist struct {
	w *world
	p *plug
}

const slipRows = 16

func (a artist) Slip(s flows.Slip) ([]byte, func() error, error) {
	rows := make([]byte, slipRows*escpos.RowLen)
	sum := sha256.Sum256([]byte(s.Kind + s.Number + s.Incident))
	for i := range slipRows {
		copy(rows[i*escpos.RowLen:], sum[:])
	}
	return rows, func() error {
		a.p.say(a.w, "slip %s owed=%d change=%d fee=%d", s.Kind, s.Owed, s.Change, s.Fee)
		return nil
	}, nil
}
