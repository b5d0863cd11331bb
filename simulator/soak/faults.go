package soak

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"kioskd/simulator/scenario"
)

// device is one device of the scenario language: how its faults come about here,
// and how they end.
type device struct {
	weight int // how often it is the one that breaks
	fault  func(w *world, r *rand.Rand, kind string) error
	clear  func(w *world)
}

// devices are all that the language knows. Where a fault lasts until it is
// cleared, staff or a technician does that in the end.
func devices() map[string]device {
	return map[string]device{
		"reader":          {2, func(w *world, _ *rand.Rand, kind string) error { return w.machine.reader.Fault(kind) }, func(w *world) { w.machine.reader.Clear() }},
		"sheet-printer":   {4, func(w *world, _ *rand.Rand, kind string) error { return w.machine.pages.Fault(kind) }, func(w *world) { w.machine.pages.Clear() }},
		"receipt-printer": {2, func(w *world, _ *rand.Rand, kind string) error { return w.machine.receipts.Fault(kind) }, func(w *world) { w.machine.receipts.Clear() }},
		"coins":           {2, breakCoins, mendCoins},
		"hopper":          {2, func(w *world, _ *rand.Rand, kind string) error { return w.machine.hoppers.Fault(kind) }, func(w *world) { w.machine.hoppers.Clear() }},
		"touch":           {1, breakTouch, mendTouch},
		"panel":           {1, func(w *world, _ *rand.Rand, _ string) error { w.setBroken("panel", true); return nil }, func(w *world) { w.setBroken("panel", false) }},
		"door":            {1, func(w *world, _ *rand.Rand, _ string) error { w.machine.door.Set(true); return nil }, func(w *world) { w.machine.door.Set(false) }},
		"supply":          {1, breakSupply, func(*world) {}},
		"disk":            {1, breakDisk, mendDisk},
		"clock":           {2, breakClock, func(w *world) { w.machine.setClock(0, false) }},
	}
}

// breakCoins breaks the acceptor, or the line that it pulses. It does not wait: a
// pulse train takes its time.
func breakCoins(w *world, _ *rand.Rand, kind string) error {
	if kind == "dead" {
		w.machine.acceptor.Clear()
		w.books.deaf()
		w.machine.inputs["COIN_PULSE"].Break(true)
		return nil
	}
	w.machine.inputs["COIN_PULSE"].Break(false)
	w.errands.Go(func() { w.fault(w.machine.acceptor.Fault(kind)) })
	return nil
}

func mendCoins(w *world) {
	w.machine.inputs["COIN_PULSE"].Break(false)
	w.machine.acceptor.Clear()
}

func breakTouch(w *world, r *rand.Rand, kind string) error {
	if kind == "ghost" {
		w.haunt(r)
		return nil
	}
	w.setBroken("touch", true)
	return nil
}

func mendTouch(w *world) {
	w.setBroken("touch", false)
	w.exorcise()
}

// capacitorsMost is how long a supply that fails may still carry the machine.
const capacitorsMost = 200 * time.Millisecond

// breakSupply is what daemon.Run makes of that signal: the board is given back at
// once, and some time later the power really goes, or it does not.
func breakSupply(w *world, r *rand.Rand, _ string) error {
	w.cut(true)
	if r.IntN(2) == 0 {
		d := time.Duration(r.Int64N(int64(capacitorsMost))) + 61*time.Nanosecond
		w.clock.AfterFunc(d, w.machine.powerCut)
	}
	return nil
}

func breakClock(w *world, _ *rand.Rand, kind string) error {
	name, by, jumps := strings.Cut(kind, ":")
	if !jumps {
		w.machine.setClock(0, name == "unset")
		return nil
	}
	d, err := time.ParseDuration(by)
	if err != nil {
		return fmt.Errorf("soak: clock jump: %w", err)
	}
	w.machine.setClock(d, false)
	return nil
}

// language is what troubles are drawn from: the scenario language's own lists.
type language struct {
	devices []string // by name
	weights int      // of all of them
	how     map[string]device
	faults  map[string][]string
	lies    []string
}

func newLanguage() language {
	l := language{how: devices(), faults: scenario.Faults(), lies: scenario.Lies()}
	l.devices = slices.Sorted(maps.Keys(l.how))
	for _, d := range l.how {
		l.weights += d.weight
	}
	return l
}

// fault draws a device and what it has.
func (l language) fault(r *rand.Rand) (name, kind string) {
	at := r.IntN(l.weights)
	for _, name = range l.devices {
		if at -= l.how[name].weight; at < 0 {
			break
		}
	}
	kinds := l.faults[name]
	return name, drawKind(r, kinds[r.IntN(len(kinds))])
}

// drawKind puts a number or a time where the language has N or D.
func drawKind(r *rand.Rand, kind string) string {
	what, argument, _ := strings.Cut(kind, ":")
	switch what + ":" + argument {
	case "jam:N":
		return fmt.Sprintf("jam:%d", 1+r.IntN(2))
	case "short:N":
		return fmt.Sprintf("short:%d", r.IntN(3))
	case "jump:D":
		return fmt.Sprintf("jump:%v", (time.Duration(r.Int64N(int64(40*time.Hour))) - 20*time.Hour).Round(time.Minute))
	}
	switch argument {
	case "N":
		return fmt.Sprintf("%s:%d", what, r.IntN(14)) // of the exchanges with a card
	case "D":
		return fmt.Sprintf("%s:%v", what, time.Duration(r.Int64N(int64(5*time.Second))).Round(time.Millisecond)+419*time.Nanosecond)
	}
	return kind
}

const (
	ghostEvery = 300*time.Millisecond + 733*time.Nanosecond
	ghostMost  = 60 // touches
)

// haunt has the touch chip report fingers that nobody laid on it. Most meet
// nothing.
func (w *world) haunt(r *rand.Rand) {
	w.exorcise()
	left := ghostMost
	var touch func()
	touch = func() {
		if left--; left < 0 || w.books.tended() {
			return
		}
		w.setGhost(w.clock.AfterFunc(ghostEvery, touch))
		f := w.face()
		if f == nil || r.IntN(3) > 0 {
			return
		}
		s, _ := f.sees()
		if len(s.Buttons) == 0 {
			return
		}
		id := s.Buttons[r.IntN(len(s.Buttons))].ID
		w.trace.add("ghost %s", id)
		w.books.tries.pressed(s.Name, id) // no kiosk can tell it from a finger
		f.tap(id)
	}
	w.setGhost(w.clock.AfterFunc(ghostEvery, touch))
}

func (w *world) setGhost(stop func() bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ghost = stop
}

func (w *world) exorcise() {
	w.mu.Lock()
	stop := w.ghost
	w.ghost = nil
	w.mu.Unlock()
	if stop != nil {
		stop()
	}
}
