package screen

import (
	"kioskd/daemon/screen/art"
	"kioskd/daemon/screen/draw"
	"kioskd/flows"
)

// The colours, one for a purpose. Every pair of text and ground has at least
// 7:1, and no colour says anything that a word or a sign does not say as well.
const (
	ground     draw.Colour = 0xF4F7F5 // the page
	sky        draw.Colour = 0xE3F1EE
	paper      draw.Colour = 0xFFFFFF // what lies on it
	ink        draw.Colour = 0x14212B // text
	soft       draw.Colour = 0x33424D // lesser text
	line       draw.Colour = 0xB9C6C4
	calmBar    draw.Colour = 0x0B3C49
	goodBar    draw.Colour = 0x0A4A36
	alarmBar   draw.Colour = 0x7A1420
	onBar      draw.Colour = 0xFFFFFF
	goColour   draw.Colour = 0x00544D // the way on
	stopColour draw.Colour = 0x3A4A56 // the way back
	pale       draw.Colour = 0xDCEEE9 // chosen, or to be noticed
	warnPale   draw.Colour = 0xFFF0CF
	alarmPale  draw.Colour = 0xFBE3E1
	dimFill    draw.Colour = 0xE6EAEA // what cannot be pressed yet
	dimText    draw.Colour = 0x55626A
	stepDone   draw.Colour = 0x8FD3C2
	stepNow    draw.Colour = 0xFFD25E
	stepToCome draw.Colour = 0x3D6570
	ringColour draw.Colour = 0xE07A00
)

// mood colours the bar.
type mood int

const (
	calm mood = iota
	good
	warn
	alarm
)

func (m mood) bar() draw.Colour {
	switch m {
	case good:
		return goodBar
	case alarm:
		return alarmBar
	default:
		return calmBar
	}
}

// steps of a visit, as the bar shows them.
const (
	stepNone = iota
	stepCard
	stepPIN
	stepChoose
	stepPay
	stepTake
	stepsAll = stepTake
)

// look is how a page is built.
type look struct {
	build    func(*builder)
	art      art.Name
	step     int
	mood     mood
	language bool   // the language may still change
	variant  string // the key whose value decides the words
	contact  bool   // it matters here whom to ask
}

// lookOf is the table of all pages.
func lookOf(name string) (look, bool) {
	message, choice, toggles := (*builder).message, (*builder).choice, (*builder).toggles
	switch name {
	case flows.PageHome:
		return look{build: (*builder).home, language: true}, true
	case flows.PageMenu:
		return look{build: choice, language: true}, true
	case pageLanguage:
		return look{build: choice}, true
	case flows.PageMoreTime:
		return look{build: message, art: art.Clock, mood: warn}, true
	case flows.PageUnavailable:
		return look{build: message, art: art.Pause, language: true, variant: "reason", contact: true}, true
	case flows.PageOutOfService:
		return look{build: message, art: art.Pause, language: true, variant: "reason", contact: true}, true
	case flows.PageSettle:
		return look{build: message, art: art.CardDown, mood: warn, language: true, contact: true}, true
	case flows.PageTerms:
		return look{build: message, art: art.Paper, step: stepCard, language: true}, true
	case flows.PageLayCard:
		return look{build: message, art: art.CardDown, step: stepCard, language: true}, true
	case flows.PageReading:
		return look{build: message, art: art.CardRead, step: stepCard, language: true}, true
	case flows.PageWrongCard:
		return look{build: message, art: art.CardWrong, step: stepCard, mood: warn, language: true, variant: "kind"}, true
	case flows.PageNoCert:
		return look{build: message, art: art.Counter, language: true, contact: true}, true
	case flows.PageNotYetValid, flows.PageExpired:
		return look{build: message, art: art.Calendar, language: true, contact: true}, true
	case flows.PageBlocked:
		return look{build: message, art: art.Lock, language: true, contact: true}, true
	case flows.PageLastTry:
		return look{build: message, art: art.Warning, step: stepPIN, mood: warn, language: true}, true
	case flows.PagePIN:
		return look{build: (*builder).keypad, step: stepPIN, language: true}, true
	case flows.PageWrongPIN:
		return look{build: message, art: art.Lock, step: stepPIN, mood: warn, language: true, variant: "tries"}, true
	case flows.PageChecking:
		return look{build: message, art: art.CardRead, step: stepPIN, language: true}, true
	case flows.PageCardGone:
		return look{build: message, art: art.CardUp, mood: warn, language: true}, true
	case flows.PageTakeCard:
		return look{build: message, art: art.CardUp, step: stepPIN, language: true}, true
	case flows.PageNotice:
		return look{build: message, art: art.Calendar, step: stepPIN, language: true, variant: "kind", contact: true}, true
	case flows.PageRefused:
		return look{build: message, art: art.Counter, language: true, variant: "code", contact: true}, true
	case flows.PageKind, flows.PageScope:
		return look{build: choice, step: stepChoose, language: true}, true
	case flows.PageMembers, flows.PageItems:
		return look{build: toggles, step: stepChoose, language: true}, true
	case flows.PageMyNumber:
		return look{build: message, art: art.Warning, step: stepChoose, mood: warn, language: true}, true
	case flows.PageCopies:
		return look{build: (*builder).copies, step: stepChoose, language: true}, true
	case flows.PageConfirm:
		return look{build: (*builder).confirm, step: stepChoose, language: true}, true
	case flows.PageFetching:
		return look{build: message, art: art.Waiting, step: stepPay, language: true}, true
	case flows.PagePay:
		return look{build: (*builder).pay, art: art.Coins, step: stepPay}, true
	case flows.PagePrinting:
		return look{build: message, art: art.Printer, step: stepTake}, true
	case flows.PageJam:
		return look{build: message, art: art.Jam, step: stepTake, mood: alarm}, true
	case flows.PageTakeSheets:
		return look{build: message, art: art.Sheets, step: stepTake, mood: good}, true
	case flows.PageForgotten:
		return look{build: message, art: art.Warning, mood: alarm, variant: "what"}, true
	case flows.PageGoodbye:
		return look{build: message, art: art.Done, mood: good}, true
	case flows.PageCancelled:
		return look{build: message, art: art.Back, language: true}, true
	case flows.PageSorry:
		return look{build: message, art: art.Warning, mood: alarm, language: true, variant: "reason", contact: true}, true
	case flows.PageSlip:
		return look{build: message, art: art.Slip, mood: warn, language: true, contact: true}, true
	case flows.PageGuidance:
		return look{build: message, art: art.Counter, language: true, variant: "topic", contact: true}, true
	case flows.PageMaintenanceCode:
		return look{build: (*builder).code, language: true}, true
	case flows.PageMaintenance:
		return look{build: (*builder).maintenance, language: true}, true
	case flows.PageMaintenanceCheck:
		return look{build: (*builder).check, art: art.Waiting, language: true, variant: "failed"}, true
	case flows.PageMaintenanceHopper:
		return look{build: (*builder).count, language: true}, true
	default:
		return resetLook(name)
	}
}
