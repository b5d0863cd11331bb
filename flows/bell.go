package flows

import "sync"

// bell tells one waiter that there is news.
type bell struct {
	mu   sync.Mutex
	rung bool
	ch   chan struct{}
}

func newBell() *bell { return &bell{ch: make(chan struct{})} }

// ring wakes whoever waits, or the next one who does.
func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.rung {
		b.rung = true
		close(b.ch)
	}
}

// next is closed when the bell has rung since the last call of next.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	ch := b.ch
	if b.rung {
		b.rung = false
		b.ch = make(chan struct{})
	}
	return ch
}
