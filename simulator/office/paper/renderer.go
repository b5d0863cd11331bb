// Package paper draws residence certificates as the simulated city issues them
// at kiosks: A4 sheets, front and back, as PWG Raster of 300 dots an inch.
//
// It prints what a record says and nothing else. A label whose item was not
// asked for is not on the sheet. A character the font lacks or a field that does
// not fit ends the copy with an error: no box in a name, nothing cut off. The
// same record under the same issue id gives the same bytes. Each sheet says that
// it is a sample, and so does the mayor's name.
//
// The form follows the model of the resident register (住民基本台帳事務処理要領,
// 様式) and towns' published samples; so do the three means against forgery,
// whose real workings are not public. Here they are our own scheme, good for
// showing and testing, not for trust:
//   - ground pattern on both sides: fine dots, and coarse dots of the same
//     blackness that spell 複写; a copier loses the fine ones and the word appears;
//   - scramble image on the back: the front at a quarter of its size, its cells
//     shuffled by a generator seeded with issue id and sheet number. Reveal
//     shuffles them back. The seed stands on the sheet: this hides, it does not
//     authenticate;
//   - detection image on the back: a rosette, a line screen whose lines step
//     aside inside the letters 真正, and the SHA-256 digest of the front's dots as
//     a 16 by 16 matrix, which ties this back to exactly that front.
package paper

import (
	"fmt"

	"kioskd/simulator/office/paper/pwg"
)

// issueMax is the longest issue id that fits the foot of a sheet.
const issueMax = 64

// Renderer draws records. It may be used by several goroutines at once.
type Renderer struct {
	types  *typesetter
	ground *canvas // of a front, before anything is written
	back   *canvas // of a back: ground, rosette, line screen
}

// New opens BIZ UDGothic in fontDir and draws what all sheets share.
func New(fontDir string) (*Renderer, error) {
	types, err := newTypesetter(fontDir)
	if err != nil {
		return nil, err
	}
	r := &Renderer{types: types}
	if r.ground, err = drawGround(types); err != nil {
		return nil, fmt.Errorf("paper: ground pattern: %w", err)
	}
	if r.back, err = drawBackGround(types, r.ground); err != nil {
		return nil, fmt.Errorf("paper: back: %w", err)
	}
	return r, nil
}

// Sheets draws a whole copy. issue is printed on each sheet and ties them.
func (r *Renderer) Sheets(rec Record, issue string) ([]Sheet, error) {
	if issue == "" || len(issue) > issueMax {
		return nil, fmt.Errorf("paper: issue id of %d characters, want 1 to %d", len(issue), issueMax)
	}
	sheets := make([]Sheet, Count(rec))
	for i := range sheets {
		number := i + 1
		front, text, err := r.front(rec, issue, number, len(sheets))
		if err != nil {
			return nil, fmt.Errorf("sheet %d: %w", number, err)
		}
		back, err := r.backOf(front, issue, number, len(sheets))
		if err != nil {
			return nil, fmt.Errorf("sheet %d: back: %w", number, err)
		}
		raster, err := pwg.Encode(side(front), side(back))
		if err != nil {
			return nil, fmt.Errorf("sheet %d: %w", number, err)
		}
		sheets[i] = Sheet{Number: number, Raster: raster, Text: text}
	}
	return sheets, nil
}

// side is a canvas as a printer takes it. Backs are not turned: the printer says
// it takes them normal.
func side(c *canvas) *pwg.Page {
	return &pwg.Page{
		Width: c.width, Height: c.height, Resolution: resolution,
		PointsWide: 595, PointsHigh: 842, Name: "iso_a4_210x297mm",
		Duplex: true, Pages: 2, Quality: 5, Dots: c.dots,
	}
}
