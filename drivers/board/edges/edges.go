// Package edges queues the edges of one input line between who sees them and
// who takes them: at most board.EdgesMax, as the kernel does. When nobody takes
// them the oldest is dropped, and the one after it says how many are missing.
package edges

import (
	"context"
	"sync"

	"kioskd/drivers/board"
)

// Queue is the queue of one watch.
type Queue struct {
	out     chan board.Edge
	changed chan struct{}

	mu      sync.Mutex
	edges   []board.Edge
	drained []chan struct{} // to be closed when edges is empty
	room    chan struct{}   // to be closed when edges is not full; nil if nobody asked
}

// New returns an empty queue. Nothing leaves it until Run.
func New() *Queue {
	return &Queue{
		out:     make(chan board.Edge),
		changed: make(chan struct{}, 1),
		edges:   make([]board.Edge, 0, board.EdgesMax),
	}
}

// Out is where the edges come out. It is closed by Close.
func (q *Queue) Out() <-chan board.Edge { return q.out }

// Close closes Out. Run must have returned.
func (q *Queue) Close() { close(q.out) }

// Push adds an edge. It never blocks.
func (q *Queue) Push(e board.Edge) {
	q.mu.Lock()
	if len(q.edges) == board.EdgesMax {
		lost := q.edges[0]
		q.edges = append(q.edges[:0], q.edges[1:]...)
		q.edges[0].Dropped += lost.Dropped + 1
	}
	q.edges = append(q.edges, e)
	q.mu.Unlock()
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// Full says whether the next edge would push out the oldest.
func (q *Queue) Full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.edges) == board.EdgesMax
}

// Room is closed as soon as an edge can be added without a loss.
func (q *Queue) Room() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.room == nil {
		q.room = make(chan struct{})
	}
	room := q.room
	q.notify()
	return room
}

// Drained is closed as soon as each edge has been taken.
func (q *Queue) Drained() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := make(chan struct{})
	q.drained = append(q.drained, c)
	q.notify()
	return c
}

func (q *Queue) notify() {
	if q.room != nil && len(q.edges) < board.EdgesMax {
		close(q.room)
		q.room = nil
	}
	if len(q.edges) > 0 {
		return
	}
	for _, c := range q.drained {
		close(c)
	}
	q.drained = nil
}

// Run hands the edges out until ctx ends.
func (q *Queue) Run(ctx context.Context) {
	for {
		first, out := q.first()
		select {
		case out <- first:
			q.taken(first)
		case <-q.changed:
		case <-ctx.Done():
			return
		}
	}
}

// first is the oldest edge, with the channel it may go to; the channel is nil
// while there is none.
func (q *Queue) first() (board.Edge, chan board.Edge) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.edges) == 0 {
		return board.Edge{}, nil
	}
	return q.edges[0], q.out
}

// taken removes the edge that was handed out. If it was dropped in the very
// moment it was taken, it is not missing after all.
func (q *Queue) taken(e board.Edge) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case len(q.edges) > 0 && q.edges[0].Number == e.Number:
		q.edges = append(q.edges[:0], q.edges[1:]...)
	case len(q.edges) > 0:
		q.edges[0].Dropped -= e.Dropped + 1
	}
	q.notify()
}
