package contact_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/contact"
)

const ms = time.Millisecond

// watched runs act beside a contact that starts low.
func watched(t *testing.T, o contact.Opts, act func(t *testing.T, line *boardtest.Line, d *contact.Dev)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := boardtest.NewClock()
		line := boardtest.NewLine(clock, gpio.Low)
		d, err := contact.New(line, clock, o)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		act(t, line, d)
		for range 2 {
			if err := d.Halt(); err != nil {
				t.Error(err)
			}
		}
		if err := d.Wait(t.Context(), !d.Level()); !errors.Is(err, contact.ErrHalted) && !errors.Is(err, contact.ErrLost) {
			t.Errorf("Wait on a halted contact: %v", err)
		}
	})
}

func TestLevelStandsBeforeItCounts(t *testing.T) {
	var told []string
	working := 0
	o := contact.Opts{
		Changed: func(level gpio.Level, at time.Duration) { told = append(told, fmt.Sprint(level, at, working > 0)) },
		Work:    func() func() { working++; return func() { working-- } },
	}
	watched(t, o, func(t *testing.T, line *boardtest.Line, d *contact.Dev) {
		time.Sleep(10 * ms)
		line.Set(gpio.High)
		time.Sleep(30*ms - 1)
		synctest.Wait()
		if d.Level() != gpio.Low {
			t.Error("believed too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if d.Level() != gpio.High || d.Since() != 10*ms {
			t.Errorf("level %v since %v", d.Level(), d.Since())
		}
		for range 20 { // it rattles
			line.Pulse(5 * ms)
			time.Sleep(5 * ms)
		}
		time.Sleep(time.Second)
		if d.Level() != gpio.High {
			t.Error("rattling counts")
		}
		if working != 0 {
			t.Errorf("%d pieces of work are in hand", working)
		}
	})
	if got := fmt.Sprint(told); got != "[High 10ms true]" {
		t.Errorf("told %s", got)
	}
}

func TestWait(t *testing.T) {
	watched(t, contact.Opts{}, func(t *testing.T, line *boardtest.Line, d *contact.Dev) {
		if err := d.Wait(t.Context(), gpio.Low); err != nil {
			t.Error(err)
		}
		time.AfterFunc(time.Second, func() { line.Set(gpio.High) })
		begun := time.Now()
		if err := d.Wait(t.Context(), gpio.High); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != time.Second+30*ms {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		time.AfterFunc(time.Second, func() { cancel(enough) })
		if err := d.Wait(ctx, gpio.Low); !errors.Is(err, enough) {
			t.Errorf("got %v", err)
		}
		time.AfterFunc(time.Second, line.Lose)
		if err := d.Wait(t.Context(), gpio.Low); !errors.Is(err, contact.ErrLost) {
			t.Errorf("got %v", err)
		}
	})
}

func TestPassages(t *testing.T) {
	watched(t, contact.Opts{}, func(t *testing.T, line *boardtest.Line, d *contact.Dev) {
		time.Sleep(time.Second)
		before := d.Passages()
		line.Pulse(120 * ms)
		line.Pulse(5 * ms) // the sheet's tail bounces
		time.Sleep(100 * ms)
		line.Pulse(120 * ms)
		second, err := d.Passage(t.Context(), before+1)
		if err != nil {
			t.Fatal(err)
		}
		if want := (contact.Passage{Number: 1, Start: 1225 * ms, End: 1345 * ms}); second != want {
			t.Errorf("got %+v, want %+v", second, want)
		}
		first, err := d.Passage(t.Context(), before)
		if err != nil {
			t.Fatal(err)
		}
		// The end is that of the bounce: until then the slot was not surely clear.
		if want := (contact.Passage{Number: 0, Start: time.Second, End: 1125 * ms}); first != want {
			t.Errorf("got %+v, want %+v", first, want)
		}
		for range 64 {
			time.Sleep(50 * ms)
			line.Pulse(50 * ms)
		}
		time.Sleep(time.Second)
		if n := d.Passages(); n != 66 {
			t.Errorf("%d passages", n)
		}
		if _, err := d.Passage(t.Context(), 0); err == nil {
			t.Error("a forgotten passage was found")
		}
	})
}

func TestMissedEdgesAreSaid(t *testing.T) {
	watched(t, contact.Opts{}, func(t *testing.T, line *boardtest.Line, d *contact.Dev) {
		line.Pulse(100 * ms)
		time.Sleep(100 * ms)
		line.Slip(gpio.High)
		line.Slip(gpio.Low)
		line.Pulse(100 * ms)
		time.Sleep(100 * ms)
		line.Pulse(100 * ms)
		for n, doubt := range []bool{false, true, false} {
			p, err := d.Passage(t.Context(), n)
			if err != nil || p.Doubt != doubt {
				t.Errorf("passage %d: %+v, %v", n, p, err)
			}
		}
	})
}

func TestReadingFindsALostEdge(t *testing.T) {
	watched(t, contact.Opts{}, func(t *testing.T, line *boardtest.Line, d *contact.Dev) {
		line.Slip(gpio.High)
		begun := time.Now()
		if err := d.Wait(t.Context(), gpio.High); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		line.Set(gpio.Low)
		p, err := d.Passage(t.Context(), 0)
		if err != nil || !p.Doubt {
			t.Errorf("got %+v, %v", p, err)
		}
	})
}

func Example() {
	clock := boardtest.NewClock()
	line := boardtest.NewLine(clock, gpio.High) // on a kiosk: board.Input("DOOR")
	door, err := contact.New(line, clock, contact.Opts{Debounce: 20 * ms})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("open:", door.Level() == gpio.High)
	if err := door.Halt(); err != nil {
		fmt.Println(err)
	}
	// Output: open: true
}
