package pages

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
)

// A4 in dots.
const (
	paperWidth  = 2480
	paperHeight = 3508
)

const jpegStart = "\xFF\xD8"

// decodeJPEG makes one side of a picture: as large as the paper allows, in the
// upper left corner, black where it is darker than middle grey. No certificate
// comes this way; a printer of IPP Everywhere has to take it.
func decodeJPEG(b []byte) (*document, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("pages: JPEG: %w", err)
	}
	if c.Width < 1 || c.Width > widthMax || c.Height < 1 || c.Height > heightMax {
		return nil, fmt.Errorf("pages: JPEG of %dx%d pixels, at most %dx%d print", c.Width, c.Height, widthMax, heightMax)
	}
	picture, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("pages: JPEG: %w", err)
	}
	side := newBitmap(paperWidth, paperHeight)
	width, height := paperWidth, paperWidth*c.Height/c.Width
	if height > paperHeight {
		width, height = paperHeight*c.Width/c.Height, paperHeight
	}
	gray := image.NewGray(image.Rect(0, 0, c.Width, c.Height))
	draw.Draw(gray, gray.Rect, picture, picture.Bounds().Min, draw.Src)
	shades := make([]byte, side.Width)
	for x := range shades {
		shades[x] = 0xFF
	}
	for y := range height {
		row := gray.Pix[y*c.Height/height*gray.Stride:]
		for x := range width {
			shades[x] = row[x*c.Width/width]
		}
		side.setRow(y, shades, 8)
	}
	return &document{pages: []*Bitmap{side}, digest: sha256.Sum256(b), size: len(b)}, nil
}
