package board

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"kioskd/drivers/board/link"
	"periph.io/x/conn/v3/uart"
)

// uartChunk is how many bytes reach the device before it may stop the flow: a
// UART's own FIFO.
const uartChunk = 64

// uartCreditLag is how much room in the transmit buffer is worth a message of
// its own while bytes flow.
const uartCreditLag = 1024

// UART is a serial line, from its device's side. The kiosk's side of it is a
// tty: a transmit buffer of link.UARTTransmitMax bytes that the device may stop.
type UART struct {
	unmoved
	b      *Board
	name   string
	number uint16
	dev    UARTDevice
	pace   pacer

	mu      sync.Mutex
	changed sync.Cond
	session *session // that has opened it
	queued  []byte
	busy    bool
	baud    uint32
	bits    int // on the wire, for a byte
	flow    uart.Flow
	owed    uint32 // credit not yet given back
}

func newUART(b *Board, name string, dev UARTDevice) *UART {
	u := &UART{b: b, name: name, dev: dev}
	u.changed.L = &u.mu
	return u
}

// Send gives the kiosk bytes from the device. While nobody has the UART open
// they are lost.
func (u *UART) Send(p []byte) {
	u.mu.Lock()
	s := u.session
	u.mu.Unlock()
	u.b.traceBytes(u.name, FromDevice, p, traceBytesMax)
	if s == nil {
		return
	}
	for len(p) > 0 {
		n := min(len(p), link.UARTReceiveMax)
		s.send(link.Frame{Kind: link.KindUARTData, Device: u.number, Body: p[:n]})
		p = p[n:]
	}
}

// SetBusy says whether the device stops the flow (CTS, or XOFF). It has no
// effect on a line without flow control: what is sent then, the device gets.
func (u *UART) SetBusy(busy bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.busy = busy
	u.changed.Broadcast()
}

func (u *UART) describe() link.Device { return link.Device{Kind: link.DeviceUART, Name: u.name} }

func (u *UART) detach() { u.open(nil) }

// open gives the UART to a session, or to nobody.
func (u *UART) open(s *session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if s != nil && s.dead.Load() {
		return
	}
	u.session = s
	u.queued = u.queued[:0]
	u.owed = 0
	u.changed.Broadcast()
}

func (u *UART) handle(s *session, r *request) {
	switch r.kind {
	case link.KindUARTConnect:
		m, err := link.DecodeUARTConnect(r.body)
		if err != nil {
			s.malformed(r, u.name)
			return
		}
		u.connect(m)
		u.open(s)
	case link.KindUARTDiscard:
		u.discard()
	case link.KindUARTClose:
		u.open(nil)
	default:
		s.malformed(r, u.name)
		return
	}
	s.reply(r, nil)
}

func (u *UART) connect(m link.UARTConnect) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.baud = m.Baud
	u.flow = m.Flow
	u.bits = 1 + int(m.Bits) + 1 // start, data, one stop
	if m.Stop == uart.Two {
		u.bits++
	}
	if m.Parity != uart.NoParity {
		u.bits++
	}
}

// errNoCredit is a client that writes more than the transmit buffer has room.
var errNoCredit = errors.New("board: more bytes for a UART than its buffer has room")

// queue takes bytes from the client, on the link's own goroutine.
func (u *UART) queue(p []byte) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.session == nil {
		return nil // nobody has it open: lost
	}
	if len(u.queued)+int(u.owed)+len(p) > link.UARTTransmitMax {
		return errNoCredit
	}
	u.queued = append(u.queued, p...)
	u.changed.Broadcast()
	return nil
}

// discard throws away what is queued and gives the room back.
func (u *UART) discard() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.owed += uint32(len(u.queued))
	u.queued = u.queued[:0]
	u.giveCredit()
}

// giveCredit tells the client of the room it has again. It does so under u.mu,
// so that no credit of one opening arrives in the next.
func (u *UART) giveCredit() {
	if u.session != nil && u.owed > 0 {
		u.session.push(link.KindUARTCredit, u.number, link.UARTCredit{Bytes: u.owed})
	}
	u.owed = 0
}

// drain is the UART's transmitter: it moves bytes to the device until the
// session ends.
func (u *UART) drain(s *session) {
	chunk := make([]byte, uartChunk)
	for {
		n, wire, idle := u.next(s, chunk)
		if n == 0 {
			return
		}
		if u.b.pacing.Load() {
			u.pace.take(wire)
		}
		u.b.Trace(TraceEntry{Device: u.name, Direction: ToDevice, Bytes: bytes.Clone(chunk[:n]), Len: n, Idle: idle})
		u.dev.Receive(chunk[:n])
	}
}

// next waits for bytes that may go, takes up to a chunk of them, and says how
// long they are on the wire, and for how long there was nothing to send before; 0
// bytes mean that the session is over. Credit is given when enough has gathered,
// and before the transmitter rests.
func (u *UART) next(s *session, chunk []byte) (n int, wire, idle time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for !s.dead.Load() {
		stopped := u.busy && u.flow != uart.NoFlow
		if u.session == s && len(u.queued) > 0 && !stopped {
			n = copy(chunk, u.queued)
			u.queued = append(u.queued[:0], u.queued[n:]...)
			u.owed += uint32(n)
			if u.owed >= uartCreditLag {
				u.giveCredit()
			}
			return n, wireTime(n*u.bits, u.baud), idle
		}
		if u.owed > 0 {
			u.giveCredit()
			continue
		}
		rested, empty := time.Now(), len(u.queued) == 0
		u.changed.Wait()
		if empty {
			idle += time.Since(rested)
		}
	}
	return 0, 0, 0
}
