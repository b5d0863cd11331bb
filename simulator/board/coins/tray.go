// Package coins is the coin mechanism of the simulated board: an acceptor that
// speaks in pulses, hoppers that pay out coin by coin, and the one tray into
// which both let fall what goes back.
//
// It refuses what such a mechanism refuses: coins while inhibited, and coins it
// does not know. A coin that was let in before the inhibit rose still counts,
// and a coin at a hopper's lip still falls after the motor stopped. It forgets
// nothing that a power cut would not take: coins stay where they are.
//
// Source: DG600F pulse acceptor manual; NRI Currenza H2 (hopper light barrier);
// Money Controls TSP157 (coins after the stop).
package coins

import (
	"sync"
	"time"
)

// Clock is the board's monotonic time.
type Clock interface {
	Uptime() time.Duration
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Line is a signal line to the host.
type Line interface {
	SetAt(level bool, at time.Duration)
}

// Tray is where coins come back to the customer, from acceptor and hoppers
// alike. Safe for concurrent use. The zero value is empty.
type Tray struct {
	mu    sync.Mutex
	lying int
	total int
}

func (t *Tray) drop(yen int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lying += yen
	t.total += yen
}

// TakeReturned empties the tray and says how many yen lay in it.
func (t *Tray) TakeReturned() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	yen := t.lying
	t.lying = 0
	return yen
}

// Lying says how many yen lie in the tray.
func (t *Tray) Lying() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lying
}

// Total counts the yen that ever fell into the tray.
func (t *Tray) Total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}
