package paper

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrTooLong says that a field does not fit its cell even in small letters. A
// certificate never drops a character: it is not made.
var ErrTooLong = errors.New("paper: text too long for its field")

// pen writes on a canvas. The first error stays and silences what follows, so
// that a form reads as a list of its fields.
type pen struct {
	*canvas
	types *typesetter
	err   error
}

// width of one line in dots.
func (p *pen) measure(s style, text string) int {
	w := 0
	for _, char := range text {
		g, err := p.types.glyph(s, char)
		if err != nil {
			p.fail(err)
			return 0
		}
		w += g.advance
	}
	return w
}

func (p *pen) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// write sets one line from x on, on baseline y.
func (p *pen) write(s style, x, y int, text string) { p.spread(s, x, y, 0, text) }

// spread is write with extra dots after each character.
func (p *pen) spread(s style, x, y, extra int, text string) {
	for _, char := range text {
		g, err := p.types.glyph(s, char)
		if err != nil {
			p.fail(err)
			return
		}
		p.stamp(g, x, y)
		x += g.advance + extra
	}
}

// centre sets one line around x, right ends it there.
func (p *pen) centre(s style, x, y int, text string) {
	p.write(s, x-p.measure(s, text)/2, y, text)
}

func (p *pen) right(s style, x, y int, text string) {
	p.write(s, x-p.measure(s, text), y, text)
}

// fit writes text into a strip of height dots, as large as it goes: one line, or
// two small ones.
func (p *pen) fit(x, y, width, height, size int, bold bool, text string) {
	for s := size; s >= size*2/3; s -= 2 {
		st := style{s, bold}
		if p.measure(st, text) <= width {
			p.write(st, x, y+(height+s*3/4)/2, text) // capitals and kanji stand about 3/4 of the size over the baseline
			return
		}
	}
	for s := height * 9 / 20; s >= smallest; s -= 2 {
		st := style{s, bold}
		first, rest := p.breakAt(st, width, text)
		if p.measure(st, rest) <= width {
			p.write(st, x, y+height/2-s/8, first)
			p.write(st, x, y+height-s/8, rest)
			return
		}
	}
	p.fail(fmt.Errorf("%w: %d characters", ErrTooLong, len([]rune(text))))
}

// smallest letters of a certificate, in dots: 5 points.
const smallest = 22

// breakAt splits text where the first line is full. Japanese breaks anywhere, a
// word in Latin letters only after a space: a foreign resident's name must not
// read as two.
func (p *pen) breakAt(s style, width int, text string) (string, string) {
	w := 0
	for i, char := range text {
		g, err := p.types.glyph(s, char)
		if err != nil {
			p.fail(err)
			return "", ""
		}
		if w += g.advance; w <= width {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		if space := strings.LastIndexByte(text[:i], ' '); space > 0 && latin(before) && latin(char) {
			i = space + 1
		}
		return strings.TrimRight(text[:i], " "), strings.TrimLeft(text[i:], " ")
	}
	return text, ""
}

func latin(char rune) bool { return unicode.Is(unicode.Latin, char) }
