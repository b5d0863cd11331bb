package host

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/warthog618/go-gpiocdev"
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
