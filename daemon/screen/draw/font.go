package draw

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Weight picks one of the four fonts.
type Weight int

// The fonts: proportional for reading, Mono where digits stand in columns.
const (
	Regular Weight = iota
	Bold
	Mono
	MonoBold
	weights
)

func (w Weight) file() string {
	switch w {
	case Bold:
		return "BIZUDPGothic-Bold.ttf"
	case Mono:
		return "BIZUDGothic-Regular.ttf"
	case MonoBold:
		return "BIZUDGothic-Bold.ttf"
	default:
		return "BIZUDPGothic-Regular.ttf"
	}
}

// Package is what to install when a font is missing.
const Package = "fonts-morisawa-bizud-gothic"

// missing stands for a character that the fonts do not have: the mark that
// Japanese printers put there.
const missing = '〓'

// glyphsMax bounds the cache of drawn characters; a kiosk's pages need about
// 1,500, so only a flood of names reaches it.
const glyphsMax = 6000

// Fonts draws characters. Safe for concurrent use.
type Fonts struct {
	mu     sync.Mutex
	files  [weights]*os.File
	fonts  [weights]*sfnt.Font
	faces  map[faceKey]font.Face
	glyphs map[glyphKey]*glyph
	buf    sfnt.Buffer
}

type faceKey struct {
	w    Weight
	size int
}

type glyphKey struct {
	faceKey
	r rune
}

// glyph is a drawn character: how much of each pixel it covers.
type glyph struct {
	mask    *image.Alpha // bounds relative to the pen on the base line; may be empty
	advance fixed.Int26_6
}

// OpenFonts opens the four files in dir. Nothing is read but their tables of
// contents: characters come from the file when they are first drawn.
func OpenFonts(dir string) (*Fonts, error) {
	f := &Fonts{faces: map[faceKey]font.Face{}, glyphs: map[glyphKey]*glyph{}}
	for w := range weights {
		name := filepath.Join(dir, w.file())
		file, err := os.Open(name)
		if err != nil {
			return nil, f.refuse(name, err)
		}
		f.files[w] = file
		parsed, err := opentype.ParseReaderAt(file)
		if err != nil {
			return nil, f.refuse(name, err)
		}
		f.fonts[w] = parsed
		// A file that is cut off shows only when a character is asked for.
		if _, err := parsed.LoadGlyph(&f.buf, 1, fixed.I(16), nil); err != nil {
			return nil, f.refuse(name, err)
		}
	}
	return f, nil
}

func (f *Fonts) refuse(name string, err error) error {
	if closing := f.Close(); closing != nil {
		err = fmt.Errorf("%w (and %w)", err, closing)
	}
	return &FontError{Name: name, Err: err}
}

// FontError is a font file that is not there or cannot be read.
type FontError struct {
	Name string
	Err  error
}

func (e *FontError) Error() string {
	return fmt.Sprintf("font %s cannot be read (install %s): %v", e.Name, Package, e.Err)
}

// Unwrap gives why.
func (e *FontError) Unwrap() error { return e.Err }

// Close closes the files. It may be called twice.
func (f *Fonts) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for i, file := range f.files {
		if file != nil {
			errs = append(errs, file.Close())
			f.files[i] = nil
		}
	}
	return errors.Join(errs...)
}

// Has says whether the proportional font can draw r.
func (f *Fonts) Has(r rune) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	i, err := f.fonts[Regular].GlyphIndex(&f.buf, r)
	return err == nil && i != 0
}

// glyph finds or draws a character. Called with mu held.
func (f *Fonts) glyph(w Weight, size int, r rune) *glyph {
	key := glyphKey{faceKey{w, size}, r}
	if g := f.glyphs[key]; g != nil {
		return g
	}
	if len(f.glyphs) >= glyphsMax {
		clear(f.glyphs)
	}
	g := f.load(key)
	f.glyphs[key] = g
	return g
}

func (f *Fonts) load(key glyphKey) *glyph {
	r := key.r
	if i, err := f.fonts[key.w].GlyphIndex(&f.buf, r); err != nil || i == 0 {
		r = missing
	}
	face := f.faces[key.faceKey]
	if face == nil {
		var err error
		// 72 dpi makes a point a pixel. NewFace cannot fail with these options.
		face, err = opentype.NewFace(f.fonts[key.w], &opentype.FaceOptions{Size: float64(key.size), DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return &glyph{mask: image.NewAlpha(image.Rectangle{}), advance: fixed.I(key.size)}
		}
		f.faces[key.faceKey] = face
	}
	dr, mask, at, advance, ok := face.Glyph(fixed.Point26_6{}, r)
	if !ok {
		return &glyph{mask: image.NewAlpha(image.Rectangle{}), advance: fixed.I(key.size)}
	}
	// The face reuses its mask, so the cache keeps a copy.
	own := image.NewAlpha(dr)
	for y := dr.Min.Y; y < dr.Max.Y; y++ {
		for x := dr.Min.X; x < dr.Max.X; x++ {
			_, _, _, a := mask.At(at.X+x-dr.Min.X, at.Y+y-dr.Min.Y).RGBA()
			own.SetAlpha(x, y, color.Alpha{A: uint8(a >> 8)})
		}
	}
	return &glyph{mask: own, advance: advance}
}

// Width is how long s is in pixels, rounded up.
func (f *Fonts) Width(w Weight, size int, s string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.width(w, size, s).Ceil()
}

func (f *Fonts) width(w Weight, size int, s string) fixed.Int26_6 {
	var x fixed.Int26_6
	for _, r := range s {
		x += f.glyph(w, size, r).advance
	}
	return x
}

// Ascent is how far above the base line the letters reach.
func Ascent(size int) int { return (size*88 + 50) / 100 }

// String draws s with its base line at y and returns where the pen stops.
func (c *Canvas) String(x, y int, w Weight, size int, col Colour, s string) int {
	c.fonts.mu.Lock()
	defer c.fonts.mu.Unlock()
	pen := fixed.I(x)
	for _, r := range s {
		g := c.fonts.glyph(w, size, r)
		c.stamp(g.mask, pen.Round(), y, col)
		pen += g.advance
	}
	return pen.Ceil()
}

// stamp paints a glyph's mask with its pen at x, y.
func (c *Canvas) stamp(m *image.Alpha, x, y int, col Colour) {
	r := m.Rect.Add(image.Pt(x, y)).Intersect(c.Img.Rect)
	if r.Empty() {
		return
	}
	red, green, blue := col.parts()
	for py := r.Min.Y; py < r.Max.Y; py++ {
		src := m.Pix[m.PixOffset(r.Min.X-x, py-y):][:r.Dx()]
		dst := c.Img.Pix[c.Img.PixOffset(r.Min.X, py):][:4*r.Dx()]
		for i, a := range src {
			p := dst[4*i : 4*i+3 : 4*i+3]
			switch a {
			case 0:
			case 255:
				p[0], p[1], p[2] = red, green, blue
			default:
				p[0] = mix(p[0], red, uint32(a))
				p[1] = mix(p[1], green, uint32(a))
				p[2] = mix(p[2], blue, uint32(a))
			}
		}
	}
}
