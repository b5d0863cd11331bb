package paper

import (
	"fmt"
	"strings"
)

// The form, in dots of 1/300 inch.
const (
	formLeft, formRight = 176, 2304
	formWidth           = formRight - formLeft
	frameLeft           = 104 // ornamental frame
	frameTop            = 104
	titleLine           = 300 // baseline
	headTop             = 372
	headHeight          = 128
	blocksTop           = 528
	blockHeight         = 560
	blockGap            = 14
	numberWidth         = 68
	certifyLine         = 2910
	issuedLine          = 3010
	mayorLine           = 3140
	sealLeft, sealTop   = 2020, 2990
	sealSide            = 228
	footTop             = 3290
	thick, thin         = 5, 2
	omitted             = "省略"
)

// form is one front while it is written: dots and text grow together, so that
// the text of a sheet can name nothing that is not on the paper.
type form struct {
	pen
	text strings.Builder
}

func (f *form) note(line string) {
	f.text.WriteString(line)
	f.text.WriteByte('\n')
}

// cell is one field of a row. With an empty value it was not asked for, unless
// blank says that the field is always there.
type cell struct {
	label, value string
	above        string // small, over the value: the name's reading
	width        int    // share of the row
	blank        bool
}

func (r *Renderer) front(rec Record, issue string, number, of int) (*canvas, string, error) {
	f := &form{pen: pen{canvas: r.ground.clone(), types: r.types}}
	f.ornament()
	f.heading(rec)
	f.household(rec)
	first := (number - 1) * personsMax
	persons := rec.Persons[first:min(first+personsMax, len(rec.Persons))]
	y := blocksTop
	for i, p := range persons {
		f.person(p, first+i+1, y)
		y += blockHeight + blockGap
	}
	if left := personsMax - len(persons); left > 0 {
		f.remainder(y, blocksTop+personsMax*(blockHeight+blockGap)-blockGap)
	}
	if number == of {
		f.certify(rec)
	} else {
		f.right(style{40, false}, formRight, certifyLine, "次の用紙に続く")
		f.note("次の用紙に続く")
	}
	f.foot(issue, number, of)
	if f.err != nil {
		return nil, "", f.err
	}
	return f.canvas, f.text.String(), nil
}

// ornament is the double frame with notched corners.
func (f *form) ornament() {
	l, t, r, b := frameLeft, frameTop, pageWidth-frameLeft, pageHeight-frameTop
	f.frame(l, t, r, b, 6)
	f.frame(l+14, t+14, r-14, b-14, 2)
	const notch = 40
	for _, x := range []int{l, r - notch} {
		for _, y := range []int{t, b - notch} {
			f.clear(x, y, x+notch, y+notch)
			f.frame(x, y, x+notch, y+notch, 6)
			f.frame(x+14, y+14, x+notch-14, y+notch-14, 2)
		}
	}
}

func (f *form) heading(rec Record) {
	f.write(style{46, false}, formLeft, titleLine-8, rec.Municipality)
	title := style{104, true}
	const extra = 72
	width := f.measure(title, rec.Title) + extra*(len([]rune(rec.Title))-1)
	f.spread(title, (pageWidth-width)/2, titleLine, extra, rec.Title)
	box := formRight - 190
	f.frame(box, titleLine-90, formRight, titleLine+4, 4)
	f.centre(style{50, true}, box+95, titleLine-26, "見　本")
	f.note(rec.Title)
	f.note(rec.Municipality)
	f.note("見本")
}

func (f *form) household(rec Record) {
	f.row(formLeft, headTop, formWidth, headHeight, []cell{
		{label: "住所", value: rec.Address, width: 1360},
		{label: "世帯主", value: rec.Head, width: 768},
	})
	f.frame(formLeft, headTop, formRight, headTop+headHeight, thick)
}

// person draws one resident's block: rows as the model form has them.
func (f *form) person(p Person, number, y int) {
	rows := nationalRows(p)
	if p.Foreign {
		rows = foreignRows(p)
	}
	f.note(fmt.Sprint(number))
	f.centre(style{44, true}, formLeft+numberWidth/2, y+blockHeight/2+16, fmt.Sprint(number))
	f.fill(formLeft+numberWidth, y, formLeft+numberWidth+thin, y+blockHeight)
	for i, cells := range rows {
		top, bottom := y+blockHeight*i/len(rows), y+blockHeight*(i+1)/len(rows)
		f.row(formLeft+numberWidth, top, formWidth-numberWidth, bottom-top, cells)
		if i > 0 {
			f.fill(formLeft+numberWidth, top, formRight, top+thin)
		}
	}
	f.frame(formLeft, y, formRight, y+blockHeight, thick)
}

func nationalRows(p Person) [][]cell {
	return [][]cell{
		{
			{label: "氏名", value: p.Name, above: p.Kana, width: 940},
			{label: "生年月日", value: p.Birth, width: 540},
			{label: "性別", value: p.Sex, width: 200},
			{label: "続柄", value: p.Relation, width: 380},
		},
		{
			{label: "住民となった年月日", value: p.Since, width: 1},
			{label: "住所を定めた年月日", value: p.Settled, width: 1},
			{label: "届出年月日", value: p.Notified, width: 1},
		},
		{
			{label: "本籍", value: p.Domicile, width: 1380},
			{label: "筆頭者", value: p.FirstOnRegister, width: 680},
		},
		{
			{label: "前住所", value: p.Former, width: 1380, blank: true},
			{label: "個人番号", value: p.Number, width: 680},
		},
	}
}

func foreignRows(p Person) [][]cell {
	dates := []cell{
		{label: "外国人住民となった年月日", value: p.Since, width: 1},
		{label: "住所を定めた年月日", value: p.Settled, width: 1},
		{label: "届出年月日", value: p.Notified, width: 1},
	}
	if p.Alias != "" {
		dates = append([]cell{{label: "通称", value: p.Alias, width: 1}}, dates...)
	}
	return [][]cell{
		{
			{label: "氏名", value: p.Name, above: p.Kana, width: 940},
			{label: "生年月日", value: p.Birth, width: 540},
			{label: "性別", value: p.Sex, width: 200},
			{label: "続柄", value: p.Relation, width: 380},
		},
		dates,
		{
			{label: "国籍・地域", value: p.Nationality, width: 420},
			{label: "在留資格", value: p.Status, width: 720},
			{label: "在留期間", value: p.Period, width: 340},
			{label: "在留期間の満了の日", value: p.StayEnds, width: 580},
		},
		{
			{label: "第30条の45に規定する区分", value: p.Category, width: 700},
			{label: "在留カード等の番号", value: p.CardNumber, width: 680},
			{label: "個人番号", value: p.Number, width: 680},
		},
		{{label: "前住所", value: p.Former, width: 1, blank: true}},
	}
}

// row draws the cells side by side. Neighbours that were not asked for become
// one empty field: neither label nor number of fields shows what was left out.
func (f *form) row(x, y, width, height int, cells []cell) {
	total := 0
	for _, c := range cells {
		total += c.width
	}
	done := 0
	for i := 0; i < len(cells); {
		from, c := done, cells[i]
		done += c.width
		i++
		for c.left() && i < len(cells) && cells[i].left() {
			done += cells[i].width
			i++
		}
		l, r := x+width*from/total, x+width*done/total
		if from > 0 {
			f.fill(l, y, l+thin, y+height)
		}
		f.field(c, l, y, r-l, height)
	}
}

func (c cell) left() bool { return c.value == "" && !c.blank }

func (f *form) field(c cell, x, y, width, height int) {
	const pad, labelSize, labelHeight = 18, 28, 44
	if c.left() {
		f.centre(style{30, false}, x+width/2, y+height/2+11, omitted)
		f.note(omitted)
		return
	}
	f.write(style{labelSize, false}, x+pad, y+38, c.label)
	value := c.value
	if value == "" {
		value = Nothing
	}
	if c.above != "" {
		f.write(style{labelSize, false}, x+pad+2*pad+f.measure(style{labelSize, false}, c.label), y+38, c.above)
		f.note(c.label + " " + value + " " + c.above)
	} else {
		f.note(c.label + " " + value)
	}
	f.fit(x+pad+8, y+labelHeight, width-2*pad-8, height-labelHeight-8, 46, false, value)
}

// remainder strikes out the room that is left, so that nobody can be added.
func (f *form) remainder(top, bottom int) {
	f.frame(formLeft, top, formRight, bottom, thick)
	const word = "以下余白"
	f.centre(style{42, false}, pageWidth/2, top+74, word)
	f.line(formLeft+60, bottom-60, formRight-60, top+110, 3)
	f.note(word)
}

func (f *form) certify(rec Record) {
	f.write(style{46, false}, formLeft+40, certifyLine, rec.Certifies)
	f.write(style{46, false}, formLeft+140, issuedLine, rec.Issued)
	f.right(style{62, true}, sealLeft-30, mayorLine, rec.Mayor)
	f.seal(rec.Seal)
	f.note(rec.Certifies)
	f.note(rec.Issued)
	f.note(rec.Mayor)
}

// seal draws the mayor's square seal, three columns read from the right.
func (f *form) seal(columns [3]string) {
	f.clear(sealLeft, sealTop, sealLeft+sealSide, sealTop+sealSide)
	f.frame(sealLeft, sealTop, sealLeft+sealSide, sealTop+sealSide, 10)
	const cellSide = (sealSide - 24) / 3
	for i, column := range columns {
		for j, char := range []rune(column) {
			x := sealLeft + 12 + (2-i)*cellSide + cellSide/2
			y := sealTop + 12 + j*cellSide + cellSide/2
			f.centre(style{60, true}, x, y+22, string(char))
		}
	}
	f.note(strings.Join(columns[:], ""))
}

func (f *form) foot(issue string, number, of int) {
	f.fill(formLeft, footTop, formRight, footTop+thin)
	small := style{30, false}
	id := "発行番号 " + issue
	page := fmt.Sprintf("%d/%d", number, of)
	warning := "この用紙は模擬装置による見本であり、証明書としての効力はありません。"
	f.write(small, formLeft, footTop+44, id)
	f.right(style{38, true}, formRight, footTop+46, page)
	f.write(style{26, false}, formLeft, footTop+86, warning)
	f.note(id)
	f.note(page)
	f.note(warning)
}
