package paper

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/bits"
	"math/rand/v2"

	"kioskd/simulator/office/paper/pwg"
)

// ErrMismatch says that front and back of a sheet do not belong together, or not
// to this issue id and number.
var ErrMismatch = errors.New("paper: front and back do not belong together")

// inkInCell is how many of a cell's 16 dots make it black: more than the ground
// pattern ever puts there, less than a thin rule does.
const inkInCell = 6

// shrink makes the quarter-size picture of a front, a byte a cell.
func shrink(c *canvas) []byte {
	cells := make([]byte, scrambleWide*scrambleHigh)
	for y := range scrambleHigh {
		top := y * scrambleScale * c.stride
		for i := range c.stride {
			var high, low int
			for r := range scrambleScale {
				b := c.dots[top+r*c.stride+i]
				high += bits.OnesCount8(b & 0xF0)
				low += bits.OnesCount8(b & 0x0F)
			}
			if high >= inkInCell {
				cells[y*scrambleWide+2*i] = 1
			}
			if low >= inkInCell {
				cells[y*scrambleWide+2*i+1] = 1
			}
		}
	}
	return cells
}

// shuffled gives the place on the back of each cell of the front: Fisher and
// Yates with ChaCha8, seeded with what stands on the sheet.
func shuffled(issue string, number int) []uint32 {
	h := sha256.New()
	h.Write([]byte("kioskd scramble 1\x00"))
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(number)))
	h.Write([]byte(issue))
	random := rand.New(rand.NewChaCha8([32]byte(h.Sum(nil))))
	place := make([]uint32, scrambleWide*scrambleHigh)
	for i := range place {
		j := random.IntN(i + 1)
		place[i] = place[j]
		place[j] = uint32(i)
	}
	return place
}

func (c *canvas) scramble(cells []byte, issue string, number int) {
	for i, to := range shuffled(issue, number) {
		if cells[i] != 0 {
			x, y := cellAt(to)
			c.fill(x, y, x+scrambleCell, y+scrambleCell)
		}
	}
}

func cellAt(n uint32) (x, y int) {
	return scrambleLeft + int(n)%scrambleRow*scrambleCell, scrambleTop + int(n)/scrambleRow*scrambleCell
}

// Reveal checks a sheet as an enquiry desk would: it reads the back's matrix and
// compares it with the front, shuffles the scramble image back, compares that
// too, and returns it. A sheet that fails is an ErrMismatch.
func Reveal(raster []byte, issue string, number int) (image.Image, error) {
	pages, err := pwg.Decode(raster)
	if err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	if len(pages) != 2 {
		return nil, fmt.Errorf("%w: %d sides", ErrMismatch, len(pages))
	}
	for _, p := range pages {
		if p.Width != pageWidth || p.Height != pageHeight {
			return nil, fmt.Errorf("%w: %d by %d dots", ErrMismatch, p.Width, p.Height)
		}
	}
	front := &canvas{width: pageWidth, height: pageHeight, stride: pageStride, dots: pages[0].Dots}
	back := &canvas{width: pageWidth, height: pageHeight, stride: pageStride, dots: pages[1].Dots}
	if back.digest() != sha256.Sum256(front.dots) {
		return nil, fmt.Errorf("%w: digest", ErrMismatch)
	}
	out := image.NewGray(image.Rect(0, 0, scrambleWide, scrambleHigh))
	want := shrink(front)
	for i, from := range shuffled(issue, number) {
		x, y := cellAt(from)
		black := back.at(x+scrambleCell/2, y+scrambleCell/2)
		if black != (want[i] != 0) {
			return nil, fmt.Errorf("%w: scramble image", ErrMismatch)
		}
		if !black {
			out.SetGray(i%scrambleWide, i/scrambleWide, color.Gray{Y: 0xFF})
		}
	}
	return out, nil
}

// digest reads the matrix.
func (c *canvas) digest() (d [sha256.Size]byte) {
	for i := range matrixSide * matrixSide {
		if c.at(matrixLeft+i%matrixSide*matrixCell+matrixCell/2, matrixTop+i/matrixSide*matrixCell+matrixCell/2) {
			d[i/8] |= 0x80 >> (i % 8)
		}
	}
	return d
}
