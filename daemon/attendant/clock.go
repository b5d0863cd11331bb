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
}

// NewClock is the board's clock for a flow that rests by r.
func NewClock(c board.Clock, r *Rest) *Clock { return &Clock{board: c, rest: r} }

// Now is the board's wall clock.
func (c *Clock) Now() (time.Time, bool) { return c.board.Now() }

// WithTimeout ends the context with cause after d of the board's time.
func (c *Clock) WithTimeout(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := c.board.AfterFunc(d, func() {
		c.rest.Up() // the wait that this ends is over before the timer is
		cancel(cause)
	})
	return ctx, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}
