package flows

import (
	"encoding/json"
	"fmt"
	"time"
)

// snapshot is a ledger as bytes: what stands in for events that were pruned.
type snapshot struct {
	Begun      time.Time
	Hoppers    map[int]int
	Stopped    map[int]bool
	Box        int
	WrongCodes int
	WrongAt    time.Time
	TakenOut   bool
	CoinFaults int
	Visits     []accountSnapshot
}

type accountSnapshot struct {
	Account
	ResetIntent bool        `json:",omitempty"`
	Accepting   bool        `json:",omitempty"`
	SlipIntent  bool        `json:",omitempty"`
	CoinIntent  int         `json:",omitempty"`
	SheetIntent [2]int      `json:",omitempty"`
	Delivered   map[int]int `json:",omitempty"`
}

// Snapshot is the ledger as bytes, for LedgerFrom.
func (l *Ledger) Snapshot() ([]byte, error) {
	visits := l.some(func(*Account) bool { return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	s := snapshot{
		Begun: l.begun, Hoppers: l.hoppers, Stopped: l.stopped, Box: l.box,
		WrongCodes: l.upkeep.wrongCodes, WrongAt: l.upkeep.wrongAt, TakenOut: l.upkeep.takenOut, CoinFaults: l.upkeep.coinFaults,
	}
	for _, a := range visits {
		s.Visits = append(s.Visits, accountSnapshot{
			Account: *a, ResetIntent: a.resetIntent, Accepting: a.accepting, SlipIntent: a.slipIntent,
			CoinIntent: a.coinIntent, SheetIntent: a.sheetIntent, Delivered: a.delivered,
		})
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("flows: ledger: %w", err)
	}
	return b, nil
}

// LedgerFrom is the ledger of a snapshot.
func LedgerFrom(b []byte) (*Ledger, error) {
	var s snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("flows: ledger: %w", err)
	}
	l := NewLedger()
	l.begun, l.box = s.Begun, s.Box
	l.upkeep = upkeep{wrongCodes: s.WrongCodes, wrongAt: s.WrongAt, takenOut: s.TakenOut, coinFaults: s.CoinFaults}
	for yen, coins := range s.Hoppers {
		l.hoppers[yen] = coins
	}
	for yen, stopped := range s.Stopped {
		l.stopped[yen] = stopped
	}
	for _, v := range s.Visits {
		a := v.Account
		a.resetIntent, a.accepting, a.slipIntent = v.ResetIntent, v.Accepting, v.SlipIntent
		a.coinIntent, a.sheetIntent, a.delivered = v.CoinIntent, v.SheetIntent, v.Delivered
		if a.delivered == nil {
			a.delivered = make(map[int]int)
		}
		a.Promised = max(a.Promised, a.Debt) // older snapshots do not say
		l.visits[a.Visit] = &a
	}
	return l, nil
}
