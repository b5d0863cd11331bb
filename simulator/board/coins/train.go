package coins

import (
	"sync"
	"time"
)

// edge is a level from a moment on, counted from the train's beginning.
type edge struct {
	at    time.Duration
	level bool
}

// train is what the pulse line is to do. The zero value is an empty one.
type train struct {
	edges []edge
	end   time.Duration
}

// pause lets the line rest.
func (t *train) pause(d time.Duration) {
	t.end += d
	t.edges = append(t.edges, edge{at: t.end, level: true})
}

// pulses adds n low pulses, each with its rest.
func (t *train) pulses(n int, low time.Duration) {
	for range n {
		t.edges = append(t.edges, edge{at: t.end, level: false}, edge{at: t.end + low, level: true})
		t.pause(low + pulseHigh)
	}
}

// sender plays a train on the clock: each edge arms the next before it returns,
// so that a clock that is moved finds every edge in its place.
type sender struct {
	clock Clock
	line  Line
	start time.Duration
	done  chan struct{}

	mu      sync.Mutex
	edges   []edge // still to come
	stopped bool
}

// send plays a train and returns when it is over. It says whether the power
// held; if not, the line was let go.
func (a *Acceptor) send(t *train, power <-chan struct{}) bool {
	s := &sender{clock: a.clock, line: a.pulse, start: a.clock.Uptime(), done: make(chan struct{}), edges: t.edges}
	s.arm()
	select {
	case <-s.done:
		return true
	case <-power:
		s.stop()
		return false
	}
}

func (s *sender) arm() {
	s.clock.AfterFunc(s.start+s.edges[0].at-s.clock.Uptime(), s.step)
}

func (s *sender) step() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.line.SetAt(s.edges[0].level, s.start+s.edges[0].at)
	s.edges = s.edges[1:]
	if len(s.edges) == 0 {
		close(s.done)
		return
	}
	s.arm()
}

func (s *sender) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.line.SetAt(true, s.clock.Uptime())
}
