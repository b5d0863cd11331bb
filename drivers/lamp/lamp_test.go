package lamp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/lamp"
)

const ms = time.Millisecond

func TestLamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &boardtest.Pin{}
		l, err := lamp.New(pin, lamp.Opts{})
		if err != nil {
			t.Fatal(err)
		}
		for _, act := range []func() error{l.On, l.Off, l.Blink, l.Blink} {
			if err := act(); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(1600 * ms)
		for _, act := range []func() error{l.On, l.Blink, l.Close, l.Close} {
			if err := act(); err != nil {
				t.Error(err)
			}
		}
		const H, L = gpio.High, gpio.Low
		want := fmt.Sprint([]gpio.Level{L, H, L, H, L, H, L, H, H, L, L})
		if got := fmt.Sprint(pin.Outs()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestBlinkTellsItsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &boardtest.Pin{}
		l, err := lamp.New(pin, lamp.Opts{Half: 200 * ms})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Blink(); err != nil {
			t.Fatal(err)
		}
		gone := errors.New("gone")
		pin.Fail(gone)
		time.Sleep(time.Second)
		pin.Fail(nil)
		if err := l.Blink(); !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
		if err := l.Blink(); err != nil {
			t.Errorf("got %v the second time", err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoFastFlashes(t *testing.T) {
	if _, err := lamp.New(&boardtest.Pin{}, lamp.Opts{Half: 100 * ms}); !errors.Is(err, lamp.ErrTooFast) {
		t.Errorf("got %v", err)
	}
}

func TestBuzzer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &boardtest.Pin{}
		b, err := lamp.NewBuzzer(pin)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := b.Beep(t.Context(), 100*ms, 50*ms, 100*ms); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != 250*ms {
			t.Errorf("took %v", took)
		}
		const H, L = gpio.High, gpio.Low
		if got, want := fmt.Sprint(pin.Outs()), fmt.Sprint([]gpio.Level{L, H, L, H, L}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		time.AfterFunc(20*ms, func() { cancel(enough) })
		if err := b.Beep(ctx, time.Second); !errors.Is(err, enough) {
			t.Errorf("got %v", err)
		}
		if pin.Level() != gpio.Low {
			t.Error("it sounds on")
		}
		if err := b.Beep(t.Context(), time.Minute); err == nil {
			t.Error("a minute of noise was taken")
		}
	})
}

func Example() {
	pin := &boardtest.Pin{} // on a kiosk: board.Output("LAMP_COINS")
	l, err := lamp.New(pin, lamp.Opts{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := l.On(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(pin.Level())
	if err := l.Close(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(pin.Level())
	// Output:
	// High
	// Low
}
