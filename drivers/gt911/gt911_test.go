package gt911_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c/i2ctest"

	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/gt911"
)

const ms = time.Millisecond

// config is 184 bytes for 800 by 480 positions, and their checksum: 0x41 +
// 0x20+0x03 + 0xE0+0x01 + 0x05 + 0x3D = 0x187, and 0x87+0x79 = 0x100.
func config() []byte {
	c := make([]byte, 185)
	copy(c, []byte{0x41, 0x20, 0x03, 0xE0, 0x01, 0x05, 0x3D})
	c[184] = 0x79
	return c
}

func greeting() []i2ctest.IO {
	return []i2ctest.IO{
		{Addr: 0x5D, W: []byte{0x81, 0x40}, R: []byte("911\x00")},
		{Addr: 0x5D, W: []byte{0x80, 0x47}, R: config()},
	}
}

// status is one read of the status and the first point.
func status(b ...byte) i2ctest.IO {
	r := make([]byte, 10)
	copy(r, b)
	return i2ctest.IO{Addr: 0x5D, W: []byte{0x81, 0x4E}, R: r}
}

func acknowledge() i2ctest.IO { return i2ctest.IO{Addr: 0x5D, W: []byte{0x81, 0x4E, 0x00}} }

func product() i2ctest.IO { return greeting()[0] }

func strange() i2ctest.IO {
	return i2ctest.IO{Addr: 0x5D, W: []byte{0x81, 0x40}, R: []byte{0xFF, 0xFF, 0xFF, 0xFF}}
}

// play runs a Dev against exactly these transactions until they are used up;
// act may move the interrupt line.
func play(t *testing.T, ops []i2ctest.IO, o gt911.Opts, act func(irq *boardtest.Line)) (got []gt911.Report, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		bus := &i2ctest.Playback{Ops: ops, DontPanic: true}
		irq := boardtest.NewLine(boardtest.NewClock(), gpio.High)
		d, newErr := gt911.New(bus, nil, irq, o)
		if newErr != nil {
			t.Fatal(newErr)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error)
		go func() { done <- d.Run(ctx, func(r gt911.Report) { got = append(got, r) }) }()
		synctest.Wait()
		act(irq)
		cancel()
		err = <-done
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	})
	return got, err
}

func TestNew(t *testing.T) {
	bus := &i2ctest.Playback{Ops: greeting(), DontPanic: true}
	rst := &boardtest.Pin{}
	d, err := gt911.New(bus, rst, boardtest.NewLine(boardtest.NewClock(), gpio.High), gt911.Opts{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Size() != image.Pt(800, 480) {
		t.Errorf("size %v", d.Size())
	}
	for range 2 {
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
	}
	if got := fmt.Sprint(rst.Outs()); got != "[Low High Low]" {
		t.Errorf("reset line went %s", got)
	}
	if err := d.Run(t.Context(), nil); !errors.Is(err, gt911.ErrHalted) {
		t.Errorf("Run after Halt: %v", err)
	}
	if err := bus.Close(); err != nil {
		t.Error(err)
	}
}

func TestNewTriesBothAddresses(t *testing.T) {
	ops := append([]i2ctest.IO{strange()}, greeting()...)
	ops[1].Addr, ops[2].Addr = 0x14, 0x14
	bus := &i2ctest.Playback{Ops: ops, DontPanic: true}
	if _, err := gt911.New(bus, nil, nil, gt911.Opts{}); err != nil {
		t.Fatal(err)
	}
	if err := bus.Close(); err != nil {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	off := config()
	off[184]++
	blank := make([]byte, 185)
	for name, ops := range map[string][]i2ctest.IO{
		"nobody":            nil,
		"another chip":      {{Addr: 0x5D, W: []byte{0x81, 0x40}, R: []byte("5688")}},
		"a bad checksum":    {product(), {Addr: 0x5D, W: []byte{0x80, 0x47}, R: off}},
		"no configuration":  {product(), {Addr: 0x5D, W: []byte{0x80, 0x47}, R: blank}},
		"half of an answer": {product()},
	} {
		bus := &i2ctest.Playback{Ops: ops, DontPanic: true}
		if _, err := gt911.New(bus, nil, nil, gt911.Opts{Addr: 0x5D}); !errors.Is(err, gt911.ErrDead) {
			t.Errorf("%s: got %v, want ErrDead", name, err)
		}
		if err := bus.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEdgeBringsAReport(t *testing.T) {
	working := 0
	o := gt911.Opts{Poll: time.Hour, Work: func() func() { working++; return func() { working-- } }}
	ops := append(greeting(),
		status(0x81, 0x00, 0x90, 0x01, 0xF0, 0x00, 0x10, 0x00, 0x00), acknowledge(),
		// Three fingers: two more points behind the ten bytes.
		status(0x83, 0x00, 0x01, 0x00, 0x02, 0x00, 0, 0, 0, 0x01),
		i2ctest.IO{Addr: 0x5D, W: []byte{0x81, 0x58}, R: []byte{
			0x03, 0x00, 0x04, 0x00, 0, 0, 0,
			0x04, 0x1F, 0x03, 0xDF, 0x01, 0, 0, 0, 0,
		}}, acknowledge(),
		status(0x00), // spurious: not ready
		status(0x80), acknowledge(),
	)
	got, err := play(t, ops, o, func(irq *boardtest.Line) {
		for _, level := range []gpio.Level{gpio.Low, gpio.High, gpio.Low, gpio.High} {
			time.Sleep(10 * ms)
			irq.Set(level)
			synctest.Wait()
		}
	})
	want := []gt911.Report{
		{At: 10 * ms, Points: []gt911.Point{{ID: 0, X: 400, Y: 240}}},
		{At: 20 * ms, Points: []gt911.Point{{ID: 0, X: 1, Y: 2}, {ID: 1, X: 3, Y: 4}, {ID: 4, X: 799, Y: 479}}},
		{At: 40 * ms, Points: []gt911.Point{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !errors.Is(err, context.Canceled) || working != 0 {
		t.Errorf("Run: %v, %d pieces of work in hand", err, working)
	}
}

func TestPollFindsWhatNoEdgeTold(t *testing.T) {
	ops := append(greeting(), status(0x00), status(0x81, 0x02, 0x05, 0x00, 0x06), acknowledge())
	o := gt911.Opts{Uptime: func() time.Duration { return 77 }}
	got, _ := play(t, ops, o, func(*boardtest.Line) { time.Sleep(25 * ms) })
	want := []gt911.Report{{At: 77, Points: []gt911.Point{{ID: 2, X: 5, Y: 6}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNonsenseIsAcknowledgedAndIgnored(t *testing.T) {
	ops := append(greeting(),
		status(0x86), acknowledge(),
		status(0x81, 0x00, 0x21, 0x03, 0x00, 0x00), acknowledge(), // X is 801
		status(0x00))
	got, _ := play(t, ops, gt911.Opts{}, func(*boardtest.Line) { time.Sleep(35 * ms) })
	if len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestChipIsResetAfterADischarge(t *testing.T) {
	o := gt911.Opts{Check: 20 * ms}
	ops := append(greeting(),
		status(0x81, 0x00, 0x01, 0x00, 0x01), acknowledge(),
		status(0x00), product(),
		status(0x00), status(0x00), strange(), status(0x00), strange(), status(0x00), strange())
	ops = append(append(ops, greeting()...), status(0x00))
	got, err := play(t, ops, o, func(*boardtest.Line) { time.Sleep(75 * ms) })
	want := []gt911.Report{{Points: []gt911.Point{{X: 1, Y: 1}}}, {}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want a finger and that it was lifted", got)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
}

func TestDeadChipEndsRun(t *testing.T) {
	_, err := play(t, greeting(), gt911.Opts{}, func(*boardtest.Line) { time.Sleep(time.Second) })
	if !errors.Is(err, gt911.ErrDead) {
		t.Errorf("Run: %v", err)
	}
}

func Example() {
	bus := &i2ctest.Playback{Ops: append(greeting(), status(0x81, 0x00, 0x90, 0x01, 0xF0), acknowledge()), DontPanic: true}
	irq := boardtest.NewLine(boardtest.NewClock(), gpio.High)
	touch, err := gt911.New(bus, nil, irq, gt911.Opts{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = touch.Run(ctx, func(r gt911.Report) {
		fmt.Println(r.Points)
		cancel()
	})
	fmt.Println(err)
	// Output:
	// [{0 400 240}]
	// context canceled
}
