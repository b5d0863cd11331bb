package soak

import (
	"context"

	"kioskd/daemon/journal"
	"kioskd/flows"
)

// sabotage is what is put around the counter's ports, to see each invariant bite.
// Empty, it is nothing.
type sabotage struct {
	counter func(c *flows.Counter) // told anew at every start of the daemon
	state   func(c *flows.Counter, dir string)
	upload  func(to journal.Office) journal.Office
}

// Saboteur is a mistake that the kiosk could have. Each must be caught.
type Saboteur struct {
	Name      string // for the command line
	What      string
	Invariant string // that catches it

	// make is called anew for every shift.
	make func(run context.Context) sabotage
}

// Compared says that nothing but the same seed's other trace shows it.
func (s *Saboteur) Compared() bool { return s.Invariant == traces }

// at has a saboteur at the counter.
func at(f func(c *flows.Counter)) func(context.Context) sabotage {
	return func(context.Context) sabotage { return sabotage{counter: f} }
}

// Saboteurs are all of them, by the invariant they break.
func Saboteurs() []Saboteur {
	return []Saboteur{
		{"late-document", "a time-out releases only the lock: the late document is the next customer's", "I1", func(context.Context) sabotage {
			s := &spool{}
			return sabotage{counter: func(c *flows.Counter) { c.Office = &lateOffice{c.Office, s} }}
		}},
		{"name-by-second", "documents lie in files named by the second", "I1", func(context.Context) sabotage {
			s := &spool{files: make(map[string][][]byte)}
			return sabotage{counter: func(c *flows.Counter) { c.Office = &filingOffice{c.Office, s, c.Clock} }}
		}},
		{"eager-coin", "a coin counts before it is in", "I2", at(func(c *flows.Counter) { c.Cash = &eagerCash{Cash: c.Cash} })},
		{"refund-in-defer", "a refund in a defer", "I2", at(func(c *flows.Counter) { c.Cash = &deferredCash{Cash: c.Cash} })},
		{"glitch-is-money", "a fault on the coin line is money", "I2", at(func(c *flows.Counter) { c.Cash = &trustingCash{c.Cash} })},
		{"jam-is-delivered", "a sheet that jammed counts as delivered", "I3", at(func(c *flows.Counter) { c.Sheets = &proudPrinter{c.Sheets} })},
		{"pin-in-log", "the PIN in the log", "I4", at(func(c *flows.Counter) { c.Screen = &talkingScreen{c.Screen, c} })},
		{"password-in-journal", "the password in the journal", "I4", at(func(c *flows.Counter) { c.Screen = &writingScreen{c.Screen, c} })},
		{"verify-again", "VERIFY again when no answer came", "I5", at(func(c *flows.Counter) { c.Reader = &stubbornReader{c.Reader} })},
		{"last-try-once", "the last try asked for once", "I5", at(func(c *flows.Counter) { c.Screen = &hastyScreen{c.Screen, false} })},
		{"sheet-in-file", "a sheet in a file", "I6", func(context.Context) sabotage {
			return sabotage{state: func(c *flows.Counter, dir string) { c.Sheets = &filingPrinter{c.Sheets, dir} }}
		}},
		{"event-dropped", "an event dropped on its way", "I7", func(context.Context) sabotage {
			return sabotage{upload: func(to journal.Office) journal.Office { return &droppingLine{to, 0} }}
		}},
		{"events-swapped", "two events change places on their way", "I7", func(context.Context) sabotage {
			return sabotage{upload: func(to journal.Office) journal.Office { return &swappingLine{to} }}
		}},
		{"event-twice", "an event sent twice", "I7", func(context.Context) sabotage {
			return sabotage{upload: func(to journal.Office) journal.Office { return &doublingLine{to} }}
		}},
		{"booking-unproved", "a booking spent without a proof", "I8", at(func(c *flows.Counter) { c.Office = &hopefulOffice{c.Office} })},
		{"done-unproved", "done without a proof", "I8", at(func(c *flows.Counter) { c.Reader = &hopefulReader{c.Reader} })},
		{"session-kept", "the session outlives its customer", "I9", at(func(c *flows.Counter) { c.Office = &keepingOffice{c.Office} })},
		{"screen-kept", "nothing is cleared between customers", "I9", at(func(c *flows.Counter) { c.Screen = &keepingScreen{c.Screen} })},
		{"reprint-unknown", "what is unknown is printed again", "I10", at(func(c *flows.Counter) { c.Sheets = &againPrinter{c.Sheets} })},
		{"no-settling", "a start without settling", "I10", at(func(c *flows.Counter) { c.Journal = &forgetfulJournal{Journal: c.Journal} })},
		{"two-at-once", "two write into the journal at one instant, in any order", traces, at(func(c *flows.Counter) { c.Office = &racingOffice{c.Office, c} })},
		{"deadlock", "a lock is taken twice", hangs, at(func(c *flows.Counter) { c.Office = &lockedOffice{Office: c.Office} })},
		{"busy-loop", "a loop without an end", hangs, func(run context.Context) sabotage {
			return sabotage{counter: func(c *flows.Counter) { c.Office = &busyOffice{c.Office, run} }}
		}},
	}
}
