package flows

import (
	"context"
	"time"
)

// atOnce is how long an answer of the office may take before the page that is up
// listens to the customer meanwhile: less than a finger needs.
const atOnce = 100 * time.Millisecond

// asking puts a question to the office while p is up, for limit.fetch. Before
// money the customer may cancel as long as it takes; the question is then called
// off, and waited for.
func (v *visit) asking(ctx context.Context, p Page, question func(context.Context)) error {
	if err := v.c.Screen.Show(ctx, p); err != nil {
		return err
	}
	limited, cancel := v.c.Clock.WithTimeout(ctx, v.c.Limits.Fetch, ErrOfficeAway)
	defer cancel()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		question(limited)
	}()
	soon, stop := v.c.Clock.WithTimeout(ctx, atOnce, errPageOver)
	defer stop()
	select {
	case <-answered:
		return nil
	case <-soon.Done():
	}
	p.Idle = 0
	for {
		select {
		case <-answered:
			return nil
		default:
		}
		if _, err := v.ask(ctx, p, answered); err != nil {
			cancel()
			<-answered
			return err
		}
	}
}
