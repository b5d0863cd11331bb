package soak

import (
	"fmt"
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

// The faults and lies of the scenario language.
var (
	readerFaults  = []string{"unplugged", "hangs", "garbage", "pulled:%d", "lost:%d", "pulled:before-reset", "pulled:after-reset", "pulled:before-verify"}
	sheetFaults   = []string{"paper-out", "jam:1", "jam:2", "cover", "offline", "toner-low", "sensor-silent", "duplex-peek"}
	receiptFaults = []string{"paper-end", "near-end", "cover", "cutter", "offline", "flow-stuck"}
	coinFaults    = []string{"jam", "rejects", "glitch"}
	hopperFaults  = []string{"empty", "short:0", "short:1", "short:2", "jam"}
	officeLies    = []string{"other-session", "other-resident", "page-swap", "bad-manifest", "replay", "stale", "same-instant", "late", "twice"}
)

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
	case 4:
		kind := one(readerFaults)
		if kind[len(kind)-1] == 'd' && kind[len(kind)-2] == '%' {
			kind = fmt.Sprintf(kind, r.IntN(14))
		}
		t.what, t.do = "reader "+kind, func(w *world) { w.fault(w.machine.reader.Fault(kind)) }
	case 5, 6:
		kind := one(sheetFaults)
		t.what, t.do = "sheet-printer "+kind, func(w *world) { w.fault(w.machine.pages.Fault(kind)) }
	case 7:
		kind := one(receiptFaults)
		t.what, t.do = "receipt-printer "+kind, func(w *world) { w.fault(w.machine.receipts.Fault(kind)) }
	case 8:
		kind := one(coinFaults)
		t.what, t.do = "coins "+kind, func(w *world) { w.errands.Go(func() { w.fault(w.machine.acceptor.Fault(kind)) }) }
	case 9:
		kind := one(hopperFaults)
		t.what, t.do = "hopper "+kind, func(w *world) { w.fault(w.machine.hoppers.Fault(kind)) }
	case 10, 11:
		t.what, t.do = w.officeTrouble()
	default:
		t.what, t.do = w.otherTrouble()
	}
	return t
}

func (w *world) officeTrouble() (string, func(*world)) {
	r := w.rng
	switch r.IntN(5) {
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
	default:
		kind := officeLies[r.IntN(len(officeLies))]
		return "office lies " + kind, func(w *world) { w.fault(w.office.Lie(kind)) }
	}
}

func (w *world) otherTrouble() (string, func(*world)) {
	r := w.rng
	switch r.IntN(6) {
	case 0:
		return "door open", func(w *world) { w.machine.door.Set(true) }
	case 1:
		return "disk full", func(w *world) { w.setDisk(true) }
	case 2:
		return "clock unset", func(w *world) { w.machine.setClock(0, true) }
	case 3:
		d := time.Duration(r.Int64N(int64(40*time.Hour))) - 20*time.Hour
		return fmt.Sprintf("clock jumps %v", d.Round(time.Minute)), func(w *world) { w.machine.setClock(d, false) }
	case 4:
		device := []string{"touch", "panel"}[r.IntN(2)]
		return device + " dead", func(w *world) { w.setBroken(device) }
	default:
		yen := 100 + 50*r.IntN(8)
		return "another tariff", func(w *world) {
			w.fault(w.office.Set("tariff.inagi", fmt.Sprint(yen)))
			w.tellSettings()
		}
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
