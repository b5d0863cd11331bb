package contact

import (
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board"
)

// keptMax is how many passages are remembered.
const keptMax = 64

// Passage is one thing that went past a sensor: high, then low again.
type Passage struct {
	Number     int           // counted from 0 since New
	Start, End time.Duration // the board's times of its edges
	// Doubt says that edges were lost since the passage before: this may have
	// been more than one, or a time may be that of the reading that noticed.
	Doubt bool
}

// change is a level that is believed, and since when.
type change struct {
	level gpio.Level
	at    time.Duration
}

// state follows one line. It holds no clock: it is told the time.
type state struct {
	debounce time.Duration
	level    gpio.Level    // believed
	since    time.Duration // when it came
	raw      gpio.Level    // after the last edge
	rawAt    time.Duration
	number   uint32 // of the last edge
	any      bool   // there was a last edge

	doubt    bool // edges were lost since the last passage
	start    time.Duration
	begun    bool // a passage is under way: high was believed after a low
	passages int
	kept     [keptMax]Passage
}

func newState(level gpio.Level, now, debounce time.Duration) state {
	return state{debounce: debounce, level: level, since: now, raw: level, rawAt: now}
}

// edge takes the next edge. What stood before it long enough is believed now,
// however late we look.
func (s *state) edge(e board.Edge) (change, bool) {
	c, ok := s.settle(e.At)
	if e.Dropped > 0 || e.Level == s.raw || (s.any && e.Number != s.number+1) {
		s.doubt = true
	}
	s.any, s.number = true, e.Number
	s.raw, s.rawAt = e.Level, e.At
	return c, ok
}

// settle believes the last edge when it has stood long enough.
func (s *state) settle(now time.Duration) (change, bool) {
	if s.raw == s.level || now-s.rawAt < s.debounce {
		return change{}, false
	}
	s.believe(s.raw, s.rawAt)
	return change{s.raw, s.rawAt}, true
}

// stood believes the last edge: the debounce time has passed without another.
func (s *state) stood() (change, bool) { return s.settle(s.rawAt + s.debounce) }

// correct takes a reading that no edge explains.
func (s *state) correct(level gpio.Level, now time.Duration) (change, bool) {
	s.doubt = true
	s.raw, s.rawAt = level, now
	if level == s.level {
		return change{}, false
	}
	s.believe(level, now)
	return change{level, now}, true
}

func (s *state) believe(level gpio.Level, at time.Duration) {
	s.level, s.since = level, at
	if level == gpio.High {
		s.start, s.begun = at, true
		return
	}
	if !s.begun {
		return // it was high before we looked: nobody saw it begin
	}
	s.begun = false
	s.kept[s.passages%keptMax] = Passage{Number: s.passages, Start: s.start, End: at, Doubt: s.doubt}
	s.passages++
	s.doubt = false
}
