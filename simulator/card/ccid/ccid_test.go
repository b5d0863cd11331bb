package ccid

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kioskd/simulator/card"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guest is QEMU's end: a bus with the reader on it, and a driver that sends one
// command after the other.
type guest struct {
	t     *testing.T
	conn  net.Conn
	id    uint64
	seq   byte
	ended chan error
	news  [][]byte // interrupts that came meanwhile
}

// plugIn plugs a reader into a guest, until the test ends.
func plugIn(t *testing.T, cards *card.Reader) *guest {
	t.Helper()
	theirs, ours := net.Pipe()
	g := &guest{t: t, conn: ours, ended: make(chan error, 1)}
	if err := ours.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := New(cards)
	go func() { g.ended <- r.Serve(ctx, theirs) }()
	t.Cleanup(func() {
		_ = ours.Close() // it may be closed already
		cancel()
		if err := <-g.ended; err == nil {
			t.Error("the reader does not say why it ended")
		}
	})
	m, err := receive(ours, helloHead)
	if err != nil {
		t.Fatal(err)
	}
	if err := greeted(m); err != nil {
		t.Error(err)
	}
	if err := send(ours, helloHead, hello()); err != nil {
		t.Fatal(err)
	}
	return g
}

// next is the next message that is no news of the card.
func (g *guest) next(kind uint32) message {
	g.t.Helper()
	for {
		m, err := receive(g.conn, headSize)
		if err != nil {
			g.t.Fatal(err)
		}
		if m.kind == msgInterrupt {
			g.news = append(g.news, m.body[4:])
			continue
		}
		if m.kind != kind {
			g.t.Fatalf("message %d, want %d: %X", m.kind, kind, m.body)
		}
		return m
	}
}

func (g *guest) say(m message) {
	g.t.Helper()
	if err := send(g.conn, headSize, m); err != nil {
		g.t.Fatal(err)
	}
}

// arrives waits for the device to come on the bus, and listens to it.
func (g *guest) arrives() {
	g.t.Helper()
	if m := g.next(msgEndpoints); len(m.body) != 5*endpointsMax {
		g.t.Errorf("endpoints in %d bytes", len(m.body))
	}
	if m := g.next(msgInterfaces); len(m.body) != 4+4*endpointsMax || m.body[4+endpointsMax] != 0x0B {
		g.t.Errorf("interfaces %X", m.body)
	}
	if m := g.next(msgConnect); !bytes.Equal(m.body, []byte{1, 0, 0, 0, 0xE6, 0x08, 0x33, 0x44}) {
		g.t.Errorf("device %X", m.body)
	}
	g.say(message{kind: msgStartInterrupts, body: []byte{endNotify}})
	g.next(msgInterrupts)
}

// read asks for an answer, and returns the transfer's number.
func (g *guest) read() uint64 {
	g.id++
	const low, high = 0x0014, 1 // of 65556 bytes, for which libccid asks
	g.say(message{msgBulk, g.id, []byte{endAnswer, 0, low, 0, 0, 0, 0, 0, high, 0}})
	return g.id
}

// write sends a command and returns how the transfer went.
func (g *guest) write(b []byte) byte {
	g.t.Helper()
	g.id++
	body := binary.LittleEndian.AppendUint16([]byte{endCommand, 0}, uint16(len(b)))
	g.say(message{msgBulk, g.id, append(append(body, 0, 0, 0, 0, 0, 0), b...)})
	return g.next(msgBulk).body[1]
}

// do sends a command of the class and returns its answer.
func (g *guest) do(kind byte, data ...byte) []byte {
	g.t.Helper()
	g.seq++
	b := binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(data)))
	if got := g.write(append(append(b, 0, g.seq, 0, 0, 0), data...)); got != success {
		g.t.Fatalf("the command's transfer ended with %d", got)
	}
	return g.answer()
}

func (g *guest) answer() []byte {
	g.t.Helper()
	id := g.read()
	m := g.next(msgBulk)
	if m.id != id || m.body[1] != success {
		g.t.Fatalf("transfer %d, want %d, ended with %d", m.id, id, m.body[1])
	}
	b := m.body[bulkSize:]
	if len(b) < commandHead || int(binary.LittleEndian.Uint32(b[1:])) != len(b)-commandHead || b[6] != g.seq {
		g.t.Fatalf("answer %X to command %d", b, g.seq)
	}
	return b
}

// is compares an answer: its sort, the card and how it went, the error, the data.
func (g *guest) is(got []byte, kind, status, err byte, data ...byte) {
	g.t.Helper()
	if got[0] != kind || got[7] != status || got[8] != err || !bytes.Equal(got[commandHead:], data) {
		g.t.Errorf("answer %X, want sort %X, status %X, error %X, data %X", got, kind, status, err, data)
	}
}

// hears waits for news of the card.
func (g *guest) hears(state byte) {
	g.t.Helper()
	for len(g.news) == 0 {
		m, err := receive(g.conn, headSize)
		if err != nil {
			g.t.Fatal(err)
		}
		if m.kind != msgInterrupt {
			g.t.Fatalf("message %d", m.kind)
		}
		g.news = append(g.news, m.body[4:])
	}
	if !bytes.Equal(g.news[0], []byte{tellChange, state}) {
		g.t.Errorf("news %X, want state %X", g.news[0], state)
	}
	g.news = g.news[1:]
}

const (
	came = 3 // present, changed
	went = 2
)

func newCard(t testing.TB, s card.Spec) *card.Card {
	t.Helper()
	s.PIN, s.Password = "1234", "ABC123"
	c, err := card.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func selectAP() []byte {
	return []byte{0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
}

func verify(pin string) []byte { return append([]byte{0x00, 0x20, 0x00, 0x98, byte(len(pin))}, pin...) }

func TestCardComesIsReadAndGoes(t *testing.T) {
	cards, c := card.NewReader(), newCard(t, card.Spec{})
	g := plugIn(t, cards)
	g.arrives()
	g.is(g.do(askStatus), tellStatus, absent, 0)
	g.is(g.do(askPowerOn), tellData, failed|absent, mute)
	cards.Lay(c)
	g.hears(came)
	g.is(g.do(askStatus), tellStatus, inactive, 0)
	g.is(g.do(askTransmit, selectAP()...), tellData, failed|inactive, mute)
	if got := g.do(askPowerOn); got[0] != tellData || got[7] != active || got[commandHead] != 0x3B {
		t.Errorf("power on: %X", got)
	}
	g.is(g.do(askTransmit, selectAP()...), tellData, active, 0, 0x90, 0x00)
	g.is(g.do(askTransmit, verify("9999")...), tellData, active, 0, 0x63, 0xC2)
	g.is(g.do(askTransmit, verify("1234")...), tellData, active, 0, 0x90, 0x00)
	// Without power it forgets; its counter stays.
	g.is(g.do(askPowerOff), tellStatus, inactive, 0)
	g.do(askPowerOn)
	g.is(g.do(askTransmit, selectAP()...), tellData, active, 0, 0x90, 0x00)
	g.is(g.do(askTransmit, 0x00, 0x20, 0x00, 0x98), tellData, active, 0, 0x63, 0xC3)
	cards.Take()
	g.hears(went)
	g.is(g.do(askTransmit, selectAP()...), tellData, failed|absent, mute)
	g.is(g.do(askStatus), tellStatus, absent, 0)
}

// An exchanged card is another: it has no power, however quick the hand was.
func TestCardIsSwapped(t *testing.T) {
	cards := card.NewReader()
	cards.Lay(newCard(t, card.Spec{}))
	g := plugIn(t, cards)
	g.arrives()
	g.do(askPowerOn)
	cards.Swap(newCard(t, card.Spec{}))
	g.hears(came)
	g.is(g.do(askStatus), tellStatus, inactive, 0)
	g.is(g.do(askTransmit, selectAP()...), tellData, failed|inactive, mute)
}

// Pulled in the middle of a command: the answer says that the card has gone.
func TestCardIsPulledInMidCommand(t *testing.T) {
	cards, c := card.NewReader(), newCard(t, card.Spec{})
	cards.Lay(c)
	g := plugIn(t, cards)
	g.arrives()
	g.do(askPowerOn)
	g.do(askTransmit, selectAP()...)
	if err := cards.Fault("lost:0"); err != nil {
		t.Fatal(err)
	}
	g.is(g.do(askTransmit, verify("9999")...), tellData, failed|absent, mute)
	g.hears(went)
	if left := c.Tries(card.PIN); left != card.PINTriesMax-1 {
		t.Errorf("%d tries are left", left)
	}
}

// A command that hangs ends when the guest takes the power. Its late answer comes
// first, with its own number.
func TestCardHangs(t *testing.T) {
	cards := card.NewReader()
	cards.Lay(newCard(t, card.Spec{}))
	g := plugIn(t, cards)
	g.arrives()
	g.do(askPowerOn)
	if err := cards.Fault("hangs"); err != nil {
		t.Fatal(err)
	}
	g.seq++
	if got := g.write(append([]byte{askTransmit, byte(len(selectAP())), 0, 0, 0, 0, g.seq, 0, 0, 0}, selectAP()...)); got != success {
		t.Fatal(got)
	}
	id := g.read()
	g.say(message{kind: msgCancel, id: id}) // the driver waits no longer
	if m := g.next(msgBulk); m.id != id || m.body[1] != cancelled || len(m.body) != bulkSize {
		t.Errorf("a transfer that was called back: %d %X", m.id, m.body)
	}
	g.say(message{kind: msgCancel, id: id}) // and once more: nothing
	if got := g.write([]byte{askPowerOff, 0, 0, 0, 0, 0, g.seq + 1, 0, 0, 0}); got != success {
		t.Fatal(got)
	}
	g.is(g.answer(), tellData, failed|inactive, mute)
	g.seq++
	g.is(g.answer(), tellStatus, inactive, 0)
}

// Extended lengths and answers that do not fit are refused, as is what is no APDU.
func TestLengths(t *testing.T) {
	cards := card.NewReader()
	cards.Lay(newCard(t, card.Spec{Product: card.Product{ExtendedLength: true}}))
	g := plugIn(t, cards)
	g.arrives()
	g.do(askPowerOn)
	for _, apdu := range [][]byte{{0, 0xB0, 0x8A, 0, 0, 4, 0}, {0, 0xB0, 0x8A}, append([]byte{0, 0x20, 0, 0x98, 255}, make([]byte, 257)...)} {
		g.is(g.do(askTransmit, apdu...), tellData, failed|active, badLength)
	}
	if err := cards.Fault("garbage"); err != nil {
		t.Fatal(err)
	}
	g.do(askTransmit, selectAP()...)
	g.is(g.do(askTransmit, selectAP()...), tellData, active, 0) // an empty answer
	g.do(askTransmit, selectAP()...)
	g.is(g.do(askTransmit, selectAP()...), tellData, failed|active, overrun)
}

// What lies there and does not answer to power is there all the same; so are two.
func TestMuteCards(t *testing.T) {
	cards := card.NewReader()
	cards.Lay(newCard(t, card.Spec{Kind: card.Unreadable}))
	g := plugIn(t, cards)
	g.arrives()
	g.is(g.do(askPowerOn), tellData, failed|inactive, mute)
	cards.Take()
	g.hears(went)
	cards.Lay(newCard(t, card.Spec{}), newCard(t, card.Spec{}))
	g.hears(came)
	g.is(g.do(askPowerOn), tellData, failed|inactive, mute)
}

// An unplugged reader leaves the bus, and comes back.
func TestReaderIsUnplugged(t *testing.T) {
	cards := card.NewReader()
	g := plugIn(t, cards)
	g.arrives()
	if err := cards.Fault("unplugged"); err != nil {
		t.Fatal(err)
	}
	g.next(msgDisconnect)
	g.say(message{kind: msgDisconnected})
	cards.Clear()
	g.arrives()
	g.is(g.do(askStatus), tellStatus, absent, 0)
}

// What the class knows and this reader does not is refused, each in its own way.
func TestRefusals(t *testing.T) {
	cards := card.NewReader()
	g := plugIn(t, cards)
	g.arrives()
	g.is(g.do(0x6B, 0x6A), tellStatus, failed|absent, unsupported)
	if got := g.do(askGet); got[0] != tellSettings || got[9] != 1 {
		t.Errorf("parameters %X, want T=1", got)
	}
	for _, torn := range [][]byte{nil, {askStatus}, {askStatus, 1, 0, 0, 0, 0, 1, 0, 0, 0}} {
		if got := g.write(torn); got != stall {
			t.Errorf("%X ended with %d", torn, got)
		}
	}
	g.seq++
	if got := g.write([]byte{askStatus, 0, 0, 0, 0, 1, g.seq, 0, 0, 0}); got != success {
		t.Fatal(got)
	}
	g.is(g.answer(), tellStatus, failed|absent, 5) // there is no second slot
}

// Whoever is at the other end and speaks otherwise is left.
func TestProtocol(t *testing.T) {
	g := plugIn(t, card.NewReader())
	g.arrives()
	g.say(message{kind: 99})
	if _, err := io.ReadAll(g.conn); err != nil {
		t.Error(err)
	}
	err := <-g.ended
	if g.ended <- err; !errors.Is(err, ErrProtocol) {
		t.Errorf("it ended with %v", err)
	}
	if err := greeted(message{kind: msgHello, body: make([]byte, versionSize+4)}); !errors.Is(err, ErrProtocol) {
		t.Errorf("a bus that is able to nothing: %v", err)
	}
}
