package lines

import (
	"testing"
	"testing/synctest"
	"time"
)

func wantState(t *testing.T, l *Lamp, want State) {
	t.Helper()
	if got := l.State(); got != want {
		t.Errorf("lamp is %s, want %s", got, want)
	}
}

func TestLamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Lamp
		wantState(t, &l, Off)
		l.Set(true)
		l.Set(true)
		wantState(t, &l, On)
		for range 6 {
			time.Sleep(500 * time.Millisecond)
			l.Set(!l.Lit())
			wantState(t, &l, Blink)
		}
		time.Sleep(2 * time.Second)
		wantState(t, &l, On)
		l.Set(false)
		wantState(t, &l, Off)
	})
}

func wantSounded(t *testing.T, b *Buzzer, want bool) {
	t.Helper()
	if got := b.Sounded(); got != want {
		t.Errorf("sounded %t, want %t", got, want)
	}
}

func TestBuzzer(t *testing.T) {
	var b Buzzer
	wantSounded(t, &b, false)
	b.Set(true)
	b.Set(false)
	wantSounded(t, &b, true)
	wantSounded(t, &b, false) // it is told once
	b.Set(true)
	wantSounded(t, &b, true)
	wantSounded(t, &b, true) // it goes on
	if !b.Sounding() {
		t.Error("not sounding")
	}
}

type wire struct{ level bool }

func (w *wire) Set(level bool) { w.level = level }
func (w *wire) Level() bool    { return w.level }

func TestSwitch(t *testing.T) {
	w := &wire{level: true}
	s := NewSwitch(w)
	if w.level || s.Alarm() {
		t.Error("a new switch gives alarm")
	}
	s.Set(true)
	if !w.level || !s.Alarm() {
		t.Error("the alarm does not reach the line")
	}
}
