package pane_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/simulator/board/pane"
)

type clock struct{}

func (clock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// line counts the pulses of INT.
type line struct {
	level  bool
	pulses int
}

func (l *line) Set(level bool) {
	if l.level && !level {
		l.pulses++
	}
	l.level = level
}

// look is what a host reads: contacts and the first point.
func look(t *testing.T, c *pane.Chip) []byte {
	t.Helper()
	r := make([]byte, 5)
	if err := c.Tx([]byte{0x02}, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A tap that is over before the host looks is seen as a down and an up, each
// announced by a pulse.
func TestQuickTap(t *testing.T) {
	var int line
	c := pane.New(clock{}, &int, 1280, 800)
	if r := look(t, c); r[0] != 0xFF {
		t.Errorf("contacts after power-up %#x, want 0xff", r[0])
	}
	c.Down(1000, 700)
	c.Up()
	if c.Idle() {
		t.Error("idle with a tap nobody has seen")
	}
	if got, want := look(t, c), []byte{1, 0x03, 0xE8, 0x02, 0xBC}; !bytes.Equal(got, want) {
		t.Errorf("down reads as % x, want % x", got, want)
	}
	if got := look(t, c); got[0] != 0 || got[1]>>6 != 1 {
		t.Errorf("up reads as % x", got)
	}
	if !c.Idle() || int.pulses != 2 {
		t.Errorf("idle %v after %d pulses, want true after 2", c.Idle(), int.pulses)
	}
}

func TestFingerThatRestsAndMoves(t *testing.T) {
	c := pane.New(clock{}, &line{}, 1280, 800)
	c.Down(10, 20)
	look(t, c)
	if got := look(t, c); got[0] != 1 || got[1]>>6 != 2 {
		t.Errorf("a resting finger reads as % x, want contact", got)
	}
	c.Move(2000, 30)
	if got, want := look(t, c), []byte{1, 0x84, 0xFF, 0, 30}; !bytes.Equal(got, want) {
		t.Errorf("a finger beside the glass reads as % x, want % x", got, want)
	}
}

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pane.New(clock{}, &line{}, 1280, 800)
		if err := c.Fault("dead"); err != nil {
			t.Fatal(err)
		}
		if err := c.Tx([]byte{0x02}, make([]byte, 1)); !errors.Is(err, pane.ErrNAK) {
			t.Errorf("a dead chip: %v", err)
		}
		if err := c.Fault("ghost"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if c.Idle() {
			t.Error("nothing haunts the glass")
		}
		c.Clear()
		c.PowerCut()
		time.Sleep(time.Second)
		if !c.Idle() {
			t.Error("it haunts after it was mended")
		}
		if err := c.Fault("bored"); err == nil {
			t.Error("an unknown fault is taken")
		}
	})
}

func TestWaitSaysThatNobodyReads(t *testing.T) {
	c := pane.New(clock{}, &line{}, 1280, 800)
	c.Down(1, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	cancel(over)
	if err := c.Wait(ctx); !errors.Is(err, over) {
		t.Errorf("Wait: %v", err)
	}
	look(t, c)
	if err := c.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}
