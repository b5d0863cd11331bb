package screen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"
	"strings"
	"time"

	"kioskd/daemon/screen/art"
	"kioskd/daemon/screen/draw"
	"kioskd/drivers/board"
	"kioskd/flows"
	"kioskd/flows/secret"
)

// revealLasts is how long "show" shows what was typed; the next key ends it
// sooner.
const revealLasts = 3 * time.Second

const idShow = "show"

// The rows of the keyboard: in the order of the alphabet, always the same.
var keyRows = [...]string{"1234567890", "ABCDEFGHIJ", "KLMNOPQRST", "UVWXYZ"}

// typing is a keyboard page at work. What was typed is in the secret alone; the
// picture has it only while the customer asks to see it, a tree never.
type typing struct {
	text   *secret.Text
	shown  bool
	turn   int // counts the reveals
	masked board.Timer
}

// entry is what a picture shows of it.
type entry struct {
	n     int
	rule  secret.Rule
	shown *secret.Text // nil: masked
}

// AskPassword shows a page with letters and digits, as flows.Screen says.
func (s *Screen) AskPassword(ctx context.Context, p flows.Page, until <-chan struct{}) (*secret.Text, string, error) {
	text, err := secret.New()
	if err != nil {
		return nil, "", fmt.Errorf("screen: %w", err)
	}
	id, err := s.ask(ctx, p, until, &question{typing: &typing{text: text}})
	if err != nil || id != idEnter {
		text.Wipe()
		return nil, id, err
	}
	return text, "", nil
}

// keyboard takes a key of letters and digits. It says whether the key was its
// own, so that the question goes on.
func (q *question) keyboard(id string) (own bool, err error) {
	t := q.typing
	t.mask()
	switch {
	case id == idClear:
		t.text.Clear()
		return true, nil
	case id == idShow:
		t.shown = true
		t.turn++
		turn := t.turn
		t.masked = q.s.o.Clock.AfterFunc(revealLasts, func() { q.post(event{kind: revealOver, armed: turn}) })
		return true, nil
	}
	c, ok := secret.Character([]rune(id)[0])
	if !ok || len(id) != 1 {
		return false, nil
	}
	if err := t.text.Append(c); err != nil && !errors.Is(err, secret.ErrFull) {
		return true, err
	}
	return true, nil
}

// mask covers what was shown.
func (t *typing) mask() {
	t.shown = false
	if t.masked != nil {
		t.masked.Stop()
	}
}

// revealed comes when the customer has seen it long enough.
func (q *question) revealed(turn int) error {
	if turn != q.typing.turn || !q.typing.shown {
		return nil
	}
	q.typing.mask()
	return q.redraw()
}

func (t *typing) entry() *entry {
	e := &entry{n: t.text.Len(), rule: t.text.Password()}
	if t.shown {
		e.shown = t.text
	}
	return e
}

// keys are what the page says of the typing, by the names of the scenario
// language.
func (e *entry) keys(page string) []flows.Key {
	if page != flows.PageNewPassword {
		return nil
	}
	return []flows.Key{
		{Name: "length", Value: yesNo(e.rule.Length)}, {Name: "letter", Value: yesNo(e.rule.Letter)}, {Name: "digit", Value: yesNo(e.rule.Digit)},
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// The keyboard's place in units: keys of 15 mm in steps of whole tiles.
const (
	letterStep = 80
	letterSide = 78
	cellWide   = 24 // of one typed character
	fieldWide  = secret.PasswordMost*cellWide + 16
)

// letters asks for a password.
func (b *builder) keyboard() {
	e := b.entry
	if e == nil {
		e = &entry{}
	}
	b.keyboardBar()
	top := b.high - len(keyRows)*letterStep
	b.field(e, b.px(8, barHigh+6, 8+fieldWide, top-6))
	right := b.px(fieldWide+20, barHigh+6, unitsWide-8, top-6)
	ready := e.n > 0
	if b.page.Name == flows.PageNewPassword {
		ready = e.rule.Holds()
		b.ticks(e, right)
	} else {
		b.flow(right, b.text().Body, draw.Style{Size: 24, Min: 20, Leading: 120, Colour: ink})
	}
	b.actionKeys(top+(len(keyRows)-1)*letterStep, ready)
	for row, ids := range keyRows {
		for col, id := range ids {
			x0, y0 := col*letterStep+1, top+row*letterStep+1
			b.letter(string(id), b.px(x0, y0, x0+letterSide, y0+letterSide))
		}
	}
}

// keyboardBar is the title bar with cancel in it: the keys take the bottom row.
func (b *builder) keyboardBar() {
	const wide = 112
	b.c.Fill(b.px(0, 0, unitsWide, barHigh), b.look.mood.bar())
	x := unitsWide - margin
	var buttons []func()
	for _, id := range []string{"help", idLanguage, idCancel} {
		if k, ok := b.button(id); ok {
			r := b.px(x-wide, 4, x, barHigh-4)
			x -= wide + margin
			buttons = append([]func(){func() { b.barButton(k, r) }}, buttons...)
		}
	}
	b.write("heading", b.px(20, 4, x-margin, barHigh-4), b.text().Head,
		draw.Style{Weight: draw.Bold, Size: 28, Min: 22, Leading: 118, Colour: onBar, Middle: true})
	for _, draw := range buttons {
		draw()
	}
}

// field shows a place for each character a password may have: a dot for what was
// typed, and the character while it is to be seen.
func (b *builder) field(e *entry, r image.Rectangle) {
	b.c.Box(r, b.u(10), b.u(3), stopColour, paper)
	text := b.word("typed-letters", "n", strconv.Itoa(e.n))
	b.add(node{Role: "status", Label: text, Bounds: r})
	cell := func(i int) image.Rectangle {
		x := r.Min.X + b.u(8+i*cellWide)
		return image.Rect(x, r.Min.Y+b.u(4), x+b.u(cellWide), r.Max.Y-b.u(4))
	}
	if e.shown != nil {
		// A secret that was wiped meanwhile shows nothing.
		_ = e.shown.Use(func(typed []byte) error {
			for i, c := range typed {
				b.glyph(cell(i), c, 40, ink)
			}
			return nil
		})
		return
	}
	side := b.u(14)
	for i := range secret.PasswordMost {
		q := cell(i)
		mid := q.Min.Add(image.Pt(q.Dx()/2, q.Dy()/2))
		if i < e.n {
			b.c.Round(image.Rect(mid.X-side/2, mid.Y-side/2, mid.X-side/2+side, mid.Y-side/2+side), side/2, ink)
			continue
		}
		w := b.u(4)
		b.c.Fill(image.Rect(mid.X-w, mid.Y+side/2, mid.X+w, mid.Y+side/2+b.u(2)), line)
	}
}

// ticks say which parts of the rule are kept already.
func (b *builder) ticks(e *entry, r image.Rectangle) {
	wide := r.Dx() / 3
	for i, t := range []struct {
		word string
		kept bool
	}{{"rule-length", e.rule.Length}, {"rule-letter", e.rule.Letter}, {"rule-digit", e.rule.Digit}} {
		q := image.Rect(r.Min.X+i*wide, r.Min.Y, r.Min.X+(i+1)*wide-b.u(6), r.Max.Y)
		state, fill, border := b.word("rule-open"), paper, stopColour
		if t.kept {
			state, fill, border = b.word("rule-kept"), pale, goColour
		}
		b.c.Box(q, b.u(10), b.u(2), border, fill)
		b.add(node{Role: "status", Label: b.word(t.word) + ": " + state, Bounds: q})
		side := b.u(26)
		sign := image.Rect(q.Min.X+b.u(8), q.Min.Y+b.u(5), q.Min.X+b.u(8)+side, q.Min.Y+b.u(5)+side)
		if t.kept {
			art.Sign(b.c, sign, art.Check, goColour)
		} else {
			b.c.Box(sign.Inset(b.u(2)), b.u(4), b.u(2), stopColour, paper)
		}
		b.letters(image.Rect(sign.Max.X+b.u(4), sign.Min.Y, q.Max.X-b.u(4), sign.Max.Y), state,
			draw.Style{Size: 20, Min: 16, Colour: ink, Middle: true})
		b.letters(image.Rect(q.Min.X+b.u(4), sign.Max.Y, q.Max.X-b.u(4), q.Max.Y-b.u(3)), b.word(t.word),
			draw.Style{Weight: draw.Bold, Size: 22, Min: 17, Colour: ink, Align: draw.Centre, Middle: true})
	}
}

// actionKeys stand behind the last letter: clear, show, enter.
func (b *builder) actionKeys(y int, ready bool) {
	x := len(keyRows[len(keyRows)-1])*letterStep + 1
	for _, k := range []struct {
		id    string
		steps int
	}{{idClear, 1}, {idShow, 1}, {idEnter, 2}} {
		r := b.px(x, y+1, x+k.steps*letterStep-2, y+1+letterSide)
		x += k.steps * letterStep
		if k.id == idShow && !b.has(idShow) {
			continue
		}
		key := flows.Button{ID: k.id, Disabled: k.id == idEnter && !ready}
		label := b.label(key)
		b.note(key, r, label)
		b.c.Box(r, radius(r), b.u(2), stopColour, paper)
		st := draw.Style{Weight: draw.Bold, Size: 26, Min: 18, Colour: ink, Align: draw.Centre, Middle: true}
		in := r.Inset(b.u(4))
		if k.id == idEnter {
			text, fill, _ := b.colours(key, primary)
			in = r.Inset(b.u(8))
			b.c.Round(in, b.u(10), fill)
			st.Size, st.Colour = 30, text
		}
		b.letters(in, label, st)
	}
}

// letter draws one key. Digits lie on another ground than letters, and where a
// letter and a digit look alike, a word below says which it is.
func (b *builder) letter(id string, r image.Rectangle) {
	fill, kind := paper, "a-letter"
	if id >= "0" && id <= "9" {
		fill, kind = pale, "a-digit"
	}
	b.c.Box(r, radius(r), b.u(2), stopColour, fill)
	label, face := id, r
	if strings.Contains("0O1I", id) {
		word := b.word(kind)
		label = word + " " + id
		face.Max.Y -= b.u(22)
		b.letters(image.Rect(r.Min.X+b.u(4), face.Max.Y-b.u(4), r.Max.X-b.u(4), r.Max.Y-b.u(4)), word,
			draw.Style{Size: 18, Min: 16, Colour: ink, Align: draw.Centre, Middle: true})
	}
	b.add(node{Role: "button", ID: id, Label: label, Bounds: r})
	b.glyph(face, id[0], 44, ink)
}

// glyph draws one character in the middle of r so that no two look alike: zero
// has a stroke through it, and the letter I its serifs.
func (b *builder) glyph(r image.Rectangle, c byte, size int, col draw.Colour) {
	size = b.u(size)
	b.c.Text(r, string(c), draw.Style{Weight: draw.Bold, Size: size, Colour: col, Align: draw.Centre, Middle: true})
	if c != '0' && c != 'I' {
		return
	}
	mid := image.Pt((r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2)
	box := image.Rect(mid.X-size/2, mid.Y-size/2, mid.X+size/2, mid.Y+size/2)
	p := b.c.Pen(box)
	if c == '0' {
		p.Line(col, 7, draw.Point{X: 42, Y: 66}, draw.Point{X: 58, Y: 34})
		return
	}
	p.Line(col, 9, draw.Point{X: 36, Y: 16}, draw.Point{X: 64, Y: 16})
	p.Line(col, 9, draw.Point{X: 36, Y: 84}, draw.Point{X: 64, Y: 84})
}
