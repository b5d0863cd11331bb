package host

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/warthog618/go-gpiocdev"
	"golang.org/x/sys/unix"
	"kioskd/drivers/board"
	"periph.io/x/conn/v3/gpio"
)

func TestNamesThatDoNotResolve(t *testing.T) {
	b, err := Open(Options{Names: map[string]string{"DOOR": "gpiochip0/x"}})
	if err != nil {
		t.Fatal(err)
	}
	none := func(_ any, err error) bool {
		var e *board.NoSuchError
		return errors.As(err, &e)
	}
	for _, name := range []string{"", "nothing"} {
		if !none(b.I2C(name)) || !none(b.SPI(name)) || !none(b.UART("/dev/"+name+"no")) || !none(b.Framebuffer(name)) {
			t.Errorf("%q was found, or the error is another", name)
		}
	}
	if !none(b.Input("no such line")) || !none(b.Output("no such line")) {
		t.Error("a line was found, or the error is another")
	}
	if _, err := b.Input("DOOR"); err == nil || !strings.Contains(err.Error(), "not chip/offset") {
		t.Errorf("DOOR: %v", err)
	}
	if _, err := b.Reader("reader"); err == nil || !strings.Contains(err.Error(), "PC/SC") {
		t.Errorf("Reader: %v", err)
	}
	select {
	case <-b.Lost():
		t.Error("a host board is lost")
	default:
	}
	if err := errors.Join(b.Err(), b.Close(), b.Close()); err != nil {
		t.Error(err)
	}
	if _, err := b.Output("DOOR"); err == nil {
		t.Error("a line of a closed board")
	}
}

func TestClock(t *testing.T) {
	c := clock{built: time.Now().Add(time.Hour)}
	if _, trusted := c.Now(); trusted {
		t.Error("a clock before the build is trusted")
	}
	up := c.Uptime()
	fired := make(chan struct{})
	c.AfterFunc(time.Millisecond, func() { close(fired) })
	<-fired
	if c.Uptime() < up+time.Millisecond {
		t.Error("the uptime stands")
	}
	if c.AfterFunc(time.Hour, func() {}).Stop() != true {
		t.Error("Stop came too late")
	}
}

// The kernel's numbers show what its queue of 16 has lost.
func TestEdgesFromTheKernel(t *testing.T) {
	in := &input{name: "COIN_PULSE"}
	in.event(gpiocdev.LineEvent{LineSeqno: 1, Type: gpiocdev.LineEventFallingEdge}) // nobody watches
	edges, err := in.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Watch(t.Context()); err == nil {
		t.Error("two watchers")
	}
	in.event(gpiocdev.LineEvent{LineSeqno: 2, Type: gpiocdev.LineEventRisingEdge, Timestamp: time.Second})
	in.event(gpiocdev.LineEvent{LineSeqno: 5, Type: gpiocdev.LineEventFallingEdge, Timestamp: 2 * time.Second})
	for _, want := range []board.Edge{
		{At: time.Second, Level: gpio.High, Number: 2},
		{At: 2 * time.Second, Level: gpio.Low, Number: 5, Dropped: 2},
	} {
		if got := <-edges; got != want {
			t.Errorf("edge %+v, want %+v", got, want)
		}
	}
	if err := in.release(); err != nil {
		t.Error(err)
	}
	if _, open := <-edges; open {
		t.Error("the watch outlives the board")
	}
}

// Edges for another board's clock carry its time, not the kernel's.
func TestEdgesByAnotherClock(t *testing.T) {
	in := &input{name: "TOUCH_INT", uptime: func() time.Duration { return time.Hour }}
	edges, err := in.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in.event(gpiocdev.LineEvent{LineSeqno: 1, Type: gpiocdev.LineEventFallingEdge, Timestamp: time.Second})
	if got, want := <-edges, (board.Edge{At: time.Hour, Level: gpio.Low, Number: 1}); got != want {
		t.Errorf("edge %+v, want %+v", got, want)
	}
	if err := in.release(); err != nil {
		t.Error(err)
	}
}

// What nobody took is said to be missing, to the edge: by us where our queue was
// full, by the kernel's number where its own was, also when that number begins
// anew.
func TestEdgesThatAreMissing(t *testing.T) {
	const first = math.MaxUint32 - 9
	in := &input{name: "COIN_PULSE", last: first - 1}
	watched, err := in.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// 25 ms pulses, in bursts as a busy machine reads them; the kernel drops 4.
	sent := 0
	for i := range uint32(60) {
		if i >= 30 && i < 34 {
			continue
		}
		kind := gpiocdev.LineEventFallingEdge
		if i%2 == 1 {
			kind = gpiocdev.LineEventRisingEdge
		}
		in.event(gpiocdev.LineEvent{LineSeqno: first + i, Type: kind, Timestamp: time.Duration(i) * 25 * time.Millisecond})
		sent++
	}
	var got, missing uint32
	for got+missing < 60 {
		e := <-watched
		missing += e.Dropped
		number := first + got + missing
		if e.Number != number || e.At != time.Duration(number-first)*25*time.Millisecond || bool(e.Level) != ((number-first)%2 == 1) {
			t.Fatalf("edge %+v is not number %d", e, number)
		}
		got++
	}
	if got < board.EdgesMax || got > board.EdgesMax+1 || sent != 56 {
		t.Errorf("%d edges were kept of %d, want the %d that the kernel's queue would hold", got, sent, board.EdgesMax)
	}
	if err := in.release(); err != nil {
		t.Error(err)
	}
}

func TestWhereALineIs(t *testing.T) {
	b := &Board{opts: Options{Names: map[string]string{"DOOR": "gpiochip2/17", "BAD": "gpiochip2/-1", "WORSE": "gpiochip2/"}}}
	if at, err := b.find("DOOR"); err != nil || at != (place{"gpiochip2", 17}) {
		t.Errorf("DOOR is at %v, %v", at, err)
	}
	for _, name := range []string{"BAD", "WORSE"} {
		if _, err := b.find(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.find("no line of any chip has this name"); !errors.As(err, new(*board.NoSuchError)) {
		t.Errorf("%v, want a NoSuchError", err)
	}
}

// The kernel stamps edges by the clock that the board calls its uptime.
func TestUptimeIsTheKernelsEdgeClock(t *testing.T) {
	var before, after unix.Timespec
	err1 := unix.ClockGettime(unix.CLOCK_MONOTONIC, &before)
	up := (&clock{}).Uptime()
	err2 := unix.ClockGettime(unix.CLOCK_MONOTONIC, &after)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if up < time.Duration(before.Nano()) || up > time.Duration(after.Nano()) {
		t.Errorf("uptime %v is not between %v and %v", up, before, after)
	}
}
