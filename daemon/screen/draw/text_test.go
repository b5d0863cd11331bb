package draw

import (
	"image"
	"strings"
	"testing"
	"unicode"
)

const fontsDir = "/usr/share/fonts/truetype/bizud-gothic"

func open(tb testing.TB) *Fonts {
	tb.Helper()
	f, err := OpenFonts(fontsDir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := f.Close(); err != nil {
			tb.Error(err)
		}
	})
	return f
}

func TestFontsMissing(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenFonts(dir)
	if err == nil {
		t.Fatal("opened nothing")
	}
	for _, part := range []string{dir, "BIZUDPGothic-Regular.ttf", Package} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

// No line begins or ends with a mark that may not stand there.
func TestKinsoku(t *testing.T) {
	f := open(t)
	text := "カードを置いてください（マイナンバーカード）。「次へ」を押すと、つづきます！10円・50円・100円・500円が使えます。"
	for width := 60; width < 400; width += 7 {
		for _, size := range []int{18, 24, 31} {
			if width < 4*size {
				continue
			}
			set := f.Lay(text, image.Pt(width, 1<<20), Style{Size: size})
			if !set.Fits {
				continue // a box narrower than a word
			}
			if got := strings.Join(set.Lines, ""); got != text {
				t.Fatalf("width %d: %q is not the text", width, got)
			}
			for i, l := range set.Lines {
				rs := []rune(l)
				if i > 0 && strings.ContainsRune("、。）」！・ーっょ円", rs[0]) {
					t.Errorf("width %d: line %q begins with a mark", width, l)
				}
				if i < len(set.Lines)-1 && strings.ContainsRune("（「", rs[len(rs)-1]) {
					t.Errorf("width %d: line %q ends with an opening mark", width, l)
				}
				if w := f.Width(Regular, size, l); w > width+1 {
					t.Errorf("width %d: line %q is %d long", width, l, w)
				}
			}
		}
	}
}

func TestEnglishWordsStayWhole(t *testing.T) {
	f := open(t)
	text := "Please take your card and your certificate, and do not forget the change."
	words := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		words[w] = true
	}
	for width := 140; width < 500; width += 13 {
		set := f.Lay(text, image.Pt(width, 1<<20), Style{Size: 20})
		for _, l := range set.Lines {
			for w := range strings.FieldsSeq(l) {
				if !words[w] {
					t.Errorf("width %d: %q is no word of the text", width, w)
				}
			}
		}
	}
}

func TestShrinksToFit(t *testing.T) {
	f := open(t)
	box := image.Pt(200, 60)
	set := f.Lay("住民票の写しを受け取れます", box, Style{Size: 40, Min: 12})
	if !set.Fits || set.Size >= 40 || set.Height > box.Y {
		t.Fatalf("%+v", set)
	}
	if f.Lay("住民票の写しを受け取れます", box, Style{Size: 40}).Fits {
		t.Fatal("says that it fits where it does not")
	}
}

func TestMissingLetterIsGeta(t *testing.T) {
	f := open(t)
	if f.Has('𠮷') || f.Has('한') || !f.Has('髙') {
		t.Fatal("the fonts have changed")
	}
	if f.Width(Regular, 24, "𠮷") != f.Width(Regular, 24, "〓") {
		t.Fatal("a missing letter is not drawn as 〓")
	}
}

// Whatever comes (a name, the office's notice), no letter is lost and nothing
// breaks.
func FuzzLay(f *testing.F) {
	fonts := open(f)
	f.Add("12月1日（火）は点検のため、20時で終了します。", 200, true)
	f.Add("a very-long/word\n\n（（（", 30, false)
	f.Fuzz(func(t *testing.T, text string, width int, balanced bool) {
		if len(text) > 200 {
			text = text[:200]
		}
		width = 8 + abs(width)%600
		set := fonts.Lay(text, image.Pt(width, 300), Style{Size: 24, Min: 20, Balanced: balanced})
		bare := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s)
		}
		if got, want := bare(strings.Join(set.Lines, "")), bare(string([]rune(text))); got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

func TestContrast(t *testing.T) {
	if c := Contrast(0, 0xffffff); c < 20.9 || c > 21.1 {
		t.Errorf("black on white is %.2f", c)
	}
	if Contrast(0x777777, 0x777777) != 1 {
		t.Error("grey on itself is not 1")
	}
}
