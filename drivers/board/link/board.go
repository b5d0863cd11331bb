package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"kioskd/drivers/board"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/spi"
)

// ErrClosed is what a closed Board answers.
var ErrClosed = errors.New("link: the board was closed")

// LostError says that the link broke: what was under way is unknown.
type LostError struct {
	Address string
	Cause   error
}

func (e *LostError) Error() string { return fmt.Sprintf("link: lost %s: %v", e.Address, e.Cause) }

func (e *LostError) Unwrap() error { return e.Cause }

// Board is a board at the other end of a socket. It implements board.Board and
// board.Watched.
type Board struct {
	address string
	conn    net.Conn
	frames  *FrameReader
	devices []Device
	ends    []any // by device: *uartPort, *input, *reader, or nil
	clock   *clock

	running sync.WaitGroup
	ctx     context.Context // ends with the link
	cancel  context.CancelFunc
	lost    chan struct{}
	closed  chan struct{}
	closing sync.Once

	writing sync.Mutex
	out     []byte

	mu     sync.Mutex
	err    error
	opened []bool // by device
	calls  map[uint32]*call
	lastID uint32
	armed  map[Commit]bool
	looker board.Looker
	nArmed atomic.Int32 // len(armed), so that an unarmed point costs a load
	asked  atomic.Bool
	events events
}

var (
	_ board.Board   = (*Board)(nil)
	_ board.Watched = (*Board)(nil)
)

func newBoard(conn net.Conn, frames *FrameReader, address string, w Welcome) *Board {
	b := &Board{
		address: address, conn: conn, frames: frames, devices: w.Devices,
		ends:   make([]any, len(w.Devices)),
		lost:   make(chan struct{}),
		closed: make(chan struct{}),
		opened: make([]bool, len(w.Devices)),
		calls:  make(map[uint32]*call),
		armed:  make(map[Commit]bool),
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.clock = newClock(b)
	b.events.wake = make(chan struct{}, 1)
	for i, d := range w.Devices {
		switch h := (handle{b: b, number: uint16(i), name: d.Name}); d.Kind {
		case DeviceUART:
			b.ends[i] = newUARTPort(h)
		case DeviceInput:
			b.ends[i] = &input{handle: h}
		case DeviceReader:
			b.ends[i] = newReader(h)
		}
	}
	return b
}

func (b *Board) start() {
	b.running.Go(b.read)
	b.running.Go(func() { b.events.run(b.ctx) })
}

// String is the address.
func (b *Board) String() string { return b.address }

// Lost is closed when the link has broken, or the board was closed.
func (b *Board) Lost() <-chan struct{} { return b.lost }

// Err says why the board was lost, nil while it is not.
func (b *Board) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// Close ends the link and waits for its goroutines. It must not be called from
// a timer's function or from State.
func (b *Board) Close() error {
	b.lose(ErrClosed)
	b.closing.Do(func() { close(b.closed) })
	b.running.Wait()
	return nil
}

// lose ends everything, once, for a reason.
func (b *Board) lose(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return
	}
	b.err = err
	close(b.lost)
	b.cancel()
	// The stream is over whatever Close says.
	_ = b.conn.Close()
	for id, c := range b.calls {
		c.err = err
		delete(b.calls, id)
		c.done <- struct{}{}
	}
}

// goes runs f on a goroutine that Close waits for. It says no on a lost board.
func (b *Board) goes(f func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return false
	}
	b.running.Go(f)
	return true
}

// read takes frames until the stream ends.
func (b *Board) read() {
	for {
		f, err := b.frames.Next()
		if err == nil {
			err = b.take(f)
		}
		if err != nil {
			b.lose(&LostError{b.address, err})
			return
		}
	}
}

// take handles one frame from the board. It never blocks.
func (b *Board) take(f Frame) error {
	switch f.Kind {
	case KindReply:
		b.answer(f)
	case KindEdge:
		m, err := DecodeEdge(f.Body)
		if err != nil {
			return err
		}
		if in, ok := b.end(f).(*input); ok {
			in.push(m.Edge)
		}
	case KindPresence:
		m, err := DecodePresence(f.Body)
		if err != nil {
			return err
		}
		if r, ok := b.end(f).(*reader); ok {
			r.push(m)
		}
	case KindUARTData:
		if u, ok := b.end(f).(*uartPort); ok {
			u.push(f.Body)
		}
	case KindUARTCredit:
		m, err := DecodeUARTCredit(f.Body)
		if err != nil {
			return err
		}
		if u, ok := b.end(f).(*uartPort); ok {
			u.credit(m.Bytes)
		}
	case KindClock:
		m, err := DecodeClock(f.Body)
		if err != nil {
			return err
		}
		b.clock.set(m)
	case KindFired:
		b.clock.fired(f.ID)
	case KindAsk, KindStateAsk, KindArmed:
		return b.watched(f)
	case KindReady:
	default:
		return fmt.Errorf("%w: frame of kind %d", ErrMalformed, f.Kind)
	}
	return nil
}

// end is our end of the device a frame names, nil if there is none.
func (b *Board) end(f Frame) any {
	if int(f.Device) >= len(b.ends) {
		return nil
	}
	return b.ends[f.Device]
}

// handle is one device of a board.
type handle struct {
	b      *Board
	number uint16
	name   string
}

func (h handle) String() string { return h.b.address + " " + h.name }

// wrap names the device in an error, but not in the link's own.
func (h handle) wrap(err error) error {
	if err == nil {
		return nil
	}
	if lost := h.b.Err(); lost != nil && errors.Is(err, lost) {
		return err
	}
	return fmt.Errorf("link: %s: %w", h.name, err)
}

// shut lets the device be opened again.
func (h handle) shut() {
	h.b.mu.Lock()
	defer h.b.mu.Unlock()
	h.b.opened[h.number] = false
}

// open finds a device by name and takes it.
func (b *Board) open(kind DeviceKind, name string) (handle, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return handle{}, b.err
	}
	var have []string
	for i, d := range b.devices {
		if d.Kind != kind {
			continue
		}
		if d.Name != name {
			have = append(have, d.Name)
			continue
		}
		if b.opened[i] {
			return handle{}, fmt.Errorf("link: %s %q is open already", kind, name)
		}
		b.opened[i] = true
		return handle{b: b, number: uint16(i), name: name}, nil
	}
	return handle{}, &board.NoSuchError{Kind: kind.String(), Name: name, Have: have}
}

// I2C opens the bus of that name.
func (b *Board) I2C(name string) (i2c.BusCloser, error) {
	h, err := b.open(DeviceI2C, name)
	if err != nil {
		return nil, err
	}
	return &i2cBus{handle: h, call: newCall()}, nil
}

// SPI opens the port of that name.
func (b *Board) SPI(name string) (spi.PortCloser, error) {
	h, err := b.open(DeviceSPI, name)
	if err != nil {
		return nil, err
	}
	return &spiPort{handle: h}, nil
}

// UART opens the serial line of that name.
func (b *Board) UART(name string) (board.Serial, error) {
	h, err := b.open(DeviceUART, name)
	if err != nil {
		return nil, err
	}
	return b.ends[h.number].(*uartPort), nil
}

// Output takes the line of that name. Its Halt gives the line back to its
// resistor.
func (b *Board) Output(name string) (gpio.PinOut, error) {
	h, err := b.open(DeviceOutput, name)
	if err != nil {
		return nil, err
	}
	return &output{handle: h, call: newCall()}, nil
}

// Input takes the line of that name.
func (b *Board) Input(name string) (board.Input, error) {
	h, err := b.open(DeviceInput, name)
	if err != nil {
		return nil, err
	}
	return b.ends[h.number].(*input), nil
}

// Framebuffer takes the panel of that name.
func (b *Board) Framebuffer(name string) (board.Framebuffer, error) {
	h, err := b.open(DeviceFramebuffer, name)
	if err != nil {
		return nil, err
	}
	d := b.devices[h.number]
	return &framebuffer{handle: h, width: int(d.Width), height: int(d.Height), call: newCall()}, nil
}

// Reader takes the card reader of that name.
func (b *Board) Reader(name string) (board.Reader, error) {
	h, err := b.open(DeviceReader, name)
	if err != nil {
		return nil, err
	}
	return b.ends[h.number].(*reader), nil
}

// Clock is the board's clock.
func (b *Board) Clock() board.Clock { return b.clock }
