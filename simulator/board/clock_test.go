package board_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kioskd/simulator/board"
)

func TestAdvanceFiresInOrder(t *testing.T) {
	c := board.NewClock(start)
	var mu sync.Mutex
	var seen []string
	note := func(s string) func() {
		return func() {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, s)
		}
	}
	c.AfterFunc(3*time.Hour, note("c"))
	c.AfterFunc(time.Hour, func() {
		note("a")()
		c.AfterFunc(time.Hour, note("b"))
	})
	stop := c.AfterFunc(2*time.Hour, note("stopped"))
	if !stop() || stop() {
		t.Error("stop does not know whether it came in time")
	}
	late := c.AfterFunc(10*time.Hour, note("late"))
	var ups []time.Duration
	c.Advance(4*time.Hour, func() {
		note("settled")()
		ups = append(ups, c.Uptime().Truncate(time.Minute))
	})
	want := []string{"a", "settled", "b", "settled", "c", "settled", "settled"}
	if !slices.Equal(seen, want) {
		t.Errorf("saw %v, want %v", seen, want)
	}
	if fmt.Sprint(ups) != "[1h0m0s 2h0m0s 3h0m0s 4h0m0s]" {
		t.Errorf("settled at %v", ups)
	}
	if d := c.Now().Sub(start); d < 4*time.Hour || d > 4*time.Hour+time.Minute {
		t.Errorf("the wall clock moved by %v", d)
	}
	if !late() {
		t.Error("a timer of 10 h has fired after 4")
	}
}

func TestClockRunsInRealTime(t *testing.T) {
	c := board.NewClock(start)
	check(t, c.Sleep(t.Context(), time.Millisecond))
	if c.Uptime() < time.Millisecond || c.Now().Before(start.Add(time.Millisecond)) {
		t.Error("the clock stands")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.ErrUnsupported)
	if err := c.Sleep(ctx, time.Hour); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Sleep: %v", err)
	}
	up := c.Uptime()
	c.SetWall(start.Add(-24 * time.Hour))
	if c.Now().After(start) || c.Uptime() < up || c.Uptime() > up+time.Minute {
		t.Errorf("after SetWall it is %v, up %v", c.Now(), c.Uptime())
	}
}

func TestLinkedClock(t *testing.T) {
	w := serve(t, func(*board.Board) {})
	clock := w.dial(t).Clock()
	near := func(what string, want time.Time, trusted bool) {
		t.Helper()
		until(t, what, func() bool {
			now, ok := clock.Now()
			return now.Sub(want).Abs() < time.Minute && ok == trusted
		})
	}
	near("start", start, true)
	if now, _ := clock.Now(); now.Format("-0700") != "+0900" {
		t.Errorf("the zone is lost: %v", now)
	}
	w.JumpClock(-48 * time.Hour)
	near("jumped", start.Add(-48*time.Hour), true)
	w.JumpClock(48 * time.Hour)
	w.SetClockTrusted(false)
	near("not set", start, false)
	w.SetClockTrusted(true)
	w.clock.SetWall(start.Add(time.Hour))
	near("set", start.Add(time.Hour), true)
	w.clock.Advance(5*time.Hour, nil)
	near("advanced", start.Add(6*time.Hour), true)
	until(t, "uptime", func() bool { return clock.Uptime() >= 5*time.Hour })
}

func TestLinkedTimers(t *testing.T) {
	w := serve(t, func(*board.Board) {})
	b := w.dial(t)
	b.SetLooker(state(`{}`))
	fired := make(chan string, 4)
	b.Clock().AfterFunc(time.Hour, func() { fired <- "hour" })
	b.Clock().AfterFunc(time.Minute, func() { fired <- "minute" })
	b.Clock().AfterFunc(time.Millisecond, func() { fired <- "real" })
	stopped := b.Clock().AfterFunc(2*time.Minute, func() { fired <- "stopped" })
	if s := soon(t, fired); s != "real" {
		t.Errorf("%s fired first", s)
	}
	if !stopped.Stop() || stopped.Stop() {
		t.Error("Stop does not know whether it came in time")
	}
	settled := func() {
		_, err := w.State(t.Context()) // behind the timers
		check(t, err)
	}
	settled()
	w.clock.Advance(time.Hour+time.Minute, settled)
	if s := soon(t, fired); s != "minute" {
		t.Errorf("%s fired", s)
	}
	if s := soon(t, fired); s != "hour" {
		t.Errorf("%s fired", s)
	}
	// Those of a client that is gone are dropped.
	b.Clock().AfterFunc(time.Hour, func() { fired <- "ghost" })
	settled()
	check(t, b.Close())
	until(t, "gone", func() bool { return !w.Connected() })
	w.clock.Advance(2*time.Hour, nil)
	if len(fired) != 0 {
		t.Error("a timer outlives its client")
	}
}

// state is a Looker that always says the same.
type state string

func (s state) State() []byte { return []byte(s) }
