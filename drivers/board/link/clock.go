package link

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kioskd/drivers/board"
)

// clock is the board's clock: what was pushed last, and the process time that
// has passed since. Timers run at the board.
type clock struct {
	b *Board

	mu     sync.Mutex
	base   Clock
	at     time.Time // process time of base
	timers map[uint32]*timer
	lastID uint32
}

func newClock(b *Board) *clock {
	return &clock{b: b, at: time.Now(), timers: make(map[uint32]*timer)}
}

// set takes what the board says. Uptime never goes back, even if a push was
// slower than those before.
func (c *clock) set(m Clock) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.Uptime = max(m.Uptime, c.uptime())
	c.base, c.at = m, time.Now()
}

// Now is the wall clock.
func (c *clock) Now() (t time.Time, trusted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	zone := time.FixedZone("", int(c.base.Offset))
	return time.Unix(0, c.base.Wall).Add(time.Since(c.at)).In(zone), c.base.Trusted
}

// Uptime is the board's monotonic time.
func (c *clock) Uptime() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.uptime()
}

func (c *clock) uptime() time.Duration { return c.base.Uptime + time.Since(c.at) }

// AfterFunc has the board set a timer. On a lost board it never fires.
func (c *clock) AfterFunc(d time.Duration, f func()) board.Timer {
	c.mu.Lock()
	c.lastID++
	t := &timer{c: c, id: c.lastID, f: f}
	full := len(c.timers) == TimersMax
	if !full {
		c.timers[t.id] = t
	}
	c.mu.Unlock()
	if full {
		c.b.lose(fmt.Errorf("link: more than %d timers", TimersMax))
		return t
	}
	// A lost board says so through Lost.
	_ = c.b.send(KindTimerSet, 0, t.id, TimerSet{After: d})
	return t
}

// fired queues the call of a timer that is due. The edges that came before it
// come before it here, too: a silence that is over in time must not end a coin
// train whose next pulse is waiting in line.
func (c *clock) fired(id uint32) {
	c.b.events.add(func() {
		c.b.catchUp()
		if t := c.take(id); t != nil {
			t.f()
		}
	})
}

// take removes a timer. Whoever gets it decides what becomes of it.
func (c *clock) take(id uint32) *timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.timers[id]
	delete(c.timers, id)
	return t
}

// timer is a call to come.
type timer struct {
	c  *clock
	id uint32
	f  func()
}

// Stop says whether it came before the call.
func (t *timer) Stop() bool {
	if t.c.take(t.id) == nil {
		return false
	}
	// A lost board has dropped it already.
	_ = t.c.b.send(KindTimerCancel, 0, t.id, nil)
	return true
}

// events are the calls that the link makes into the daemon, in the order in
// which the board asked for them: a state asked for after a timer fired knows
// of what the timer did. The board bounds their number.
type events struct {
	wake chan struct{}
	mu   sync.Mutex
	todo []func()
}

func (e *events) add(f func()) {
	e.mu.Lock()
	e.todo = append(e.todo, f)
	e.mu.Unlock()
	token(e.wake)
}

func (e *events) run(ctx context.Context) {
	for {
		e.mu.Lock()
		todo := e.todo
		e.todo = nil
		e.mu.Unlock()
		for _, f := range todo {
			if ctx.Err() != nil {
				return
			}
			f()
		}
		if len(todo) > 0 {
			continue
		}
		select {
		case <-e.wake:
		case <-ctx.Done():
			return
		}
	}
}
