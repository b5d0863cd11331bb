package screen

import (
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/draw"
)

var picturesDir = flag.String("pictures", "", "write a picture of every page into this folder")

// Every page with every value of its keys, in both languages and sizes: no
// text is cut, no words are missing, and each button is at least 15 mm, inside
// the panel, and apart from the others.
func TestEveryPageIsRight(t *testing.T) {
	for _, bounds := range []image.Rectangle{small, large} {
		for _, language := range []string{"ja", "en"} {
			t.Run(fmt.Sprintf("%d/%s", bounds.Dx(), language), func(t *testing.T) {
				st := newStage(t, bounds, language, nil)
				var album album
				for i, sa := range samples() {
					sc, err := st.compose(sa.view)
					if err != nil {
						t.Fatalf("%s: %v", sa.name, err)
					}
					for _, f := range sc.faults {
						t.Errorf("%s: %s", sa.name, f)
					}
					checkButtons(t, sa.name, sc, bounds)
					if *picturesDir != "" {
						name := fmt.Sprintf("%03d-%s-%d-%s.png", i, strings.NewReplacer(" ", "_", "=", "-").Replace(sa.name), bounds.Dx(), language)
						writePNG(t, filepath.Join(*picturesDir, name), st.canvas.Img)
						album.add(t, st.canvas.Img, fmt.Sprintf("%d-%s", bounds.Dx(), language))
					}
				}
				album.write(t, fmt.Sprintf("%d-%s", bounds.Dx(), language))
			})
		}
	}
}

func checkButtons(t *testing.T, page string, sc *scene, bounds image.Rectangle) {
	t.Helper()
	least := 78 // 15 mm of 800 pixels on 154 mm
	if bounds == large {
		least = 89 // of 1280 pixels on 217 mm
	}
	for i, n := range sc.nodes {
		if n.Label == "" {
			t.Errorf("%s: a %s says nothing", page, n.Role)
		}
		if n.Role != "button" {
			continue
		}
		if n.Bounds.Dx() < least || n.Bounds.Dy() < least {
			t.Errorf("%s: button %s is %v, want %d", page, n.ID, n.Bounds.Size(), least)
		}
		if !n.Bounds.In(bounds) {
			t.Errorf("%s: button %s lies outside at %v", page, n.ID, n.Bounds)
		}
		for _, m := range sc.nodes[:i] {
			if m.Bounds.Overlaps(n.Bounds) {
				t.Errorf("%s: button %s lies over %q", page, n.ID, m.Label)
			}
		}
		for _, m := range sc.nodes[i+1:] {
			if m.Bounds.Overlaps(n.Bounds) {
				t.Errorf("%s: %q lies over button %s", page, m.Label, n.ID)
			}
		}
	}
}

// album lays pages side by side, eight to a picture, to look at them.
type album struct {
	sheet *image.RGBA
	n     int
}

func (a *album) add(t *testing.T, img image.Image, name string) {
	t.Helper()
	if a.sheet == nil {
		a.sheet = image.NewRGBA(image.Rect(0, 0, 1290, 4*400))
	}
	at := image.Pt(a.n%2*650, a.n%8/2*400)
	high := 640 * img.Bounds().Dy() / img.Bounds().Dx()
	draw.BiLinear.Scale(a.sheet, image.Rect(at.X, at.Y, at.X+640, at.Y+high), img, img.Bounds(), draw.Src, nil)
	if a.n++; a.n%8 == 0 {
		a.write(t, name)
	}
}

func (a *album) write(t *testing.T, name string) {
	t.Helper()
	if a.sheet == nil {
		return
	}
	writePNG(t, filepath.Join(*picturesDir, fmt.Sprintf("album-%s-%02d.png", name, (a.n-1)/8)), a.sheet)
	a.sheet = nil
}

func writePNG(t *testing.T, name string, img image.Image) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
