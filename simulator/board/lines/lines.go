// Package lines is the small stuff on the simulated board's lines: lamps and
// buzzer, which it watches, and switches, which somebody moves.
//
// A lamp blinks if it has changed twice within a second and a half of real time:
// that is what an eye would say, wherever the board's clock is moved to.
package lines

import (
	"sync"
	"time"
)

const (
	blinkWithin  = 1500 * time.Millisecond
	blinkChanges = 2
)

// State is what somebody sees of a lamp.
type State string

// The states, in the words of scenarios.
const (
	Off   State = "off"
	On    State = "on"
	Blink State = "blink"
)

// Lamp watches a lamp's line. Safe for concurrent use; the zero value is off.
type Lamp struct {
	mu      sync.Mutex
	level   bool
	changes [blinkChanges]time.Time // the last ones, oldest first
}

// Set is the lamp's line; high is on.
func (l *Lamp) Set(level bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if level == l.level {
		return
	}
	l.level = level
	copy(l.changes[:], l.changes[1:])
	l.changes[blinkChanges-1] = time.Now()
}

// State is what the lamp does.
func (l *Lamp) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.changes[0].IsZero() && time.Since(l.changes[0]) < blinkWithin:
		return Blink
	case l.level:
		return On
	}
	return Off
}

// Lit says whether the lamp is on at this moment, blinking or not.
func (l *Lamp) Lit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level
}

// Buzzer watches the buzzer's line. Safe for concurrent use; the zero value is
// silent.
type Buzzer struct {
	mu      sync.Mutex
	level   bool
	sounded bool
}

// Set is the buzzer's line; high sounds.
func (b *Buzzer) Set(level bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.level = level
	b.sounded = b.sounded || level
}

// Sounded says whether the buzzer has sounded since last asked, or sounds.
func (b *Buzzer) Sounded() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	sounded := b.sounded || b.level
	b.sounded = false
	return sounded
}

// Sounding says whether it sounds at this moment. It is no asking.
func (b *Buzzer) Sounding() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.level
}

// Line is a line the host watches.
type Line interface {
	Set(level bool)
	Level() bool
}

// Switch is a contact on a line, low while all is well: the door (high is open,
// and so is a cut wire) or the supply's power-fail signal (high is failing).
type Switch struct{ line Line }

// NewSwitch makes a switch that says all is well.
func NewSwitch(line Line) *Switch {
	line.Set(false)
	return &Switch{line: line}
}

// Set moves the switch: true is the alarm (open, failing).
func (s *Switch) Set(alarm bool) { s.line.Set(alarm) }

// Alarm says how the switch stands.
func (s *Switch) Alarm() bool { return s.line.Level() }
