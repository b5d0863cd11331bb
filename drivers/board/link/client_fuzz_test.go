package link

import (
	"bytes"
	"net"
	"testing"

	"kioskd/drivers/board"
)

// FuzzClient feeds a client whatever a board may send after its welcome: it
// must take it or be lost, and end.
func FuzzClient(f *testing.F) {
	for kind := KindReady; kind <= KindArmed; kind++ {
		for device := range uint16(3) {
			one, err := AppendFrame(nil, Frame{Kind: kind, Device: device, ID: 1, Body: make([]byte, 17)})
			if err != nil {
				f.Fatal(err)
			}
			f.Add(one)
		}
	}
	f.Add(must(f, Frame{Kind: KindEdge, Body: Edge{board.Edge{Number: 1}}.Append(nil)}))
	f.Add(must(f, Frame{Kind: KindPresence, Device: 1, Body: Presence{1, 1}.Append(nil)}))
	f.Add(must(f, Frame{Kind: KindUARTCredit, Device: 2, Body: UARTCredit{1 << 31}.Append(nil)}))
	f.Fuzz(func(t *testing.T, stream []byte) {
		here, there := net.Pipe()
		if err := there.Close(); err != nil {
			t.Fatal(err)
		}
		b := newBoard(here, NewFrameReader(bytes.NewReader(stream)), "fuzz", Welcome{Version, []Device{
			{Kind: DeviceInput, Name: "in"}, {Kind: DeviceReader, Name: "reader"}, {Kind: DeviceUART, Name: "uart"},
		}})
		b.start()
		<-b.Lost()
		if b.Err() == nil {
			t.Error("lost without a reason")
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func must(f *testing.F, frame Frame) []byte {
	f.Helper()
	b, err := AppendFrame(nil, frame)
	if err != nil {
		f.Fatal(err)
	}
	return b
}
