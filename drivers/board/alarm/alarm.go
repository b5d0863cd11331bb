// Package alarm is the one timer of a loop that follows the board's clock.
//
// A plain AfterFunc that wakes a loop through a channel leaves a gap: the clock
// believes that its call is done while the loop has not begun. Whoever moves the
// clock could find the kiosk at rest in that gap. So the alarm takes on the work
// in the clock's own call, and hands the loop the function that puts it down. It
// never rings for a setting that was replaced or cancelled.
package alarm

import (
	"sync"
	"time"

	"kioskd/drivers/board"
)

// Alarm belongs to one loop; its methods may be called from that loop only.
type Alarm struct {
	clock board.Clock
	work  func() func()
	c     chan func()

	mu    sync.Mutex // against the clock's goroutine
	round int        // which setting is the valid one
	timer board.Timer
}

// New returns an alarm that is not set. work is called when it rings; nil means
// that nobody counts.
func New(clock board.Clock, work func() (end func())) *Alarm {
	if work == nil {
		work = func() func() { return func() {} }
	}
	return &Alarm{clock: clock, work: work, c: make(chan func(), 1)}
}

// C delivers the end of the work that was taken on when the alarm rang. Who
// receives it must call it.
func (a *Alarm) C() <-chan func() { return a.c }

// Set lets it ring in d of the board's time, and not when it was to before.
func (a *Alarm) Set(d time.Duration) {
	a.Cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	round := a.round
	a.timer = a.clock.AfterFunc(d, func() { a.ring(round) })
}

// Cancel makes sure that C delivers nothing until the next Set.
func (a *Alarm) Cancel() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.round++
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
	select {
	case end := <-a.c:
		end()
	default:
	}
}

func (a *Alarm) ring(round int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if round != a.round {
		return
	}
	a.c <- a.work() // there is room: a round rings once, and starts empty
}
