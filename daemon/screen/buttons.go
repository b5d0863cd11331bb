package screen

import (
	"image"
	"strconv"
	"strings"

	"kioskd/daemon/screen/art"
	"kioskd/daemon/screen/draw"
	"kioskd/flows"
)

// manner is how a button is painted.
type manner int

const (
	primary manner = iota // the way on: filled
	neutral               // outlined
	onTheBar
)

// actions are the ids that live in the bottom row; all others are choices in
// the body.
func isAction(id string) bool {
	switch id {
	case idCancel, idBack, "next", "go-on", "stop", "agree", "disagree", "yes", "no", "start", "print", "four-digit-pin", "more", idMoreTime:
		return true
	default:
		return false
	}
}

// choices are the buttons of the body.
func (b *builder) choices() []flows.Button {
	var out []flows.Button
	for _, x := range b.page.Buttons {
		if !isAction(x.ID) && x.ID != idLanguage && x.ID != "help" && x.ID != "maintenance" {
			out = append(out, x)
		}
	}
	return out
}

// forward picks the button of the bottom right, "" for none. Where one try is
// left, the safe answer has that place.
func (b *builder) forward() string {
	order := []string{"next", "agree", "go-on", "print", "start", idMoreTime, "yes"}
	if b.page.Name == flows.PageLastTry {
		order = []string{"stop"}
	}
	for _, id := range order {
		if b.has(id) {
			return id
		}
	}
	if b.page.Name == pageLanguage || len(b.choices()) > 0 {
		return ""
	}
	for _, x := range b.page.Buttons {
		if isAction(x.ID) && x.ID != idCancel {
			return x.ID
		}
	}
	return ""
}

const (
	forwardWide = 272
	actionWide  = 216
	cancelWide  = 192
)

// actions draws the bottom row and returns where its free part ends on the
// right and begins on the left, in units.
func (b *builder) actions() (from, to int) {
	y0, y1 := b.floor(), b.high-margin
	from, to = margin, unitsWide-margin
	main := b.forward()
	var order []func()
	for _, x := range b.page.Buttons {
		if !isAction(x.ID) || x.ID == main {
			continue
		}
		if x.ID == idCancel || (x.ID == idBack && !b.has(idCancel)) {
			wide := cancelWide
			if len(b.page.Buttons) < 3 {
				wide = actionWide
			}
			r := b.px(from, y0, from+wide, y1)
			from += wide + margin
			order = append(order, func() { b.press(x, r, neutral, icon(x.ID)) })
		}
	}
	var right []func()
	if x, ok := b.button(main); ok {
		r := b.px(to-forwardWide, y0, to, y1)
		to -= forwardWide + margin
		right = append(right, func() { b.press(x, r, primary, icon(x.ID)) })
	}
	for _, x := range b.page.Buttons {
		if !isAction(x.ID) || x.ID == main || x.ID == idCancel || (x.ID == idBack && !b.has(idCancel)) {
			continue
		}
		r := b.px(to-actionWide, y0, to, y1)
		to -= actionWide + margin
		right = append([]func(){func() { b.press(x, r, neutral, icon(x.ID)) }}, right...)
	}
	for _, draw := range append(order, right...) {
		draw()
	}
	return from, to
}

// icon is the sign on a button; "" for none.
func icon(id string) art.Icon {
	switch id {
	case idCancel, "stop", "disagree", "no":
		return art.Cross
	case idBack:
		return art.ArrowLeft
	case "next", "go-on", "start":
		return art.ArrowRight
	case "agree", "yes":
		return art.Check
	case "print":
		return art.PrintIcon
	case idMoreTime:
		return art.ClockIcon
	case "help":
		return art.Question
	case "maintenance":
		return art.Key
	case idLanguage:
		return art.Globe
	case "certificate", "residence-certificate":
		return art.Document
	case "reset", "four-digit-pin":
		return art.Key
	case "self":
		return art.Person
	case "all":
		return art.People
	case "some":
		return art.SomePeople
	case "plus":
		return art.Plus
	case "minus":
		return art.Minus
	default:
		return ""
	}
}

// note adds a button to the tree.
func (b *builder) note(x flows.Button, r image.Rectangle, label string) {
	state := ""
	switch {
	case x.Disabled:
		state = "disabled"
	case x.Toggle && x.On:
		state = "on"
	case x.Toggle:
		state = "off"
	}
	b.add(node{Role: "button", ID: x.ID, Label: label, State: state, Bounds: r})
}

// colours are those of a button's text and ground.
func (b *builder) colours(x flows.Button, m manner) (text, fill, border draw.Colour) {
	switch {
	case x.Disabled:
		return dimText, dimFill, dimFill
	case m == primary:
		return onBar, goColour, goColour
	case m == onTheBar:
		return onBar, b.look.mood.bar(), onBar
	default:
		return ink, paper, stopColour
	}
}

// press draws a button of the bottom row: sign and words side by side.
func (b *builder) press(x flows.Button, r image.Rectangle, m manner, sign art.Icon) {
	label := b.label(x)
	text, fill, border := b.colours(x, m)
	b.c.Box(r, radius(r), b.u(3), border, fill)
	b.note(x, r, label)
	in := r.Inset(b.u(12))
	side := b.u(36)
	st := draw.Style{Weight: draw.Bold, Size: 28, Min: 20, Leading: 118, Colour: text, Align: draw.Centre, Middle: true, Balanced: true}
	if m == primary {
		st.Size = 32
	}
	if sign == "" {
		b.letters(in, label, st)
		return
	}
	wide := in.Dx() - side - b.u(8)
	fit := st
	fit.Size, fit.Min = b.u(st.Size), b.u(st.Min)
	set := b.c.Fonts().Lay(label, image.Pt(wide, in.Dy()), fit)
	long := 0
	for _, l := range set.Lines {
		long = max(long, b.c.Fonts().Width(draw.Bold, set.Size, l))
	}
	x0 := in.Min.X + (in.Dx()-side-b.u(8)-long)/2
	y0 := in.Min.Y + (in.Dy()-side)/2
	// A way on points right from behind the words; all other signs come first.
	if sign == art.ArrowRight {
		art.Sign(b.c, image.Rect(x0+long+b.u(8), y0, x0+long+b.u(8)+side, y0+side), sign, text)
	} else {
		art.Sign(b.c, image.Rect(x0, y0, x0+side, y0+side), sign, text)
		x0 += side + b.u(8)
	}
	if !set.Fits {
		b.fault("text is cut: %q on a button", label)
	}
	fit.Size, fit.Min, fit.Balanced = set.Size, 0, false
	b.c.Text(image.Rect(x0, in.Min.Y, x0+long, in.Max.Y), label, fit)
}

// bar draws the title bar with the step's name, the steps, language and help.
func (b *builder) bar(title string) {
	colour := b.look.mood.bar()
	b.c.Fill(b.px(0, 0, unitsWide, barHigh), colour)
	const wide = 112
	x := unitsWide - margin
	var buttons []func()
	for _, id := range []string{"help", idLanguage, "maintenance"} {
		if k, ok := b.button(id); ok {
			r := b.px(x-wide, 4, x, barHigh-4)
			x -= wide + margin
			buttons = append([]func(){func() { b.barButton(k, r) }}, buttons...)
		}
	}
	left := 24
	if b.look.mood == alarm {
		art.Sign(b.c, b.px(20, 16, 76, 72), art.Alert, onBar)
		left = 92
	}
	st := draw.Style{Weight: draw.Bold, Size: 32, Min: 24, Colour: onBar, Middle: true, Leading: 115}
	if b.look.step == stepNone {
		b.write("heading", b.px(left, 8, x-margin, barHigh-8), title, st)
	} else {
		b.write("heading", b.px(left, 6, x-margin, 54), title, st)
		b.steps(left)
	}
	for _, draw := range buttons {
		draw()
	}
}

// steps draws how far the visit has come.
func (b *builder) steps(left int) {
	const wide, gap = 48, 8
	x := left
	for i := 1; i <= stepsAll; i++ {
		col := stepToCome
		switch {
		case i < b.look.step:
			col = stepDone
		case i == b.look.step:
			col = stepNow
		}
		r := b.px(x, 63, x+wide, 74)
		b.c.Round(r, r.Dy()/2, col)
		x += wide + gap
	}
	b.write("status", b.px(x+gap, 54, x+200, 84), b.word("step", "step", digit(b.look.step), "steps", digit(stepsAll)),
		draw.Style{Weight: draw.Bold, Size: 22, Min: 20, Colour: onBar, Middle: true})
}

func digit(n int) string { return string(rune('0' + n)) }

func (b *builder) barButton(x flows.Button, r image.Rectangle) {
	label := b.label(x)
	text, fill, border := b.colours(x, onTheBar)
	b.c.Box(r, radius(r), b.u(2), border, fill)
	b.note(x, r, label)
	side := b.u(36)
	mid := (r.Min.X + r.Max.X) / 2
	art.Sign(b.c, image.Rect(mid-side/2, r.Min.Y+b.u(7), mid-side/2+side, r.Min.Y+b.u(7)+side), icon(x.ID), text)
	b.letters(image.Rect(r.Min.X+b.u(6), r.Min.Y+b.u(44), r.Max.X-b.u(6), r.Max.Y-b.u(6)), label,
		draw.Style{Weight: draw.Bold, Size: 20, Min: 18, Colour: text, Align: draw.Centre, Middle: true})
}

// card draws a choice: sign, words and a note below.
func (b *builder) card(x flows.Button, r image.Rectangle) {
	label := b.label(x)
	note, noted := b.book.Buttons[x.ID+"/note"]
	if b.page.Name == flows.PageKind && b.page.Fee > 0 {
		note, noted = b.word("each", "fee", strconv.Itoa(b.page.Fee)), true
	}
	if x.Disabled && b.page.Name == pageLanguage {
		note, noted = b.word("coming"), true
	}
	text, fill, border := ink, paper, goColour
	if x.Disabled {
		text, fill, border = dimText, dimFill, dimFill
	}
	b.c.Box(r, b.u(16), b.u(3), border, fill)
	if noted {
		b.note(x, r, strings.TrimSpace(label+" "+note))
	} else {
		b.note(x, r, label)
	}
	in := r.Inset(b.u(12))
	if sign := icon(x.ID); sign != "" {
		side := min(b.u(84), in.Dy()*2/5)
		mid := (in.Min.X + in.Max.X) / 2
		tint := goColour
		if x.Disabled {
			tint = dimText
		}
		art.Sign(b.c, image.Rect(mid-side/2, in.Min.Y, mid-side/2+side, in.Min.Y+side), sign, tint)
		in.Min.Y += side + b.u(6)
	}
	st := draw.Style{Weight: draw.Bold, Size: 30, Min: 22, Leading: 118, Colour: text, Align: draw.Centre, Middle: true, Balanced: true}
	if !noted {
		b.letters(in, label, st)
		return
	}
	cut := in.Min.Y + in.Dy()*11/20
	b.letters(image.Rect(in.Min.X, in.Min.Y, in.Max.X, cut), label, st)
	b.letters(image.Rect(in.Min.X, cut, in.Max.X, in.Max.Y), note,
		draw.Style{Size: 24, Min: 20, Leading: 120, Colour: text, Align: draw.Centre, Middle: true, Balanced: true})
}
