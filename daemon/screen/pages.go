package screen

import (
	"errors"
	"image"
	"strings"

	"kioskd/daemon/screen/art"
	"kioskd/daemon/screen/draw"
	"kioskd/daemon/screen/words"
	"kioskd/flows"
)

// pageLanguage is the chooser, a page of the screen's own.
const pageLanguage = "language"

func languagePage() flows.Page {
	p := flows.Page{Name: pageLanguage}
	for _, l := range words.Languages() {
		p.Buttons = append(p.Buttons, flows.Button{ID: l.ID, Label: l.Name, Disabled: !l.Ready})
	}
	p.Buttons = append(p.Buttons, flows.Button{ID: idBack})
	return p
}

// choicesMax is how many buttons of 15 mm fit in a body.
const choicesMax = 15

var errTooMany = errors.New("screen: more choices than fit on a page")

// build draws the page.
func (b *builder) build() error {
	if len(b.choices()) > choicesMax {
		return errTooMany
	}
	b.c.Fill(b.px(0, 0, unitsWide, b.high+1), ground)
	b.look.build(b)
	return nil
}

func headStyle() draw.Style {
	return draw.Style{Weight: draw.Bold, Size: 36, Min: 28, Leading: 125, Colour: ink, Balanced: true}
}

func bodyStyle() draw.Style { return draw.Style{Size: 30, Min: 24, Leading: 134, Colour: ink} }

// shape is one way to divide a message between picture and words.
type shape struct{ art, head, leading int }

// message is the common page: a picture, the news, what to do. A long text gets
// a smaller picture; all of it stands in the middle of the free height.
func (b *builder) message() {
	t := b.text()
	b.bar(t.Title)
	shapes := []shape{{216, 40, 136}, {176, 36, 134}, {136, 34, 130}, {120, 30, 124}}
	top, bottom := bodyTop+4, b.room()
	if bottom > b.floor() {
		shapes = append([]shape{{272, 44, 140}}, shapes...)
	}
	for i, sh := range shapes {
		left := 20 + sh.art + 24
		head, st := headStyle(), bodyStyle()
		head.Size, head.Min, st.Leading = sh.head, 28, sh.leading
		headBox := b.px(left, top, unitsWide-20, top+120)
		headHigh := b.measure(headBox, t.Head, head)
		gap := 18
		box := b.px(left, top+headHigh+gap, unitsWide-20, bottom)
		at := st
		at.Size = b.u(st.Min)
		if i < len(shapes)-1 && b.tall(box, t.Body, at, b.u(10)) > box.Dy() {
			continue
		}
		size := b.fit(box, t.Body, st, b.u(10))
		at.Size = size
		free := box.Dy() - b.tall(box, t.Body, at, b.u(10))
		down := max(0, free/2)
		b.picture(b.middle(20, top, 20+sh.art, bottom), b.look.art)
		b.write("heading", headBox.Add(image.Pt(0, down)), t.Head, head)
		b.flow(box.Add(image.Pt(0, down)), t.Body, st)
		b.extras(left, b.bottom())
		break
	}
	from, to := b.actions()
	b.contact(from, to)
}

// middle is the square in the middle of a column of units.
func (b *builder) middle(x0, y0, x1, y1 int) image.Rectangle {
	side := min(x1-x0, y1-y0)
	y0 += (y1 - y0 - side) / 2
	return b.px(x0, y0, x1, y0+side)
}

// bottom is how far down the body goes: to the bottom row, if there is one.
func (b *builder) bottom() int {
	if b.look.contact && b.page.Contact != nil {
		return b.floor() - margin
	}
	for _, x := range b.page.Buttons {
		if isAction(x.ID) {
			return b.floor() - margin
		}
	}
	return b.high - 16
}

// measure is how high text gets in a box, in units.
func (b *builder) measure(r image.Rectangle, text string, st draw.Style) int {
	st.Size, st.Min = b.u(st.Size), b.u(st.Min)
	return b.c.Fonts().Lay(text, r.Size(), st).Height * unitsWide / b.width
}

// room is how far down a message's words may go: the bottom row is free where
// nothing is in it, and extras stand above it.
func (b *builder) room() int {
	bottom := b.bottom()
	switch b.page.Name {
	case flows.PageFetching, flows.PagePrinting:
		return bottom - 84
	case flows.PageJam:
		return bottom - 58
	case flows.PageTakeSheets:
		if b.number("change") > 0 {
			return bottom - 58
		}
	}
	return bottom
}

// extras draws what some messages show below their words: how far a job is, or
// money.
func (b *builder) extras(left, bottom int) {
	switch b.page.Name {
	case flows.PageFetching, flows.PagePrinting, flows.PageJam:
		b.progress(left, bottom)
	case flows.PageTakeSheets:
		if b.number("change") > 0 {
			b.figure(left, bottom, b.word("change-of"))
		}
	}
}

// figure is one line that must be noticed.
func (b *builder) figure(left, bottom int, text string) {
	r := b.px(left, bottom-52, unitsWide-20, bottom)
	b.c.Round(r, b.u(10), pale)
	b.write("status", r.Inset(b.u(6)), text, draw.Style{Weight: draw.Bold, Size: 32, Min: 26, Colour: ink, Align: draw.Centre, Middle: true})
}

// progress draws a sheet for each sheet, and says the same in words.
func (b *builder) progress(left, bottom int) {
	of := b.number("of")
	if of <= 0 {
		return
	}
	name := "sheet-of"
	if b.page.Name == flows.PageFetching {
		name = "ready"
	}
	text := b.word(name)
	if b.number("copies") > 1 {
		text = b.word("copy-of") + "  " + text
	}
	if b.page.Name == flows.PageJam {
		b.figure(left, bottom, text)
		return
	}
	r := b.px(left, bottom-72, unitsWide-20, bottom)
	b.write("status", image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+b.u(40)), text, draw.Style{Weight: draw.Bold, Size: 28, Min: 22, Colour: ink})
	track := image.Rect(r.Min.X, r.Max.Y-b.u(24), r.Max.X, r.Max.Y-b.u(4))
	b.c.Round(track, track.Dy()/2, line)
	if done := b.number("sheet"); done > 0 {
		full := track
		full.Max.X = track.Min.X + max(track.Dy(), track.Dx()*min(done, of)/of)
		b.c.Round(full, track.Dy()/2, goColour)
	}
}

// contact says whom to ask, in the free part of the bottom row.
func (b *builder) contact(from, to int) {
	c := b.page.Contact
	if c == nil || !b.look.contact || to-from < 200 {
		return
	}
	who := strings.TrimSpace(c.Municipality + " " + c.Office)
	reach := strings.TrimSpace(b.word("phone") + c.Phone + "  " + c.Hours)
	r := b.px(from, b.floor(), to, b.high-margin)
	b.c.Round(r, b.u(10), pale)
	lines := []string{who, reach}
	if to-from < 420 {
		lines = []string{who, strings.TrimSpace(b.word("phone") + c.Phone), c.Hours}
	}
	in := image.Rect(r.Min.X+b.u(14), r.Min.Y+b.u(3), r.Max.X-b.u(6), r.Max.Y-b.u(3))
	high := in.Dy() / len(lines)
	for i, l := range lines {
		if l == "" {
			continue
		}
		st := draw.Style{Size: 24, Min: 20, Colour: ink, Middle: true}
		if i == 0 {
			st.Weight = draw.Bold
		}
		b.write("text", image.Rect(in.Min.X, in.Min.Y+i*high, in.Max.X, in.Min.Y+(i+1)*high), l, st)
	}
}

// home is the first page.
func (b *builder) home() {
	t := b.text()
	b.c.Fill(b.px(0, 0, unitsWide, b.high+1), sky)
	art.Town(b.c, b.px(0, b.high-396, unitsWide, b.high))
	b.bar(t.Title)
	b.write("heading", b.px(32, bodyTop+12, unitsWide-32, bodyTop+132), t.Head, draw.Style{Weight: draw.Bold, Size: 48, Min: 36, Leading: 122, Colour: ink})
	b.flow(b.px(34, bodyTop+136, unitsWide-32, bodyTop+180), t.Body, draw.Style{Size: 28, Min: 24, Colour: ink})
	if notice := b.notice(b.language); notice != "" {
		b.noticeBox(notice)
	}
	for _, x := range b.page.Buttons {
		if x.ID == "start" {
			b.press(x, b.px(456, b.high-144, unitsWide-16, b.high-16), primary, art.ArrowRight)
		}
	}
}

// noticeBox shows the office's notice beside the button. A long one takes more
// room upwards, over the picture, before it gets smaller.
func (b *builder) noticeBox(notice string) {
	const least, most, inner = 120, 188, 10
	st := draw.Style{Size: 24, Min: 16, Leading: 122, Colour: ink, Middle: true}
	high := least
	for ; high < most; high += 4 {
		box := b.px(16, b.high-16-high, 432, b.high-16).Inset(b.u(inner))
		at := st
		at.Size, at.Min = b.u(st.Size), 0
		if b.c.Fonts().Lay(notice, box.Size(), at).Fits {
			break
		}
	}
	r := b.px(16, b.high-16-high, 432, b.high-16)
	b.c.Box(r, b.u(12), b.u(2), line, paper)
	b.write("text", r.Inset(b.u(inner)), notice, st)
}

// choice offers a few cards.
func (b *builder) choice() {
	t := b.text()
	b.bar(t.Title)
	b.write("heading", b.px(24, bodyTop+2, unitsWide-24, bodyTop+54), t.Head, headStyle())
	cards := b.choices()
	cols := min(len(cards), 3)
	if cols > 0 {
		b.grid(cards, cols, bodyTop+64, b.floor()-margin, b.card)
	}
	b.actions()
}

// grid lays buttons out in rows of cols between two heights.
func (b *builder) grid(buttons []flows.Button, cols, top, bottom int, paint func(flows.Button, image.Rectangle)) {
	rows := (len(buttons) + cols - 1) / cols
	wide := (unitsWide - 2*margin - (cols-1)*margin) / cols
	left := margin
	if cols == 1 {
		wide = 480
		left = (unitsWide - wide) / 2
	}
	high := (bottom - top - (rows-1)*margin) / rows
	for i, x := range buttons {
		x0 := left + i%cols*(wide+margin)
		y0 := top + i/cols*(high+margin)
		paint(x, b.px(x0, y0, x0+wide, y0+high))
	}
}
