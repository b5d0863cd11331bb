package attendant

import (
	"sync"

	"kioskd/daemon/activity"
)

// Rest says whether the attendant works or waits for the world. It works from
// the start. Whoever is about to end a wait (a timer, a card, a coin) calls Up
// first, so that between the event and the attendant's next step the kiosk never
// looks settled.
type Rest struct {
	gauge *activity.Gauge
	mu    sync.Mutex
	end   func() // of the work in hand; nil while it waits
}

// NewRest is an attendant at work.
func NewRest(g *activity.Gauge) *Rest {
	r := &Rest{gauge: g}
	r.Up()
	return r
}

// Up takes the work up; it may be called by several.
func (r *Rest) Up() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end == nil {
		r.end = r.gauge.Begin()
	}
}

// Down puts it down and returns Up, for the end of the wait.
func (r *Rest) Down() (up func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end != nil {
		r.end()
		r.end = nil
	}
	return r.Up
}
