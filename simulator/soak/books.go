package soak

import (
	"fmt"
	"sync"

	"kioskd/flows"
	"kioskd/simulator/card"
)

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant string // I1 to I10; or of the simulation's own: "trace", "progress", "soak"
	What      string
	Seed      uint64
	Shift     int // its first customer: where a replay begins
	Customer  int
	Hung      bool     // nobody knows how it would have ended: not replayed
	Twice     bool     // only seen by comparing two traces
	Trace     []string // the last of what happened before
}

func (v *Violation) Error() string {
	return fmt.Sprintf("%s violated: %s (seed %d, customer %d)", v.Invariant, v.What, v.Seed, v.Customer)
}

// violate notes the first violation of a shift, which ends with it.
func (w *world) violate(invariant, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.found != nil {
		return
	}
	w.found = &Violation{
		Invariant: invariant, What: fmt.Sprintf(format, args...), Seed: w.o.seed, Shift: w.o.number, Trace: w.trace.last(),
	}
	if w.customer != nil {
		w.found.Customer = w.customer.number
	}
}

func (w *world) violation() *Violation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found
}

// books are the ten invariants, looked at from the outside: coins and sheets that
// really moved, the cards' own counters, the office's records, bytes and files,
// each against what the journal says.
type books struct {
	w     *world
	money money
	paper paperwork
	tries triesbook
	reset resetbook

	mu      sync.Mutex
	read    int // events of the journal looked at
	sent    int // events of the office looked at
	booting bool
}

func newBooks(w *world) *books {
	b := &books{w: w, booting: true}
	b.money.visits, b.money.levels = make(map[string]*purse), make(map[int]int)
	b.paper.visits = make(map[string]*job)
	b.paper.out = make(map[drawnSheet]int)
	b.paper.intents = make(map[drawnSheet]int)
	return b
}

// check is called when all are blocked.
func (b *books) check() {
	b.mu.Lock()
	defer b.mu.Unlock()
	events := b.w.record.all()
	for _, e := range events[b.read:] {
		b.money.take(b.w, e)
		b.paper.take(b.w, e)
		b.reset.take(b.w, e)
	}
	b.read = len(events)
	b.money.check(b.w)
	b.paper.check(b.w)
	b.uploaded(events)
}

// atPage is called when a page is shown, before anybody can act on it.
func (w *world) atPage(s sight) {
	c := w.who()
	if c == nil {
		return
	}
	c.asked.hears(s)
	if s.Name == flows.PageResetDone {
		c.sawDone = true
	}
}

// atCommit is called when an event is in the journal.
func (w *world) atCommit(e flows.Event) {
	if c := w.who(); c != nil && e.Kind == flows.ResetProved {
		c.provedIn = e.Visit
	}
}

// who is the customer of the moment.
func (w *world) who() *customer {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.customer
}

// exchange hears every exchange with the card.
func (b *books) exchange(e card.Exchange) { b.tries.exchange(b.w, e) }

// cut is called at the instant of a crash, buried when nothing of it moves any
// more.
func (b *books) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.booting = true
}

func (b *books) buried() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.money.crashed(b.w)
}

// deaf is called when the acceptor's line dies: until the kiosk notices, coins fall
// unseen.
func (b *books) deaf() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.money.deaf = true
}

// hands is called when the technician's are in the hoppers, and when no longer.
func (b *books) hands(in bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.money.hands = in
}

// level is how many coins of that value the journal counts in their hopper.
func (b *books) level(yen int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.money.levels[yen]
}

// tended says whether the technician is there.
func (b *books) tended() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.money.hands
}

// served is called when somebody could begin: at the start page, or at settle.
func (b *books) served(page string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.booting {
		b.booting = false
		b.money.booted(b.w)
		b.paper.booted(b.w)
	}
	if page == flows.PageHome {
		b.money.rest(b.w)
		b.cleared()
		b.quiet()
		b.reset.rest(b.w)
	}
}
