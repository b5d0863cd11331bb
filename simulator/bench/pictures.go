package bench

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"

	"kioskd/simulator/board/pages"
)

// thumbScale is by how much a sheet's small picture is smaller: 248 pixels wide.
const thumbScale = 10

func (b *Bench) panelPicture(w http.ResponseWriter, _ *http.Request, s *stand) error {
	// A picture is asked for ten times a second while it changes: speed before
	// size.
	w.Header().Set("Cache-Control", "no-store")
	return writePNG(w, s.kiosk.Picture(), png.BestSpeed)
}

func (b *Bench) sheetPicture(w http.ResponseWriter, r *http.Request, s *stand) error {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return badRequest("sheet %q: want its number", clip(r.PathValue("id")))
	}
	side, small := r.PathValue("side"), r.URL.Query().Get("small") != ""
	if side != "front" && side != "back" {
		return badRequest("side %q: want front or back", clip(side))
	}
	for _, sheet := range s.kiosk.Sheets() {
		if sheet.ID != id {
			continue
		}
		bitmap := sheet.Front
		if side == "back" {
			bitmap = sheet.Back
		}
		if bitmap == nil {
			return notFound("sheet %d has no picture of its %s", id, side)
		}
		w.Header().Set("Cache-Control", "private, max-age=3600")
		if small {
			return writePNG(w, reduce(bitmap, thumbScale), png.BestSpeed)
		}
		return writePNG(w, bitmap.Paletted(), png.DefaultCompression)
	}
	return notFound("sheet %d never came out", id)
}

func (b *Bench) paperPicture(w http.ResponseWriter, r *http.Request, s *stand) error {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return badRequest("slip %q: want its number", clip(r.PathValue("id")))
	}
	for _, slip := range s.kiosk.Papers() {
		if slip.ID == id {
			w.Header().Set("Cache-Control", "private, max-age=3600")
			return writePNG(w, slip.Image, png.DefaultCompression)
		}
	}
	return notFound("slip %d was never cut", id)
}

func writePNG(w http.ResponseWriter, m image.Image, level png.CompressionLevel) error {
	w.Header().Set("Content-Type", "image/png")
	enc := png.Encoder{CompressionLevel: level}
	if err := enc.Encode(w, m); err != nil {
		return fmt.Errorf("bench: picture: %w", err)
	}
	return nil
}

// reduce shows a printed side n times smaller, each pixel as grey as its n×n
// dots are black.
func reduce(b *pages.Bitmap, n int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, b.Width/n, b.Height/n))
	black := make([]int, m.Rect.Dx())
	for y := range m.Rect.Dy() {
		clear(black)
		for dy := range n {
			row := b.Pix[(y*n+dy)*b.Stride:]
			for x := range len(black) * n {
				if row[x/8]&(0x80>>(x%8)) != 0 {
					black[x/n]++
				}
			}
		}
		for x, dots := range black {
			m.SetGray(x, y, color.Gray{Y: uint8(255 - 255*dots/(n*n))})
		}
	}
	return m
}
