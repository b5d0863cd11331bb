package coins

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// processClock is process time, which a synctest bubble makes virtual.
type processClock struct{ start time.Time }

func (c processClock) Uptime() time.Duration { return time.Since(c.start) }

func (processClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// wire notes when a line changes.
type wire struct {
	mu    sync.Mutex
	level bool
	at    []time.Duration
	fresh bool
}

func (w *wire) SetAt(level bool, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fresh && w.level != level {
		w.at = append(w.at, at)
	}
	w.fresh, w.level = true, level
}

// lows are the lengths of the low pulses so far.
func (w *wire) lows(t *testing.T) []time.Duration {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.level {
		t.Error("the line does not rest high")
	}
	var lows []time.Duration
	for i := 0; i+1 < len(w.at); i += 2 {
		lows = append(lows, w.at[i+1]-w.at[i])
	}
	return lows
}

func wantReturned(t *testing.T, tray *Tray, yen int) {
	t.Helper()
	if got := tray.TakeReturned(); got != yen {
		t.Errorf("%d yen came back, want %d", got, yen)
	}
}

func wantCounts(t *testing.T, a *Acceptor, want Counts) {
	t.Helper()
	if got := a.Counts(); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func insert(t *testing.T, a *Acceptor, yen int) {
	t.Helper()
	if err := a.Insert(yen); err != nil {
		t.Fatalf("insert %d: %v", yen, err)
	}
}

func acceptor() (*Acceptor, *wire, *Tray) {
	w, tray := &wire{}, &Tray{}
	return NewAcceptor(processClock{start: time.Now()}, w, tray), w, tray
}

func TestTrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, w, tray := acceptor()
		a.SetInhibit(false)
		for _, yen := range []int{10, 50, 100, 500} {
			before := len(w.lows(t))
			insert(t, a, yen)
			lows := w.lows(t)[before:]
			if !slices.Equal(lows, slices.Repeat([]time.Duration{25 * time.Millisecond}, yen/10)) {
				t.Errorf("%d yen: pulses %v", yen, lows)
			}
		}
		for i := 2; i < len(w.at); i += 2 {
			gap := w.at[i] - w.at[i-1]
			if gap != 25*time.Millisecond && gap < 175*time.Millisecond {
				t.Errorf("gap of %v: neither within a train nor between two", gap)
			}
		}
		wantCounts(t, a, Counts{Inserted: 660, Box: 660})
		wantReturned(t, tray, 0)
	})
}

func TestInhibit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, w, tray := acceptor()
		insert(t, a, 100) // inhibited from the start
		wantReturned(t, tray, 100)
		a.SetInhibit(false)
		done := make(chan error, 1)
		go func() { done <- a.Insert(50) }()
		time.Sleep(50 * time.Millisecond)
		a.SetInhibit(true) // the coin is past the gate
		if a.Idle() {
			t.Error("idle while a coin is on its way")
		}
		wantCounts(t, a, Counts{Inserted: 150, Moving: 50, Returned: 100})
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := len(w.lows(t)); n != 5 {
			t.Errorf("%d pulses, want 5", n)
		}
		wantCounts(t, a, Counts{Inserted: 150, Box: 50, Returned: 100})
		wantReturned(t, tray, 0)
	})
}

func TestForeignCoins(t *testing.T) {
	a, _, tray := acceptor()
	a.SetInhibit(false)
	insert(t, a, 5)
	wantReturned(t, tray, 5)
	var none *NoCoinError
	if err := a.Insert(25); !errors.As(err, &none) || none.Yen != 25 {
		t.Errorf("a coin of 25 yen gave %v", err)
	}
}

func TestAcceptorFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, w, tray := acceptor()
		a.SetInhibit(false)
		for _, kind := range []string{"rejects", "jam"} {
			if err := a.Fault(kind); err != nil {
				t.Fatal(err)
			}
			insert(t, a, 100)
		}
		wantReturned(t, tray, 100)
		wantCounts(t, a, Counts{Inserted: 200, Returned: 100, Stuck: 100})
		a.Clear()
		wantReturned(t, tray, 100)
		if len(w.lows(t)) != 0 {
			t.Error("pulses for coins that were not taken")
		}
		if err := a.Fault("glitch"); err != nil {
			t.Fatal(err)
		}
		ms := time.Millisecond
		if lows := w.lows(t); !slices.Equal(lows, []time.Duration{25 * ms, 25 * ms, 25 * ms, 5 * ms}) {
			t.Errorf("glitch: %v", lows)
		}
		insert(t, a, 10)
		wantCounts(t, a, Counts{Inserted: 210, Returned: 200, Box: 10})
		if err := a.Fault("hunger"); err == nil {
			t.Error("an unknown fault was taken")
		}
	})
}

func TestPowerCutInATrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, w, _ := acceptor()
		a.SetInhibit(false)
		done := make(chan error, 1)
		go func() { done <- a.Insert(500) }()
		time.Sleep(310 * time.Millisecond)
		a.PowerCut()
		if err := <-done; !errors.Is(err, ErrPowerCut) {
			t.Errorf("Insert gave %v", err)
		}
		if n := len(w.lows(t)); n != 5 {
			t.Errorf("%d pulses before the power went, want 5", n)
		}
		wantCounts(t, a, Counts{Inserted: 500, Box: 500})
	})
}

func hoppers(t *testing.T) (*Hoppers, map[int]*wire, *Tray) {
	t.Helper()
	tray := &Tray{}
	wires := map[int]*wire{10: {}, 50: {}, 100: {}}
	lines := make(map[int]Line)
	for yen, w := range wires {
		lines[yen] = w
	}
	h := NewHoppers(processClock{start: time.Now()}, tray, lines)
	for yen := range wires {
		if err := h.Refill(yen, 5); err != nil {
			t.Fatal(err)
		}
	}
	return h, wires, tray
}

func TestHopperPaysWhileTheMotorRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, wires, tray := hoppers(t)
		h.SetMotor(100, false)
		time.Sleep(335 * time.Millisecond)
		if h.Idle() {
			t.Error("idle with a running motor")
		}
		h.SetMotor(100, true)
		time.Sleep(time.Second)
		synctest.Wait()
		ms := time.Millisecond
		if lows := wires[100].lows(t); !slices.Equal(lows, []time.Duration{30 * ms, 30 * ms, 30 * ms}) {
			t.Errorf("pulses %v", lows)
		}
		wantReturned(t, tray, 300)
		if h.Level(100) != 2 || h.Out() != 300 || !h.Idle() {
			t.Errorf("level %d, out %d, idle %t", h.Level(100), h.Out(), h.Idle())
		}
		h.SetMotor(100, false)
		time.Sleep(time.Second)
		h.SetMotor(100, true)
		wantReturned(t, tray, 200) // then it is empty
	})
}

func TestACoinAtTheLipStillFalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, tray := hoppers(t)
		h.SetMotor(10, false)
		time.Sleep(85 * time.Millisecond)
		h.SetMotor(10, true)
		time.Sleep(time.Second)
		wantReturned(t, tray, 10)
		h.SetMotor(10, false)
		time.Sleep(50 * time.Millisecond)
		h.SetMotor(10, true)
		time.Sleep(time.Second)
		wantReturned(t, tray, 0)
		if !h.Idle() {
			t.Error("not idle")
		}
	})
}

func TestHopperFaults(t *testing.T) {
	cases := []struct {
		fault string
		yen   int
	}{{"empty", 0}, {"jam", 0}, {"short:0", 0}, {"short:2", 20}, {"", 50}}
	for _, c := range cases {
		t.Run("fault "+c.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _, tray := hoppers(t)
				if c.fault != "" {
					if err := h.Fault(c.fault); err != nil {
						t.Fatal(err)
					}
				}
				h.SetMotor(10, false)
				time.Sleep(2 * time.Second)
				wantReturned(t, tray, c.yen)
				h.Clear()
				time.Sleep(2 * time.Second)
				wantReturned(t, tray, 50-c.yen)
				h.SetMotor(10, true)
			})
		})
	}
	h, _, _ := hoppers(t)
	for _, kind := range []string{"short", "short:x", "short:-1", "lazy"} {
		if err := h.Fault(kind); err == nil {
			t.Errorf("fault %q was taken", kind)
		}
	}
	if err := h.Refill(500, 1); err == nil {
		t.Error("a refill of a hopper that is not there was taken")
	}
	if err := h.Refill(10, -1); err == nil {
		t.Error("a negative refill was taken")
	}
}
