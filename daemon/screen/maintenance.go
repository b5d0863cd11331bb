package screen

import (
	"image"

	"kioskd/daemon/screen/art"
	"kioskd/daemon/screen/draw"
	"kioskd/flows"
)

// The technician's page in units: three columns of states above two rows of
// buttons.
const (
	stateColumns = 3
	stateRows    = 6
	actColumns   = 5
	actHigh      = 80
)

// maintenance shows the state of every device, and what can be done.
func (b *builder) maintenance() {
	b.bar(b.text().Head)
	acts := b.choices()
	if x, ok := b.button("next"); ok {
		acts = append(acts, x)
	}
	rows := (len(acts) + actColumns - 1) / actColumns
	top := b.high - margin - rows*actHigh - (rows-1)*margin
	b.states(top - margin)
	wide := (unitsWide - 2*margin - (actColumns-1)*margin) / actColumns
	for i, x := range acts {
		x0, y0 := margin+i%actColumns*(wide+margin), top+i/actColumns*(actHigh+margin)
		m, sign := neutral, art.Icon("")
		if x.ID == "next" {
			m = primary
		}
		b.press(x, b.px(x0, y0, x0+wide, y0+actHigh), m, sign)
	}
}

// states fills the page down to bottom.
func (b *builder) states(bottom int) {
	cells := [...]string{
		"service", "card-reader", "sheet-printer", "receipt-printer", "coins", "office",
		"level-100", "level-50", "level-10", "box", "owed", "unsent",
		"clock", "disk", "journal", "panel", "touch",
	}
	high := (bottom - bodyTop) / stateRows
	wide := (unitsWide - 2*margin - (stateColumns-1)*margin) / stateColumns
	place := func(i int) image.Rectangle {
		x0, y0 := margin+i/stateRows*(wide+margin), bodyTop+i%stateRows*high
		return b.px(x0, y0, x0+wide, y0+high-3)
	}
	for i, name := range cells {
		value, _ := b.value(name)
		b.state(place(i), name, value)
	}
	done, _ := b.value("result")
	failed, _ := b.value("failed")
	st := draw.Style{Weight: draw.Bold, Size: 22, Min: 14, Colour: ink, Align: draw.Centre, Middle: true}
	r := place(len(cells))
	switch {
	case done != "":
		b.c.Round(r, b.u(6), pale)
		b.write("status", r.Inset(b.u(3)), b.word("did-"+done), st)
	case failed != "0":
		b.c.Round(r, b.u(6), alarmPale)
		b.write("status", r.Inset(b.u(3)), b.word("n-failed", "n", failed), st)
	}
}

// state is one device: its name, and what it says.
func (b *builder) state(r image.Rectangle, name, value string) {
	right, good := b.said(name, value)
	fill := paper
	if !good {
		fill = alarmPale
	}
	b.c.Round(r, b.u(6), fill)
	cut := r.Min.X + r.Dx()*2/5
	label := b.word("st-" + name)
	b.add(node{Role: "status", ID: name, Label: label + ": " + right, Bounds: r})
	st := draw.Style{Size: 22, Min: 12, Colour: soft, Middle: true}
	b.letters(image.Rect(r.Min.X+b.u(8), r.Min.Y, cut, r.Max.Y), label, st)
	st.Weight, st.Colour, st.Align = draw.Bold, ink, draw.Right
	b.letters(image.Rect(cut+b.u(4), r.Min.Y, r.Max.X-b.u(8), r.Max.Y), right, st)
}

// said puts a state into the language's words, and says whether it is as it
// should be.
func (b *builder) said(name, value string) (text string, good bool) {
	switch name {
	case "level-100", "level-50", "level-10":
		if state, _ := b.value("stock-" + name[len("level-"):]); state == "stopped" {
			return value + " " + b.word("is-stopped"), false
		}
		return b.word("st-coins-of", "n", value), true
	case "box":
		return b.word("yen", "yen", value), true
	case "owed":
		return b.word("yen", "yen", value), value == "0"
	case "coins":
		return b.word("st-faults", "n", value), value == "0"
	case "unsent":
		return b.word("st-events", "n", value), true
	case "service":
		return b.word("is-" + value), value == "in-service"
	default:
		return b.device(name)
	}
}

// remark is what just happened, in place of a page's own body.
func (b *builder) remark() (text string, ok bool) {
	if b.page.Remark == "" {
		return "", false
	}
	return b.word("remark-" + b.page.Remark), true
}

// notice is the office's, in the customer's language if there is one.
func (b *builder) notice(language string) string {
	for _, l := range []string{language, "ja", "en"} {
		if n := b.page.Notice[l]; n != "" {
			return n
		}
	}
	return ""
}

var _ flows.Pad = (*Screen)(nil)
