package pages

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
)

// Where the printer tells people of itself: its icons, as PWG 5100.14 wants them,
// and its supplies.
const (
	iconPath     = "/icon-"
	suppliesPath = "/supplies"
)

// iconSides are the edges of the icons, in pixels.
var iconSides = [...]int{48, 128, 512}

// web answers what is no IPP; ok is false where there is no such page.
func (p *Printer) web(w http.ResponseWriter, r *http.Request) (ok bool) {
	if r.Method != http.MethodGet {
		return false
	}
	if r.URL.Path == suppliesPath {
		p.mu.Lock()
		toner := p.toner()
		p.mu.Unlock()
		// A reader that has gone does not hear the answer; there is nobody to tell.
		_, _ = fmt.Fprintf(w, "toner %d %%\n", toner)
		return true
	}
	for _, side := range iconSides {
		if r.URL.Path == icon(side) {
			w.Header().Set("Content-Type", "image/png")
			_ = png.Encode(w, sheetIcon(side))
			return true
		}
	}
	return false
}

func icon(side int) string { return fmt.Sprintf("%s%d.png", iconPath, side) }

// sheetIcon is a white sheet on grey.
func sheetIcon(side int) image.Image {
	m := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			m.SetGray(x, y, color.Gray{Y: 0x60})
			if x > side/4 && x < side-side/4 && y > side/8 && y < side-side/8 {
				m.SetGray(x, y, color.Gray{Y: 0xFF})
			}
		}
	}
	return m
}

// page is the address of one of these pages, beside the printer's own.
func page(printer, path string) string {
	return "http" + strings.TrimSuffix(strings.TrimPrefix(printer, "ipp"), Path) + path
}

func iconURIs(printer string) []string {
	var all []string
	for _, side := range iconSides {
		all = append(all, page(printer, icon(side)))
	}
	return all
}
