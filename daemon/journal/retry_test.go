package journal

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/flows"
)

// away is an office that nobody reaches for a while.
type away struct {
	back  atomic.Bool
	asked atomic.Int32
	got   chan struct{}
}

func (o *away) LastJournal(context.Context) (string, uint64, json.RawMessage, error) {
	o.asked.Add(1)
	if !o.back.Load() {
		return "", 0, nil, errors.New("no line")
	}
	return "", 0, nil, nil
}

func (o *away) PublishJournal(context.Context, uint64, string, []json.RawMessage) error {
	select {
	case o.got <- struct{}{}:
	default:
	}
	return nil
}

// After a long outage the rest between two tries is long; the line's return ends
// it.
func TestTheLinesReturnEndsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := opened(t, t.TempDir())
		o := &away{got: make(chan struct{}, 1)}
		ctx, cancel := context.WithCancel(t.Context())
		sent := make(chan error, 1)
		go func() { sent <- j.Send(ctx, o, slog.New(slog.DiscardHandler)) }()
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
		time.Sleep(10 * time.Minute)
		if n := o.asked.Load(); n < 15 || n > 60 {
			t.Errorf("asked %d times in ten minutes", n)
		}
		o.back.Store(true)
		begun := time.Now()
		j.Retry()
		<-o.got
		if d := time.Since(begun); d > 0 {
			t.Errorf("it went on after %v", d)
		}
		cancel()
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}
