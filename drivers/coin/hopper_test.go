package coin_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/coin"
)

// machine is a hopper that throws a coin every 100 ms while its motor runs.
type machine struct {
	motor *boardtest.Pin
	exit  *boardtest.Line
	runs  sync.WaitGroup

	mu    sync.Mutex
	turns bool          // the wheel, of which there is one
	coins int           // in it
	late  bool          // one slips out after the motor has stopped
	width time.Duration // a coin darkens the barrier so long
}

func (m *machine) out(level gpio.Level) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if level == gpio.Low && !m.turns {
		m.turns = true
		m.runs.Go(m.run)
	}
}

func (m *machine) run() {
	for m.motor.Level() == gpio.Low && m.left() > 0 {
		time.Sleep(70 * ms)
		m.throw()
		time.Sleep(ms) // the motor stops in this time, and may start again
	}
	m.mu.Lock()
	late := m.late
	m.turns = false
	m.mu.Unlock()
	if late && m.left() > 0 {
		time.Sleep(200 * ms)
		m.throw()
	}
}

func (m *machine) throw() {
	m.mu.Lock()
	m.coins--
	width := m.width
	m.mu.Unlock()
	m.exit.Pulse(width)
}

func (m *machine) left() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.coins
}

func (m *machine) set(late bool, width time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.late, m.width = late, width
}

func withHopper(t *testing.T, coins int, act func(t *testing.T, m *machine, h *coin.Hopper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := boardtest.NewClock()
		m := &machine{motor: &boardtest.Pin{}, exit: boardtest.NewLine(clock, gpio.High), coins: coins, width: 30 * ms}
		h, err := coin.NewHopper(m.motor, m.exit, clock, coin.HopperOpts{})
		if err != nil {
			t.Fatal(err)
		}
		if m.motor.Level() != gpio.High {
			t.Error("the motor of a new hopper runs")
		}
		m.motor.Hook = m.out
		act(t, m, h)
		m.runs.Wait()
		if m.motor.Level() != gpio.High {
			t.Error("the motor was left running")
		}
		for range 2 {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := h.Dispense(t.Context()); !errors.Is(err, coin.ErrClosed) {
			t.Errorf("a closed hopper answers %v", err)
		}
	})
}

func TestDispense(t *testing.T) {
	withHopper(t, 5, func(t *testing.T, m *machine, h *coin.Hopper) {
		for range 3 {
			p, err := h.Dispense(t.Context())
			if err != nil || p.Coins != 1 || p.Late != 0 {
				t.Errorf("got %+v, %v", p, err)
			}
		}
		if n, err := h.Overrun(t.Context()); n != 0 || err != nil {
			t.Errorf("overrun %d, %v", n, err)
		}
		if n := m.left(); n != 2 {
			t.Errorf("%d coins are left, want 2", n)
		}
	})
}

func TestDispenseEmpty(t *testing.T) {
	withHopper(t, 0, func(t *testing.T, _ *machine, h *coin.Hopper) {
		begun := time.Now()
		p, err := h.Dispense(t.Context())
		if !errors.Is(err, coin.ErrEmpty) || p.Coins != 0 {
			t.Errorf("got %+v, %v", p, err)
		}
		if took := time.Since(begun); took != 5500*ms {
			t.Errorf("took %v, want the motor's time and the overrun's", took)
		}
	})
}

func TestOverrunIsSeen(t *testing.T) {
	withHopper(t, 9, func(t *testing.T, m *machine, h *coin.Hopper) {
		m.set(true, 30*ms)
		if p, err := h.Dispense(t.Context()); err != nil || p.Coins != 1 {
			t.Errorf("got %+v, %v", p, err)
		}
		if n, err := h.Overrun(t.Context()); n != 1 || err != nil {
			t.Errorf("overrun %d, %v, want the one that slipped out", n, err)
		}
		if p, err := h.Dispense(t.Context()); err != nil || p.Coins != 1 || p.Late != 0 {
			t.Errorf("got %+v, %v", p, err)
		}
		time.Sleep(time.Second)
		m.set(false, 30*ms)
		if p, err := h.Dispense(t.Context()); err != nil || p.Coins != 1 || p.Late != 1 {
			t.Errorf("got %+v, %v, want one late coin", p, err)
		}
	})
}

func TestCoinInTheExit(t *testing.T) {
	withHopper(t, 5, func(t *testing.T, m *machine, h *coin.Hopper) {
		m.exit.Set(gpio.Low)
		if p, err := h.Dispense(t.Context()); !errors.Is(err, coin.ErrJam) || p.Coins != 0 {
			t.Errorf("got %+v, %v", p, err)
		}
		if m.left() != 5 {
			t.Error("the motor ran against a jam")
		}
	})
}

func TestJamUnderWay(t *testing.T) {
	withHopper(t, 5, func(t *testing.T, m *machine, h *coin.Hopper) {
		m.set(false, time.Hour)
		if p, err := h.Dispense(t.Context()); !errors.Is(err, coin.ErrJam) || p.Coins != 0 {
			t.Errorf("got %+v, %v", p, err)
		}
	})
}

func TestStrangePulseIsDoubt(t *testing.T) {
	withHopper(t, 5, func(t *testing.T, m *machine, h *coin.Hopper) {
		m.set(false, 2*ms)
		p, err := h.Dispense(t.Context())
		if !errors.Is(err, coin.ErrDoubt) || p.Coins != 0 {
			t.Errorf("got %+v, %v", p, err)
		}
	})
}

func TestDispenseGivenUp(t *testing.T) {
	withHopper(t, 5, func(t *testing.T, _ *machine, h *coin.Hopper) {
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		time.AfterFunc(50*ms, func() { cancel(enough) })
		p, err := h.Dispense(ctx)
		if !errors.Is(err, enough) || p.Coins != 1 {
			t.Errorf("got %+v, %v, want the coin that was under way", p, err)
		}
		if p, err := h.Dispense(ctx); !errors.Is(err, enough) || p.Coins != 0 {
			t.Errorf("got %+v, %v of an ended context", p, err)
		}
	})
}

func TestLostBoardEndsDispense(t *testing.T) {
	withHopper(t, 0, func(t *testing.T, m *machine, h *coin.Hopper) {
		time.AfterFunc(50*ms, m.exit.Lose)
		if _, err := h.Dispense(t.Context()); !errors.Is(err, coin.ErrLine) {
			t.Errorf("got %v", err)
		}
	})
}
