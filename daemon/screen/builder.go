package screen

import (
	"fmt"
	"image"
	"strconv"
	"strings"
	"time"

	"kioskd/daemon/screen/art"
	"kioskd/daemon/screen/draw"
	"kioskd/daemon/screen/words"
	"kioskd/flows"
)

// Pages are laid out in units: every panel is 800 units wide; 800x480 is 480
// units high, 1280x800 is 500. At 800x480 a unit is a pixel, and 15 mm of the
// 7-inch glass (154 mm wide) are 78 of them.
const (
	unitsWide = 800
	margin    = 8
	barHigh   = 88
	rowHigh   = 88 // the bottom row of buttons
	bodyTop   = barHigh + margin
)

func unitsHigh(r image.Rectangle) int { return r.Dy() * unitsWide / r.Dx() }

// builder draws one page and notes what is on it.
type builder struct {
	c        *draw.Canvas
	sc       *scene
	book     *words.Book
	language string
	page     flows.Page
	look     look
	pad      *padView
	entry    *entry
	width    int // pixels
	high     int // units
}

// px turns units to pixels.
func (b *builder) px(x0, y0, x1, y1 int) image.Rectangle {
	return image.Rect(b.u(x0), b.u(y0), b.u(x1), b.u(y1))
}

func (b *builder) u(n int) int { return n * b.width / unitsWide }

// floor is where the bottom row begins, in units.
func (b *builder) floor() int { return b.high - margin - rowHigh }

func (b *builder) has(id string) bool {
	_, ok := b.button(id)
	return ok
}

func (b *builder) button(id string) (flows.Button, bool) {
	for _, x := range b.page.Buttons {
		if x.ID == id {
			return x, true
		}
	}
	return flows.Button{}, false
}

func (b *builder) fault(format string, a ...any) {
	b.sc.faults = append(b.sc.faults, fmt.Sprintf(format, a...))
}

// value finds a key of the page, or one of the figures that are not keys.
func (b *builder) value(name string) (string, bool) {
	for _, k := range b.page.Keys {
		if k.Name == name {
			return b.dated(k), true
		}
	}
	if name == "fee" && b.page.Fee > 0 {
		return strconv.Itoa(b.page.Fee), true
	}
	return "", false
}

// dated writes a day in the language's way; other values stay as they are.
func (b *builder) dated(k flows.Key) string {
	day, err := time.Parse(time.DateOnly, k.Value)
	if err != nil || k.Name != keyUntil {
		return k.Value
	}
	return day.Format(b.book.Words["date"])
}

func (b *builder) number(name string) int {
	v, _ := b.value(name)
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0
	}
	return n
}

// word is a short word of the language with values in it, given in pairs
// before the page's own keys.
func (b *builder) word(name string, pairs ...string) string {
	w, ok := b.book.Words[name]
	if !ok {
		b.fault("no word %q", name)
		return ""
	}
	return words.Fill(w, func(n string) (string, bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == n {
				return pairs[i+1], true
			}
		}
		return b.value(n)
	})
}

// keyUntil is the last day of a certificate, YYYY-MM-DD; texts that name it
// stand apart from those that do not.
const keyUntil = "until"

// text is what the page says, with its values.
func (b *builder) text() words.Text {
	values := b.variants()
	t, ok := b.book.Page(b.page.Name, values...)
	if !ok {
		b.fault("no words for %s %v", b.page.Name, values)
		t, _ = b.book.Page(flows.PageGuidance)
	}
	t.Title = words.Fill(t.Title, b.value)
	t.Head = words.Fill(t.Head, b.value)
	body := make([]string, len(t.Body))
	for i, p := range t.Body {
		body[i] = words.Fill(p, b.value)
	}
	t.Body = body
	return t
}

// variants are the values that decide the page's words, the most special first:
// what the errand says of a value, the value, the errand.
func (b *builder) variants() []string {
	var values []string
	_, until := b.value(keyUntil)
	for _, k := range b.page.Keys {
		if k.Name == b.look.variant && until {
			values = append(values, k.Value+"/"+keyUntil)
		}
		if k.Name == b.look.variant {
			values = append(values, k.Value)
		}
	}
	if until {
		values = append(values, keyUntil)
	}
	errand, special := b.value("errand")
	if !special {
		return values
	}
	var own []string
	for _, v := range values {
		own = append(own, errand+"/"+v)
	}
	return append(append(own, values...), errand)
}

// label is what a button says.
func (b *builder) label(x flows.Button) string {
	if x.Label != "" {
		return x.Label
	}
	if len(x.ID) == 1 {
		return x.ID
	}
	l, ok := b.book.Button(b.page.Name, x.ID)
	if !ok {
		b.fault("no words for button %s", x.ID)
		return x.ID
	}
	return l
}

func (b *builder) add(n node) { b.sc.nodes = append(b.sc.nodes, n) }

// write draws text and notes it as a node.
func (b *builder) write(role string, r image.Rectangle, text string, st draw.Style) draw.Set {
	set := b.letters(r, text, st)
	b.add(node{Role: role, Label: strings.ReplaceAll(text, "\n", " "), Bounds: r})
	return set
}

// letters draws text that belongs to a node already noted. Sizes are units.
func (b *builder) letters(r image.Rectangle, text string, st draw.Style) draw.Set {
	st.Size = b.u(st.Size)
	st.Min = b.u(st.Min)
	set := b.c.Text(r, text, st)
	if !set.Fits {
		b.fault("text is cut: %q in %v", text, r)
	}
	return set
}

// flow writes paragraphs one under the other in a box, all at one size.
func (b *builder) flow(r image.Rectangle, paragraphs []string, st draw.Style) {
	gap := b.u(10)
	st.Size, st.Min = b.fit(r, paragraphs, st, gap), 0
	if b.tall(r, paragraphs, st, gap) > r.Dy() {
		b.fault("text is cut: %q in %v", paragraphs, r)
	}
	y := r.Min.Y
	for _, p := range paragraphs {
		set := b.c.Text(image.Rect(r.Min.X, y, r.Max.X, r.Max.Y+r.Dy()), p, st)
		b.add(node{Role: "text", Label: strings.ReplaceAll(p, "\n", " "), Bounds: image.Rect(r.Min.X, y, r.Max.X, y+set.Height)})
		y += set.Height + gap
	}
}

// fit is the largest size in pixels at which paragraphs fill no more than the
// box, or the smallest allowed.
func (b *builder) fit(r image.Rectangle, paragraphs []string, st draw.Style, gap int) int {
	least := b.u(st.Min)
	if st.Min == 0 {
		least = b.u(st.Size)
	}
	st.Size, st.Min = b.u(st.Size), 0
	for st.Size > least && b.tall(r, paragraphs, st, gap) > r.Dy() {
		st.Size--
	}
	return st.Size
}

// tall is the height of paragraphs set at exactly st.Size.
func (b *builder) tall(r image.Rectangle, paragraphs []string, st draw.Style, gap int) int {
	const endless = 1 << 20
	h := -gap
	for _, p := range paragraphs {
		set := b.c.Fonts().Lay(p, image.Pt(r.Dx(), endless), st)
		if !set.Fits {
			return endless
		}
		h += set.Height + gap
	}
	return h
}

// picture draws an illustration. It is not read aloud: the words say it all.
func (b *builder) picture(r image.Rectangle, name art.Name) {
	art.Draw(b.c, r, name)
}
