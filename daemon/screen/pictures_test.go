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
					}
				}
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
