package board

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Clock is the world's clock: it runs in real time and can be moved. It is safe
// for concurrent use and holds no goroutine while nothing is due.
type Clock struct {
	origin time.Time // of process time

	advancing sync.Mutex // one Advance at a time
	firing    sync.Mutex // held while timers run: one after the other, in order

	mu      sync.Mutex
	moved   time.Duration // all that Advance has added
	wall    time.Time     // true wall time at uptime 0
	due     timerHeap
	seq     uint64
	wake    *time.Timer // for the first of due
	watches map[*func()]func()
	steps   steps // see Pace
}

// NewClock returns a clock that shows start and has uptime 0.
func NewClock(start time.Time) *Clock {
	return &Clock{origin: time.Now(), wall: start.Round(0), watches: make(map[*func()]func())}
}

// Now is the true wall time of the world.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall.Add(c.uptime())
}

// Uptime is the monotonic time since NewClock. It jumps forward with Advance
// and never goes back.
func (c *Clock) Uptime() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.uptime()
}

func (c *Clock) uptime() time.Duration { return c.stepped(time.Since(c.origin) + c.moved) }

// AfterFunc calls f, on a goroutine of the clock's, once d of uptime has passed.
// Timers run one after the other in the order in which they are due, however
// late the machine is: an edge that was due before the end of a silence comes
// before it. So f must be short, and must not wait for another timer. A negative
// d keeps its place in that order. stop says whether it came before f.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	t := &timer{at: c.uptime() + d, seq: c.seq, f: f}
	heap.Push(&c.due, t)
	c.schedule()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.index < 0 {
			return false
		}
		heap.Remove(&c.due, t.index)
		c.schedule()
		return true
	}
}

// Sleep waits until d of uptime has passed, or returns the cause of ctx.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	done := make(chan struct{})
	stop := c.AfterFunc(d, func() { close(done) })
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		stop()
		return context.Cause(ctx)
	}
}

// Advance moves uptime and wall clock forward by d and fires what falls due on
// the way, one by one in order, on the caller's goroutine. After each distinct
// due time, and at the end, it calls settled, which waits for what the timers
// set off (nil: nothing to wait for). Real time goes on meanwhile, and what it
// makes due fires as always. A timer's f must not call Advance.
func (c *Clock) Advance(d time.Duration, settled func()) {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	if settled == nil {
		settled = func() {}
	}
	defer c.hold()()
	target := c.Uptime() + d
	for {
		if !c.fireNext(target) {
			break
		}
		settled()
	}
	settled()
}

// fireNext jumps to the first due time, at most to target, and runs what is due
// there. It says whether anything was.
func (c *Clock) fireNext(target time.Duration) bool {
	c.firing.Lock()
	defer c.firing.Unlock()
	to := c.jump(target)
	ran := false
	for t := c.take(to); t != nil; t = c.take(to) {
		t.f()
		ran = true
	}
	return ran
}

// jump moves to the first due time, at most to target, and returns where it came
// to.
func (c *Clock) jump(target time.Duration) time.Duration {
	c.mu.Lock()
	to := target
	if len(c.due) > 0 && c.due[0].at < to {
		to = c.due[0].at
	}
	if ahead := to - c.uptime(); ahead > 0 {
		c.moved += ahead
		c.steps.at += ahead
	}
	watches := c.watchers()
	c.mu.Unlock()
	for _, f := range watches {
		f()
	}
	return to
}

// take removes the first timer if it is due at or before t. A timer that another
// one set for a moment that is past already takes its turn before later ones.
func (c *Clock) take(t time.Duration) *timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.schedule()
	if len(c.due) == 0 || c.due[0].at > t {
		return nil
	}
	return heap.Pop(&c.due).(*timer)
}

// SetWall moves only the wall clock: no timer notices.
func (c *Clock) SetWall(t time.Time) {
	c.mu.Lock()
	c.wall = t.Round(0).Add(-c.uptime())
	watches := c.watchers()
	c.mu.Unlock()
	for _, f := range watches {
		f()
	}
}

// watch calls f whenever the clock was moved, before any timer that the move
// made due.
func (c *Clock) watch(f func()) (stop func()) {
	key := &f
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watches[key] = f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watches, key)
	}
}

func (c *Clock) watchers() []func() {
	all := make([]func(), 0, len(c.watches))
	for _, f := range c.watches {
		all = append(all, f)
	}
	return all
}

// schedule has real time wake the clock when its first timer is due.
func (c *Clock) schedule() {
	if c.wake != nil {
		c.wake.Stop()
		c.wake = nil
	}
	if len(c.due) > 0 {
		c.wake = time.AfterFunc(max(0, c.due[0].at-c.uptime()), c.realTime)
	}
}

// realTime runs what has fallen due.
func (c *Clock) realTime() {
	c.firing.Lock()
	defer c.firing.Unlock()
	if c.paced() {
		c.stepwise()
		return
	}
	for t := c.take(c.Uptime()); t != nil; t = c.take(c.Uptime()) {
		t.f()
	}
}

type timer struct {
	at    time.Duration
	seq   uint64
	f     func()
	index int // in the heap, -1 outside
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].at == h[j].at {
		return h[i].seq < h[j].seq
	}
	return h[i].at < h[j].at
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = -1
	return t
}
