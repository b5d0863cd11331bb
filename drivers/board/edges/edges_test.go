package edges_test

import (
	"context"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"kioskd/drivers/board"
	"kioskd/drivers/board/edges"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOldestIsDroppedAndCounted(t *testing.T) {
	q := edges.New()
	for n := uint32(1); n <= 40; n++ {
		q.Push(board.Edge{Number: n})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { q.Run(ctx) })
	for n := uint32(25); n <= 40; n++ {
		want := board.Edge{Number: n}
		if n == 25 {
			want.Dropped = 24
		}
		if got := <-q.Out(); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
	<-q.Drained()
	cancel()
	wg.Wait()
	q.Close()
	if _, open := <-q.Out(); open {
		t.Fatal("the queue is open after its end")
	}
}

// Whoever drops and takes at once: taken and dropped are all there were.
func TestNoEdgeIsCountedTwice(t *testing.T) {
	const all = 20000
	q := edges.New()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { q.Run(ctx) })
	wg.Go(func() {
		for n := uint32(1); n <= all; n++ {
			q.Push(board.Edge{Number: n})
		}
	})
	var last, sum uint32
	for sum < all {
		e := <-q.Out()
		sum += 1 + e.Dropped
		if sum != e.Number {
			t.Fatalf("edge %d after %d with %d dropped", e.Number, last, e.Dropped)
		}
		last = e.Number
	}
	cancel()
	wg.Wait()
}
