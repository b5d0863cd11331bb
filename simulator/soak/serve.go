package soak

import (
	"time"

	"kioskd/flows"
)

const (
	// turnMost is how long one customer may keep the kiosk, with everything that
	// staff does to help. After that the kiosk is stuck.
	turnMost = 90 * time.Minute
	// lookEvery is how long somebody waits before looking again.
	lookEvery = 1500*time.Millisecond + 333*time.Nanosecond
	// staffAfter is when the store's staff comes to a kiosk that somebody left.
	staffAfter = 3*time.Minute + 777*time.Nanosecond
)

// serve lets one customer come, and returns when the kiosk is ready for the next.
func (w *world) serve(c *customer) error {
	w.mu.Lock()
	w.customer = c
	w.mu.Unlock()
	w.o.guard.next(c.number, w.trace)
	w.books.tries.comes(c.card.Tries("pin"))
	w.trace.add("customer %d %s %s", c.number, c.resident, c.errand)
	w.befall(c)
	until := w.clock.Uptime() + turnMost
	left := time.Duration(0)
	for w.violation() == nil {
		w.settle()
		if w.isOff() {
			if err := w.afterCut(); err != nil {
				return err
			}
			continue
		}
		f := w.face()
		s, changed := f.sees()
		w.look(s)
		w.befallAt(c, s.Name)
		if w.isOff() {
			continue
		}
		if w.clock.Uptime() > until {
			w.violate("I10", "the kiosk is stuck at page %s", s.Name)
		}
		if w.gone(c, s) {
			break
		}
		if !c.here {
			if left == 0 {
				left = w.clock.Uptime()
			}
			if w.clock.Uptime()-left > staffAfter {
				w.staff(s, f)
			}
			w.pass(20*time.Second+555*time.Nanosecond, changed)
			continue
		}
		if w.pass(w.delay(c), changed) {
			continue // another page, another thought
		}
		if w.isOff() {
			continue
		}
		turn := s.turn
		if s, changed = f.sees(); s.turn != turn || !w.act(c, f, s) {
			w.pass(lookEvery, changed)
		}
	}
	w.machine.tray.TakeReturned()
	w.takePaper()
	w.takeCard()
	if w.rng.IntN(4) > 0 {
		w.mend()
	}
	w.settle()
	w.listen(c)
	return nil
}

// look is called with every page that somebody sees when all is at rest.
func (w *world) look(s sight) {
	if s.asked && s.turn != w.looked && (s.Name == flows.PageHome || s.Name == flows.PageSettle) {
		w.looked = s.turn // later somebody may have touched it
		w.books.served(s.Name)
	}
}

// gone says whether this customer's turn is over: the start page is there again,
// and nothing of theirs.
func (w *world) gone(c *customer, s sight) bool {
	if s.Name == flows.PageOutOfService {
		return true
	}
	if s.Name != flows.PageHome || !s.asked {
		return false
	}
	return !c.here || c.over || c.begun
}

// staff takes what was forgotten, and mends what is broken.
func (w *world) staff(s sight, f *face) {
	w.takeCard()
	w.takePaper()
	w.mend()
	if s.Name == flows.PageSettle && s.asked {
		f.tap("next")
	}
}

// mend ends every fault, one after the other.
func (w *world) mend() {
	for _, name := range w.language.devices {
		w.language.how[name].clear(w)
		w.settle()
	}
	w.office.Behave()
	if w.isAway() {
		w.setAway(false)
	}
	w.settle()
}

// afterCut is what happens around a kiosk without power.
func (w *world) afterCut() error {
	w.pass(time.Duration(1+w.rng.IntN(40))*time.Second+919*time.Nanosecond, nil)
	return w.restart()
}

// crash is where the power goes.
type crash struct {
	when string // before or after; "" for none
	kind string // of the event; "" for any
	left int    // of them until it strikes
	kill bool   // only the process
}

// strikes says whether the power goes now.
func (w *world) strikes(when, kind string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.crash.when != when || w.off || (w.crash.kind != "" && w.crash.kind != kind) {
		return false
	}
	w.crash.left--
	if w.crash.left > 0 {
		return false
	}
	w.crash.when = ""
	return true
}
