package board_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	hw "kioskd/drivers/board"
	"kioskd/drivers/board/link"
	"kioskd/simulator/board"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/uart"
)

func TestSecondClientIsRefused(t *testing.T) {
	w := serve(t, func(*board.Board) {})
	first := w.dial(t)
	_, err := link.Dial(t.Context(), "unix:"+w.path)
	var refused *link.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "has a client already") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the second client: %v", err)
	}
	check(t, first.Close())
	w.dial(t) // now there is room
}

// raw is a client that says what it likes.
func raw(t *testing.T, w *world, bytes ...[]byte) *link.FrameReader {
	t.Helper()
	r, _ := rawConn(t, w, bytes...)
	return r
}

func hello(t *testing.T) []byte {
	t.Helper()
	return frame(t, link.Frame{Kind: link.KindHello, Body: link.Hello{Version: link.Version}.Append(nil)})
}

func rawConn(t *testing.T, w *world, bytes ...[]byte) (*link.FrameReader, net.Conn) {
	t.Helper()
	conn, err := net.Dial("unix", w.path)
	check(t, err)
	t.Cleanup(func() { check(t, conn.Close()) })
	for _, p := range bytes {
		_, err := conn.Write(p)
		check(t, err)
	}
	check(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	return link.NewFrameReader(conn), conn
}

func frame(t *testing.T, f link.Frame) []byte {
	t.Helper()
	return must(link.AppendFrame(nil, f))(t)
}

func TestWrongVersionIsRefused(t *testing.T) {
	w := serve(t, func(*board.Board) {})
	r := raw(t, w, frame(t, link.Frame{Kind: link.KindHello, Body: link.Hello{Version: 9}.Append(nil)}))
	f := must(r.Next())(t)
	want := "link: the board speaks version 2 of the link and the client version 9; they must be the same"
	if f.Kind != link.KindRefused || string(f.Body) != want {
		t.Errorf("frame %d %q, want %q", f.Kind, f.Body, want)
	}
	until(t, "a line in the log", func() bool { return w.log.has("version 9") })
}

func TestBoardOfAnotherVersion(t *testing.T) {
	path := t.TempDir() + "/b"
	l, err := net.Listen("unix", path)
	check(t, err)
	done := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, err = conn.Write(frame(t, link.Frame{Kind: link.KindWelcome, Body: link.Welcome{Version: link.Version + 1}.Append(nil)}))
		}
		done <- errors.Join(err, l.Close())
	}()
	var version *link.VersionError
	if _, err := link.Dial(t.Context(), "unix:"+path); !errors.As(err, &version) || version.Board != link.Version+1 {
		t.Errorf("Dial: %v", err)
	}
	check(t, soon(t, done))
}

func TestMalformedBytesEndTheClient(t *testing.T) {
	hello := hello(t)
	for name, c := range map[string]struct {
		bytes [][]byte
		log   string
	}{
		"stranger":     {[][]byte{[]byte("GET / HTTP/1.1\r\n\r\n")}, "refused a client"},
		"too long":     {[][]byte{hello, {0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0}}, "at most 262144"},
		"no such kind": {[][]byte{hello, frame(t, link.Frame{Kind: 50})}, "malformed frame of kind 50"},
		"no such chip": {[][]byte{hello, frame(t, link.Frame{Kind: link.KindOut, Device: 9})}, "device 9"},
		"wrong device": {[][]byte{hello, frame(t, link.Frame{Kind: link.KindOut, Body: []byte{1}})}, "for I2C1"},
		"wrong body":   {[][]byte{hello, frame(t, link.Frame{Kind: link.KindOut, Device: 1, Body: []byte{7}})}, "for LAMP"},
		"second timer": {[][]byte{hello, frame(t, timer(1)), frame(t, timer(1))}, "timer 1 is set already"},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, func(b *board.Board) {
				b.AddI2C("I2C1", 1, chipFunc(sink))
				b.AddOutput("LAMP", false, nil)
			})
			raw(t, w, c.bytes...)
			until(t, c.log, func() bool { return w.log.has(c.log) })
			if w.log.count() != 1 {
				t.Errorf("%d lines in the log, want one: %q", w.log.count(), w.log.all)
			}
			w.dial(t) // the board serves the next
		})
	}
}

func timer(id uint32) link.Frame {
	return link.Frame{Kind: link.KindTimerSet, ID: id, Body: link.TimerSet{After: time.Hour}.Append(nil)}
}

func TestUARTOverrun(t *testing.T) {
	w := serve(t, func(b *board.Board) { b.AddUART("UART0", make(printer, 1024)) })
	r, conn := rawConn(t, w, hello(t))
	_, err := conn.Write(frame(t, link.Frame{
		Kind: link.KindUARTConnect, ID: 1, Body: link.UARTConnect{Baud: 9600, Bits: 8}.Append(nil),
	}))
	check(t, err)
	for f := (link.Frame{}); f.Kind != link.KindReply; {
		f = must(r.Next())(t)
	}
	_, err = conn.Write(frame(t, link.Frame{Kind: link.KindUARTWrite, Body: make([]byte, link.UARTTransmitMax+1)}))
	check(t, err)
	until(t, "cut off", func() bool { return w.log.has("more bytes for a UART than its buffer has room") })
}

func TestWindow(t *testing.T) {
	entered, gate := make(chan struct{}), make(chan struct{})
	w := serve(t, func(b *board.Board) {
		b.AddI2C("I2C1", 1, chipFunc(func([]byte, []byte) error {
			close(entered)
			<-gate
			return nil
		}))
	})
	request := frame(t, link.Frame{Kind: link.KindI2CTx, Body: link.I2CTx{Addr: 1, W: []byte{1}}.Append(nil)})
	_, conn := rawConn(t, w, hello(t), request)
	soon(t, entered)
	_, err := conn.Write(bytes.Repeat(request, link.Window-1))
	check(t, err)
	if !w.Connected() {
		t.Error("the window is smaller than it says")
	}
	_, err = conn.Write(request)
	check(t, err)
	until(t, "cut off", func() bool { return !w.Connected() })
	close(gate)
	until(t, "a line in the log", func() bool { return w.log.has("more than 8 requests unanswered at I2C1") })
}

func TestLostLink(t *testing.T) {
	entered, gate := make(chan struct{}), make(chan struct{})
	levels, f := outputs()
	w := serve(t, func(b *board.Board) {
		b.AddI2C("I2C1", 1, chipFunc(func([]byte, []byte) error {
			close(entered)
			<-gate
			return nil
		}))
		b.AddOutput("MOTOR", true, f)
		b.AddUART("UART0", make(printer, 1))
		b.AddReader("reader", &card{})
	})
	b := w.dial(t)
	bus := must(b.I2C("I2C1"))(t)
	check(t, must(b.Output("MOTOR"))(t).Out(gpio.Low))
	soon(t, levels)
	conn := connectUART(t, b, uart.RTSCTS)
	r := must(b.Reader("reader"))(t)
	pending := make(chan error, 3)
	go func() { pending <- bus.Tx(1, []byte{1}, nil) }()
	go func() {
		_, err := conn.Read(make([]byte, 1))
		pending <- err
	}()
	go func() {
		_, err := r.Wait(context.Background(), hw.Presence{})
		pending <- err
	}()
	soon(t, entered)
	go func() {
		<-b.Lost() // the chip answers only when nobody is there to hear it
		close(gate)
	}()
	w.PowerCut()
	if !soon(t, levels) {
		t.Error("the motor runs on")
	}
	if w.Connected() {
		t.Error("connected after a power cut")
	}
	soon(t, b.Lost())
	var lost *link.LostError
	if !errors.As(b.Err(), &lost) {
		t.Fatalf("Err is %v", b.Err())
	}
	for range 3 {
		if err := soon(t, pending); !errors.Is(err, b.Err()) {
			t.Errorf("a pending call: %v", err)
		}
	}
	_, later := b.Input("any")
	for _, err := range []error{bus.Tx(1, []byte{1}, nil), b.ShowTree(nil), later} {
		if !errors.Is(err, b.Err()) {
			t.Errorf("a later call: %v", err)
		}
	}
	w.dial(t)
}

func TestTreesAndStates(t *testing.T) {
	w := serve(t, func(*board.Board) {})
	if _, err := w.State(t.Context()); !errors.Is(err, board.ErrNoClient) {
		t.Errorf("State without a client: %v", err)
	}
	b := w.dial(t)
	if _, err := w.State(t.Context()); !errors.Is(err, board.ErrNoState) {
		t.Errorf("State without a looker: %v", err)
	}
	if b.Asked() {
		t.Error("nobody asked for trees")
	}
	w.AskTrees(true)
	until(t, "asked", b.Asked)
	var tree atomic.Pointer[string]
	w.OnTree(func(json []byte) {
		s := string(json)
		tree.Store(&s)
	})
	b.SetLooker(state(`{"settled":true}`))
	check(t, b.ShowTree([]byte(`{"page":"home"}`)))
	got := must(w.State(t.Context()))(t) // answered behind the tree
	if string(got) != `{"settled":true}` {
		t.Errorf("state %s", got)
	}
	if s := tree.Load(); s == nil || *s != `{"page":"home"}` {
		t.Errorf("tree %v", s)
	}
	if err := b.ShowTree(make([]byte, link.BodyMax+1)); err == nil {
		t.Error("a tree beyond the limit was sent")
	}
}

func TestStateComesBehindEdges(t *testing.T) {
	var line *board.Line
	w := serve(t, func(b *board.Board) { line = b.AddInput("DOOR", false) })
	b := w.dial(t)
	b.SetLooker(state(`{}`))
	edges := must(must(b.Input("DOOR"))(t).Watch(t.Context()))(t)
	line.Set(true)
	taken := make(chan struct{})
	go func() {
		<-edges
		close(taken)
	}()
	must(w.State(t.Context()))(t)
	soon(t, taken)
	line.Set(false)
	must(w.State(t.Context()))(t) // nobody takes it: answered all the same
}

func TestCommitPoints(t *testing.T) {
	w := serve(t, func(*board.Board) {})
	b := w.dial(t)
	b.CommitPoint("before", "coin-taken")
	struck := make(chan struct{})
	w.ArmCut("after", "coin-taken", func() { close(struck) })
	b.SetLooker(state(`{}`))
	must(w.State(t.Context()))(t)
	b.CommitPoint("before", "coin-taken")
	b.CommitPoint("after", "sheet-printed")
	returned := make(chan struct{})
	go func() {
		b.CommitPoint("after", "coin-taken")
		close(returned)
	}()
	soon(t, struck)
	w.PowerCut()
	soon(t, b.Lost())
	select {
	case <-returned:
		t.Error("something was committed after the cut")
	case <-time.After(10 * time.Millisecond):
	}
	check(t, b.Close())
	soon(t, returned)
	// It strikes once.
	b = w.dial(t)
	b.CommitPoint("after", "coin-taken")
}

func TestPacing(t *testing.T) {
	w := serve(t, func(b *board.Board) { b.AddSPI("SPI0.0", chipFunc(sink)) })
	w.SetPacing(true)
	port := must(w.dial(t).SPI("SPI0.0"))(t)
	conn := must(port.Connect(10*physic.MegaHertz, spi.Mode0, 8))(t)
	begun := time.Now()
	for range 10 {
		check(t, conn.Tx(make([]byte, 4096), nil))
	}
	if d := time.Since(begun); d < 32*time.Millisecond {
		t.Errorf("40960 bytes took %v at 10 MHz, want 32.8 ms", d)
	}
}

func TestTrace(t *testing.T) {
	w := serve(t, func(b *board.Board) {
		b.AddSPI("SPI0.0", chipFunc(sink))
		b.AddReader("reader", &card{})
	})
	seen := make(chan board.TraceEntry, 4)
	w.OnTrace(func(e board.TraceEntry) { seen <- e })
	b := w.dial(t)
	conn := must(must(b.SPI("SPI0.0"))(t).Connect(physic.MegaHertz, spi.Mode0, 8))(t)
	open := must(must(b.Reader("reader"))(t).Connect())(t)
	must(open.Transmit([]byte("secret")))(t)
	check(t, conn.Tx(make([]byte, 4000), nil))
	e := soon(t, seen)
	if e.Device != "SPI0.0" || e.Direction != board.ToDevice || e.Len != 4000 || len(e.Bytes) != 16 {
		t.Errorf("traced %+v", e)
	}
	if len(seen) != 0 {
		t.Errorf("the card's exchange was traced: %+v", <-seen)
	}
}
