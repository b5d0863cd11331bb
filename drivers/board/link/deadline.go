package link

import (
	"sync"
	"time"
)

// deadline is a time that can be moved while somebody waits for it.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	past  chan struct{} // closed once the time has passed
	move  chan struct{} // closed when the time was moved
}

func newDeadline() deadline {
	return deadline{past: make(chan struct{}), move: make(chan struct{})}
}

// set moves the deadline; the zero time means never.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	past := make(chan struct{})
	d.past = past
	close(d.move)
	d.move = make(chan struct{})
	if t.IsZero() {
		return
	}
	if rest := time.Until(t); rest > 0 {
		d.timer = time.AfterFunc(rest, func() { close(past) })
		return
	}
	close(past)
}

func (d *deadline) passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.past
}

func (d *deadline) moved() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.move
}
