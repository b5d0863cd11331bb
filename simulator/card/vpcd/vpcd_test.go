package vpcd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kioskd/simulator/card"
	"kioskd/simulator/card/vpcd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// driver is pcscd's end of the plug.
type driver struct {
	t *testing.T
	l net.Listener
	net.Conn
}

func listen(t *testing.T) *driver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &driver{t: t, l: l}
}

func (d *driver) accept() {
	d.t.Helper()
	c, err := d.l.Accept()
	if err != nil {
		d.t.Fatal(err)
	}
	d.Conn = c
	d.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		d.t.Fatal(err)
	}
}

// ask sends a message and reads the answer.
func (d *driver) ask(message ...byte) []byte {
	d.t.Helper()
	if err := vpcd.Send(d, message); err != nil {
		d.t.Fatal(err)
	}
	answer, err := vpcd.Receive(d, make([]byte, 1000))
	if err != nil {
		d.t.Fatal(err)
	}
	return answer
}

func (d *driver) gone() {
	d.t.Helper()
	if _, err := d.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		d.t.Errorf("the card has not left: %v", err)
	}
}

func newCard(t *testing.T) *card.Card {
	t.Helper()
	c, err := card.New(card.Spec{PIN: "1234", Password: "ABC123"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run plugs the reader in until the test ends.
func run(t *testing.T, r *card.Reader, d *driver) *vpcd.Plug {
	t.Helper()
	p := vpcd.New(r, d.l.Addr().String(), nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return p
}

func selectAP() []byte {
	return []byte{0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
}

// A card comes, answers to power and commands, is taken, and comes again with
// what it remembers.
func TestPlug(t *testing.T) {
	d, r, c := listen(t), card.NewReader(), newCard(t)
	run(t, r, d)
	r.Lay(c)
	d.accept()
	atr := d.ask(4)
	if len(atr) == 0 || atr[0] != 0x3B {
		t.Errorf("ATR %X", atr)
	}
	if err := vpcd.Send(d, []byte{1}); err != nil { // power, without an answer
		t.Fatal(err)
	}
	if got := d.ask(selectAP()...); !bytes.Equal(got, []byte{0x90, 0x00}) {
		t.Errorf("select: %X", got)
	}
	if got := d.ask(0x00, 0x20, 0x00, 0x98, 4, '9', '9', '9', '9'); !bytes.Equal(got, []byte{0x63, 0xC2}) {
		t.Errorf("verify: %X", got)
	}
	for _, message := range []byte{2, 0, 1} { // reset; off; on
		if err := vpcd.Send(d, []byte{message}); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.ask(0x00, 0x20, 0x00, 0x98); bytes.HasPrefix(got, []byte{0x63}) {
		t.Errorf("the selection has outlived the power: %X", got)
	}
	r.Take()
	d.gone()
	r.Lay(c)
	d.accept()
	if err := vpcd.Send(d, []byte{1}); err != nil {
		t.Fatal(err)
	}
	d.ask(selectAP()...)
	if got := d.ask(0x00, 0x20, 0x00, 0x98); !bytes.Equal(got, []byte{0x63, 0xC2}) {
		t.Errorf("the counter has not outlived the power: %X", got)
	}
	r.Lay(newCard(t)) // two cards are none for this reader
	d.gone()
}

// pcscd ends and comes back: so does the card.
func TestPlugOutlastsTheReader(t *testing.T) {
	d, r := listen(t), card.NewReader()
	p := run(t, r, d)
	r.Lay(newCard(t))
	for range 3 {
		d.accept()
		d.ask(4)
		if !p.Connected() {
			t.Error("not connected")
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What the card does not answer ends the connection: the answer is lost.
func TestPlugWithoutAnswer(t *testing.T) {
	for _, fault := range []string{"lost:0", "pulled:0"} {
		d, r := listen(t), card.NewReader()
		run(t, r, d)
		r.Lay(newCard(t))
		d.accept()
		if err := vpcd.Send(d, []byte{1}); err != nil {
			t.Fatal(err)
		}
		if err := r.Fault(fault); err != nil {
			t.Fatal(err)
		}
		if err := vpcd.Send(d, selectAP()); err != nil {
			t.Fatal(err)
		}
		d.gone()
	}
}

func TestMessages(t *testing.T) {
	buffer := make([]byte, 4)
	for _, bad := range []string{"", "\x00", "\x00\x00", "\x00\x02\x01", "\x00\x05\x01\x02\x03\x04\x05"} {
		if m, err := vpcd.Receive(bytes.NewReader([]byte(bad)), buffer); err == nil {
			t.Errorf("%q is message %X", bad, m)
		}
	}
	if err := vpcd.Send(io.Discard, make([]byte, 0x10000)); err == nil {
		t.Error("a message without room for its length was sent")
	}
}

// Whatever the other end sends, a message is what its length says, and the plug
// answers or ends.
func FuzzPlug(f *testing.F) {
	f.Add([]byte("\x00\x01\x04\x00\x01\x01\x00\x04\x00\x20\x00\x98"))
	f.Add([]byte("\x00\x00"))
	f.Add([]byte("\xFF\xFF\x00"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		in := bytes.NewReader(sent)
		for {
			m, err := vpcd.Receive(in, make([]byte, 300))
			if err != nil {
				break
			}
			var again bytes.Buffer
			if err := vpcd.Send(&again, m); err != nil {
				t.Fatal(err)
			}
			back, err := vpcd.Receive(&again, make([]byte, 300))
			if err != nil || !bytes.Equal(back, m) {
				t.Errorf("%X comes back as %X, %v", m, back, err)
			}
		}
		r := card.NewReader()
		c, err := card.New(card.Spec{PIN: "1234", Password: "ABC123"})
		if err != nil {
			t.Fatal(err)
		}
		r.Lay(c)
		if err := vpcd.Serve(r, &pipe{bytes.NewReader(sent)}); err == nil {
			t.Error("it goes on without a driver")
		}
	})
}

// pipe reads what was sent, and forgets what is answered.
type pipe struct{ io.Reader }

func (*pipe) Write(b []byte) (int, error) { return len(b), nil }
