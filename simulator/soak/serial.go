package soak

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"

	"kioskd/drivers/board"
)

const (
	ttyMax   = 4096 // bytes a tty takes for the device while that holds the flow
	ttyChunk = 64   // bytes that reach the device before it may stop the flow
)

// serial is the receipt printer's line: the printer's end of it, and what a tty
// holds in between.
type serial struct {
	dev interface{ Receive([]byte) }

	mu      sync.Mutex
	in, out []byte
	busy    bool
	open    bool
	moved   chan struct{} // closed at each change, then replaced
	pumping bool
}

func newSerial() *serial { return &serial{moved: make(chan struct{})} }

// change moves the state under its lock and tells those who wait.
func (s *serial) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.moved)
	s.moved = make(chan struct{})
}

// Send and SetBusy are the printer's.
func (s *serial) Send(p []byte) {
	s.change(func() {
		if s.open {
			s.in = append(s.in, p...)
		}
	})
}

func (s *serial) SetBusy(busy bool) {
	s.change(func() { s.busy = busy })
	if !busy {
		go s.pump() // not on the printer's own goroutine
	}
}

func (s *serial) hangUp() { s.change(func() { s.in, s.out, s.open = nil, nil, false }) }

// pump hands the device what it takes.
func (s *serial) pump() {
	s.mu.Lock()
	if s.pumping {
		s.mu.Unlock()
		return
	}
	s.pumping = true
	for len(s.out) > 0 && !s.busy {
		n := min(len(s.out), ttyChunk)
		chunk := append([]byte(nil), s.out[:n]...)
		s.out = s.out[n:]
		s.mu.Unlock()
		s.dev.Receive(chunk)
		s.mu.Lock()
	}
	s.pumping = false
	close(s.moved)
	s.moved = make(chan struct{})
	s.mu.Unlock()
}

// port is the line as a driver opens it, and has it open.
type port struct {
	p *plug
	s *serial

	mu            sync.Mutex
	readBy, wrote time.Time
}

var (
	_ board.Serial     = (*port)(nil)
	_ board.SerialConn = (*port)(nil)
)

func (t *port) String() string { return "UART0" }

func (t *port) Connect(physic.Frequency, uart.Stop, uart.Parity, uart.Flow, int) (conn.Conn, error) {
	if err := t.p.Err(); err != nil {
		return nil, err
	}
	t.s.change(func() { t.s.in, t.s.out, t.s.open = nil, nil, true })
	return t, nil
}

func (t *port) LimitSpeed(physic.Frequency) error { return nil }
func (t *port) Close() error                      { return nil }
func (t *port) Duplex() conn.Duplex               { return conn.Full }

func (t *port) SetReadDeadline(by time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.readBy = by
	return nil
}

func (t *port) SetWriteDeadline(by time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrote = by
	return nil
}

// until does what can be done, again and again until try is satisfied, the
// deadline passes or the power goes.
func (t *port) until(by *time.Time, try func() bool) error {
	t.mu.Lock()
	deadline := *by
	t.mu.Unlock()
	var late <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		late = timer.C
	}
	for {
		t.s.mu.Lock()
		done, moved := try(), t.s.moved
		t.s.mu.Unlock()
		if err := t.p.Err(); err != nil || done {
			return err
		}
		select {
		case <-moved:
		case <-t.p.lost:
		case <-late:
			return os.ErrDeadlineExceeded
		}
	}
}

func (t *port) Read(p []byte) (n int, err error) {
	err = t.until(&t.readBy, func() bool {
		n = copy(p, t.s.in)
		t.s.in = t.s.in[n:]
		return n > 0 || len(p) == 0
	})
	return n, err
}

func (t *port) Write(p []byte) (n int, err error) {
	for err == nil && n < len(p) {
		err = t.until(&t.wrote, func() bool {
			some := min(len(p)-n, ttyMax-len(t.s.out))
			t.s.out = append(t.s.out, p[n:n+some]...)
			n += some
			return some > 0
		})
		t.s.pump()
	}
	return n, err
}

func (t *port) Tx(w, r []byte) error {
	if _, err := t.Write(w); err != nil {
		return err
	}
	_, err := io.ReadFull(t, r)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func (t *port) Discard() error {
	t.s.change(func() { t.s.out = nil })
	return t.p.Err()
}
