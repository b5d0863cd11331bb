package soak

import (
	"kioskd/flows"
)

// The coins there are, in yen.
const (
	coinMost   = 500
	hopperMost = 100
)

// purse is one visit's money, added up from the journal in our own way: what the
// kiosk's own ledger says is not asked.
type purse struct {
	inserted, kept, returned, overran, unseen, debt int
	intent                                          int
	ended                                           bool
}

func (p *purse) balance() int {
	return p.inserted - p.kept - p.returned - p.unseen - p.debt
}

// money is I2: the journal's coins are the machine's, and every yen has its place.
type money struct {
	visits  map[string]*purse
	in, out int         // yen, says the journal
	lostIn  int         // that fell into the box unseen when a crash came
	lostOut int         // that left unseen when a crash came
	box     int         // yen in the cash box since it was emptied
	levels  map[int]int // coins in each hopper
	deaf    bool        // the acceptor's line was dead since the last rest
	hands   bool        // somebody's are in the hoppers, and have not counted yet
}

func (m *money) take(w *world, e flows.Event) {
	m.coins(w, e)
	if e.Visit == "" {
		return
	}
	p := m.visits[e.Visit]
	if p == nil {
		p = &purse{}
		m.visits[e.Visit] = p
	}
	switch e.Kind {
	case flows.CoinIn:
		p.inserted += e.Yen
		m.in += e.Yen
	case flows.CoinIntent:
		p.intent = e.Yen
	case flows.CoinOut:
		m.out += e.Yen
		p.intent = 0
		if e.Reason == "overran" {
			p.overran += e.Yen
			break
		}
		p.returned += e.Yen
		if p.debt > 0 {
			p.debt -= e.Yen
		}
	case flows.FeeKept:
		p.kept += e.Yen
	case flows.DebtBooked:
		p.debt = e.Yen
	case flows.DebtSettled:
		if p.debt != 0 {
			w.violate("I2", "a debt is settled and %d yen of it are still owed", p.debt)
		}
	case flows.Incident:
		m.incident(p, e)
	case flows.VisitEnded:
		p.ended = true
	}
	if p.ended && p.balance() != 0 {
		w.violate("I2", "a visit is over, and %d inserted are not %d kept + %d returned + %d owed + %d unwitnessed",
			p.inserted, p.kept, p.returned, p.debt, p.unseen)
	}
}

// coins counts what lies in the box and in the hoppers.
func (m *money) coins(w *world, e flows.Event) {
	switch {
	case e.Kind == flows.CoinIn:
		m.box += e.Yen
	case e.Kind == flows.CoinOut:
		m.levels[e.Yen]--
	case e.Kind != flows.CashCount:
	case e.Device != flows.DeviceCashBox:
		m.levels[e.Yen] = e.Count
	default:
		if e.Yen != m.box {
			w.violate("I2", "the box is emptied of %d yen, the coins since the last time are %d", e.Yen, m.box)
		}
		m.box = 0
	}
}

// incident says of a pay-out that nobody saw its coin.
func (m *money) incident(p *purse, e flows.Event) {
	switch {
	case p.intent == 0:
	case e.Reason == "coin in motion when the power went":
		p.unseen += p.intent
		if p.debt > 0 {
			p.debt -= p.intent
		}
		p.intent = 0
	case e.Reason == "coin did not leave the hopper":
		p.intent = 0
	}
}

// check holds at every instant: nothing is counted that is not in the box, and
// nothing that did not come out.
func (m *money) check(w *world) {
	c := w.machine.acceptor.Counts()
	if have := c.Box + c.Moving - m.lostIn; m.in > have {
		w.violate("I2", "the journal has %d yen in, the acceptor %d", m.in, have)
	}
	if have := w.machine.hoppers.Out() - m.lostOut; m.out > have {
		w.violate("I2", "the journal has %d yen out, the hoppers %d", m.out, have)
	}
}

// rest holds at the start page: every coin that moved is in the journal.
func (m *money) rest(w *world) {
	if !w.machine.still() {
		return // a coin may be on its way back to somebody
	}
	c := w.machine.acceptor.Counts()
	if m.deaf {
		m.unheard(w, c.Box-m.lostIn-m.in)
	}
	if c.Box-m.lostIn != m.in {
		w.violate("I2", "the box has %d yen, the journal %d, and %d fell unseen in crashes", c.Box, m.in, m.lostIn)
	}
	if out := w.machine.hoppers.Out(); out-m.lostOut != m.out {
		w.violate("I2", "the hoppers gave %d yen, the journal says %d, and %d fell unseen in crashes", out, m.out, m.lostOut)
	}
	m.counted(w)
}

// unheard allows for what fell in before the kiosk could notice that the acceptor's
// line was dead.
func (m *money) unheard(w *world, yen int) {
	if yen > coinMost {
		w.violate("I2", "%d yen fell in unheard", yen)
	}
	m.lostIn += max(0, yen)
	m.deaf = w.machine.inputs["COIN_PULSE"].err() != nil
}

// counted holds when nobody's hands are in the hoppers: each has what the journal
// counts.
func (m *money) counted(w *world) {
	for _, yen := range hopperCoins {
		if have := w.machine.hoppers.Level(yen); have != m.levels[yen] && !m.hands {
			w.violate("I2", "the hopper has %d coins of %d yen, the journal %d", have, yen, m.levels[yen])
		}
	}
}

// crashed allows for one coin a device that moved at the instant of the crash.
func (m *money) crashed(w *world) {
	c := w.machine.acceptor.Counts()
	in := c.Box + c.Moving - m.lostIn - m.in
	most := coinMost
	if m.deaf {
		most += coinMost
	}
	if in < 0 || in > most {
		w.violate("I2", "%d yen were in the acceptor unwitnessed when the crash came", in)
	}
	m.lostIn += in
	out := w.machine.hoppers.Out() - m.lostOut - m.out
	if out < 0 || out > hopperMost {
		w.violate("I2", "%d yen had left the hoppers unwitnessed when the crash came", out)
	}
	m.lostOut += out
	for _, yen := range hopperCoins {
		if !m.hands { // what fell unseen is gone from them, too
			m.levels[yen] = w.machine.hoppers.Level(yen)
		}
	}
}

// booted is I10: nothing is left open when the kiosk serves again.
func (m *money) booted(w *world) {
	for _, p := range m.visits {
		if !p.ended {
			w.violate("I10", "the kiosk serves, and a visit from before is open: %+v", *p)
		}
		if p.intent != 0 {
			w.violate("I10", "the kiosk serves, and what became of a coin of %d yen is open", p.intent)
		}
	}
}
