package screen

import (
	"image"
	"strconv"
	"strings"

	"kioskd/daemon/screen/draw"
	"kioskd/flows"
)

// The technician's check in units: all lines in columns, what to do about the
// first faulty ones below, and a row of buttons.
const (
	lineColumns = 3
	lineHigh    = 24
	todosMost   = 3
	todoHigh    = 38
)

// answerMost bounds what a device answered, in runes.
const answerMost = 70

// check shows every line of the technician's check: the device and how it is.
func (b *builder) check() {
	tried, _ := b.value("tried")
	names := strings.Fields(tried)
	if len(names) == 0 {
		b.message()
		return
	}
	b.bar(b.text().Head)
	rows := (len(names) + lineColumns - 1) / lineColumns
	wide := (unitsWide - 2*margin - (lineColumns-1)*margin) / lineColumns
	var faulty []string
	for i, name := range names {
		x0, y0 := margin+i/rows*(wide+margin), bodyTop+i%rows*lineHigh
		b.line(b.px(x0, y0, x0+wide, y0+lineHigh-2), name)
		if state, _ := b.value(name); state == flows.StateFailed {
			faulty = append(faulty, name)
		}
	}
	top := b.high - margin - actHigh
	b.todos(bodyTop+rows*lineHigh+margin, top-margin, faulty)
	for i, x := range b.page.Buttons {
		if x.ID == idLanguage {
			continue
		}
		x0 := margin + i*(forwardWide+margin)
		b.press(x, b.px(x0, top, x0+forwardWide, top+actHigh), neutral, icon(x.ID))
	}
}

// line is one device and how it is.
func (b *builder) line(r image.Rectangle, name string) {
	right, good := b.device(name)
	fill := paper
	if !good {
		fill = alarmPale
	}
	b.c.Round(r, b.u(4), fill)
	label := b.word("line-" + name)
	b.add(node{Role: "status", ID: name, Label: label + ": " + right, Bounds: r})
	cut := r.Min.X + r.Dx()*9/20
	st := draw.Style{Size: 18, Min: 11, Colour: soft, Middle: true}
	b.letters(image.Rect(r.Min.X+b.u(6), r.Min.Y, cut, r.Max.Y), label, st)
	st.Weight, st.Colour, st.Align = draw.Bold, ink, draw.Right
	b.letters(image.Rect(cut+b.u(2), r.Min.Y, r.Max.X-b.u(6), r.Max.Y), right, st)
}

// todos says what to do about the first of the faulty devices.
func (b *builder) todos(from, to int, faulty []string) {
	for i, name := range faulty[:min(len(faulty), todosMost)] {
		r := b.px(margin, from+i*todoHigh, unitsWide-margin, min(to, from+(i+1)*todoHigh-2))
		text := b.word("to-do", "device", b.word("line-"+name), "answer", b.answer(name), "todo", b.word("todo-"+name))
		if more := len(faulty) - todosMost; i == todosMost-1 && more > 0 {
			text += " (" + b.word("more-failed", "n", strconv.Itoa(more)) + ")"
		}
		b.write("text", r, text, draw.Style{Size: 18, Min: 11, Leading: 110, Colour: ink, Middle: true})
	}
}

// device is how a device is, in the language's words, and whether that is as it
// should be.
func (b *builder) device(name string) (text string, good bool) {
	state, ok := b.value(name)
	if !ok {
		return "–", true // it was not tried: somebody else has the kiosk
	}
	good = state == flows.StateOK
	if says := b.says(name); says != "" {
		return says, good
	}
	return b.word("is-" + state), good
}

// says is what a device says of itself, in the language's words; what it says in
// words that nobody knows stays as it is.
func (b *builder) says(name string) string {
	says, _ := b.value(flows.KeySays + name)
	if says == "" {
		return ""
	}
	all := strings.Split(says, ", ")
	for i, one := range all {
		if w, ok := b.book.Words["says-"+one]; ok {
			all[i] = w
		}
	}
	return strings.Join(all, b.word("says-and"))
}

// answer is what the check says of a device: in the language's words where there
// are any, else as the device's driver put it.
func (b *builder) answer(name string) string {
	if says := b.says(name); says != "" {
		return says
	}
	answer, _ := b.value(flows.KeyAnswer + name)
	answer = strings.Join(strings.Fields(answer), " ")
	if r := []rune(answer); len(r) > answerMost {
		answer = string(r[:answerMost]) + "…"
	}
	return answer
}
