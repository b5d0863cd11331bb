package paper

import (
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

const (
	regularFile = "BIZUDGothic-Regular.ttf"
	boldFile    = "BIZUDGothic-Bold.ttf"

	// glyphsMax bounds the cache: a certificate uses about 200 pictures of
	// characters, and the register a few thousand. A full cache starts anew.
	glyphsMax = 8192
	// inkFrom is the coverage from which a dot is black; a little under half,
	// because thin strokes of kanji break at half.
	inkFrom = 0x70
)

// ErrCharacter says that the font has no picture for a character of the record.
// A certificate never shows a box in a name: it is not made.
var ErrCharacter = errors.New("paper: character without a picture")

// style is a weight and a size in dots.
type style struct {
	size int
	bold bool
}

// glyph is one character as dots.
type glyph struct {
	left, top             int // of the picture, from the origin on the baseline
	width, height, stride int
	advance               int
	bits                  []byte
}

type glyphKey struct {
	style
	char rune
}

// typesetter turns characters into dots and remembers them: the font library
// caches nothing, and its faces serve one caller at a time.
type typesetter struct {
	regular, bold *opentype.Font

	mu     sync.Mutex
	faces  map[style]font.Face
	glyphs map[glyphKey]*glyph
}

func newTypesetter(dir string) (*typesetter, error) {
	regular, err := openFont(dir, regularFile)
	if err != nil {
		return nil, err
	}
	bold, err := openFont(dir, boldFile)
	if err != nil {
		return nil, err
	}
	return &typesetter{
		regular: regular, bold: bold,
		faces: make(map[style]font.Face), glyphs: make(map[glyphKey]*glyph),
	}, nil
}

func openFont(dir, name string) (*opentype.Font, error) {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("paper: fonts: %w", err)
	}
	f, err := opentype.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("paper: fonts: %s: %w", name, err)
	}
	return f, nil
}

// glyph finds or draws one character.
func (t *typesetter) glyph(s style, char rune) (*glyph, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := glyphKey{s, char}
	if g, ok := t.glyphs[key]; ok {
		return g, nil
	}
	face, err := t.face(s)
	if err != nil {
		return nil, err
	}
	var buf sfnt.Buffer
	index, err := t.font(s).GlyphIndex(&buf, char)
	if err != nil {
		return nil, fmt.Errorf("paper: character %U: %w", char, err)
	}
	if index == 0 {
		return nil, fmt.Errorf("%w: %U", ErrCharacter, char)
	}
	box, mask, at, advance, ok := face.Glyph(fixed.Point26_6{}, char)
	if !ok {
		return nil, fmt.Errorf("%w: %U", ErrCharacter, char)
	}
	g := trace(box, mask, at)
	g.advance = advance.Round()
	if len(t.glyphs) >= glyphsMax {
		clear(t.glyphs)
	}
	t.glyphs[key] = g
	return g, nil
}

func (t *typesetter) face(s style) (font.Face, error) {
	if f, ok := t.faces[s]; ok {
		return f, nil
	}
	// At 72 dots per inch a point is a dot.
	face, err := opentype.NewFace(t.font(s), &opentype.FaceOptions{Size: float64(s.size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("paper: font at %d dots: %w", s.size, err)
	}
	t.faces[s] = face
	return face, nil
}

func (t *typesetter) font(s style) *opentype.Font {
	if s.bold {
		return t.bold
	}
	return t.regular
}

// trace keeps the dots of a grey picture that are dark enough.
func trace(box image.Rectangle, mask image.Image, at image.Point) *glyph {
	g := &glyph{left: box.Min.X, top: box.Min.Y, width: box.Dx(), height: box.Dy(), stride: (box.Dx() + 7) / 8}
	g.bits = make([]byte, g.stride*g.height)
	for y := range g.height {
		for x := range g.width {
			if _, _, _, a := mask.At(at.X+x, at.Y+y).RGBA(); a>>8 >= inkFrom {
				g.bits[y*g.stride+x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return g
}
