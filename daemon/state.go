package daemon

import (
	"encoding/json"

	"kioskd/daemon/activity"
)

// State is what a linked board is told when it asks: whether the kiosk has
// settled, and whether anything of a customer is left.
type State struct {
	Settled bool   `json:"settled"` // no work in hand: only the world can go on
	Turn    uint64 `json:"turn"`    // pieces of work so far
	Page    string `json:"page"`
	Session bool   `json:"session"` // a session at the office is open
	Card    bool   `json:"card"`    // a card is powered
	Sheets  int    `json:"sheets"`  // in memory
	Office  bool   `json:"office"`  // can be reached
	Booting bool   `json:"booting"`
}

// looker answers the board's questions.
type looker struct {
	gauge *activity.Gauge
	look  func(*State)
}

// State implements board.Looker.
func (l looker) State() []byte {
	var s State
	l.look(&s)
	// Last, so that nothing of the above can have been work in hand.
	s.Settled, s.Turn = l.gauge.Settled()
	b, err := json.Marshal(s)
	if err != nil {
		return []byte("{}") // a struct of plain fields always marshals
	}
	return b
}
