package glass

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// processClock is process time, which a synctest bubble makes virtual.
type processClock struct{}

func (processClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// wire counts the changes of a line.
type wire struct {
	mu      sync.Mutex
	level   bool
	falling int
	rising  int
}

func (w *wire) Set(level bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.level && !level {
		w.falling++
	}
	if !w.level && level {
		w.rising++
	}
	w.level = level
}

func (w *wire) count() (falling, rising int, level bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.falling, w.rising, w.level
}

// read reads n bytes of a register.
func read(t *testing.T, c *Chip, reg uint16, n int) []byte {
	t.Helper()
	r := make([]byte, n)
	if err := c.Tx([]byte{byte(reg >> 8), byte(reg)}, r); err != nil {
		t.Fatalf("read %04x: %v", reg, err)
	}
	return r
}

// write writes bytes to a register.
func write(t *testing.T, c *Chip, reg uint16, b ...byte) {
	t.Helper()
	if err := c.Tx(append([]byte{byte(reg >> 8), byte(reg)}, b...), nil); err != nil {
		t.Fatalf("write %04x: %v", reg, err)
	}
}

// wantReport reads a report as a driver does, and gives it back.
func wantReport(t *testing.T, c *Chip, want ...byte) {
	t.Helper()
	got := read(t, c, 0x814E, 10)
	if !bytes.Equal(got, want) {
		t.Errorf("report % x, want % x", got, want)
	}
	write(t, c, 0x814E, 0)
}

func TestIdentity(t *testing.T) {
	c := New(processClock{}, &wire{}, Opts{})
	if got := read(t, c, 0x8140, 10); !bytes.Equal(got, []byte{'9', '1', '1', 0, 0x60, 0x10, 0x20, 0x03, 0xE0, 0x01}) {
		t.Errorf("identity % x", got)
	}
	config := read(t, c, 0x8047, 186)
	var sum byte
	for _, b := range config[:185] {
		sum += b
	}
	if sum != 0 {
		t.Errorf("sum of data and checksum is %02x, want 0", sum)
	}
	if config[0x804D-0x8047]&3 != 1 {
		t.Errorf("trigger %d, want falling", config[0x804D-0x8047]&3)
	}
}

func TestTapReachesAHostThatReadsLate(t *testing.T) {
	line := &wire{}
	c := New(processClock{}, line, Opts{})
	c.Down(258, 3)
	c.Up()
	if falling, _, _ := line.count(); falling != 1 {
		t.Errorf("%d pulses before the host read, want 1", falling)
	}
	if c.Idle() {
		t.Error("idle although nothing was read")
	}
	down := []byte{0x81, 0, 2, 1, 3, 0, 30, 0, 0, 0}
	if got := read(t, c, 0x814E, 10); !bytes.Equal(got, down) {
		t.Errorf("report % x, want % x", got, down)
	}
	wantReport(t, c, down...) // reading alone does not give the buffer back
	if falling, _, level := line.count(); falling != 2 || !level {
		t.Errorf("%d pulses, level %t; want 2, resting high", falling, level)
	}
	wantReport(t, c, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	wantReport(t, c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if !c.Idle() {
		t.Error("not idle although all was read")
	}
}

func TestMovesBetweenTwoScansAreOne(t *testing.T) {
	c := New(processClock{}, &wire{}, Opts{})
	c.Move(9, 9) // no finger: nothing
	c.Down(1, 1)
	c.Move(2, 2)
	c.Move(-5, 9999)
	c.Up()
	c.Up()
	wantReport(t, c, 0x81, 0, 1, 0, 1, 0, 30, 0, 0, 0)
	wantReport(t, c, 0x81, 0, 0, 0, 0xDF, 1, 30, 0, 0, 0)
	wantReport(t, c, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if !c.Idle() {
		t.Error("more reports than changes")
	}
}

func TestNobodyReads(t *testing.T) {
	c := New(processClock{}, &wire{}, Opts{})
	for range 100 {
		c.Down(10, 10)
		c.Move(11, 11)
		c.Up()
	}
	downs, ups := 0, 0
	for !c.Idle() {
		got := read(t, c, 0x814E, 10)
		if got[0] == 0x80 {
			ups++
		}
		if got[0] == 0x81 && got[2] == 10 {
			downs++
		}
		write(t, c, 0x814E, 0)
	}
	if downs == 0 || downs != ups {
		t.Errorf("%d downs and %d ups", downs, ups)
	}
}

func TestConfigIsTakenOnlyWithItsSum(t *testing.T) {
	line := &wire{}
	c := New(processClock{}, line, Opts{})
	config := read(t, c, 0x8047, 186)
	config[0x804D-0x8047] = 0 // rising
	config[185] = 1
	write(t, c, 0x8047, config...)
	if got := read(t, c, 0x804D, 1); got[0] != 1 {
		t.Error("a configuration with a wrong sum was taken")
	}
	config[184]++ // one less data, one more sum
	write(t, c, 0x8047, config...)
	if got := read(t, c, 0x804D, 1); got[0] != 0 {
		t.Error("a configuration with the right sum was refused")
	}
	if got := read(t, c, 0x8100, 1); got[0] != 0 {
		t.Error("the fresh flag stayed")
	}
	_, before, _ := line.count()
	c.Down(1, 1)
	if _, rising, level := line.count(); rising != before+1 || level {
		t.Errorf("%d rising edges, resting %t; want one more than %d, resting low", rising, level, before)
	}
}

func TestLevelTriggerHoldsUntilRead(t *testing.T) {
	line := &wire{}
	c := New(processClock{}, line, Opts{Trigger: LowLevel})
	c.Down(1, 1)
	if _, _, level := line.count(); level {
		t.Error("INT is high while a report waits")
	}
	write(t, c, 0x814E, 0)
	if _, _, level := line.count(); !level {
		t.Error("INT is low although all was read")
	}
}

func TestResetAndDead(t *testing.T) {
	c := New(processClock{}, &wire{}, Opts{})
	c.Down(1, 1)
	c.SetReset(false)
	if err := c.Tx([]byte{0x81, 0x40}, make([]byte, 4)); !errors.Is(err, ErrNAK) {
		t.Errorf("in reset: %v, want no acknowledge", err)
	}
	c.SetReset(true)
	wantReport(t, c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if err := c.Fault("dead"); err != nil {
		t.Fatal(err)
	}
	c.Down(1, 1)
	if err := c.Tx([]byte{0x81, 0x4E}, make([]byte, 1)); !errors.Is(err, ErrNAK) {
		t.Errorf("dead: %v, want no acknowledge", err)
	}
	c.Clear()
	wantReport(t, c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if err := c.Fault("bored"); err == nil {
		t.Error("an unknown fault was taken")
	}
}

func TestSleepFeelsNothing(t *testing.T) {
	c := New(processClock{}, &wire{}, Opts{})
	write(t, c, 0x8040, 0x05)
	c.Down(1, 1)
	wantReport(t, c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	c.PowerCut()
	c.Down(1, 1)
	wantReport(t, c, 0x81, 0, 1, 0, 1, 0, 30, 0, 0, 0)
}

func TestWait(t *testing.T) {
	c := New(processClock{}, &wire{}, Opts{})
	c.Down(1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait gave %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait(t.Context()) }()
	write(t, c, 0x814E, 0)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestGhost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(processClock{}, &wire{}, Opts{Seed: 1})
		if err := c.Fault("ghost"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if c.Idle() {
			t.Error("no ghost came")
		}
		c.Clear()
		c.PowerCut()
		time.Sleep(time.Second)
		synctest.Wait()
		if !c.Idle() {
			t.Error("a ghost came after Clear")
		}
	})
}

func FuzzTx(f *testing.F) {
	f.Add([]byte{0x81, 0x4E, 0}, uint8(10))
	f.Add([]byte{0xFF, 0xFF, 1, 2}, uint8(200))
	f.Fuzz(func(t *testing.T, w []byte, n uint8) {
		c := New(processClock{}, &wire{}, Opts{})
		c.Down(1, 1)
		if err := c.Tx(w, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		c.Up()
	})
}
