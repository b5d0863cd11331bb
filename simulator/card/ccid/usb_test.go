package ccid

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"testing"

	"kioskd/simulator/card"
)

// ask is a control transfer as the guest makes it.
func ask(requestType, request byte, value, length uint16) message {
	b := []byte{requestType & 0x80, request, requestType, 0}
	b = binary.LittleEndian.AppendUint16(b, value)
	b = append(b, 0, 0)
	return message{kind: msgControl, id: 7, body: binary.LittleEndian.AppendUint16(b, length)}
}

// A guest reads what the device is, and configures it.
func TestGuestReadsDescriptors(t *testing.T) {
	g := plugIn(t, card.NewReader())
	g.arrives()
	for _, tt := range []struct {
		value, length uint16
		size          int
		begins        []byte
	}{
		{0x0100, 8, 8, []byte{18, 1}},
		{0x0100, 64, 18, []byte{18, 1}},
		{0x0200, 9, 9, []byte{9, 2, 93, 0}},
		{0x0200, 255, 93, []byte{9, 2, 93, 0, 1, 1}},
		{0x0300, 255, 4, []byte{4, 3, 9, 4}},
		{0x0302, 255, 2 + 2*len(name), []byte{byte(2 + 2*len(name)), 3, name[0], 0}},
	} {
		g.say(ask(fromDevice, getDescriptor, tt.value, tt.length))
		m := g.next(msgControl)
		data := m.body[controlSize:]
		if m.id != 7 || m.body[3] != success || len(data) != tt.size || int(binary.LittleEndian.Uint16(m.body[8:])) != tt.size || !bytes.HasPrefix(data, tt.begins) {
			t.Errorf("descriptor %#04x: %X", tt.value, m.body)
		}
	}
	for _, unknown := range []message{ask(fromDevice, getDescriptor, 0x0600, 10), ask(0x21, 1, 0, 0)} {
		g.say(unknown)
		if m := g.next(msgControl); m.body[3] != stall || len(m.body) != controlSize {
			t.Errorf("%X is answered with %X", unknown.body, m.body)
		}
	}
	g.say(ask(toEndpoint, clearFeature, 0, 0))
	if m := g.next(msgControl); m.body[3] != success {
		t.Errorf("clear feature: %X", m.body)
	}
	g.say(message{kind: msgSetConfig, id: 8, body: []byte{1}})
	if m := g.next(msgConfig); m.id != 8 || !bytes.Equal(m.body, []byte{success, 1}) {
		t.Errorf("configuration %X", m.body)
	}
	g.say(message{kind: msgSetAlternate, id: 9, body: []byte{0, 0}})
	if m := g.next(msgAlternate); m.id != 9 || !bytes.Equal(m.body, []byte{success, 0, 0}) {
		t.Errorf("alternate setting %X", m.body)
	}
	g.say(message{kind: msgReset})
	g.is(g.do(askStatus), tellStatus, absent, 0)
}

// The reader says of itself what libccid decides by (CCID 1.1, table 5.1-1).
func TestReaderDescriptor(t *testing.T) {
	b := reader()
	if len(b) != 54 || b[0] != 54 || b[1] != 0x21 {
		t.Fatalf("%X", b)
	}
	for _, tt := range []struct {
		what string
		at   int
		want uint32
	}{
		{"protocols", 6, 2},
		{"bytes of a block", 28, 254},
		{"features", 40, 0x000204FE},
		{"bytes of a message", 44, 271},
	} {
		if got := binary.LittleEndian.Uint32(b[tt.at:]); got != tt.want {
			t.Errorf("%s: %#x, want %#x", tt.what, got, tt.want)
		}
	}
}

// pipe reads what was sent, and forgets what is answered.
type pipe struct{ io.Reader }

func (pipe) Write(b []byte) (int, error) { return len(b), nil }
func (pipe) Close() error                { return nil }

// Whatever the bus says, the reader answers or leaves it.
func FuzzServe(f *testing.F) {
	begin := func(messages ...message) []byte {
		var b bytes.Buffer
		if err := send(&b, helloHead, hello()); err != nil {
			f.Fatal(err)
		}
		for _, m := range messages {
			if err := send(&b, headSize, m); err != nil {
				f.Fatal(err)
			}
		}
		return b.Bytes()
	}
	f.Add(begin(ask(fromDevice, getDescriptor, 0x0200, 255), message{kind: msgStartInterrupts, body: []byte{endNotify}}))
	f.Add(begin(
		message{msgBulk, 1, append([]byte{endCommand, 0, 10, 0, 0, 0, 0, 0, 0, 0}, askPowerOn, 0, 0, 0, 0, 0, 1, 0, 0, 0)},
		message{msgBulk, 2, []byte{endAnswer, 0, 3, 0, 0, 0, 0, 0, 0, 0}}, message{kind: msgCancel, id: 2}))
	f.Add([]byte("\x00\x00\x00\x00\xFF\xFF\xFF\xFF\x00\x00\x00\x00"))
	c := newCard(f, card.Spec{})
	f.Fuzz(func(t *testing.T, sent []byte) {
		cards := card.NewReader()
		cards.Lay(c)
		if err := New(cards).Serve(context.Background(), pipe{bytes.NewReader(sent)}); err == nil {
			t.Error("it goes on without a bus")
		}
	})
}

// Every whole command has one answer, which says whose it is and how long.
func FuzzCommand(f *testing.F) {
	f.Add(byte(askTransmit), selectAP())
	f.Add(byte(askPowerOn), []byte{})
	f.Add(byte(0x6B), []byte{0x6A})
	c := newCard(f, card.Spec{})
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		cards := card.NewReader()
		cards.Lay(c)
		s := slot{cards: cards}
		s.answer([]byte{askPowerOn, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		b := binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(data)))
		b = append(append(b, 0, 0x5A, 0, 0, 0), data...)
		if !whole(b) {
			t.Fatalf("%X is not whole", b)
		}
		got := s.answer(b)
		if len(got) < commandHead || len(got) > messageMax || !whole(got) || got[6] != 0x5A || got[0] < tellData {
			t.Errorf("%X is answered with %X", b, got)
		}
	})
}
