package ft5x06_test

import (
	"context"
	"errors"
	"image"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c/i2ctest"

	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/ft5x06"
)

var size = image.Pt(1280, 800)

func identity(firmware, module byte) []i2ctest.IO {
	return []i2ctest.IO{
		{Addr: 0x38, W: []byte{0xA6}, R: []byte{firmware}},
		{Addr: 0x38, W: []byte{0xA8}, R: []byte{module}},
	}
}

// greeting is two looks at the identity: the first answer may be bogus.
func greeting() []i2ctest.IO { return append(identity(0xFF, 0xFF), identity(0x10, 0x70)...) }

// touches is one read of the count and the first point.
func touches(b ...byte) i2ctest.IO {
	r := make([]byte, 7)
	copy(r, b)
	return i2ctest.IO{Addr: 0x38, W: []byte{0x02}, R: r}
}

// play runs a Dev against exactly these transactions until they are used up;
// act may move the interrupt line and let time pass.
func play(t *testing.T, ops []i2ctest.IO, act func(irq *boardtest.Line)) (got []ft5x06.Report, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		bus := &i2ctest.Playback{Ops: append(greeting(), ops...), DontPanic: true}
		irq := boardtest.NewLine(boardtest.NewClock(), gpio.High)
		d, newErr := ft5x06.New(bus, irq, ft5x06.Opts{Size: size})
		if newErr != nil {
			t.Fatal(newErr)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx, func(r ft5x06.Report) { got = append(got, r) }) }()
		synctest.Wait()
		act(irq)
		synctest.Wait()
		cancel()
		err = <-done
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	})
	return got, err
}

// A finger at 1000, 700: 0x3E8 and 0x2BC, big endian, id 1 in the high nibble of Y.
var down = []byte{1, 0x03, 0xE8, 0x12, 0xBC}

func TestTapByInterrupt(t *testing.T) {
	got, err := play(t, []i2ctest.IO{touches(down...), touches(0)}, func(irq *boardtest.Line) {
		irq.Set(gpio.Low)
		synctest.Wait()
		irq.Set(gpio.High)
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	want := []ft5x06.Report{{Points: []ft5x06.Point{{ID: 1, X: 1000, Y: 700}}}, {}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("reports %+v, want %+v", got, want)
	}
}

// An edge that was lost must not freeze the screen; a finger that rests is told
// of once.
func TestTapByPolling(t *testing.T) {
	got, _ := play(t, []i2ctest.IO{touches(0xFF), touches(down...), touches(down...), touches(0)}, func(*boardtest.Line) {
		time.Sleep(45 * time.Millisecond)
	})
	if len(got) != 2 || len(got[0].Points) != 1 || len(got[1].Points) != 0 {
		t.Errorf("reports %+v, want one down and one up", got)
	}
}

func TestTwoFingers(t *testing.T) {
	more := i2ctest.IO{Addr: 0x38, W: []byte{0x09}, R: []byte{0x80, 0x05, 0x20, 0x06, 0, 0}}
	got, _ := play(t, []i2ctest.IO{touches(append([]byte{2}, down[1:]...)...), more}, func(irq *boardtest.Line) { irq.Set(gpio.Low) })
	want := []ft5x06.Point{{ID: 1, X: 1000, Y: 700}, {ID: 2, X: 5, Y: 6}}
	if len(got) != 1 || !reflect.DeepEqual(got[0].Points, want) {
		t.Errorf("reports %+v, want %+v", got, want)
	}
}

// Nonsense three times running is a dead chip, and nobody's finger stays down.
func TestDeadChipLiftsTheFinger(t *testing.T) {
	outside := touches(1, 0x0F, 0xFF, 0x0F, 0xFF)
	ops := []i2ctest.IO{touches(down...), outside, outside, outside}
	got, err := play(t, ops, func(*boardtest.Line) { time.Sleep(45 * time.Millisecond) })
	if !errors.Is(err, ft5x06.ErrDead) {
		t.Errorf("Run: %v", err)
	}
	if len(got) != 2 || len(got[1].Points) != 0 {
		t.Errorf("reports %+v, want the finger lifted", got)
	}
}

// A chip that was swapped or has started anew says another identity.
func TestOtherChip(t *testing.T) {
	var ops []i2ctest.IO
	for range 100 { // a second of polls
		ops = append(ops, touches(0))
	}
	for range 3 {
		ops = append(append(ops, identity(0x10, 0x71)...), touches(0))
	}
	_, err := play(t, ops[:len(ops)-1], func(*boardtest.Line) { time.Sleep(1025 * time.Millisecond) })
	if !errors.Is(err, ft5x06.ErrDead) {
		t.Errorf("Run: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, ops := range map[string][]i2ctest.IO{
		"nobody":     nil,
		"a dead bus": append(identity(0xFF, 0xFF), identity(0xFF, 0xFF)...),
		"a short":    append(identity(0, 0), identity(0, 0)...),
	} {
		bus := &i2ctest.Playback{Ops: ops, DontPanic: true}
		if _, err := ft5x06.New(bus, nil, ft5x06.Opts{Size: size}); !errors.Is(err, ft5x06.ErrDead) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ft5x06.New(nil, nil, ft5x06.Opts{}); err == nil || errors.Is(err, ft5x06.ErrDead) {
		t.Errorf("no size: %v", err)
	}
}

func TestHaltEndsRun(t *testing.T) {
	bus := &i2ctest.Playback{Ops: greeting(), DontPanic: true}
	d, err := ft5x06.New(bus, boardtest.NewLine(boardtest.NewClock(), gpio.High), ft5x06.Opts{Size: size})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
	}
	if err := d.Run(t.Context(), nil); !errors.Is(err, ft5x06.ErrHalted) {
		t.Errorf("Run after Halt: %v", err)
	}
}
