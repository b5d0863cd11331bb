package flows

import (
	"context"
	"sync"
)

// turn lets one at a time do something that may take long, and whoever waits for
// it give up. The zero value is free.
type turn struct {
	once  sync.Once
	token chan struct{}
}

func (t *turn) open() chan struct{} {
	t.once.Do(func() { t.token = make(chan struct{}, 1) })
	return t.token
}

// take waits for the turn, or returns the cause of ctx.
func (t *turn) take(ctx context.Context) error {
	select {
	case t.open() <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// give ends it.
func (t *turn) give() { <-t.open() }
