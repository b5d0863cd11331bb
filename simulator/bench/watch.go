package bench

import "sync"

// Watch hears of changes on the floor and wakes the pages that are open. It
// exists before the floor does, so that the floor can be told of it. Safe for
// concurrent use.
type Watch struct {
	mu       sync.Mutex
	pictures map[string]uint64 // by kiosk's name
	woken    chan struct{}     // closed at the next change
}

// NewWatch makes a watch.
func NewWatch() *Watch {
	return &Watch{pictures: make(map[string]uint64), woken: make(chan struct{})}
}

// Changed is told what changed at which kiosk. It never waits.
func (w *Watch) Changed(kiosk, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if what == "panel" || what == "power" || what == "faults" {
		w.pictures[kiosk]++
	}
	close(w.woken)
	w.woken = make(chan struct{})
}

// next is closed at the next change.
func (w *Watch) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.woken
}

// picture numbers the pictures on a kiosk's panel.
func (w *Watch) picture(kiosk string) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pictures[kiosk]
}
