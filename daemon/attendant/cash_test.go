package attendant

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"periph.io/x/conn/v3/gpio"

	"kioskd/daemon/activity"
	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/coin"
	"kioskd/flows"
)

// TestADeadLineIsToldOnce: a line that stays dead is tried again and again, for
// days; the journal hears of it when it dies and not at each try.
func TestADeadLineIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := boardtest.NewClock()
		line := boardtest.NewLine(clock, gpio.High)
		a, err := coin.NewAcceptor(line, &boardtest.Pin{}, clock, coin.Opts{})
		if err != nil {
			t.Fatal(err)
		}
		c := NewCash(a, nil, NewRest(&activity.Gauge{}), slog.New(slog.DiscardHandler))
		told := func() (n int) {
			for coin, ok := c.Next(); ok; coin, ok = c.Next() {
				if coin.Fault != flows.CoinsUnheard {
					t.Errorf("a coin: %+v", coin)
				}
				n++
			}
			return n
		}
		for range 2 { // it dies, is tried, lives again, and dies again
			done := make(chan error)
			go func() { done <- c.Run(t.Context()) }()
			synctest.Wait()
			line.Lose()
			if err := <-done; !errors.Is(err, coin.ErrLine) {
				t.Fatalf("Run ended with %v", err)
			}
			line.Fail(errors.New("dead"))
			for range 3 {
				if err := c.Run(t.Context()); err == nil {
					t.Fatal("Run listens to a dead line")
				}
			}
			line.Fail(nil)
			synctest.Wait()
			if n := told(); n != 1 {
				t.Errorf("a line that died once and was tried three times is told %d times", n)
			}
		}
	})
}
