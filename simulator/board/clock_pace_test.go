package board

import (
	"testing"
	"time"
)

// TestPaceHoldsTime: while somebody takes in what a timer did, time stands, so
// that what is due next is as far away as it was, and can still be stopped.
func TestPaceHoldsTime(t *testing.T) {
	c := NewClock(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	type seen struct{ fired, settled, gone time.Duration }
	done := make(chan seen, 1)
	var s seen
	var stop func() bool
	c.Pace(func() {
		time.Sleep(30 * time.Millisecond) // a kiosk on a machine that is too busy
		s.settled = c.Uptime()
		if stop() {
			done <- s
		}
	})
	c.AfterFunc(4*time.Millisecond, func() {
		s.fired = c.Uptime()
		stop = c.AfterFunc(10*time.Millisecond, func() { s.gone = c.Uptime() })
	})
	got := <-done
	if got.settled != got.fired || got.gone != 0 {
		t.Errorf("time went on: %+v", got)
	}
	c.Pace(nil)
	before := c.Uptime()
	ran := make(chan time.Duration, 1)
	c.AfterFunc(time.Millisecond, func() { ran <- c.Uptime() })
	if at := <-ran; at < before+time.Millisecond || at > before+time.Second {
		t.Errorf("after the pace a timer of 1 ms ran at %v, set at %v", at, before)
	}
}

// TestPaceShowsTimersTheirTime: however late the machine is, a timer finds the
// clock at the moment for which it was set, and Advance moves by what it says.
func TestPaceShowsTimersTheirTime(t *testing.T) {
	c := NewClock(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	c.Pace(func() {})
	defer c.Pace(nil)
	ran := make(chan time.Duration, 3)
	var least, most [3]time.Duration // a busy machine may let time pass between two timers
	for i := range 3 {
		after := time.Duration(i+1) * time.Millisecond
		least[i] = c.Uptime() + after
		c.AfterFunc(after, func() {
			time.Sleep(5 * time.Millisecond)
			ran <- c.Uptime()
		})
		most[i] = c.Uptime() + after
	}
	for i := range 3 {
		if at := <-ran; at < least[i] || at > most[i] {
			t.Errorf("timer %d found the clock at %v, want %v to %v", i, at, least[i], most[i])
		}
	}
	before := c.Uptime()
	steps := 0
	c.Advance(time.Hour, func() { steps++; time.Sleep(5 * time.Millisecond) })
	if moved := c.Uptime() - before; moved < time.Hour || moved > time.Hour+time.Second || steps != 1 {
		t.Errorf("moved by %v in %d steps", moved, steps)
	}
}
