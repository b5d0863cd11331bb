package draw

import (
	"image"
	"strings"
	"unicode"

	"golang.org/x/image/math/fixed"
)

// Align says where a line stands in its box.
type Align int

// Left is the zero value.
const (
	Left Align = iota
	Centre
	Right
)

// Style says how a text is to look and how far it may shrink to fit.
type Style struct {
	Weight   Weight
	Size     int // pixels, as designed
	Min      int // smallest size allowed; 0 means Size
	Leading  int // line distance in percent of the size; 0 means 140
	Colour   Colour
	Align    Align
	Middle   bool // in the middle of the box's height, not at its top
	Balanced bool // lines about equally long: for headings
}

func (s Style) leading(size int) int {
	if s.Leading == 0 {
		return size * 140 / 100
	}
	return size * s.Leading / 100
}

// Set is text laid out: its lines at a size.
type Set struct {
	Lines  []string
	Size   int
	Height int
	Fits   bool
	rough  int // lines that end in the middle of a phrase, or leave a stub
}

// Lay breaks text into lines for a box of that size, at the largest size
// between s.Size and s.Min at which all of it fits. "\n" begins a new line.
func (f *Fonts) Lay(text string, box image.Point, s Style) Set {
	f.mu.Lock()
	defer f.mu.Unlock()
	least := s.Min
	if least == 0 {
		least = s.Size
	}
	var set Set
	for size := s.Size; size >= least; size-- {
		set = f.lay(text, box, s, size)
		if set.Fits {
			break
		}
	}
	if set.Fits && len(set.Lines) > 1 && (s.Balanced || set.rough > 0) {
		set = f.balance(text, box, s, set)
	}
	return set
}

func (f *Fonts) lay(text string, box image.Point, s Style, size int) Set {
	set := Set{Size: size, Fits: true}
	for paragraph := range strings.SplitSeq(text, "\n") {
		l, rough, ok := f.wrap(paragraph, s.Weight, size, fixed.I(box.X))
		set.Lines = append(set.Lines, l...)
		set.Fits = set.Fits && ok
		set.rough += rough
		if n := len(l); n > 1 && 5*f.width(s.Weight, size, l[n-1]) < fixed.I(box.X) {
			set.rough++
		}
	}
	set.Height = (len(set.Lines)-1)*s.leading(size) + size*115/100
	set.Fits = set.Fits && set.Height <= box.Y
	return set
}

// balance tries narrower boxes that need no more lines: for headings the
// narrowest, so that lines are about equally long, for other text the widest
// that breaks fewer phrases. A phrase kept whole is worth more than balance.
func (f *Fonts) balance(text string, box image.Point, s Style, best Set) Set {
	lines := len(best.Lines)
	for w := box.X - best.Size/2; w > box.X/2; w -= best.Size / 2 {
		set := f.lay(text, image.Pt(w, box.Y), s, best.Size)
		if !set.Fits || len(set.Lines) > lines {
			break
		}
		if set.rough < best.rough || s.Balanced && set.rough == best.rough {
			best = set
		}
	}
	return best
}

// Text draws text into the box and reports how it was laid out.
func (c *Canvas) Text(r image.Rectangle, text string, s Style) Set {
	set := c.fonts.Lay(text, r.Size(), s)
	top := r.Min.Y
	if s.Middle {
		top += (r.Dy() - set.Height) / 2
	}
	y := top + Ascent(set.Size) + set.Size*8/100
	for _, line := range set.Lines {
		x := r.Min.X
		if s.Align != Left {
			w := c.fonts.Width(s.Weight, set.Size, line)
			if s.Align == Centre {
				x += (r.Dx() - w) / 2
			} else {
				x += r.Dx() - w
			}
		}
		c.String(x, y, s.Weight, set.Size, s.Colour, line)
		y += s.leading(set.Size)
	}
	return set
}

// Characters that may not begin a line, and those that may not end one.
const (
	notFirst = "、。，．・：；？！」』）］｝】〉》〕ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々〜～…‥,.:;?!)]}%％円回枚部桁"
	notLast  = "「『（［｛【〈《〔([{¥￥「"
)

// wrap breaks one paragraph. rough counts the lines that break a phrase; ok is
// false when a single word is wider than the box.
func (f *Fonts) wrap(text string, w Weight, size int, width fixed.Int26_6) (lines []string, rough int, ok bool) {
	rs := []rune(text)
	ok = true
	for start := 0; start < len(rs); {
		end, x := start, fixed.Int26_6(0)
		for end < len(rs) {
			x += f.glyph(w, size, rs[end]).advance
			if x > width && !unicode.IsSpace(rs[end]) {
				break
			}
			end++
		}
		if end < len(rs) {
			cut, found := breakBefore(rs, start, end)
			ok = ok && found
			end = cut
			if end < len(rs) && !goodBreak(rs, end) {
				rough++
			}
		}
		lines = append(lines, strings.TrimSpace(string(rs[start:end])))
		start = end
		for start < len(rs) && unicode.IsSpace(rs[start]) {
			start++
		}
	}
	if len(lines) == 0 {
		lines = []string{""}
	}
	return lines, rough, ok
}

// breakBefore finds where a line that must end by end is to be broken. A place
// where a phrase begins is better than the middle of one, if it does not leave
// more than two fifths of the line empty.
func breakBefore(rs []rune, start, end int) (cut int, ok bool) {
	last := 0
	for i := end; i > start; i-- {
		if !mayBreak(rs, i) {
			continue
		}
		if last == 0 {
			last = i
		}
		if goodBreak(rs, i) {
			if 5*(i-start) >= 3*(end-start) {
				return i, true
			}
			break
		}
	}
	if last != 0 {
		return last, true
	}
	return max(end, start+1), false
}

// mayBreak says whether a line may begin with rs[i].
func mayBreak(rs []rune, i int) bool {
	before, after := rs[i-1], rs[i]
	if unicode.IsSpace(before) {
		return true
	}
	if unicode.IsSpace(after) {
		return false
	}
	if strings.ContainsRune(notFirst, after) || strings.ContainsRune(notLast, before) {
		return false
	}
	if !wide(before) && !wide(after) {
		return before == '-' || before == '/'
	}
	// A number keeps its counting word.
	return !unicode.IsDigit(before)
}

// goodBreak says whether a phrase probably begins at rs[i]: after a space or a
// mark, where kana end and a new word in kanji, katakana or letters begins, or
// before one of the verbs that end polite sentences.
func goodBreak(rs []rune, i int) bool {
	before, after := rs[i-1], rs[i]
	if unicode.IsSpace(before) || strings.ContainsRune("、。，）」』！？", before) {
		return true
	}
	if strings.ContainsRune("（「『", after) {
		return true
	}
	if !unicode.Is(unicode.Hiragana, before) || before == 'お' || before == 'ご' {
		return false
	}
	if !unicode.Is(unicode.Hiragana, after) {
		return true
	}
	rest := string(rs[i:min(i+4, len(rs))])
	for _, verb := range []string{"くださ", "いただ", "あります", "ありま", "できま", "できる", "います", "いませ"} {
		if strings.HasPrefix(rest, verb) {
			return true
		}
	}
	return false
}

// wide says whether r is a character of the East, which may stand at either
// end of a line.
func wide(r rune) bool { return r >= 0x2E80 }
