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

func bodyStyle() draw.Style { return draw.Style{Size: 26, Min: 24, Leading: 138, Colour: ink} }

// message is the common page: a picture, the news, what to do.
func (b *builder) message() {
	t := b.text()
	b.bar(t.Title)
	floor := b.floor() - margin
	left := 248
	b.picture(b.px(16, bodyTop+16, 232, bodyTop+16+216), b.look.art)
	head := b.write("heading", b.px(left, bodyTop+6, unitsWide-20, bodyTop+112), t.Head, headStyle())
	y := bodyTop + 6 + head.Height*unitsWide/b.width + 16
	bottom := floor
	bottom = b.extras(left, bottom)
	b.flow(b.px(left, y, unitsWide-20, bottom), t.Body, bodyStyle())
	from, to := b.actions()
	b.contact(from, to)
}

// extras draws what some messages show below their words: how far a job is, or
// money. It returns where the words must end.
func (b *builder) extras(left, bottom int) int {
	switch b.page.Name {
	case flows.PageFetching, flows.PagePrinting, flows.PageJam:
		return b.progress(left, bottom)
	case flows.PageTakeSheets:
		if b.number("change") > 0 {
			return b.figure(left, bottom, b.word("change-of"))
		}
	}
	return bottom
}

// figure is one line that must be noticed.
func (b *builder) figure(left, bottom int, text string) int {
	r := b.px(left, bottom-56, unitsWide-20, bottom)
	b.c.Round(r, b.u(10), pale)
	b.write("status", r.Inset(b.u(6)), text, draw.Style{Weight: draw.Bold, Size: 32, Min: 26, Colour: ink, Align: draw.Centre, Middle: true})
	return bottom - 64
}

// progress draws a sheet for each sheet, and says the same in words.
func (b *builder) progress(left, bottom int) int {
	of := b.number("of")
	if of <= 0 {
		return bottom
	}
	name := "sheet-of"
	if b.page.Name == flows.PageFetching {
		name = "ready"
	}
	text := b.word(name)
	if _, ok := b.value("copy"); ok {
		text = b.word("copy") + "  " + text
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
	return bottom - 80
}

// contact says whom to ask, in the free part of the bottom row.
func (b *builder) contact(from, to int) {
	c := b.page.Contact
	if c == nil || to-from < 200 {
		return
	}
	who := strings.TrimSpace(c.Municipality + " " + c.Office)
	reach := strings.TrimSpace(b.word("phone") + c.Phone + "  " + c.Hours)
	r := b.px(from, b.floor(), to, b.high-margin)
	b.c.Round(r, b.u(10), pale)
	in := r.Inset(b.u(8))
	half := in.Min.Y + in.Dy()/2
	st := draw.Style{Weight: draw.Bold, Size: 26, Min: 18, Colour: ink, Middle: true}
	b.write("text", image.Rect(in.Min.X, in.Min.Y, in.Max.X, half), who, st)
	st.Weight, st.Size = draw.Regular, 24
	b.write("text", image.Rect(in.Min.X, half, in.Max.X, in.Max.Y), reach, st)
}

// home is the first page.
func (b *builder) home() {
	t := b.text()
	b.c.Fill(b.px(0, 0, unitsWide, b.high+1), 0xE3F1EE)
	art.Town(b.c, b.px(0, b.high-300, unitsWide, b.high))
	b.bar(t.Title)
	b.write("heading", b.px(32, bodyTop+12, unitsWide-32, bodyTop+132), t.Head, draw.Style{Weight: draw.Bold, Size: 48, Min: 36, Leading: 122, Colour: ink})
	b.flow(b.px(34, bodyTop+136, unitsWide-32, bodyTop+180), t.Body, draw.Style{Size: 28, Min: 24, Colour: ink})
	if b.page.Notice != "" {
		r := b.px(16, b.high-136, 432, b.high-16)
		b.c.Box(r, b.u(12), b.u(2), line, paper)
		b.write("text", r.Inset(b.u(12)), b.page.Notice, draw.Style{Size: 24, Min: 16, Leading: 125, Colour: ink, Middle: true})
	}
	for _, x := range b.page.Buttons {
		if x.ID == "start" {
			b.press(x, b.px(456, b.high-144, unitsWide-16, b.high-16), primary, art.ArrowRight)
		}
	}
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
