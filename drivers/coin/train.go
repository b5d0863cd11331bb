package coin

import (
	"fmt"
	"slices"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board"
)

// Train is a group of pulses and what it is worth.
type Train struct {
	// Start and End are the board's times of its first and last edge.
	Start, End time.Duration
	Pulses     int // counted, whatever they are worth
	// Yen is the coin's value, 0 when there is a fault.
	Yen int
	// Fault is why this is no money; "" means that it is.
	Fault Fault
}

// Fault is why a train is no money.
type Fault string

// What can be wrong with a train.
const (
	FaultWidth Fault = "a pulse is too short or too long"
	FaultEdges Fault = "edges were lost"
	FaultSum   Fault = "the pulses add up to no coin"
	FaultStuck Fault = "the line stays low"
)

// String says it in words.
func (t Train) String() string {
	if t.Fault != "" {
		return fmt.Sprintf("%d pulses, no coin: %s", t.Pulses, t.Fault)
	}
	return fmt.Sprintf("%d yen", t.Yen)
}

// judge follows the edges of one line. It holds no clock: it is told when the
// line has been silent.
type judge struct {
	o      Opts
	since  time.Duration // the board's time when we began to listen
	open   bool          // a train is under way
	train  Train
	level  gpio.Level // after the last edge
	number uint32     // of the last edge
	any    bool       // there was a last edge
}

func newJudge(o Opts, since time.Duration) *judge {
	return &judge{o: o, since: since, level: gpio.High}
}

// missedStart tells that the line was low when we began to listen.
func (j *judge) missedStart(now time.Duration) {
	j.open, j.level = true, gpio.Low
	j.train = Train{Start: now, End: now, Fault: FaultEdges}
}

// edge takes the next edge. Where that edge ends a train by its lateness, the
// finished train is returned.
func (j *judge) edge(e board.Edge) (done Train, ok bool) {
	if j.open && e.At-j.train.End >= j.o.silence() {
		done, ok = j.silence()
	}
	lost := e.Dropped > 0 || e.Level == j.level || (j.any && e.Number != j.number+1)
	j.any, j.number, j.level = true, e.Number, e.Level
	if !j.open {
		if e.Level == gpio.High && !lost {
			// The end of a low line that was already reported as stuck.
			return done, ok
		}
		j.open = true
		j.train = Train{Start: e.At, End: e.At}
		if e.At-j.since < j.o.silence() {
			j.fault(FaultEdges) // it may have begun before we listened: its rest may look like another coin
		}
	} else if e.Level == gpio.High && !lost {
		j.pulse(e.At - j.train.End)
	}
	j.train.End = e.At
	if lost {
		j.fault(FaultEdges)
	}
	return done, ok
}

// pulse ends one pulse of that width.
func (j *judge) pulse(width time.Duration) {
	j.train.Pulses++
	if width < j.o.Shortest || width > j.o.Longest {
		j.fault(FaultWidth)
	}
}

// silence ends the train, if there is one.
func (j *judge) silence() (Train, bool) {
	if !j.open {
		return Train{}, false
	}
	j.open = false
	if j.level == gpio.Low {
		j.fault(FaultStuck)
	}
	yen := j.train.Pulses * j.o.Unit
	if !slices.Contains(j.o.Coins, yen) {
		j.fault(FaultSum)
	}
	if j.train.Fault == "" {
		j.train.Yen = yen
	}
	return j.train, true
}

// fault keeps the first thing that was wrong.
func (j *judge) fault(f Fault) {
	if j.train.Fault == "" {
		j.train.Fault = f
	}
}
