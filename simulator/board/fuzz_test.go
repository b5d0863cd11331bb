package board

import (
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"kioskd/drivers/board/link"
)

// silent is a device of every kind.
type silent struct{}

func (silent) Tx(_, _ []byte) error              { return nil }
func (silent) Receive([]byte)                    {}
func (silent) Presence() (int, uint32)           { return 0, 0 }
func (silent) OnChange(func())                   {}
func (silent) PowerOn() ([]byte, error)          { return nil, nil }
func (silent) Transmit(c []byte) ([]byte, error) { return c, nil }
func (silent) PowerOff()                         {}

// FuzzBoard feeds a board whatever a client may send after its greeting: the
// session must end, and nothing of it may be left.
func FuzzBoard(f *testing.F) {
	var all []byte
	for kind := link.KindI2CTx; kind <= link.KindCommit; kind++ {
		for device := range uint16(6) {
			one, err := link.AppendFrame(nil, link.Frame{Kind: kind, Device: device, ID: 1, Body: []byte{1, 0, 0, 0, 0, 0, 0, 0}})
			if err != nil {
				f.Fatal(err)
			}
			all = append(all, one...)
			f.Add(one)
		}
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, stream []byte) {
		b := New(NewClock(time.Unix(0, 0)), slog.New(slog.DiscardHandler))
		b.AddI2C("i2c", 1, silent{})
		b.AddSPI("spi", silent{})
		b.AddUART("uart", silent{})
		b.AddOutput("out", true, nil)
		b.AddInput("in", false)
		b.AddReader("reader", silent{})
		here, there := net.Pipe()
		s := newSession(b, here)
		b.session = s
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := s.run(link.NewFrameReader(here)); err == nil {
				t.Error("the session ended without a reason")
			}
		})
		wg.Go(func() {
			// What the board answers is not judged here.
			_, _ = io.Copy(io.Discard, there)
		})
		// A session that has had enough no longer takes the rest.
		_, _ = there.Write(stream)
		if err := there.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if b.Connected() {
			t.Error("the session is over but not released")
		}
	})
}
