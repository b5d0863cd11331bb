package screen

import (
	"image"
	"strconv"
	"strings"

	"kioskd/daemon/screen/art"
	"kioskd/daemon/screen/draw"
	"kioskd/flows"
)

// The keypad's place in units; whole tiles at 800x480, so that the ring around
// a key costs one row of tiles.
const (
	keyLeft = 416
	keyWide = 120
	keyHigh = 88
)

// keypad asks for the PIN.
func (b *builder) keypad() {
	if b.pad == nil {
		b.pad = &padView{least: pinLength, most: pinLength} // shown, not asked
	}
	t := b.text()
	b.bar(t.Title)
	head := b.write("heading", b.px(20, bodyTop+4, keyLeft-20, bodyTop+136), t.Head,
		draw.Style{Weight: draw.Bold, Size: 30, Min: 24, Leading: 128, Colour: ink})
	y := (bodyTop + 4 + head.Height*unitsWide/b.width + 16 + 7) / 8 * 8
	b.dots(24, y)
	b.flow(b.px(20, y+72, keyLeft-20, b.floor()-margin), t.Body, draw.Style{Weight: draw.Bold, Size: 26, Min: 24, Leading: 115, Colour: ink})
	b.actions()
	b.digits()
}

// dots shows how many digits are in, and no more.
func (b *builder) dots(x, y int) {
	const side, gap = 56, 16
	n := b.pad.n
	r := b.px(x, y, x+4*side+3*gap, y+side)
	for i := range pinLength {
		q := b.px(x+i*(side+gap), y, x+i*(side+gap)+side, y+side)
		b.c.Box(q, b.u(8), b.u(3), stopColour, paper)
		if i < n {
			d := q.Inset(b.u(16))
			b.c.Round(d, d.Dx()/2, ink)
		}
	}
	b.add(node{Role: "status", Label: b.word("typed", "n", strconv.Itoa(n)), Bounds: r})
}

// key draws one key of the pad. Enter comes alive with the fourth digit by a
// plate on whole tiles, not by the whole key: one press must stay cheap.
func (b *builder) key(x flows.Button, r image.Rectangle) {
	label := b.label(x)
	b.note(x, r, label)
	b.c.Box(r, radius(r), b.u(2), stopColour, paper)
	st := draw.Style{Weight: draw.Bold, Size: 46, Colour: ink, Align: draw.Centre, Middle: true}
	in := r.Inset(b.u(8))
	switch x.ID {
	case idClear:
		st.Size, st.Min = 30, 24
	case idEnter:
		in = image.Rect(r.Min.X+b.u(16), r.Min.Y+b.u(24), r.Max.X-b.u(16), r.Max.Y-b.u(24))
		text, fill, _ := b.colours(x, primary)
		b.c.Round(in, b.u(10), fill)
		st.Size, st.Min, st.Colour = 30, 22, text
	}
	b.letters(in, label, st)
}

// toggles offers things to put in or leave out. Where three rows are needed,
// the bar asks the question.
func (b *builder) toggles() {
	t := b.text()
	list := b.choices()
	cols := togglesAcross(len(list))
	rows := (len(list) + cols - 1) / cols
	top, bottom := bodyTop, b.floor()-margin
	if parts, more := b.value("parts"); more && parts != "" {
		t.Head += "（" + b.word("part") + "）"
	}
	if rows > 2 {
		b.bar(t.Head)
	} else {
		b.bar(t.Title)
		b.write("heading", b.px(24, top+2, unitsWide-24, top+46), t.Head, draw.Style{Weight: draw.Bold, Size: 34, Min: 26, Colour: ink})
		top += 52
	}
	if rows < 3 && len(t.Body) > 0 {
		b.flow(b.px(24, bottom-40, unitsWide-24, bottom), t.Body, draw.Style{Size: 24, Min: 20, Leading: 120, Colour: soft})
		bottom -= 46
	}
	if len(list) > 0 {
		b.grid(list, cols, top, bottom, b.toggle)
	}
	b.actions()
}

// togglesAcross is how many stand side by side.
func togglesAcross(n int) int {
	switch {
	case n <= 2, n == 4:
		return 2
	case n <= 6:
		return 3
	case n <= 8:
		return 4
	default:
		return 5
	}
}

func (b *builder) toggle(x flows.Button, r image.Rectangle) {
	label := b.label(x)
	state := b.word("off")
	fill, border, width := paper, stopColour, 2
	if x.On {
		state, fill, border, width = b.word("on"), pale, goColour, 5
	}
	b.c.Box(r, b.u(12), b.u(width), border, fill)
	b.note(x, r, label)
	in := r.Inset(b.u(10))
	side := min(b.u(40), in.Dy()/2)
	box := image.Rect(in.Min.X, in.Min.Y+(in.Dy()-side)/2, in.Min.X+side, in.Min.Y+(in.Dy()-side)/2+side)
	if x.On {
		b.c.Round(box, b.u(8), goColour)
		art.Sign(b.c, box.Inset(b.u(4)), art.Check, onBar)
	} else {
		b.c.Box(box, b.u(8), b.u(3), stopColour, paper)
	}
	in.Min.X = box.Max.X + b.u(10)
	st := draw.Style{Weight: draw.Bold, Size: 26, Min: 18, Leading: 118, Colour: ink, Middle: true}
	// Where there is little room the tick alone says it.
	if r.Dy() < b.u(100) || r.Dx() < b.u(200) {
		b.letters(in, label, st)
		return
	}
	below := b.u(32)
	high := b.measure(image.Rect(in.Min.X, in.Min.Y, in.Max.X, in.Max.Y-below), label, st)
	top := in.Min.Y + (in.Dy()-below-b.u(high))/2
	b.letters(image.Rect(in.Min.X, top, in.Max.X, in.Max.Y-below), label, draw.Style{Weight: draw.Bold, Size: 26, Min: 18, Leading: 118, Colour: ink})
	top += b.u(high) + b.u(6)
	b.letters(image.Rect(in.Min.X, top, in.Max.X, top+below), state, draw.Style{Size: 22, Min: 18, Colour: soft})
}

// copies asks how many.
func (b *builder) copies() {
	t := b.text()
	b.bar(t.Title)
	b.write("heading", b.px(24, bodyTop+2, unitsWide-24, bodyTop+54), t.Head, headStyle())
	y0, y1 := bodyTop+68, bodyTop+188
	for _, x := range b.page.Buttons {
		switch x.ID {
		case "minus":
			b.stepper(x, b.px(112, y0, 248, y1))
		case "plus":
			b.stepper(x, b.px(552, y0, 688, y1))
		}
	}
	n, _ := b.value("n")
	r := b.px(264, y0, 536, y1)
	b.c.Box(r, b.u(16), b.u(3), line, paper)
	b.write("status", r.Inset(b.u(8)), b.word("count"), draw.Style{Weight: draw.Bold, Size: 64, Min: 40, Colour: ink, Align: draw.Centre, Middle: true})
	if b.page.Fee > 0 {
		text := b.word("each", "fee", strconv.Itoa(b.page.Fee))
		if k, err := strconv.Atoi(n); err == nil && k > 1 {
			text += "  →  " + b.word("fee") + " " + b.word("yen", "yen", strconv.Itoa(k*b.page.Fee))
		}
		b.write("text", b.px(24, y1+14, unitsWide-24, y1+68), text, draw.Style{Size: 30, Min: 24, Colour: ink, Align: draw.Centre, Middle: true})
	}
	b.actions()
}

func (b *builder) stepper(x flows.Button, r image.Rectangle) {
	label := b.label(x)
	text, fill, border := goColour, paper, goColour
	if x.Disabled {
		text, fill, border = dimText, dimFill, dimFill
	}
	b.c.Box(r, b.u(20), b.u(3), border, fill)
	b.note(x, r, label)
	side := b.u(56)
	mid := (r.Min.X + r.Max.X) / 2
	art.Sign(b.c, image.Rect(mid-side/2, r.Min.Y+b.u(12), mid-side/2+side, r.Min.Y+b.u(12)+side), icon(x.ID), text)
	b.letters(image.Rect(r.Min.X+b.u(6), r.Max.Y-b.u(46), r.Max.X-b.u(6), r.Max.Y-b.u(8)), label,
		draw.Style{Weight: draw.Bold, Size: 26, Min: 20, Colour: text, Align: draw.Centre, Middle: true})
}

// confirm shows the request once more, with the rule about money.
func (b *builder) confirm() {
	t := b.text()
	b.bar(t.Head)
	top, bottom := bodyTop+4, b.floor()-margin-4
	rows := b.request()
	share := 0
	for _, row := range rows {
		share += row.share
	}
	table := min(bottom, top+12+share*32)
	b.c.Box(b.px(16, top, 412, table), b.u(12), b.u(2), line, paper)
	y := top + 6
	for i, row := range rows {
		high := (table - top - 12) * row.share / share
		left := 28
		if i > 0 {
			b.c.Fill(b.px(28, y, 400, y+2), dimFill)
		}
		if row.name != "" {
			b.write("text", b.px(left, y, 112, y+high), row.name, draw.Style{Size: 24, Min: 20, Leading: 112, Colour: soft, Middle: true})
			left = 120
		}
		b.write("text", b.px(left, y, 404, y+high), row.value, draw.Style{Weight: draw.Bold, Size: 26, Min: 18, Leading: 115, Colour: ink, Middle: true})
		y += high
	}
	b.c.Round(b.px(424, top, unitsWide-16, top+68), b.u(12), pale)
	b.write("text", b.px(440, top, 550, top+68), b.word("fee"), draw.Style{Size: 28, Min: 24, Colour: ink, Middle: true})
	fee, _ := b.value("fee")
	b.write("status", b.px(550, top, unitsWide-32, top+68), b.word("yen", "yen", fee), draw.Style{Weight: draw.Bold, Size: 48, Min: 36, Colour: ink, Align: draw.Right, Middle: true})
	b.flow(b.px(428, top+82, unitsWide-16, bottom+2), t.Body, draw.Style{Size: 24, Leading: 124, Colour: ink})
	b.actions()
}

// chosen is one line of the request; the first, which says what it is about,
// has no name.
type chosen struct {
	name, value string
	share       int // of the height
}

// request is what was chosen, as far as the page tells: name and value.
func (b *builder) request() []chosen {
	kind, _ := b.book.Button(b.page.Name, "residence-certificate")
	rows := []chosen{{"", kind, 2}}
	if v, ok := b.value("scope"); ok {
		who := b.label(flows.Button{ID: v})
		if _, ok := b.value("members"); ok && v == "some" {
			who += " " + b.word("persons")
		}
		rows = append(rows, chosen{b.word("scope"), who, 2})
	}
	if v, ok := b.value("items"); ok {
		var names []string
		for id := range strings.FieldsSeq(v) {
			names = append(names, b.label(flows.Button{ID: id}))
		}
		text := strings.Join(names, b.word("separator"))
		if text == "" {
			text = b.word("no-items")
		}
		rows = append(rows, chosen{b.word("items"), text, 7})
	}
	n, _ := b.value("copies")
	return append(rows, chosen{b.word("copies"), b.word("count", "n", n), 2})
}

// pay shows what is due, what is in, and what is still wanted.
func (b *builder) pay() {
	t := b.text()
	fee, paid := b.number("fee"), b.number("paid")
	if p, ok := b.book.Page(b.page.Name, "paid"); ok && paid >= fee {
		t = p
		if paid == fee {
			t.Body = nil
		}
	}
	b.bar(t.Title)
	left, right := 248, unitsWide-20
	aside := b.px(16, bodyTop+16, 232, bodyTop+16+216)
	if said, ok := b.remark(); ok {
		b.c.Box(aside, b.u(12), b.u(3), line, warnPale)
		b.write("status", aside.Inset(b.u(10)), said, draw.Style{Weight: draw.Bold, Size: 26, Min: 20, Leading: 120, Colour: ink, Middle: true})
	} else {
		b.picture(aside, b.look.art)
	}
	b.write("heading", b.px(left, bodyTop+2, right, bodyTop+50), t.Head, headStyle())
	b.flow(b.px(left, bodyTop+52, right, bodyTop+88), t.Body, draw.Style{Size: 24, Min: 20, Colour: soft})
	rows := []struct{ name, value string }{{"to-pay", strconv.Itoa(fee)}, {"paid", strconv.Itoa(paid)}}
	y := bodyTop + 92
	for _, row := range rows {
		b.write("text", b.px(left+12, y, left+260, y+48), b.word(row.name), draw.Style{Size: 28, Min: 24, Colour: ink, Middle: true})
		b.write("text", b.px(left+260, y, right-16, y+48), b.word("yen", "yen", row.value), draw.Style{Weight: draw.Bold, Size: 40, Min: 30, Colour: ink, Align: draw.Right, Middle: true})
		y += 50
	}
	name, rest := "left", fee-paid
	if rest <= 0 {
		name, rest = "change", -rest
	}
	r := b.px(left, y+6, right, y+80)
	b.c.Round(r, b.u(10), pale)
	b.write("text", b.px(left+12, y+6, left+260, y+80), b.word(name), draw.Style{Weight: draw.Bold, Size: 32, Min: 26, Colour: ink, Middle: true})
	b.write("status", b.px(left+230, y+6, right-16, y+80), b.word("yen", "yen", strconv.Itoa(rest)), draw.Style{Weight: draw.Bold, Size: 56, Min: 40, Colour: ink, Align: draw.Right, Middle: true})
	b.actions()
}
