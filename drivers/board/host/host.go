// Package host is this machine as a board: its own buses, lines and ports.
//
// I2C and SPI come through periph's host drivers, looked up by name; nothing is
// registered here. The rest is ours, each for a reason:
//
//   - Lines go through go-gpiocdev. periph's gpioioctl gives edges neither the
//     kernel's time nor a number, nor debounce in the kernel, which coins need;
//     and it makes an output low for a moment before its first level, which
//     starts a motor that is on when low.
//   - Serial lines are a small termios port behind periph's uart.Port. periph's
//     own opens no port, and no library has both flow control and a deadline for
//     writing: a printer that holds its flow control blocks a write for ever.
//   - The clock is the machine's. It is trusted when the kernel says it is
//     synchronised and it is not before this program was built.
//   - A display is reached through a DRM dumb buffer, fbdev where a kernel has no
//     more: periph has neither.
//
// It has no card reader: those come over PC/SC.
//
// An output that was never driven is at its resistor's level. When the process
// dies the kernel releases the line, and most controllers then leave it as it
// was: what must stop without the daemon needs a watchdog in hardware.
//
// Source: Linux Documentation/userspace-api/gpio, termios(3), tty_ioctl(4),
// adjtimex(2).
package host

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"kioskd/drivers/board"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2creg"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"
	periph "periph.io/x/host/v3"
)

// Options says what this machine calls things. The zero value works where the
// device tree already uses the board's names.
type Options struct {
	// Names maps the board's names to the host's: an I2C or SPI name of periph's
	// ("I2C1", "SPI0.0"), a serial port's path ("/dev/ttyS0"), a line's name or
	// its chip and offset ("gpiochip0/17"). A name that is not here is its own.
	Names map[string]string
	// Debounce has the kernel ignore pulses of an input (by the board's name)
	// that are shorter.
	Debounce map[string]time.Duration
	// Built is when this program was built; before it no clock is right. Zero
	// means the time of its commit, where the build recorded that.
	Built time.Time
	// Uptime is the time that edges carry where it is another board's: that of
	// their arrival here. Nil means the kernel's own, of when they happened.
	Uptime func() time.Duration
}

// Board is this machine. It implements board.Board.
type Board struct {
	opts  Options
	clock clock
	lost  chan struct{} // never closed

	mu     sync.Mutex
	lines  map[string]func() error // closers of taken lines, by name
	closed bool
}

var _ board.Board = (*Board)(nil)

// Open starts periph's drivers. That there are no buses is no error; a name that
// does not resolve is, later.
func Open(opts Options) (*Board, error) {
	if _, err := periph.Init(); err != nil {
		return nil, fmt.Errorf("host: start periph's drivers: %w", err)
	}
	if opts.Built.IsZero() {
		opts.Built = committed()
	}
	return &Board{
		opts:  opts,
		clock: clock{built: opts.Built},
		lost:  make(chan struct{}),
		lines: make(map[string]func() error),
	}, nil
}

// committed is the time of the commit this program was built from, or zero.
func committed() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key != "vcs.time" {
			continue
		}
		if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
			return t
		}
	}
	return time.Time{}
}

// String is "host".
func (b *Board) String() string { return "host" }

// real is the host's name for a name of the board's.
func (b *Board) real(name string) string {
	if r, ok := b.opts.Names[name]; ok {
		return r
	}
	return name
}

// I2C opens a bus. An empty name is refused: periph would take any.
func (b *Board) I2C(name string) (i2c.BusCloser, error) {
	var have []string
	for _, ref := range i2creg.All() {
		have = append(append(have, ref.Name), ref.Aliases...)
	}
	none := &board.NoSuchError{Kind: "I2C bus", Name: name, Have: have}
	if name == "" || len(have) == 0 {
		return nil, none
	}
	bus, err := i2creg.Open(b.real(name))
	if err != nil {
		return nil, fmt.Errorf("host: %w: %w", none, err)
	}
	return bus, nil
}

// SPI opens a port. An empty name is refused: periph would take any.
func (b *Board) SPI(name string) (spi.PortCloser, error) {
	var have []string
	for _, ref := range spireg.All() {
		have = append(append(have, ref.Name), ref.Aliases...)
	}
	none := &board.NoSuchError{Kind: "SPI port", Name: name, Have: have}
	if name == "" || len(have) == 0 {
		return nil, none
	}
	port, err := spireg.Open(b.real(name))
	if err != nil {
		return nil, fmt.Errorf("host: %w: %w", none, err)
	}
	return port, nil
}

// UART opens a serial port, for this process alone.
func (b *Board) UART(name string) (board.Serial, error) { return openTTY(name, b.real(name)) }

// Output finds a line. It is driven from its first Out, with that level at once.
func (b *Board) Output(name string) (gpio.PinOut, error) {
	at, err := b.find(name)
	if err != nil {
		return nil, err
	}
	o := &output{name: name, at: at}
	return o, b.claim(name, o.release)
}

// Input takes a line. Its edges are numbered from here on.
func (b *Board) Input(name string) (board.Input, error) {
	at, err := b.find(name)
	if err != nil {
		return nil, err
	}
	in := &input{name: name, uptime: b.opts.Uptime}
	if err := b.claim(name, in.release); err != nil {
		return nil, err
	}
	if err := in.request(at, b.opts.Debounce[name]); err != nil {
		b.unclaim(name)
		return nil, err
	}
	return in, nil
}

// claim takes a line, which Close will release.
func (b *Board) claim(name string, release func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	if b.lines[name] != nil {
		return fmt.Errorf("host: line %q is taken already", name)
	}
	b.lines[name] = release
	return nil
}

func (b *Board) unclaim(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.lines, name)
}

var errClosed = errors.New("host: the board was closed")

// errNoReader says where a host's card reader comes from.
var errNoReader = errors.New(`host: a card reader comes over PC/SC; set reader = "pcsc"`)

// Reader fails: a host's readers belong to the PC/SC package.
func (b *Board) Reader(string) (board.Reader, error) { return nil, errNoReader }

// Clock is the machine's.
func (b *Board) Clock() board.Clock { return &b.clock }

// Lost is never closed.
func (b *Board) Lost() <-chan struct{} { return b.lost }

// Err is always nil.
func (b *Board) Err() error { return nil }

// Close releases the lines: outputs become inputs, and so fall to their
// resistors. Buses and ports are closed by whoever opened them.
func (b *Board) Close() error {
	b.mu.Lock()
	lines := b.lines
	b.lines = nil
	b.closed = true
	b.mu.Unlock()
	var errs []error
	for _, release := range lines {
		errs = append(errs, release())
	}
	return errors.Join(errs...)
}
