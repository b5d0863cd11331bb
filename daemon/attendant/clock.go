package attendant

import (
	"context"
	"time"

	"kioskd/drivers/board"
)

// Clock is flows' clock on the board's.
type Clock struct {
	board board.Clock
	rest  *Rest
	stood context.Context // ends with Stop
	stop  context.CancelCauseFunc
}

// NewClock is the board's clock for a flow that rests by r.
func NewClock(c board.Clock, r *Rest) *Clock {
	stood, stop := context.WithCancelCause(context.Background())
	return &Clock{board: c, rest: r, stood: stood, stop: stop}
}

// Stop ends every wait with cause, those to come too: the board is gone and its
// timers with it. A refund that is seen through at any price would else wait for
// ever.
func (c *Clock) Stop(cause error) { c.stop(cause) }

// Stopped is Stop's cause, nil before.
func (c *Clock) Stopped() error { return context.Cause(c.stood) }

// Now is the board's wall clock.
func (c *Clock) Now() (time.Time, bool) { return c.board.Now() }

// WithTimeout ends the context with cause after d of the board's time, and with
// Stop's cause when there is no such time any more.
func (c *Clock) WithTimeout(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := c.board.AfterFunc(d, func() {
		c.rest.Up() // the wait that this ends is over before the timer is
		cancel(cause)
	})
	unwatch := context.AfterFunc(c.stood, func() { cancel(context.Cause(c.stood)) })
	return ctx, func() {
		unwatch()
		timer.Stop()
		cancel(context.Canceled)
	}
}
