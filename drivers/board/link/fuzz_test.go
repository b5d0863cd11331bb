package link

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func FuzzFrame(f *testing.F) {
	whole, err := AppendFrame(nil, Frame{Kind: KindReply, Code: CodeHung, Device: 3, ID: 9, Body: []byte("slow")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:5])
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := NewFrameReader(bytes.NewReader(stream))
		var again []byte
		for {
			frame, err := r.Next()
			var long *TooLongError
			if errors.Is(err, io.EOF) && !bytes.Equal(again, stream) {
				t.Fatalf("%x was read as %x", stream, again)
			}
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &long) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if again, err = AppendFrame(again, frame); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// roundTrip fuzzes a decoder: whatever it takes must be what it would write.
func roundTrip[M body](f *testing.F, decode func([]byte) (M, error), seeds ...M) {
	f.Helper()
	for _, m := range seeds {
		f.Add(m.Append(nil))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := decode(in)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("decoding %x: %v", in, err)
			}
			return
		}
		if out := m.Append(nil); !bytes.Equal(in, out) {
			t.Fatalf("%x was read as %+v, which is written %x", in, m, out)
		}
	})
}

// FuzzHello checks a prefix alone: a later version may add to it.
func FuzzHello(f *testing.F) {
	f.Add(Hello{1}.Append(nil))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := DecodeHello(in)
		if err == nil && !bytes.HasPrefix(in, m.Append(nil)) {
			t.Fatalf("%x was read as %+v", in, m)
		}
	})
}

// FuzzWelcome leaves other versions alone: of those the version is all we know.
func FuzzWelcome(f *testing.F) {
	roundTrip(f, func(in []byte) (Welcome, error) {
		m, err := DecodeWelcome(in)
		if err == nil && m.Version != Version {
			err = ErrMalformed
		}
		return m, err
	}, Welcome{Version, []Device{{DeviceI2C, "I2C1", 0, 0}, {DeviceFramebuffer, "fb0", 1280, 800}}})
}

func FuzzClock(f *testing.F) {
	roundTrip(f, DecodeClock, Clock{1764000000e9, 9 * 3600, 5e9, true})
}
func FuzzTimerSet(f *testing.F)   { roundTrip(f, DecodeTimerSet, TimerSet{1e9}) }
func FuzzAsk(f *testing.F)        { roundTrip(f, DecodeAsk, Ask{true}) }
func FuzzCommit(f *testing.F)     { roundTrip(f, DecodeCommit, Commit{true, "sheet-printed"}) }
func FuzzI2CTx(f *testing.F)      { roundTrip(f, DecodeI2CTx, I2CTx{0x5d, 10, []byte{0x81, 0x4e}}) }
func FuzzSPIConnect(f *testing.F) { roundTrip(f, DecodeSPIConnect, SPIConnect{10e6, 3, 8}) }
func FuzzSPITx(f *testing.F) {
	roundTrip(f, DecodeSPITx, SPITx{[]SPIFrame{{true, []byte{0x80, 2}}, {false, []byte{0, 1}}}})
}
func FuzzUARTCredit(f *testing.F) { roundTrip(f, DecodeUARTCredit, UARTCredit{64}) }
func FuzzOut(f *testing.F)        { roundTrip(f, DecodeOut, Out{DriveNone}) }
func FuzzLevel(f *testing.F)      { roundTrip(f, DecodeLevel, Level{true}) }
func FuzzEdge(f *testing.F)       { roundTrip(f, DecodeEdge, Edge{}) }
func FuzzPresence(f *testing.F)   { roundTrip(f, DecodePresence, Presence{2, 7}) }
func FuzzUARTConnect(f *testing.F) {
	roundTrip(f, DecodeUARTConnect, UARTConnect{115200, 1, 'N', 0, 8})
}

func FuzzArmed(f *testing.F) {
	roundTrip(f, DecodeArmed, Armed{[]Commit{{false, "coin-taken"}, {true, "visit-ended"}}})
}

func FuzzPixels(f *testing.F) {
	roundTrip(f, DecodePixels, Pixels{1, 2, 2, 1, make([]byte, 8)})
}
