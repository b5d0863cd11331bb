package attendant

import (
	"context"
	"sync"
)

// waiters are questions about a state that several may ask: "is a card there?".
// The zero value is ready.
type waiters struct {
	mu   sync.Mutex
	next int
	open map[int]waiter
}

type waiter struct {
	holds func() bool
	ch    chan struct{}
}

// when returns a channel that is closed as soon as holds does, and forgets the
// question when ctx ends.
func (w *waiters) when(ctx context.Context, holds func() bool) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch := make(chan struct{})
	if holds() {
		close(ch)
		return ch
	}
	if w.open == nil {
		w.open = make(map[int]waiter)
	}
	n := w.next
	w.next++
	w.open[n] = waiter{holds, ch}
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, n)
	})
	return ch
}

// changed answers the questions that now hold. before is called once, ahead of
// the first answer.
func (w *waiters) changed(before func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n, q := range w.open {
		if !q.holds() {
			continue
		}
		if before != nil {
			before()
			before = nil
		}
		close(q.ch)
		delete(w.open, n)
	}
}
