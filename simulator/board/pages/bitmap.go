package pages

import (
	"image"
	"image/color"
)

// Bitmap is one printed side: rows of Stride bytes, 1 is black, the most
// significant bit is left. It does not change once it is printed.
type Bitmap struct {
	Width, Height, Stride int
	Pix                   []byte
}

func newBitmap(width, height int) *Bitmap {
	stride := (width + 7) / 8
	return &Bitmap{Width: width, Height: height, Stride: stride, Pix: make([]byte, stride*height)}
}

// setRow takes a row of one bit a pixel (1 is black) or of eight (0 is black).
func (b *Bitmap) setRow(y int, line []byte, bits int) {
	row := b.Pix[y*b.Stride : (y+1)*b.Stride]
	if bits == 1 {
		copy(row, line)
		row[len(row)-1] &= 0xFF << (-b.Width & 7) // nothing prints beside the page
		return
	}
	for x, shade := range line {
		if shade < grayBlack {
			row[x/8] |= 0x80 >> (x % 8)
		}
	}
}

// ColorModel is gray, of which black and white occur.
func (*Bitmap) ColorModel() color.Model { return color.GrayModel }

// Bounds begin at 0,0.
func (b *Bitmap) Bounds() image.Rectangle { return image.Rect(0, 0, b.Width, b.Height) }

// At is black or white.
func (b *Bitmap) At(x, y int) color.Color {
	if !(image.Point{X: x, Y: y}).In(b.Bounds()) {
		return color.Gray{}
	}
	if b.Pix[y*b.Stride+x/8]&(0x80>>(x%8)) != 0 {
		return color.Gray{Y: 0}
	}
	return color.Gray{Y: 0xFF}
}

// Paletted is a copy with one byte a pixel, which image/png writes quickly and
// with one bit.
func (b *Bitmap) Paletted() *image.Paletted {
	picture := image.NewPaletted(b.Bounds(), color.Palette{color.White, color.Black})
	for y := range b.Height {
		row := b.Pix[y*b.Stride : (y+1)*b.Stride]
		out := picture.Pix[y*picture.Stride : y*picture.Stride+b.Width]
		for x := range out {
			out[x] = row[x/8] >> (7 - x%8) & 1
		}
	}
	return picture
}
