package link

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"
	"time"

	"kioskd/drivers/board"
	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

// uartPort is a serial line of the board. It implements board.Serial.
type uartPort struct {
	handle

	mu    sync.Mutex
	limit physic.Frequency
	conn  *uartConn // once connected
}

func newUARTPort(h handle) *uartPort { return &uartPort{handle: h} }

// LimitSpeed bounds the speed of a later Connect.
func (u *uartPort) LimitSpeed(f physic.Frequency) error {
	if f <= 0 {
		return fmt.Errorf("link: %s: speed %s", u.name, f)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.limit = f
	return nil
}

// Connect sets the line up, once. What it returns is a board.SerialConn.
func (u *uartPort) Connect(f physic.Frequency, stop uart.Stop, parity uart.Parity, flow uart.Flow, bits int) (conn.Conn, error) {
	if bits < 5 || bits > 8 {
		return nil, fmt.Errorf("link: %s: %d bits a byte", u.name, bits)
	}
	u.mu.Lock()
	if u.limit != 0 {
		f = min(f, u.limit)
	}
	connected := u.conn != nil
	c := newUARTConn(u.handle)
	if !connected {
		u.conn = c
	}
	u.mu.Unlock()
	if connected {
		return nil, fmt.Errorf("link: %s: connected already", u.name)
	}
	baud := f / physic.Hertz
	err := fmt.Errorf("link: %s: speed %s", u.name, f)
	if baud > 0 && baud <= math.MaxUint32 {
		m := UARTConnect{Baud: uint32(baud), Stop: stop, Parity: parity, Flow: flow, Bits: uint8(bits)}
		err = u.wrap(u.b.ask(newCall(), KindUARTConnect, u.number, m))
	}
	if err != nil {
		u.forgetConn()
		return nil, err
	}
	return c, nil
}

// Close ends the connection and lets the line be opened again.
func (u *uartPort) Close() error {
	c := u.forgetConn()
	if c == nil {
		u.shut()
		return nil
	}
	close(c.closed)
	err := u.b.ask(newCall(), KindUARTClose, u.number, nil)
	u.shut()
	return u.wrap(err)
}

func (u *uartPort) forgetConn() *uartConn {
	u.mu.Lock()
	defer u.mu.Unlock()
	c := u.conn
	u.conn = nil
	return c
}

func (u *uartPort) current() *uartConn {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.conn
}

// push takes bytes that the device sent.
func (u *uartPort) push(p []byte) {
	if c := u.current(); c != nil {
		c.push(p)
	}
}

// credit takes back room in the transmit buffer.
func (u *uartPort) credit(n uint32) {
	if c := u.current(); c != nil {
		c.credit(int(n))
	}
}

// uartConn is a connected serial line. It implements board.SerialConn.
type uartConn struct {
	handle
	closed  chan struct{}
	reading sync.Mutex
	writing sync.Mutex
	readBy  deadline
	writeBy deadline

	mu      sync.Mutex
	in      []byte
	room    int           // in the board's transmit buffer
	arrived chan struct{} // a token when in has grown
	hasRoom chan struct{} // a token when room has grown
}

var _ board.SerialConn = (*uartConn)(nil)

func newUARTConn(h handle) *uartConn {
	return &uartConn{
		handle: h, room: UARTTransmitMax,
		closed:  make(chan struct{}),
		arrived: make(chan struct{}, 1),
		hasRoom: make(chan struct{}, 1),
		readBy:  newDeadline(), writeBy: newDeadline(),
	}
}

func (c *uartConn) push(p []byte) {
	c.mu.Lock()
	n := min(len(p), UARTReceiveMax-len(c.in))
	c.in = append(c.in, p[:n]...)
	c.mu.Unlock()
	token(c.arrived)
}

func (c *uartConn) credit(n int) {
	c.mu.Lock()
	c.room = min(c.room+n, UARTTransmitMax)
	c.mu.Unlock()
	token(c.hasRoom)
}

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Read waits for bytes and returns what is there.
func (c *uartConn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for len(p) > 0 {
		if err := c.usable(&c.readBy); err != nil {
			return 0, err
		}
		c.mu.Lock()
		n := copy(p, c.in)
		c.in = append(c.in[:0], c.in[n:]...)
		c.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		c.wait(c.arrived, &c.readBy)
	}
	return 0, nil
}

// Write returns once all bytes are in the transmit buffer.
func (c *uartConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	done := 0
	for done < len(p) {
		if err := c.usable(&c.writeBy); err != nil {
			return done, err
		}
		c.mu.Lock()
		n := min(len(p)-done, c.room)
		c.room -= n
		c.mu.Unlock()
		if n == 0 {
			c.wait(c.hasRoom, &c.writeBy)
			continue
		}
		if err := c.b.send(KindUARTWrite, c.number, 0, raw(p[done:done+n])); err != nil {
			return done, c.wrap(err)
		}
		done += n
	}
	return done, nil
}

// usable says why neither side may go on.
func (c *uartConn) usable(by *deadline) error {
	select {
	case <-c.closed:
		return fmt.Errorf("link: %s: %w", c.name, fs.ErrClosed)
	case <-c.b.lost:
		return c.b.Err()
	case <-by.passed():
		return fmt.Errorf("link: %s: %w", c.name, os.ErrDeadlineExceeded)
	default:
		return nil
	}
}

// wait returns when something may have changed.
func (c *uartConn) wait(token <-chan struct{}, by *deadline) {
	select {
	case <-token:
	case <-c.closed:
	case <-c.b.lost:
	case <-by.passed():
	case <-by.moved():
	}
}

// Tx writes w, then reads exactly r.
func (c *uartConn) Tx(w, r []byte) error {
	if _, err := c.Write(w); err != nil {
		return err
	}
	_, err := io.ReadFull(c, r)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Duplex is full.
func (c *uartConn) Duplex() conn.Duplex { return conn.Full }

// SetReadDeadline bounds each Read; the zero time takes the bound away.
func (c *uartConn) SetReadDeadline(t time.Time) error {
	c.readBy.set(t)
	return nil
}

// SetWriteDeadline bounds each Write; the zero time takes the bound away.
func (c *uartConn) SetWriteDeadline(t time.Time) error {
	c.writeBy.set(t)
	return nil
}

// Discard throws away what is queued for output.
func (c *uartConn) Discard() error {
	return c.wrap(c.b.ask(newCall(), KindUARTDiscard, c.number, nil))
}
