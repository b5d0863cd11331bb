package screen

import (
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/daemon/screen/draw"
	"kioskd/flows"
)

// What is sent holds all that changed, no pixel twice, costs no more than the
// changed tiles alone would, and the copy made from it is the frame.
func TestDirtyTiles(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for _, bounds := range []image.Rectangle{small, large} {
		format := RGB565
		if bounds == large {
			format = BGRX
		}
		f := newFrame(bounds, format)
		g := &glass{bounds: bounds, pix: make([]byte, len(f.Pix))}
		img := image.NewRGBA(bounds)
		for range 20 {
			spots := map[image.Point]bool{}
			for range 1 + r.IntN(200) {
				p := image.Pt(r.IntN(bounds.Dx()), r.IntN(bounds.Dy()))
				old := img.RGBAAt(p.X, p.Y)
				img.SetRGBA(p.X, p.Y, color.RGBA{old.R + 64, 1, 2, 255})
				spots[p.Div(tile)] = true
			}
			dirty := f.take(img, bounds, false)
			cost := 0
			for i, d := range dirty {
				cost += d.Dx()*d.Dy() + windowPixels
				for _, e := range dirty[:i] {
					if d.Overlaps(e) {
						t.Fatalf("%v and %v overlap", d, e)
					}
				}
			}
			if most := len(spots) * (tile*tile + windowPixels); cost > most {
				t.Fatalf("%d rectangles cost %d for %d tiles", len(dirty), cost, len(spots))
			}
			if err := g.Update(f, dirty); err != nil {
				t.Fatal(err)
			}
			if checksum(g.pix) != checksum(f.Pix) {
				t.Fatal("the glass is not the frame")
			}
		}
	}
}

func TestJoin(t *testing.T) {
	for name, c := range map[string]struct{ rects, want []image.Rectangle }{
		"near":  {[]image.Rectangle{image.Rect(0, 0, 8, 8), image.Rect(72, 0, 80, 8)}, []image.Rectangle{image.Rect(0, 0, 80, 8)}},
		"far":   {[]image.Rectangle{image.Rect(0, 0, 8, 8), image.Rect(80, 0, 88, 8)}, []image.Rectangle{image.Rect(0, 0, 8, 8), image.Rect(80, 0, 88, 8)}},
		"aside": {[]image.Rectangle{image.Rect(0, 0, 80, 80), image.Rect(80, 80, 88, 88)}, []image.Rectangle{image.Rect(0, 0, 80, 80), image.Rect(80, 80, 88, 88)}},
		// The first two alone would overlap the third.
		"three": {[]image.Rectangle{image.Rect(0, 0, 8, 8), image.Rect(24, 0, 32, 8), image.Rect(16, 0, 24, 16)}, []image.Rectangle{image.Rect(0, 0, 32, 16)}},
		// The third is too dear, so neither of the first two is joined over it.
		"between": {
			[]image.Rectangle{image.Rect(0, 0, 8, 8), image.Rect(40, 0, 48, 8), image.Rect(24, 0, 32, 400)},
			[]image.Rectangle{image.Rect(0, 0, 8, 8), image.Rect(40, 0, 48, 8), image.Rect(24, 0, 32, 400)},
		},
	} {
		if got := join(slices.Clone(c.rects)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// The worst that can be: every other tile changed, as on a chessboard.
func BenchmarkJoin(b *testing.B) {
	var rects []image.Rectangle
	for y := 0; y < 480; y += tile {
		for x := y % (2 * tile); x < 800; x += 2 * tile {
			rects = append(rects, image.Rect(x, y, x+tile, y+tile))
		}
	}
	for b.Loop() {
		join(slices.Clone(rects))
	}
}

func TestPixelFormats(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	img.SetRGBA(0, 0, color.RGBA{0xff, 0x80, 0x08, 0xff})
	f := newFrame(img.Rect, RGB565)
	f.take(img, img.Rect, true)
	if f.Pix[0] != 0xfc || f.Pix[1] != 0x01 {
		t.Errorf("565 is %x", f.Pix[:2])
	}
	f = newFrame(img.Rect, BGRX)
	f.take(img, img.Rect, true)
	if f.Pix[0] != 0x08 || f.Pix[1] != 0x80 || f.Pix[2] != 0xff || f.Pix[3] != 0 {
		t.Errorf("BGRX is %x", f.Pix[:4])
	}
}

// Text stands out from its ground by 7:1.
func TestContrastOfEveryPair(t *testing.T) {
	for _, c := range []struct {
		what       string
		text, back draw.Colour
		least      float64
	}{
		{"text", ink, ground, 7},
		{"text on paper", ink, paper, 7},
		{"text on sky", ink, sky, 7},
		{"text on a hill", ink, 0xB9DACF, 7},
		{"notice", ink, pale, 7},
		{"lesser text", soft, paper, 7},
		{"lesser text on ground", soft, ground, 7},
		{"lesser text on pale", soft, pale, 7},
		{"bar", onBar, calmBar, 7},
		{"good bar", onBar, goodBar, 7},
		{"alarm bar", onBar, alarmBar, 7},
		{"way on", onBar, goColour, 7},
		{"choice's sign", goColour, paper, 7},
		{"what cannot be pressed", dimText, dimFill, 4.5},
		{"border", stopColour, ground, 3},
		{"ring", ringColour, paper, 2.5},
	} {
		if got := draw.Contrast(c.text, c.back); got < c.least {
			t.Errorf("%s: %.2f, want %.1f", c.what, got, c.least)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	clock := newHands()
	for _, c := range []struct {
		want string
		o    Options
	}{
		{"panel", Options{Clock: clock, Fonts: fontsDir}},
		{"640", Options{Panel: &glass{bounds: image.Rect(0, 0, 640, 480)}, Clock: clock, Fonts: fontsDir}},
		{"language", Options{Panel: &glass{bounds: small}, Clock: clock, Fonts: fontsDir, Language: "tlh"}},
		{draw.Package, Options{Panel: &glass{bounds: small}, Clock: clock, Fonts: t.TempDir()}},
	} {
		s, err := New(c.o)
		if err == nil || s != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v does not say %q", err, c.want)
		}
	}
}

func TestRefusesWhatItDoesNotKnow(t *testing.T) {
	st := newStage(t, small, "ja", nil)
	if err := st.Show(t.Context(), flows.Page{Name: "picnic"}); err == nil {
		t.Error("shows a page it does not know")
	}
	p := flows.Page{Name: flows.PageMembers}
	for i := range choicesMax + 1 {
		p.Buttons = append(p.Buttons, flows.Button{ID: "m" + string(rune('a'+i)), Label: "名前", Toggle: true})
	}
	if err := st.Show(t.Context(), p); err == nil {
		t.Error("shows more members than fit")
	}
	if _, err := st.RenderSlip("picnic", Slip{}); err == nil {
		t.Error("prints a slip it does not know")
	}
}

func TestSlips(t *testing.T) {
	st := newStage(t, small, "en", nil)
	sl := Slip{
		At: time.Date(2026, 11, 24, 10, 5, 0, 0, time.UTC), Number: "K001-7", Store: "kioskd 1号機",
		Contact: flows.Contact{Municipality: "稲城市", Office: "市民課", Phone: "042-378-2111", Hours: "8:30–17:00"},
		Copies:  2, Fee: 400, Paid: 1500, Change: 1100, Owed: 300, Incident: "K001-20261124-3",
	}
	for kind, want := range map[string][]string{
		SlipReceipt: {"領収書", "Receipt", "住民票の写し 2部", "手数料 400円", "お預かり 1,500円", "1,100円", "稲城市 市民課", "K001-7", "2026年11月24日 10:05"},
		SlipOwed:    {"300円", "K001-20261124-3", "042-378-2111"},
	} {
		d, err := st.RenderSlip(kind, sl)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(d.Lines, "\n")
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s lacks %q:\n%s", kind, w, all)
			}
		}
		if len(d.Rows) != d.Height()*slipBytes || d.Height() < 300 || d.Height() > 1200 {
			t.Errorf("%s is %d rows", kind, d.Height())
		}
		if err := st.SlipShown(d); err != nil {
			t.Fatal(err)
		}
		if tree := st.looker.last(); !strings.Contains(tree, d.Checksum()) || !strings.Contains(tree, `"slip":"`+kind+`"`) {
			t.Errorf("tree is %s", tree)
		}
		if *picturesDir != "" {
			img := image.NewGray(image.Rect(0, 0, d.Width(), d.Height()))
			for i := range img.Pix {
				if d.Rows[i/8]&(0x80>>(i%8)) == 0 {
					img.Pix[i] = 0xff
				}
			}
			writePNG(t, *picturesDir+"/slip-"+kind+".png", img)
		}
	}
}

func BenchmarkFirstPage(b *testing.B) {
	for b.Loop() {
		st := newStage(b, small, "ja", nil)
		if err := st.Show(b.Context(), samples()[1].view.page); err != nil {
			b.Fatal(err)
		}
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	st := newStage(b, small, "ja", nil)
	all := samples()
	for i := 0; b.Loop(); i++ {
		if _, err := st.compose(all[i%len(all)].view); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPageLarge(b *testing.B) {
	st := newStage(b, large, "en", nil)
	all := samples()
	for i := 0; b.Loop(); i++ {
		if _, err := st.compose(all[i%len(all)].view); err != nil {
			b.Fatal(err)
		}
	}
}
