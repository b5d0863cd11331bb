package screen

import (
	"context"
	"fmt"
	"strconv"

	"kioskd/daemon/screen/draw"
	"kioskd/flows"
	"kioskd/flows/secret"
)

// pinLength is how many digits the PIN has.
const pinLength = 4

// pad is a pad of digits at work. What was typed is in the secret alone.
type pad struct {
	text        *secret.Text
	least, most int // digits
}

// padView is what a picture shows of a pad.
type padView struct {
	n, least, most int
	digits         string // of a count of coins; "" for what nobody may see
}

// AskPIN shows a page with its keypad and waits for four digits, as
// flows.Screen says. The digits are in no other memory than the answer's.
func (s *Screen) AskPIN(ctx context.Context, p flows.Page, until <-chan struct{}) (*secret.Text, string, error) {
	return s.AskDigits(ctx, p, pinLength, pinLength, until)
}

// AskDigits does the same for a number of digits, as flows.Pad says.
func (s *Screen) AskDigits(ctx context.Context, p flows.Page, least, most int, until <-chan struct{}) (*secret.Text, string, error) {
	text, err := secret.New()
	if err != nil {
		return nil, "", fmt.Errorf("screen: %w", err)
	}
	id, err := s.ask(ctx, p, until, &question{pad: &pad{text, least, most}})
	if err != nil || id != idEnter {
		text.Wipe()
		return nil, id, err
	}
	return text, "", nil
}

// keypad takes a key of the pad. It says whether the key was its own, so that
// the question goes on.
func (q *question) keypad(id string) (own bool, err error) {
	switch {
	case id == idClear:
		q.pad.text.Clear()
		return true, nil
	case len(id) != 1 || id[0] < '0' || id[0] > '9':
		return false, nil
	case q.pad.text.Len() >= q.pad.most:
		return true, nil
	default:
		return true, q.pad.text.Append(id[0])
	}
}

// view is nil without a pad.
func (p *pad) view(page string) *padView {
	if p == nil {
		return nil
	}
	v := &padView{n: p.text.Len(), least: p.least, most: p.most}
	if page == flows.PageMaintenanceHopper {
		// A text that was wiped meanwhile shows nothing.
		_ = p.text.Use(func(b []byte) error { v.digits = string(b); return nil })
	}
	return v
}

// digits draws the keypad's twelve keys on the right.
func (b *builder) digits() {
	keys := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", idClear, "0", idEnter}
	top := b.high - margin - 4*keyHigh - 3*margin
	for i, id := range keys {
		x0 := keyLeft + i%3*(keyWide+margin)
		y0 := top + i/3*(keyHigh+margin)
		b.key(flows.Button{ID: id, Disabled: id == idEnter && b.pad.n < b.pad.least}, b.px(x0, y0, x0+keyWide, y0+keyHigh))
	}
}

// code asks for the technician's code, or for patience.
func (b *builder) code() {
	t := b.text()
	b.bar(t.Title)
	wait := b.number("wait") > 0
	right := unitsWide - 20
	if !wait {
		right = keyLeft - 20
	}
	head := b.write("heading", b.px(20, bodyTop+4, right, bodyTop+92), t.Head, draw.Style{Weight: draw.Bold, Size: 30, Min: 24, Leading: 128, Colour: ink})
	y := bodyTop + 4 + head.Height*unitsWide/b.width + 16
	if wait {
		b.write("text", b.px(20, y, right, y+80), b.word("code-wait"), bodyStyle())
		b.actions()
		return
	}
	box := b.px(20, y, right, y+64)
	b.c.Box(box, b.u(8), b.u(3), stopColour, paper)
	b.add(node{Role: "status", Label: b.word("typed-digits", "n", strconv.Itoa(b.pad.n)), Bounds: box})
	for i := range b.pad.n {
		x := 34 + i*28
		b.c.Round(b.px(x, y+22, x+20, y+42), b.u(10), ink)
	}
	b.flow(b.px(20, y+80, right, b.floor()-margin), t.Body, draw.Style{Size: 24, Min: 20, Leading: 120, Colour: ink})
	b.actions()
	b.digits()
}

// count asks how many coins lie in a hopper; here the digits are to be seen.
func (b *builder) count() {
	t := b.text()
	b.bar(t.Head)
	right := keyLeft - 20
	b.write("text", b.px(20, bodyTop+2, right, bodyTop+40), b.word("level-now"), draw.Style{Size: 24, Min: 20, Colour: ink, Middle: true})
	y := bodyTop + 46
	box := b.px(20, y, right, y+72)
	b.c.Box(box, b.u(8), b.u(3), stopColour, paper)
	shown := b.pad.digits
	if shown == "" {
		shown = "–"
	}
	b.write("status", box.Inset(b.u(6)), shown, draw.Style{Weight: draw.Bold, Size: 48, Min: 40, Colour: ink, Align: draw.Centre, Middle: true})
	low := y + 80
	if x, ok := b.button("emptied"); ok {
		r := b.px(20, b.floor()-margin-84, right, b.floor()-margin-4)
		b.press(x, r, neutral, "")
		b.flow(b.px(20, low, right, b.floor()-margin-92), t.Body, draw.Style{Size: 22, Min: 18, Leading: 115, Colour: soft})
	}
	b.actions()
	b.digits()
}
