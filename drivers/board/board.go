// Package board says what a kiosk's electronics offer to its drivers.
//
// A Board hands out periph's own interfaces by name: I2C buses, SPI ports,
// UARTs, output pins. Where periph's interface cannot carry what a kiosk needs
// (edges with the time they happened, a write deadline on a serial line, a card
// reader, the clock) this package defines its own, and as little as possible.
//
// There are two boards: package host (this machine, through periph's host
// drivers) and package link (a board at the other end of a socket). Nothing is
// registered globally, so one process may hold several boards.
package board

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/uart"
)

// Limits of Linux that every board keeps, so that what runs on the bench runs
// in the shop.
const (
	SPIMax   = 4096 // bytes in one SPI message (spidev's bufsiz)
	SPIAlign = 128  // each packet of a message takes a multiple of this of it (spidev, for DMA)
	EdgesMax = 16   // edges an input line queues; the oldest is dropped
)

// Board is one kiosk's electronics. Each thing may be opened once.
type Board interface {
	String() string
	I2C(name string) (i2c.BusCloser, error)
	SPI(name string) (spi.PortCloser, error)
	UART(name string) (Serial, error)
	// Output hands out a line the kiosk drives. Until the first Out, and again
	// when the process or the link dies, the line is at its resistor's level.
	Output(name string) (gpio.PinOut, error)
	Input(name string) (Input, error)
	Framebuffer(name string) (Framebuffer, error)
	Reader(name string) (Reader, error)
	Clock() Clock
	// Lost is closed when the board can no longer be reached; what was under
	// way is then unknown, and Err says why. A host board is never lost.
	Lost() <-chan struct{}
	Err() error
	Close() error
}

// NoSuchError says that the board has nothing of that name.
type NoSuchError struct {
	Kind, Name string
	Have       []string // the names it does have
}

func (e *NoSuchError) Error() string {
	return fmt.Sprintf("board: no %s %q (there is %q)", e.Kind, e.Name, e.Have)
}

// Edge is one change of an input line.
type Edge struct {
	At      time.Duration // the board's monotonic time when it happened
	Level   gpio.Level    // the level after it
	Number  uint32        // counts all edges of this line since the board started
	Dropped uint32        // edges lost before this one because nobody read
}

// Input is a line the kiosk watches.
type Input interface {
	conn.Resource
	Read() (gpio.Level, error)
	// Watch queues edges from now on, at most EdgesMax of them. The channel is
	// closed when ctx ends or the board is lost. One watcher a line.
	Watch(ctx context.Context) (<-chan Edge, error)
}

// Serial is a UART: periph's port to set it up, then a connection that can be
// given up, because any write to a tty may block for as long as the device
// holds its flow control.
type Serial interface {
	uart.PortCloser
}

// SerialConn is what a Serial's Connect returns.
type SerialConn interface {
	conn.Conn
	io.ReadWriter // a passed deadline is os.ErrDeadlineExceeded, with what was written
	// The deadlines are in process time, as a tty's are.
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	// Discard throws away what is queued for output.
	Discard() error
}

// Framebuffer is a panel the kernel drives.
type Framebuffer interface {
	conn.Resource
	Bounds() image.Rectangle
	// Write puts pixels on the panel: r.Dx()*r.Dy() pixels of 4 bytes,
	// B G R X, row by row (DRM's XRGB8888 in little endian).
	Write(r image.Rectangle, pixels []byte) error
}

// Presence is what lies on a card reader.
type Presence struct {
	Cards  int    // 0, 1, or 2 when cards collide
	Change uint32 // counts changes, so that a card swapped in a blink shows
}

// Reader is a contactless card reader.
type Reader interface {
	String() string
	// Wait returns what lies there as soon as it differs from last, or the
	// cause of ctx. A reader that is unplugged answers ErrNoReader.
	Wait(ctx context.Context, last Presence) (Presence, error)
	// Connect powers the card and holds it alone.
	Connect() (Card, error)
}

// Card is a powered card.
type Card interface {
	// Transmit sends one command APDU and returns the response with its status
	// word. It takes no context: what has gone to the card is waited for, until
	// the reader's own deadline (ErrHung).
	Transmit(command []byte) ([]byte, error)
	// Close takes the power away. It may be called twice.
	Close() error
}

// What can be wrong with a reader or the card on it.
var (
	ErrNoReader  = errors.New("reader is not there")
	ErrNoCard    = errors.New("no card on the reader")
	ErrCollision = errors.New("more than one card on the reader")
	ErrUnpowered = errors.New("card does not answer to power")
	ErrRemoved   = errors.New("card was removed")
	ErrHung      = errors.New("reader does not answer")
)

// Clock is the board's: the time of day, and timers that follow the board's
// time and not the daemon's.
type Clock interface {
	// Now is the wall clock. trusted is false while it was never set.
	Now() (t time.Time, trusted bool)
	// Uptime is the board's monotonic time, the one edges carry.
	Uptime() time.Duration
	// AfterFunc calls f once, d of the board's monotonic time from now, on a
	// goroutine of the clock's: f must be short. Stop says whether it came
	// before f was called.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a call to come.
type Timer interface{ Stop() bool }

// Looker is somebody who looks at a linked board: the bench, or a scenario. A
// board with such a guest implements Watched.
type Looker interface {
	// State is asked for when the board wants to know whether the kiosk has
	// settled; the answer is JSON (daemon.State).
	State() []byte
}

// Watched is a board at whose other end somebody may look on.
type Watched interface {
	// SetLooker says who answers the board's questions.
	SetLooker(l Looker)
	// Asked says whether the other end has asked for trees.
	Asked() bool
	// ShowTree sends the accessibility tree (JSON) of the picture that the
	// panel now shows, or of a slip the printer was just sent.
	ShowTree(tree []byte) error
	// CommitPoint tells the other end that the journal is about to commit an
	// event of that kind ("before") or has just done so ("after"). Where a power
	// cut is armed for that point it does not return. On an unarmed board it
	// costs nothing.
	CommitPoint(when, kind string)
}
