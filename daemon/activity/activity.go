// Package activity counts the work in hand, so that the kiosk can say whether
// it has settled: nobody is computing, drawing or sending, and all that could
// happen next must come from outside (a finger, a card, a coin, a timer).
//
// A simulated board asks before it moves its clock. On a real board nobody asks.
package activity

import "sync"

// Gauge counts pieces of work. The zero value is idle.
type Gauge struct {
	mu      sync.Mutex
	working int
	turn    uint64
}

// Begin takes on a piece of work; the function it returns puts it down and may
// be called twice.
func (g *Gauge) Begin() (end func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.working++
	g.turn++
	var once sync.Once
	return func() {
		once.Do(func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.working--
		})
	}
}

// Settled says whether no work is in hand, and how many pieces there have been:
// two equal answers with the same turn mean that nothing happened in between.
func (g *Gauge) Settled() (settled bool, turn uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.working == 0, g.turn
}
