package soak

import (
	"time"

	"kioskd/flows"
)

// follow does what the page asks for, as somebody who wants to get through.
func (w *world) follow(c *customer, f *face, s sight) bool {
	if id, ok := w.answer(c, s); ok {
		if !s.has(id) {
			return false
		}
		w.press(c, f, s, id)
		return true
	}
	switch s.Name {
	case flows.PageLayCard:
		if c.laid++; c.laid > 2 {
			w.press(c, f, s, tapCancel)
			return true
		}
		return w.layCard(c)
	case flows.PageSettle:
		if c.begun && len(w.machine.reader.Lying()) == 0 {
			c.begun = false
			return w.layCard(c)
		}
		w.takeCard()
		w.press(c, f, s, "next")
		return true
	case flows.PageTakeCard, flows.PageForgotten, flows.PageWrongCard, flows.PageCancelled, flows.PageGoodbye:
		w.takeCard()
		w.takePaper()
		return false
	case flows.PagePIN:
		pin := c.pin
		if c.pins < c.plan.wrong {
			pin = c.wrongPIN()
		}
		c.pins++
		w.types(c, f, s, pin)
		return true
	case flows.PageNewPassword, flows.PageAgain:
		text := c.newPassword
		if s.Name == flows.PageAgain && w.rng.IntN(8) == 0 {
			text = text[1:] + "7"
		}
		w.types(c, f, s, text)
		return true
	case flows.PagePay:
		return w.pays(c, f, s)
	case flows.PageJam:
		return w.jammed(c, f, s)
	case flows.PageTakeSheets:
		w.machine.tray.TakeReturned()
		w.takePaper()
		return false
	}
	return false
}

// answer is the button that leads on.
func (w *world) answer(c *customer, s sight) (id string, ok bool) {
	switch s.Name {
	case flows.PageHome:
		c.begun = true
		return "start", true
	case flows.PageMenu:
		return c.errand, true
	case flows.PageMaintenanceCode:
		return tapCancel, true // the door was left open, and nobody knows the code
	case flows.PageUnavailable:
		c.over = true
		w.takeCard()
		return tapCancel, true
	case tapMore:
		return tapMore, true
	case flows.PageTerms:
		if c.plan.early {
			w.layCard(c)
		}
		return "agree", true
	case flows.PageKind:
		return "residence-certificate", true
	case flows.PageScope:
		if s.has(c.plan.scope) {
			return c.plan.scope, true
		}
		return "self", true
	case flows.PageMembers:
		return w.toggles(s), true
	case flows.PageItems:
		for _, b := range s.Buttons {
			if b.Toggle && !b.On && contains(c.plan.items, b.ID) {
				return b.ID, true
			}
		}
		return "next", true
	case flows.PageMyNumber:
		c.plan.items = nil // asked once
		return []string{"yes", "no"}[w.rng.IntN(2)], true
	case flows.PageCopies:
		if c.copies == 0 {
			c.copies = 1
		}
		if c.copies < c.plan.copies {
			c.copies++
			return "plus", true
		}
		return "next", true
	case flows.PageConfirm:
		return "go-on", true
	case flows.PageLastTry:
		if c.plan.stop && c.pins > 0 {
			return "stop", true
		}
		return "go-on", true
	case flows.PageResetAbout, flows.PageHowToBook, flows.PageNotice, flows.PageMismatch, flows.PageWrongPIN, flows.PageSlip, flows.PageSorry:
		return "next", true
	case flows.PageCardGone, flows.PageNoCert, flows.PageExpired, flows.PageNotYetValid, flows.PageBlocked, flows.PageRefused, flows.PageGuidance,
		flows.PageResetDone, flows.PageResetUnchanged, flows.PageResetUnknown:
		w.takeCard()
		return "next", true
	case flows.PageBooked:
		return "yes", true
	}
	return "", false
}

// toggles chooses the first two members.
func (w *world) toggles(s sight) string {
	on := 0
	for _, b := range s.Buttons {
		if b.Toggle && b.On {
			on++
		}
	}
	for _, b := range s.Buttons {
		if b.Toggle && !b.On && on < 2 {
			return b.ID
		}
	}
	return "next"
}

// coinsPatience is how many coins somebody tries.
const coinsPatience = 80

// pays drops the next coin, or presses print.
func (w *world) pays(c *customer, f *face, s sight) bool {
	if s.has("print") {
		w.press(c, f, s, "print")
		return true
	}
	if c.dropped++; c.dropped > coinsPatience {
		w.press(c, f, s, tapCancel)
		return true
	}
	if len(c.coins) == 0 {
		c.coins = append(c.coins, c.plan.pays...)
	}
	yen := c.coins[0]
	c.coins = c.coins[1:]
	w.trace.add("coin %d", yen)
	w.errands.Go(func() {
		// A power cut on the way is what the books are for.
		_ = w.machine.acceptor.Insert(yen)
	})
	pause := 400*time.Millisecond + time.Duration(yen/10)*60*time.Millisecond
	if w.rng.IntN(5) == 0 {
		pause = 90 * time.Millisecond // one right behind the other
	}
	w.pass(pause+211*time.Nanosecond, nil)
	return true
}

// jammed has somebody clear the printer, and says what the customer wants.
func (w *world) jammed(c *customer, f *face, s sight) bool {
	w.machine.pages.Clear()
	w.settle()
	id := "go-on"
	if c.plan.stop {
		id = "stop"
	}
	w.press(c, f, s, id)
	return true
}
