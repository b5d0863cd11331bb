package board_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"
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

func TestI2C(t *testing.T) {
	w := serve(t, func(b *board.Board) {
		b.AddI2C("I2C1", 0x5d, chipFunc(func(w, r []byte) error {
			if len(w) > 0 && w[0] == 0xff {
				return errors.New("not this register")
			}
			copy(r, "911")
			return nil
		}))
	})
	b := w.dial(t)
	bus := must(b.I2C("I2C1"))(t)
	in := make([]byte, 4)
	check(t, bus.Tx(0x5d, []byte{0x81, 0x40}, in))
	if string(in) != "911\x00" {
		t.Errorf("read %q", in)
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"no chip there", bus.Tx(0x14, []byte{1}, nil), "no acknowledge from 0x14"},
		{"chip refuses", bus.Tx(0x5d, []byte{0xff}, nil), "link: I2C1: not this register"},
		{"too long", bus.Tx(0x5d, make([]byte, link.I2CMax+1), nil), "at most 8192"},
		{"speed", bus.SetSpeed(physic.KiloHertz), "speed is the board's"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, c.err, c.want)
		}
	}
	if _, err := b.I2C("I2C1"); err == nil {
		t.Error("the bus was opened twice")
	}
	check(t, bus.Close())
	must(b.I2C("I2C1"))(t)
	var none *hw.NoSuchError
	if _, err := b.I2C("I2C9"); !errors.As(err, &none) || fmt.Sprint(none.Have) != "[I2C1]" {
		t.Errorf("a bus that is not there: %v", err)
	}
}

func TestSPI(t *testing.T) {
	var frames []string
	w := serve(t, func(b *board.Board) {
		b.AddSPI("SPI0.0", chipFunc(func(w, r []byte) error {
			frames = append(frames, fmt.Sprintf("% x/%d", w[:min(len(w), 4)], len(r)))
			if w[0] == 0xff {
				return errors.New("not this one")
			}
			for i := range r {
				r[i] = byte(i + 1)
			}
			return nil
		}))
	})
	port := must(w.dial(t).SPI("SPI0.0"))(t)
	if _, err := port.Connect(0, spi.Mode3, 8); err == nil {
		t.Error("0 Hz was taken: periph's host refuses it")
	}
	conn := must(port.Connect(physic.MegaHertz, spi.Mode3, 8))(t)
	in := make([]byte, 3)
	check(t, conn.Tx([]byte{0x80, 2}, nil))
	check(t, conn.Tx(nil, in))
	if !bytes.Equal(in, []byte{1, 2, 3}) {
		t.Errorf("read % x", in)
	}
	check(t, conn.TxPackets([]spi.Packet{
		{W: []byte{5}, KeepCS: true}, {R: in[:2]}, {W: []byte{6}},
	}))
	if !bytes.Equal(in, []byte{2, 3, 3}) {
		t.Errorf("packets read % x", in)
	}
	want := "[80 02/0 00 00 00/3 05 00 00/3 06/0]"
	if got := fmt.Sprint(frames); got != want {
		t.Errorf("the chip saw %s, want %s", got, want)
	}
	if err := conn.Tx(make([]byte, hw.SPIMax+1), nil); err == nil || !strings.Contains(err.Error(), "at most 4096") {
		t.Errorf("4097 bytes: %v", err)
	}
	check(t, conn.Tx(make([]byte, hw.SPIMax), nil))

	frames = nil
	many := make([]spi.Packet, hw.SPIMax/hw.SPIAlign)
	for i := range many {
		many[i].W = []byte{byte(i)}
	}
	check(t, conn.TxPackets(many))
	if len(frames) != len(many) {
		t.Errorf("%d packets were %d frames", len(many), len(frames))
	}
	if err := conn.TxPackets(append(many, spi.Packet{W: []byte{0}})); err == nil || !strings.Contains(err.Error(), "at most 4096") {
		t.Errorf("more than spidev's buffer has room for: %v", err)
	}
	frames = nil
	in[0] = 0
	err := conn.TxPackets([]spi.Packet{{W: []byte{7}, R: in[:1]}, {W: []byte{0xff}}, {W: []byte{8}}})
	if err == nil || !strings.Contains(err.Error(), "not this one") || in[0] != 0 {
		t.Errorf("a chip that refuses: %v", err)
	}
	if got := fmt.Sprint(frames); got != "[07/1 ff/0]" {
		t.Errorf("behind the packet that failed the chip saw %s", got)
	}
	check(t, conn.TxPackets([]spi.Packet{{}, {W: []byte{9}}, {KeepCS: true}, {R: in[:1]}}))
	if in[0] != 1 {
		t.Errorf("behind empty packets % x was read", in[:1])
	}
}

func TestOutputsFallToTheirResistor(t *testing.T) {
	levels, f := outputs()
	w := serve(t, func(b *board.Board) { b.AddOutput("COIN_INHIBIT", true, f) })
	b := w.dial(t)
	pin := must(b.Output("COIN_INHIBIT"))(t)
	check(t, pin.Out(gpio.Low))
	if soon(t, levels) {
		t.Error("the line did not go low")
	}
	check(t, pin.Out(gpio.Low))
	check(t, pin.Halt())
	if !soon(t, levels) {
		t.Error("the line did not go to its resistor")
	}
	check(t, pin.Out(gpio.Low))
	soon(t, levels)
	check(t, b.Close())
	if !soon(t, levels) {
		t.Error("the line did not fall to its resistor")
	}
	if err := pin.Out(gpio.Low); !errors.Is(err, link.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestEdges(t *testing.T) {
	var line *board.Line
	w := serve(t, func(b *board.Board) {
		line = b.AddInput("COIN_PULSE", true)
		b.AddOutput("LAMP", false, nil)
	})
	line.SetAt(false, 1) // nobody listens
	b := w.dial(t)
	in := must(b.Input("COIN_PULSE"))(t)
	if must(in.Read())(t) {
		t.Error("the line is high")
	}
	ctx, cancel := context.WithCancel(t.Context())
	edges := must(in.Watch(ctx))(t)
	if _, err := in.Watch(ctx); err == nil {
		t.Error("two watchers")
	}
	line.Set(false) // no edge
	line.SetAt(true, 7*time.Second)
	want := hw.Edge{At: 7 * time.Second, Level: true, Number: 2}
	if e := soon(t, edges); e != want {
		t.Errorf("edge %+v, want %+v", e, want)
	}
	for i := range 40 {
		line.SetAt(i%2 == 1, time.Duration(i))
	}
	_, err := in.Read() // in order behind the edges
	check(t, err)
	if e := soon(t, edges); e.Number != 27 || e.Dropped != 24 {
		t.Errorf("after 40 edges unread: %+v, want number 27 with 24 dropped", e)
	}
	cancel()
	until(t, "the watch has ended", func() bool {
		select {
		case _, open := <-edges:
			return !open
		default:
			return false
		}
	})
	edges = must(in.Watch(t.Context()))(t)
	check(t, b.Close())
	if _, open := <-edges; open {
		t.Error("the watch outlives the board")
	}
}

func connectUART(t *testing.T, b *link.Board, flow uart.Flow) hw.SerialConn {
	t.Helper()
	port := must(b.UART("UART0"))(t)
	conn := must(port.Connect(115200*physic.Hertz, uart.One, uart.NoParity, flow, 8))(t)
	return conn.(hw.SerialConn)
}

// printer keeps what it gets.
type printer chan []byte

func (p printer) Receive(b []byte) { p <- bytes.Clone(b) }

func TestUARTBothWays(t *testing.T) {
	got := make(printer, 64)
	var far *board.UART
	w := serve(t, func(b *board.Board) { far = b.AddUART("UART0", got) })
	far.Send([]byte("nobody hears this"))
	b := w.dial(t)
	conn := connectUART(t, b, uart.RTSCTS)
	must(conn.Write([]byte("hello")))(t)
	if p := soon(t, got); string(p) != "hello" {
		t.Errorf("the device got %q", p)
	}
	far.Send([]byte("world"))
	buf := make([]byte, 16)
	if n := must(conn.Read(buf))(t); string(buf[:n]) != "world" {
		t.Errorf("we got %q", buf[:n])
	}
	check(t, conn.SetReadDeadline(time.Now().Add(5*time.Millisecond)))
	if _, err := conn.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read: %v", err)
	}
	check(t, conn.SetReadDeadline(time.Time{}))
	far.Send(make([]byte, link.UARTReceiveMax+100))
	far.Send([]byte("lost"))
	_, err := b.Input("none") // whatever: then all is pushed
	if err == nil {
		t.Error("there is no such input")
	}
	check(t, conn.Discard()) // a round trip behind the pushes
	if n := must(conn.Read(make([]byte, 8192)))(t); n != link.UARTReceiveMax {
		t.Errorf("%d bytes were kept, want %d", n, link.UARTReceiveMax)
	}
}

func TestUARTStoppedByTheDevice(t *testing.T) {
	got := make(printer, 1024)
	var far *board.UART
	w := serve(t, func(b *board.Board) { far = b.AddUART("UART0", got) })
	far.SetBusy(true)
	conn := connectUART(t, w.dial(t), uart.RTSCTS)
	check(t, conn.SetWriteDeadline(time.Now().Add(20*time.Millisecond)))
	n, err := conn.Write(make([]byte, 20000))
	if !errors.Is(err, os.ErrDeadlineExceeded) || n != link.UARTTransmitMax {
		t.Fatalf("wrote %d, %v; want %d and a passed deadline", n, err, link.UARTTransmitMax)
	}
	check(t, conn.Discard())
	check(t, conn.SetWriteDeadline(time.Now().Add(5*time.Second)))
	must(conn.Write(bytes.Repeat([]byte("x"), link.UARTTransmitMax)))(t)
	far.SetBusy(false)
	must(conn.Write([]byte("y")))(t)
	total := 0
	for last := []byte("x"); last[len(last)-1] != 'y'; total += len(last) {
		last = soon(t, got)
	}
	if total != link.UARTTransmitMax+1 {
		t.Errorf("%d bytes came, want %d: what was discarded must not", total, link.UARTTransmitMax+1)
	}
}

func TestUARTCloseFreesAWrite(t *testing.T) {
	var far *board.UART
	w := serve(t, func(b *board.Board) { far = b.AddUART("UART0", make(printer, 1024)) })
	far.SetBusy(true)
	b := w.dial(t)
	port := must(b.UART("UART0"))(t)
	conn := must(port.Connect(9600*physic.Hertz, uart.One, uart.NoParity, uart.RTSCTS, 8))(t)
	failed := make(chan error, 1)
	go func() {
		_, err := conn.(hw.SerialConn).Write(make([]byte, 20000))
		failed <- err
	}()
	check(t, port.Close())
	check(t, port.Close())
	if err := soon(t, failed); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write: %v", err)
	}
	connectUART(t, b, uart.NoFlow) // it can be opened again, with all its room
}

func TestFramebuffer(t *testing.T) {
	fb := newPanel(1280, 800)
	w := serve(t, func(b *board.Board) { b.AddFramebuffer("fb0", fb) })
	panel := must(w.dial(t).Framebuffer("fb0"))(t)
	if panel.Bounds() != image.Rect(0, 0, 1280, 800) {
		t.Fatalf("bounds %v", panel.Bounds())
	}
	pix := make([]byte, 1280*800*4)
	for i := range pix {
		pix[i] = byte(i * 7)
	}
	check(t, panel.Write(panel.Bounds(), pix))
	if !bytes.Equal(fb.pix, pix) {
		t.Error("the panel shows something else")
	}
	if fb.n != 16 {
		t.Errorf("it took %d frames, want 16 of 51 rows", fb.n)
	}
	check(t, panel.Write(image.Rect(1279, 799, 1280, 800), []byte{1, 2, 3, 4}))
	if !bytes.Equal(fb.pix[len(pix)-4:], []byte{1, 2, 3, 4}) {
		t.Error("the last pixel is another")
	}
	for _, bad := range []error{
		panel.Write(image.Rect(0, 0, 1281, 1), make([]byte, 1281*4)),
		panel.Write(image.Rect(0, 0, 2, 2), make([]byte, 15)),
		panel.Write(image.Rect(7, 7, 8, 8), make([]byte, 4)), // the sink refuses
	} {
		if bad == nil {
			t.Error("it was taken")
		}
	}
}

func TestReader(t *testing.T) {
	c := &card{}
	w := serve(t, func(b *board.Board) { b.AddReader("reader", c) })
	b := w.dial(t)
	r := must(b.Reader("reader"))(t)
	go c.lay(1)
	p := must(r.Wait(t.Context(), hw.Presence{}))(t)
	if p != (hw.Presence{Cards: 1, Change: 1}) {
		t.Errorf("presence %+v", p)
	}
	open := must(r.Connect())(t)
	if _, err := r.Connect(); err == nil {
		t.Error("two hold the card")
	}
	if got := must(open.Transmit([]byte{0, 0xa4}))(t); !bytes.Equal(got, []byte{0, 0xa4, 0x90, 0}) {
		t.Errorf("answer % x", got)
	}
	c.break_(fmt.Errorf("virtual: %w", hw.ErrRemoved))
	if _, err := open.Transmit([]byte{0}); !errors.Is(err, hw.ErrRemoved) {
		t.Errorf("Transmit: %v", err)
	}
	check(t, open.Close())
	check(t, open.Close())
	if c.offs() != 1 {
		t.Errorf("power was taken %d times", c.offs())
	}
	c.break_(hw.ErrCollision)
	if _, err := r.Connect(); !errors.Is(err, hw.ErrCollision) {
		t.Errorf("Connect: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := r.Wait(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait: %v", err)
	}
	c.lay(-1)
	if _, err := r.Wait(t.Context(), p); !errors.Is(err, hw.ErrNoReader) {
		t.Errorf("Wait for an unplugged reader: %v", err)
	}
}

func TestHungReader(t *testing.T) {
	t.Parallel()
	c := &card{hang: make(chan struct{})}
	w := serve(t, func(b *board.Board) {
		b.AddReader("reader", c)
		b.AddI2C("I2C1", 1, chipFunc(sink))
	})
	b := w.dial(t)
	r := must(b.Reader("reader"))(t)
	open := must(r.Connect())(t)
	begun := time.Now()
	if _, err := open.Transmit([]byte{1}); !errors.Is(err, hw.ErrHung) {
		t.Errorf("Transmit: %v", err)
	}
	if d := time.Since(begun); d < link.TransmitWithin || d > link.TransmitWithin+time.Second {
		t.Errorf("it took %v", d)
	}
	if _, err := open.Transmit([]byte{1}); !errors.Is(err, hw.ErrHung) {
		t.Errorf("the next Transmit: %v", err)
	}
	check(t, must(b.I2C("I2C1"))(t).Tx(1, []byte{1}, nil)) // no other device waits for it
	check(t, open.Close())                                 // the power goes, and with it what hangs
	until(t, "the window is free", func() bool { return c.offs() == 1 })
	open = must(r.Connect())(t)
	check(t, open.Close())
}
