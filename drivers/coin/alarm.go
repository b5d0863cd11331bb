package coin

import (
	"sync"
	"time"

	"kioskd/drivers/board"
)

// alarm is the one timer of a loop, on the board's clock. When it goes off it
// takes on the work before the clock's goroutine returns, so that nobody who
// moves the clock can find the kiosk at rest in between.
type alarm struct {
	clock board.Clock
	work  func() func()
	// C delivers the end of that work; what stands in it is always due.
	C chan func()

	mu    sync.Mutex
	round int // which setting is the valid one
	timer board.Timer
}

func newAlarm(clock board.Clock, work func() func()) *alarm {
	return &alarm{clock: clock, work: work, C: make(chan func(), 1)}
}

// set replaces what was set before.
func (a *alarm) set(d time.Duration) {
	a.cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	round := a.round
	a.timer = a.clock.AfterFunc(d, func() { a.ring(round) })
}

// cancel makes sure that C stays empty until the next set.
func (a *alarm) cancel() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.round++
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
	select {
	case end := <-a.C:
		end()
	default:
	}
}

func (a *alarm) ring(round int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if round != a.round {
		return
	}
	a.C <- a.work() // room is certain: a round rings once and starts empty
}
