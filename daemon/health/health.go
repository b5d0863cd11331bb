// Package health knows whether the loops that a kiosk lives by still turn, and
// starts a part anew that has died.
//
// Each main loop beats once a turn, whether the turn went well or not; a loop
// that waits for the world turns all the same, every Turn at the latest. The
// watchdog is fed by a beat, never by a clock of its own, and only while every
// loop has beaten within its bound: when one hangs, systemd ends the process and
// starts it again. The loop that hung is named in the log, once.
//
// A part that ends with an error is started again, ever more slowly. One that
// dies too often is broken: the kiosk says so on its screen and to the office,
// and the part is tried on.
//
// All is process time: a board's clock may be moved, and may stand still.
//
// Source: sd_notify(3) and sd_watchdog_enabled(3).
package health

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Turn is the longest that a loop waits for the world before it turns.
const Turn = 2 * time.Second

// Bound is how long after its last beat a loop counts as hung, where nothing
// else is said: no single act in a loop takes longer than 5 s.
const Bound = 10 * time.Second

// Monitor hears the beats. It is safe for concurrent use.
type Monitor struct {
	log   *slog.Logger
	feed  func()        // the watchdog; nil: there is none
	every time.Duration // between two feedings

	mu     sync.Mutex
	loops  map[string]*loop
	broken map[string]bool // parts that die too often
	fed    time.Time
}

type loop struct {
	bound time.Duration
	last  time.Time
	named bool // in the log, as hung
}

// New is a monitor that feeds a watchdog at most once in every. feed may be nil.
func New(log *slog.Logger, every time.Duration, feed func()) *Monitor {
	return &Monitor{log: log, feed: feed, every: every, loops: make(map[string]*loop), broken: make(map[string]bool)}
}

// Loop takes on a loop, as if it had just beaten. end is for one that is over
// because it is wanted no more.
func (m *Monitor) Loop(name string, bound time.Duration) (beat, end func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &loop{bound: bound, last: time.Now()}
	m.loops[name] = l
	return func() { m.beat(name, l) }, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.loops[name] == l {
			delete(m.loops, name)
		}
	}
}

func (m *Monitor) beat(name string, l *loop) {
	m.mu.Lock()
	now := time.Now()
	l.last = now
	if l.named {
		m.log.Info("loop turns again", "loop", name)
		l.named = false
	}
	all := m.lookAt(now)
	feed := all && m.feed != nil && now.Sub(m.fed) >= m.every
	if feed {
		m.fed = now
	}
	m.mu.Unlock()
	if feed {
		m.feed()
	}
}

// lookAt says whether all loops turn, and names those that do not. m.mu is held.
func (m *Monitor) lookAt(now time.Time) (all bool) {
	all = true
	for name, l := range m.loops {
		late := now.Sub(l.last)
		if late <= l.bound {
			continue
		}
		all = false
		if !l.named {
			l.named = true
			m.log.Error("loop has stopped", "loop", name, "silent", late.Round(time.Millisecond), "bound", l.bound)
		}
	}
	return all
}

// Stopped names the loops that are hung and the parts that die too often.
func (m *Monitor) Stopped() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lookAt(time.Now())
	all := maps.Clone(m.broken)
	for name, l := range m.loops {
		if l.named {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Broken names the parts that die too often.
func (m *Monitor) Broken() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.broken))
}

type beatKey struct{}

// With gives a context the beat of the loop that runs under it, for what the
// loop calls and what takes more than one bounded act.
func With(ctx context.Context, beat func()) context.Context {
	return context.WithValue(ctx, beatKey{}, beat)
}

// Beat is one turn of the loop that ctx belongs to, if it belongs to one.
func Beat(ctx context.Context) {
	if beat, ok := ctx.Value(beatKey{}).(func()); ok {
		beat()
	}
}

// Sleep waits for d or the end of ctx, and turns meanwhile.
func Sleep(ctx context.Context, d time.Duration) {
	over := time.NewTimer(d)
	defer over.Stop()
	turn := time.NewTicker(Turn)
	defer turn.Stop()
	for {
		Beat(ctx)
		select {
		case <-ctx.Done():
			return
		case <-over.C:
			return
		case <-turn.C:
		}
	}
}
