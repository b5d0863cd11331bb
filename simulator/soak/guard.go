package soak

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// The simulation's own invariants: a customer gets on, and the same seed has the
// same trace.
const (
	hangs  = "progress"
	traces = "trace"
)

// hangAfter is how long one customer may take in real time. The slowest, with
// real sheets on a busy machine, takes some seconds.
const hangAfter = time.Minute

// guardLooks is how often the guard looks within that time.
const guardLooks = 10

var errBubble = errors.New("soak: the bubble's test failed")

// guard ends a run that stands still. Virtual time stands as long as anybody
// works: a kiosk that works without end, or waits for a lock, is stuck where no
// time-out of its own and no limit of the simulation can come.
type guard struct {
	limit time.Duration

	mu       sync.Mutex
	turns    int // counts the customers
	customer int
	trace    *trace
}

func newGuard(first int, limit time.Duration) *guard {
	if limit == 0 {
		limit = hangAfter
	}
	return &guard{limit: limit, customer: first}
}

// next is called at each customer's coming, from within the bubble.
func (g *guard) next(customer int, t *trace) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turns++
	g.customer, g.trace = customer, t
}

// shiftResult is what a shift ended with.
type shiftResult struct {
	outcome
	err error
}

// watch runs a shift on a goroutine of its own, which it leaves behind when a
// customer of it does not get on. It runs outside the bubble, in real time.
func (g *guard) watch(s shift, run func() (outcome, error)) (outcome, error) {
	done := make(chan shiftResult, 1)
	go func() {
		defer close(done)
		defer func() {
			if stuck := recover(); stuck != nil { // all are blocked, and nothing is due: a bubble panics
				done <- shiftResult{outcome: g.stands(s, fmt.Sprint(stuck))}
			}
		}()
		out, err := run()
		done <- shiftResult{out, err}
	}()
	tick := time.NewTicker(g.limit / guardLooks)
	defer tick.Stop()
	for seen, stood := 0, 0; ; {
		select {
		case r, ok := <-done:
			if !ok {
				return outcome{}, errBubble
			}
			return r.outcome, r.err
		case <-tick.C:
		}
		turns := g.looks()
		if stood++; turns != seen {
			seen, stood = turns, 0
		}
		if stood > guardLooks {
			return g.stands(s, fmt.Sprintf("nothing has got on for %v", g.limit)), nil
		}
	}
}

func (g *guard) looks() (turns int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.turns
}

func (g *guard) stands(s shift, what string) outcome {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := &Violation{Invariant: hangs, What: what, Seed: s.seed, Shift: s.number, Customer: g.customer, Hung: true}
	if g.trace != nil {
		v.Trace = g.trace.last()
	}
	return outcome{found: v}
}
