package board

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"kioskd/drivers/board/link"
)

// lingering is an SPI port whose worker dawdles behind each reply.
type lingering struct {
	*spiPort
	gate chan struct{}
}

func (l *lingering) handle(s *session, r *request) {
	l.spiPort.handle(s, r)
	<-l.gate
}

// A client that keeps its window full may send one more as soon as it has a
// reply, however long the worker takes to come back from that.
func TestFullWindow(t *testing.T) {
	b := New(NewClock(time.Unix(0, 0)), slog.New(slog.DiscardHandler))
	b.AddSPI("spi", silent{})
	gate := make(chan struct{})
	b.devices[0] = &lingering{b.devices[0].(*spiPort), gate}
	here, there := net.Pipe()
	s := newSession(b, here)
	b.session = s
	var wg sync.WaitGroup
	wg.Go(func() {
		// It ends when the test hangs up.
		_ = s.run(link.NewFrameReader(here))
	})
	defer wg.Wait()
	defer close(gate)
	defer func() {
		if err := there.Close(); err != nil {
			t.Error(err)
		}
	}()

	frames := link.NewFrameReader(there)
	next := func(kind link.Kind) {
		t.Helper()
		for {
			f, err := frames.Next()
			if err != nil {
				t.Fatalf("%v: %v", err, s.cause)
			}
			if f.Kind == kind {
				return
			}
		}
	}
	ask := func() {
		t.Helper()
		one, err := link.AppendFrame(nil, link.Frame{Kind: link.KindSPIConnect, Body: link.SPIConnect{Hertz: 1, Bits: 8}.Append(nil)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := there.Write(one); err != nil {
			t.Fatalf("%v: %v", err, s.cause)
		}
	}
	next(link.KindReady)
	ask()
	next(link.KindReply) // and the worker dawdles
	for range link.Window {
		ask()
	}
	// The board has read all that and is still there.
	state := make(chan error, 1)
	wg.Go(func() {
		_, err := s.askState(context.Background())
		state <- err
	})
	next(link.KindStateAsk)
	answer, err := link.AppendFrame(nil, link.Frame{Kind: link.KindState, ID: 1, Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := there.Write(answer); err != nil {
		t.Fatal(err)
	}
	if err := <-state; err != nil {
		t.Errorf("asked for its state: %v", err)
	}
	wg.Go(func() { _, _ = io.Copy(io.Discard, there) })
}
