package flows

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Ledger is what a kiosk's events add up to: per visit what went in, was kept,
// came back and is owed (I2), and what the hoppers hold.
//
//	inserted = kept + returned + owed + unwitnessed
//
// It is a pure fold over the events, so that a start after a power cut and the
// running kiosk can never disagree. Safe for concurrent use; the accounts it
// hands out are copies.
type Ledger struct {
	mu      sync.Mutex
	visits  map[string]*Account
	hoppers map[int]int  // coins by yen
	stopped map[int]bool // hoppers, by yen, that gave no coin when one was due
	box     int          // yen in the box under the acceptor
	begun   time.Time    // the first event
	upkeep  upkeep
}

// Account is one visit's money and paper.
type Account struct {
	Visit    string
	Begun    time.Time
	Ended    bool
	Person   string
	Fee      int // for all copies, 0 before payment
	Copies   int
	Of       int // sheets of one copy
	Inserted int
	Kept     int
	Returned int
	// Unwitnessed is what moved at the instant of a crash: a coin whose pay-out
	// was begun and whose leaving nobody saw.
	Unwitnessed int
	// Debt is what was booked as owed and is not yet paid back.
	Debt     int
	Promised int // yen of the debt as it was booked
	Incident string
	Booked   time.Time
	Issue    string
	// ResetOutcome is what became of a reset that the office has not heard of
	// yet; "" for none.
	ResetOutcome ResetOutcome

	resetIntent bool        // a reset is under way
	accepting   bool        // coins are let in
	slipIntent  bool        // a receipt or slip is being printed
	coinIntent  int         // yen of the pay-out under way, 0 if none
	sheetIntent [2]int      // copy, sheet of the print under way, zero if none
	delivered   map[int]int // whole sheets by copy
}

// NewLedger is an empty one.
func NewLedger() *Ledger {
	return &Ledger{visits: make(map[string]*Account), hoppers: make(map[int]int), stopped: make(map[int]bool)}
}

// Owes is what this visit has not got back yet. A hopper that overran has given
// more than was owed: that is the house's loss, and nobody's debt.
func (a *Account) Owes() int {
	return max(0, a.Inserted-a.Kept-a.Returned-a.Unwitnessed)
}

// Apply adds one event.
func (l *Ledger) Apply(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun.IsZero() {
		l.begun = e.At
	}
	switch e.Kind {
	case CashCount:
		if e.Device == DeviceCashBox {
			l.box = 0
			break
		}
		l.hoppers[e.Yen] = e.Count
		delete(l.stopped, e.Yen)
	case CoinIn:
		l.box += e.Yen
	case CoinOut:
		l.hoppers[e.Yen]--
		delete(l.stopped, e.Yen)
	case DeviceFault:
		l.upkeep.apply(e)
		if e.Device == DeviceHopper && e.Yen > 0 {
			l.stopped[e.Yen] = true
		}
	}
	if e.Visit == "" {
		return
	}
	a := l.visits[e.Visit]
	if a == nil && (e.Kind == DebtSettled || e.Kind == VisitEnded || e.Kind == ResetReported) {
		return // its last word: nothing was open
	}
	if a == nil {
		a = &Account{Visit: e.Visit, Begun: e.At, delivered: make(map[int]int)}
		l.visits[e.Visit] = a
	}
	switch e.Kind {
	case LoginOK:
		a.Person = e.Person
	case AcceptorOpen:
		a.accepting = true
	case AcceptorShut:
		a.accepting = false
	case SlipIntent:
		a.slipIntent = true
	case SlipPrinted, ReceiptPrinted:
		a.slipIntent = false
	case DeviceFault:
		if e.Device == SlipPrinterDevice {
			a.slipIntent = false
		}
	case CoinIn:
		a.Inserted += e.Yen
	case CoinIntent:
		a.coinIntent = e.Yen
	case CoinOut:
		a.coinIntent = 0
		a.Returned += e.Yen
		a.Debt = max(0, a.Debt-e.Yen)
	case Paid:
		a.Fee, a.Copies, a.Of, a.Issue = e.Fee, e.Copies, e.Of, e.Issue
	case SheetIntent:
		a.sheetIntent = [2]int{e.Copy, e.Sheet}
	case SheetDelivered:
		a.sheetIntent = [2]int{}
		a.delivered[e.Copy]++
	case SheetUnknown:
		a.sheetIntent = [2]int{}
	case FeeKept:
		a.Kept += e.Yen
	case Incident:
		a.Incident = e.Incident
		if e.Sheet > 0 {
			a.sheetIntent = [2]int{} // a jam: it is known not to have come out
		}
		if e.Reason == reasonAccepting {
			a.accepting = false
		}
		if e.Reason == reasonCoinUnseen {
			a.Unwitnessed += a.coinIntent
			a.Debt = max(0, a.Debt-a.coinIntent)
			a.coinIntent = 0
			if a.Debt == 0 {
				a.Promised = 0 // its last coin was seen by nobody: never called paid off
			}
			l.close(a)
		}
		if e.Reason == reasonCoinStayed {
			a.coinIntent = 0
		}
	case DebtBooked:
		a.Debt, a.Promised, a.Incident, a.Booked = e.Yen, e.Yen, e.Incident, e.At
	case DebtSettled:
		delete(l.visits, e.Visit)
	case ResetIntent:
		a.resetIntent = true
	case ResetProved, ResetUnchanged, ResetUnknown:
		a.resetIntent = false
		a.ResetOutcome = outcomes[e.Kind]
	case ResetReported:
		a.ResetOutcome = ""
		l.close(a)
	case VisitEnded:
		a.Ended = true
		l.close(a)
	}
}

// paidOff says that every coin of a debt was seen leaving, and the journal does
// not say yet that it is settled.
func (a *Account) paidOff() bool { return a.Ended && a.Promised > 0 && a.Debt == 0 }

// close forgets a visit of which nothing more can come. l.mu is held.
func (l *Ledger) close(a *Account) {
	if a.Ended && a.Debt == 0 && !a.paidOff() && a.ResetOutcome == "" && !a.resetIntent && !a.slipIntent {
		delete(l.visits, a.Visit)
	}
}

// outcomes are what the events of a reset say to the office. It is read only.
var outcomes = map[string]ResetOutcome{
	ResetProved: OutcomeProved, ResetUnchanged: OutcomeUnchanged, ResetUnknown: OutcomeUnknown,
}

// Unreported are the visits with a reset of which the office has not heard,
// oldest first.
func (l *Ledger) Unreported() []*Account {
	return l.some(func(a *Account) bool { return a.ResetOutcome != "" })
}

// Open are the visits that began and did not end, and those whose debt was
// being paid, oldest first: after a start, what a crash left behind.
func (l *Ledger) Open() []*Account {
	return l.some(func(a *Account) bool { return !a.Ended || a.coinIntent > 0 || a.slipIntent || a.paidOff() })
}

// Debts are the visits with money still owed, oldest first.
func (l *Ledger) Debts() []*Account {
	return l.some(func(a *Account) bool { return a.Debt > 0 })
}

// Owed is the sum of all open debts, in yen.
func (l *Ledger) Owed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := 0
	for _, a := range l.visits {
		sum += a.Debt
	}
	return sum
}

// Hopper is how many coins of that value the kiosk believes to have.
func (l *Ledger) Hopper(yen int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hoppers[yen]
}

// Stopped says that this hopper gave no coin when one was due: it is empty or
// jammed, whatever was counted, until it gives one or is counted again.
func (l *Ledger) Stopped(yen int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped[yen]
}

// Box is how many yen lie in the box under the acceptor.
func (l *Ledger) Box() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.box
}

// Begun is the time of the first event, zero when there is none.
func (l *Ledger) Begun() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun
}

// Account is one open visit's, or nil.
func (l *Ledger) Account(visit string) *Account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.visits[visit]
	if a == nil {
		return nil
	}
	return a.clone()
}

func (a *Account) clone() *Account {
	b := *a
	b.delivered = maps.Clone(a.delivered)
	return &b
}

// WholeCopies are the copies whose every sheet was seen leaving.
func (a *Account) WholeCopies() int {
	whole := 0
	for _, sheets := range a.delivered {
		if a.Of > 0 && sheets >= a.Of {
			whole++
		}
	}
	return whole
}

func (l *Ledger) some(want func(*Account) bool) []*Account {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []*Account
	for _, a := range l.visits {
		if want(a) {
			found = append(found, a.clone())
		}
	}
	slices.SortFunc(found, func(a, b *Account) int { return a.Begun.Compare(b.Begun) })
	return found
}
