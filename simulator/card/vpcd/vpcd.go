// Package vpcd plugs a virtual card reader into pcscd: vsmartcard's virtual
// reader (vpcd) listens on TCP, and whoever connects is the card that lies on
// it.
//
// Every message has two bytes of length, high byte first. The reader's messages
// of one byte are for the card's power and its ATR; all others are command APDUs
// and are answered with one message. A card leaves by closing the connection.
//
// Source: vsmartcard's documentation, "Communication protocol"; the driver's
// behaviour.
package vpcd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kioskd/simulator/card"
)

// Address is where the driver listens unless it is told otherwise.
const Address = "127.0.0.1:35963"

// What the reader says in one byte.
const (
	powerOff = 0
	powerOn  = 1
	reset    = 2
	atrAsked = 4
)

const (
	messageMax = 0xFFFF
	dialEvery  = 50 * time.Millisecond
)

// Plug connects what lies on a card.Reader with pcscd: while exactly one card
// lies there, a card lies on pcscd's virtual reader.
type Plug struct {
	reader  *card.Reader
	address string

	mu        sync.Mutex
	connected bool
	changed   chan struct{} // closed when something changed on the reader
	told      func(connected bool)
}

// New makes a plug; Run plugs it in. told hears whether the reader at the other
// end has taken the card, and may be nil.
func New(r *card.Reader, address string, told func(connected bool)) *Plug {
	if told == nil {
		told = func(bool) {}
	}
	p := &Plug{reader: r, address: address, changed: make(chan struct{}), told: told}
	r.OnChange(p.wake)
	return p
}

func (p *Plug) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
}

// Connected says whether pcscd's reader has the card.
func (p *Plug) Connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.connected
}

func (p *Plug) set(connected bool) {
	p.mu.Lock()
	same := p.connected == connected
	p.connected = connected
	p.mu.Unlock()
	if !same {
		p.told(connected)
	}
}

// Run keeps the card plugged in until ctx ends, through any number of pcscd's
// lives. It returns nil then.
func (p *Plug) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		cards, change := p.reader.Presence()
		if cards != 1 {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		if err := p.once(ctx, change); err != nil {
			select { // nobody listens, or no longer
			case <-time.After(dialEvery):
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// once is one connection: as long as the card lies there.
func (p *Plug) once(ctx context.Context, change uint32) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { p.leave(ctx, conn, change) })
	p.set(true)
	err = Serve(p.reader, &prompt{conn})
	p.set(false)
	cancel()
	watch.Wait()
	p.reader.PowerOff()
	return err
}

// prompt acknowledges every packet at once: the driver sends length and message
// apart, and keeps the second back until the first is acknowledged, which would
// take the kernel 40 ms.
type prompt struct{ net.Conn }

func (p *prompt) Read(b []byte) (int, error) {
	if c, ok := p.Conn.(syscall.Conn); ok {
		raw, err := c.SyscallConn()
		if err != nil {
			return 0, err
		}
		if err := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
		}); err != nil {
			return 0, err
		}
		if err != nil {
			return 0, err
		}
	}
	return p.Conn.Read(b)
}

// leave closes the connection when the card is taken, and waits for ctx.
func (p *Plug) leave(ctx context.Context, conn net.Conn, change uint32) {
	for {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		if _, now := p.reader.Presence(); now != change || ctx.Err() != nil {
			_ = conn.Close() // the reader may have closed it before
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// Serve has the one card on the reader answer pcscd's until the connection ends,
// and says why it did. A card that has no answer for a command ends it too.
func Serve(r *card.Reader, conn io.ReadWriter) error {
	buffer := make([]byte, messageMax)
	defer clear(buffer)
	for {
		message, err := Receive(conn, buffer)
		if err != nil {
			return err
		}
		answer, ok := reply(r, message)
		clear(message)
		if !ok {
			continue
		}
		if answer == nil {
			return errSilent
		}
		if err := Send(conn, answer); err != nil {
			return err
		}
	}
}

var errSilent = errors.New("vpcd: the card has no answer")

// reply is what a message is answered with; ok is false where it is for the
// power alone, and the answer nil where the card has left.
func reply(r *card.Reader, message []byte) (answer []byte, ok bool) {
	if len(message) != 1 {
		b, err := r.Transmit(message)
		if err != nil {
			return nil, true
		}
		return b, true
	}
	switch message[0] {
	case powerOff:
		r.PowerOff()
	case powerOn, reset:
		// A card that does not answer to power has no ATR either.
		_, _ = r.PowerOn()
	case atrAsked:
		return r.ATR(), true
	}
	return nil, false
}

// Receive reads one message into the buffer. An empty one is an error: nothing
// can be answered to it.
func Receive(r io.Reader, buffer []byte) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("vpcd: %w", err)
	}
	n := int(binary.BigEndian.Uint16(head[:]))
	if n == 0 {
		return nil, errEmpty
	}
	if n > len(buffer) {
		return nil, fmt.Errorf("vpcd: message of %d bytes, room for %d", n, len(buffer))
	}
	if _, err := io.ReadFull(r, buffer[:n]); err != nil {
		return nil, fmt.Errorf("vpcd: message of %d bytes: %w", n, err)
	}
	return buffer[:n], nil
}

var errEmpty = errors.New("vpcd: empty message")

// Send writes one message.
func Send(w io.Writer, message []byte) error {
	if len(message) > messageMax {
		return fmt.Errorf("vpcd: message of %d bytes, at most %d", len(message), messageMax)
	}
	b := append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(message)), uint16(len(message))), message...)
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("vpcd: %w", err)
	}
	return nil
}
