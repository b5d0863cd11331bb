package soak

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kioskd/flows"
	"kioskd/flows/secret"
)

const (
	// technicianCode opens the maintenance page. No sum and no time looks like it.
	technicianCode = "73918264"
	// technicianMost is how long the technician tries: longer than the pauses
	// after wrong codes, and than a power cut or two.
	technicianMost = 2 * time.Hour
	// technicianSeldom: one in so many customers is followed by the technician
	// although no hopper runs low.
	technicianSeldom = 25
)

// admits is the check of the code.
func admits(code *secret.Text) (right bool) {
	_ = code.Use(func(b []byte) error { right = string(b) == technicianCode; return nil }) // wiped is wrong
	return right
}

// check stands for kioskd check, which opens devices by a configuration.
func check(context.Context) []flows.Tried {
	return []flows.Tried{{Device: "board", State: flows.StateNotTried}}
}

// chore is one thing the technician does on the maintenance page: the button, the
// coins that are moved by hand, and what the page then says.
type chore struct {
	tap    string
	yen    int // of the hopper; 0 for none
	level  int // that it will have
	result string
}

// chores are what there is to do: hoppers that run low are filled, and now and
// then anything.
func (w *world) chores() []chore {
	r := w.rng
	anything := r.IntN(technicianSeldom) == 0
	var all []chore
	for _, yen := range hopperCoins {
		c := chore{fmt.Sprintf("hopper-%d", yen), yen, fullHopper(yen), "counted"}
		if w.machine.hoppers.Level(yen) <= c.level/2 {
			all = append(all, c)
		} else if anything && r.IntN(2) == 0 {
			c.level = r.IntN(2) * r.IntN(c.level+1) // empty, or any number
			all = append(all, c)
		}
	}
	if !anything {
		return all
	}
	for _, some := range [][]chore{
		{{tap: "cash-box", result: "box-emptied"}},
		{{tap: "test-slip", result: "slip-"}},
		{{tap: "test-signals"}, {tap: "check"}},
		{{tap: "out-of-service", result: "taken-out"}, {tap: "in-service", result: "put-back"}},
	} {
		if r.IntN(2) == 0 {
			all = append(all, some...)
		}
	}
	return all
}

// fullHopper is how many coins of that value a hopper begins with.
func fullHopper(yen int) int { return map[int]int{100: 30, 50: 20, 10: 40}[yen] }

// technician is somebody with a key to the door and the code.
type technician struct {
	w     *world
	left  []chore
	moved map[int]bool // hoppers whose coins were moved, and nobody knows yet whether that is booked
	asked bool         // for the first of left
	wrong int          // codes to be mistyped
}

// maintain has the technician come, if there is something to do.
func (w *world) maintain() error {
	t := &technician{w: w, left: w.chores(), moved: make(map[int]bool), wrong: w.rng.IntN(20) / 16}
	if len(t.left) == 0 || w.isOff() || w.violation() != nil {
		return nil
	}
	w.trace.add("the technician comes: %v", t.left)
	if w.rng.IntN(8) == 0 {
		w.arm(crash{when: []string{"before", "after"}[w.rng.IntN(2)], kind: flows.CashCount, left: 1, kill: w.rng.IntN(2) == 0})
	}
	w.books.hands(true)
	w.exorcise() // nobody counts at a panel that types by itself
	w.machine.door.Set(true)
	for until := w.clock.Uptime() + technicianMost; len(t.left) > 0 && w.violation() == nil; {
		w.settle()
		if w.isOff() {
			t.asked = false
			if err := w.afterCut(); err != nil {
				return err
			}
			continue
		}
		f := w.face()
		s, changed := f.sees()
		w.look(s)
		if w.diskError() != nil || s.key("reason") == "journal" || s.key("reason") == "disk" || s.key("result") == "not-booked" {
			break // nothing can be booked today
		}
		if w.clock.Uptime() > until {
			w.violate("I10", "the technician is stuck at page %s with %v", s.Name, t.left)
		}
		if s.asked {
			t.acts(f, s)
		}
		w.pass(lookEvery, changed)
	}
	for yen := range t.moved {
		w.fault(w.machine.hoppers.Refill(yen, w.books.level(yen))) // what cannot be counted is put back
	}
	w.machine.door.Set(false)
	w.settle()
	w.books.hands(false)
	return nil
}

// acts does what the page asks for.
func (t *technician) acts(f *face, s sight) {
	switch s.Name {
	case flows.PageMaintenanceCode:
		code := technicianCode
		if t.wrong > 0 {
			t.wrong--
			code = "7391826"
		}
		if s.key("wait") == "0" {
			t.types(f, code)
		}
	case flows.PageMaintenance:
		t.tick(f, s)
	case flows.PageMaintenanceHopper:
		t.counts(f, s)
	case flows.PageMaintenanceCheck:
		f.tap("back")
	case flows.PageSettle:
		f.tap("next")
	case tapMore:
		f.tap(tapMore)
	case flows.PageForgotten, flows.PageTakeCard, flows.PageTakeSheets:
		t.w.takeCard()
		t.w.takePaper()
	default:
		if s.has("maintenance") {
			f.tap("maintenance")
		}
	}
}

// tick is the maintenance page: what is done is off the list, and the next thing
// is asked for.
func (t *technician) tick(f *face, s sight) {
	c := t.left[0]
	// What a cut left done has no button any more.
	if !s.has(c.tap) || t.asked && strings.HasPrefix(s.key("result"), c.result) {
		t.asked = false
		delete(t.moved, c.yen)
		if t.left = t.left[1:]; len(t.left) == 0 {
			return
		}
		c = t.left[0]
	}
	t.asked = true
	t.w.trace.add("tap %s", c.tap)
	f.tap(c.tap)
}

// counts moves coins and says how many there are.
func (t *technician) counts(f *face, s sight) {
	c := t.left[0]
	if s.key("yen") != strconv.Itoa(c.yen) || !t.w.machine.still() {
		return
	}
	t.moved[c.yen] = true
	t.w.fault(t.w.machine.hoppers.Refill(c.yen, c.level))
	if c.level == 0 {
		f.tap("emptied")
		return
	}
	t.types(f, strconv.Itoa(c.level))
}

func (t *technician) types(f *face, digits string) {
	f.tap(tapClear)
	for _, d := range digits {
		f.tap(string(d))
		t.w.pass(90*time.Millisecond+17*time.Nanosecond, nil)
	}
	f.tap(tapEnter)
}
