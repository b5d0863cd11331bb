package coin_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/coin"
)

const ms = time.Millisecond

// slot is an acceptor under test; its trains arrive in got.
type slot struct {
	line    *boardtest.Line
	inhibit *boardtest.Pin
	a       *coin.Acceptor
	working int
}

// drop runs act beside the acceptor and returns the trains it saw until two
// seconds later.
func drop(t *testing.T, act func(s *slot)) []coin.Train {
	t.Helper()
	return listen(t, false, act)
}

// listen is drop; early has act run when Run has just begun to listen.
func listen(t *testing.T, early bool, act func(s *slot)) []coin.Train {
	t.Helper()
	var got []coin.Train
	synctest.Test(t, func(t *testing.T) {
		clock := boardtest.NewClock()
		s := &slot{line: boardtest.NewLine(clock, gpio.High), inhibit: &boardtest.Pin{}}
		var err error
		s.a, err = coin.NewAcceptor(s.line, s.inhibit, clock, coin.Opts{Work: func() func() {
			s.working++
			return func() { s.working-- }
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		done := make(chan error)
		go func() { done <- s.a.Run(ctx, func(train coin.Train) { got = append(got, train) }) }()
		synctest.Wait()
		if !early {
			time.Sleep(time.Second) // nothing can be under way from before
		}
		act(s)
		time.Sleep(2 * time.Second)
		cancel(enough)
		if err := <-done; !errors.Is(err, enough) {
			t.Errorf("Run ended with %v", err)
		}
		if s.working != 0 {
			t.Errorf("%d pieces of work are still in hand", s.working)
		}
	})
	return got
}

func pulses(s *slot, n int) {
	for range n {
		s.line.Pulse(25 * ms)
		time.Sleep(25 * ms)
	}
}

func TestTrains(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(s *slot)
		want string
	}{
		{"ten", func(s *slot) { pulses(s, 1) }, "[10 yen]"},
		{"fifty", func(s *slot) { pulses(s, 5) }, "[50 yen]"},
		{"hundred", func(s *slot) { pulses(s, 10) }, "[100 yen]"},
		{"five hundred", func(s *slot) { pulses(s, 50) }, "[500 yen]"},
		{"two coins", func(s *slot) { pulses(s, 10); time.Sleep(150 * ms); pulses(s, 1) }, "[100 yen 10 yen]"},
		{"odd sum", func(s *slot) { pulses(s, 7) }, "[7 pulses, no coin: the pulses add up to no coin]"},
		{"glitch", func(s *slot) { s.line.Pulse(2 * ms) }, "[1 pulses, no coin: a pulse is too short or too long]"},
		{"shortest", func(s *slot) { s.line.Pulse(15 * ms) }, "[10 yen]"},
		{"too short", func(s *slot) { s.line.Pulse(15*ms - 1) }, "[1 pulses, no coin: a pulse is too short or too long]"},
		{"stuck", func(s *slot) { s.line.Pulse(700 * ms) }, "[0 pulses, no coin: the line stays low]"},
		{"stuck, then a coin", func(s *slot) {
			s.line.Pulse(700 * ms)
			time.Sleep(time.Second)
			pulses(s, 5)
		}, "[0 pulses, no coin: the line stays low 50 yen]"},
		{"edge lost", func(s *slot) {
			pulses(s, 4)
			s.line.Slip(gpio.Low)
			s.line.Set(gpio.High)
			time.Sleep(25 * ms)
		}, "[4 pulses, no coin: edges were lost]"},
		{"whole pulse lost", func(s *slot) {
			pulses(s, 4)
			s.line.Slip(gpio.Low)
			s.line.Slip(gpio.High)
			pulses(s, 1)
		}, "[5 pulses, no coin: edges were lost]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fmt.Sprint(drop(t, c.act)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestBegunInATrain begins to listen between two pulses of a train, as a daemon
// does that was killed while a coin fell. What is left of the train may add up to
// a coin that nobody put in.
func TestBegunInATrain(t *testing.T) {
	const rest = "[10 pulses, no coin: edges were lost]"
	for _, c := range []struct {
		name string
		act  func(s *slot)
		want string
	}{
		{"in the high half", func(s *slot) { pulses(s, 10) }, rest},
		{"before the last of the silence", func(s *slot) { time.Sleep(149 * ms); pulses(s, 10) }, rest},
		{"after it", func(s *slot) { time.Sleep(150 * ms); pulses(s, 10) }, "[100 yen]"},
		{"and then a coin", func(s *slot) { pulses(s, 10); time.Sleep(150 * ms); pulses(s, 5) }, rest[:len(rest)-1] + " 50 yen]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fmt.Sprint(listen(t, true, c.act)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestTimesAreTheBoards(t *testing.T) {
	got := drop(t, func(s *slot) { pulses(s, 5) })
	if len(got) != 1 || got[0].Start != time.Second || got[0].End != time.Second+225*ms {
		t.Errorf("got %+v", got)
	}
}

func TestInhibit(t *testing.T) {
	drop(t, func(s *slot) {
		if s.inhibit.Level() != gpio.High {
			t.Error("a new acceptor takes coins")
		}
		if err := s.a.Accept(); err != nil || s.inhibit.Level() != gpio.Low {
			t.Errorf("Accept: %v", err)
		}
		for range 2 {
			if err := s.a.Halt(); err != nil || s.inhibit.Level() != gpio.High {
				t.Errorf("Halt: %v", err)
			}
		}
		s.inhibit.Fail(errors.New("gone"))
		if err := s.a.Refuse(); err == nil {
			t.Error("Refuse hides that the line failed")
		}
	})
}

func TestListeningBeginsInAPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := boardtest.NewClock()
		line := boardtest.NewLine(clock, gpio.Low)
		a, err := coin.NewAcceptor(line, &boardtest.Pin{}, clock, coin.Opts{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var got []coin.Train
		done := make(chan error)
		go func() { done <- a.Run(ctx, func(train coin.Train) { got = append(got, train) }) }()
		time.Sleep(20 * ms)
		line.Set(gpio.High)
		time.Sleep(time.Second)
		cancel()
		if err := <-done; err == nil {
			t.Error("Run ended without the cause of its context")
		}
		if len(got) != 1 || got[0].Fault != coin.FaultEdges || got[0].Yen != 0 {
			t.Errorf("got %v", got)
		}
	})
}

func TestLostBoardEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := boardtest.NewClock()
		line := boardtest.NewLine(clock, gpio.High)
		a, err := coin.NewAcceptor(line, &boardtest.Pin{}, clock, coin.Opts{})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- a.Run(t.Context(), func(coin.Train) {}) }()
		synctest.Wait()
		line.Lose()
		if err := <-done; !errors.Is(err, coin.ErrLine) {
			t.Errorf("Run ended with %v", err)
		}
	})
}

// TestNoCoinIsLetInUnheard: coins are let in only while somebody counts them, and a
// line that cannot be read any more ends that.
func TestNoCoinIsLetInUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := boardtest.NewClock()
		line, inhibit := boardtest.NewLine(clock, gpio.High), &boardtest.Pin{}
		a, err := coin.NewAcceptor(line, inhibit, clock, coin.Opts{})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Accept(); !errors.Is(err, coin.ErrDeaf) || inhibit.Level() != gpio.High {
			t.Errorf("before anybody listens: %v, inhibit %v", err, inhibit.Level())
		}
		gone := errors.New("gone")
		for range 2 {
			done := make(chan error)
			go func() { done <- a.Run(t.Context(), func(coin.Train) {}) }()
			synctest.Wait()
			if err := a.Accept(); err != nil || inhibit.Level() != gpio.Low {
				t.Fatalf("somebody listens: %v", err)
			}
			line.Fail(gone)
			if err := <-done; !errors.Is(err, gone) {
				t.Errorf("Run ended with %v", err)
			}
			if err := a.Accept(); !errors.Is(err, coin.ErrDeaf) || inhibit.Level() != gpio.High {
				t.Errorf("when nobody listens any more: %v, inhibit %v", err, inhibit.Level())
			}
			line.Fail(nil)
			synctest.Wait() // until the old watch is over
		}
	})
}
