package soak

import (
	"fmt"
	"math/rand/v2"
	"time"

	"kioskd/flows"
)

// trouble is something that goes wrong while one customer is there: when the page
// shows, or after a while.
type trouble struct {
	page  string // "" for after
	after time.Duration
	what  string
	do    func(w *world)
}

// commits are the events at which the power may go.
var commits = []string{
	"", flows.VisitBegun, flows.LoginOK, flows.OrderPlaced, flows.DocumentComplete, flows.CoinIn, flows.Paid, flows.SheetIntent,
	flows.SheetDelivered, flows.FeeKept, flows.CoinIntent, flows.CoinOut, flows.DebtBooked, flows.DebtSettled, flows.ReceiptPrinted,
	flows.ResetIntent, flows.ResetProved, flows.ResetUnchanged, flows.ResetUnknown, flows.ResetReported, flows.Incident, flows.VisitEnded,
}

// newTroubles draws what goes wrong for the next customer: nothing, mostly.
func (w *world) newTroubles() []trouble {
	var all []trouble
	for range 3 {
		if w.rng.IntN(4) == 0 {
			all = append(all, w.newTrouble())
		}
	}
	return all
}

func (w *world) newTrouble() trouble {
	r := w.rng
	t := trouble{page: moments[r.IntN(len(moments))]}
	if r.IntN(3) == 0 {
		t.page, t.after = "", time.Duration(r.Int64N(int64(45*time.Second)))+173*time.Nanosecond
	}
	one := func(list []string) string { return list[r.IntN(len(list))] }
	switch r.IntN(14) {
	case 0, 1, 2:
		c := crash{when: one([]string{"before", "after"}), kind: one(commits), left: 1 + r.IntN(2), kill: r.IntN(3) == 0}
		if c.kind == "" {
			c.left = 1 + r.IntN(20)
		}
		t.page, t.after = "", 0
		t.what = fmt.Sprintf("the power will go %s %s %d kill=%v", c.when, c.kind, c.left, c.kill)
		t.do = func(w *world) { w.arm(c) }
	case 3:
		kill := r.IntN(3) == 0
		t.what, t.do = "the power goes", func(w *world) { w.cut(kill) }
	case 4, 5:
		t.what, t.do = w.officeTrouble()
	default:
		name, kind := w.language.fault(r)
		own := rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
		t.what, t.do = name+" "+kind, func(w *world) { w.fault(w.language.how[name].fault(w, own, kind)) }
	}
	return t
}

func (w *world) officeTrouble() (string, func(*world)) {
	r := w.rng
	switch r.IntN(6) {
	case 0:
		d := time.Duration(1+r.IntN(60))*time.Second + 229*time.Nanosecond
		return "office away", func(w *world) {
			w.setAway(true)
			w.clock.AfterFunc(d, func() { w.setAway(false) })
		}
	case 1:
		d := time.Duration(r.Int64N(int64(40 * time.Second)))
		return "office slow", func(w *world) { w.office.Slow(d) }
	case 2:
		what, n := []string{"question", "answer"}[r.IntN(2)], 1+r.IntN(3)
		return what + " lost", func(w *world) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.loss[what] += n
		}
	case 3:
		n := 1 + r.IntN(4)
		return "journal messages lost", func(w *world) { w.stream.lose(n) }
	case 4:
		yen := 100 + 50*r.IntN(8)
		return "another tariff", func(w *world) {
			w.fault(w.office.Set("tariff.inagi", fmt.Sprint(yen)))
			w.tellSettings()
		}
	default:
		kind := w.language.lies[r.IntN(len(w.language.lies))]
		return "office lies " + kind, func(w *world) { w.fault(w.office.Lie(kind)) }
	}
}

// fault notes a fault that a device does not have: a mistake of the simulation.
func (w *world) fault(err error) {
	if err != nil {
		w.violate("soak", "%v", err)
	}
}

// arm has the power go at a commit.
func (w *world) arm(c crash) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crash = c
}

// befall starts those troubles that come by time.
func (w *world) befall(c *customer) {
	for _, t := range c.troubles {
		if t.page != "" {
			continue
		}
		w.trace.add("in %v: %s", t.after, t.what)
		if t.after == 0 {
			t.do(w)
			continue
		}
		w.clock.AfterFunc(t.after, func() { t.do(w) })
	}
}

// befallAt starts those that come with a page.
func (w *world) befallAt(c *customer, page string) {
	for i, t := range c.troubles {
		if t.page == page && t.do != nil {
			c.troubles[i].page, c.troubles[i].do = "", nil
			w.trace.add("now: %s", t.what)
			t.do(w)
			w.settle()
		}
	}
}

// setClock has this board's clock go wrong.
func (m *machine) setClock(skew time.Duration, unset bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.skew, m.unset = skew, unset
}
