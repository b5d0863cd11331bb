package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
	"kioskd/drivers/board"
	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

// tty is a serial port. It implements board.Serial, and is its own
// board.SerialConn once connected.
//
// The file is opened with O_NONBLOCK, so that Go's poller waits for it: that is
// what gives reads and writes a deadline, and lets Close free them.
type tty struct {
	*os.File
	name string
	raw  syscall.RawConn

	mu        sync.Mutex
	limit     physic.Frequency
	connected bool
}

var (
	_ board.Serial     = (*tty)(nil)
	_ board.SerialConn = (*tty)(nil)
)

func openTTY(name, path string) (*tty, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &board.NoSuchError{Kind: "UART", Name: name}
	}
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", name, err)
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", name, errors.Join(err, f.Close()))
	}
	t := &tty{File: f, name: name, raw: raw}
	if err := t.ioctl(unix.TIOCEXCL, 0); err != nil {
		return nil, fmt.Errorf("host: %s: take the port alone: %w", name, errors.Join(err, f.Close()))
	}
	return t, nil
}

// control runs f on the file descriptor, which must not be asked for in any
// other way: os.File.Fd would end the deadlines.
func (t *tty) control(f func(fd int) error) error {
	var inner error
	err := t.raw.Control(func(fd uintptr) { inner = f(int(fd)) })
	return errors.Join(err, inner)
}

func (t *tty) ioctl(request uint, value int) error {
	return t.control(func(fd int) error { return unix.IoctlSetInt(fd, request, value) })
}

func (t *tty) String() string { return "host " + t.name }

// LimitSpeed bounds the speed of a later Connect.
func (t *tty) LimitSpeed(f physic.Frequency) error {
	if f <= 0 {
		return fmt.Errorf("host: %s: speed %s", t.name, f)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limit = f
	return nil
}

// Connect sets the port up, once: raw bytes, any speed.
func (t *tty) Connect(f physic.Frequency, stop uart.Stop, parity uart.Parity, flow uart.Flow, bits int) (conn.Conn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.connected {
		return nil, fmt.Errorf("host: %s: connected already", t.name)
	}
	if t.limit != 0 {
		f = min(f, t.limit)
	}
	settings, err := termios(f, stop, parity, flow, bits)
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", t.name, err)
	}
	err = t.control(func(fd int) error { return unix.IoctlSetTermios(fd, unix.TCSETS2, settings) })
	if err != nil {
		return nil, fmt.Errorf("host: %s: set it up: %w", t.name, err)
	}
	t.connected = true
	return t, nil
}

// termios is a port's settings for raw bytes.
func termios(f physic.Frequency, stop uart.Stop, parity uart.Parity, flow uart.Flow, bits int) (*unix.Termios, error) {
	baud := f / physic.Hertz
	if baud <= 0 || baud > math.MaxUint32 {
		return nil, fmt.Errorf("speed %s", f)
	}
	// BOTHER: the speed is a number, not one of a list.
	t := &unix.Termios{Cflag: unix.CREAD | unix.CLOCAL | unix.BOTHER, Ispeed: uint32(baud), Ospeed: uint32(baud)}
	t.Cc[unix.VMIN] = 1
	switch bits {
	case 5:
		t.Cflag |= unix.CS5
	case 6:
		t.Cflag |= unix.CS6
	case 7:
		t.Cflag |= unix.CS7
	case 8:
		t.Cflag |= unix.CS8
	default:
		return nil, fmt.Errorf("%d bits a byte", bits)
	}
	switch stop {
	case uart.One:
	case uart.Two:
		t.Cflag |= unix.CSTOPB
	default:
		return nil, fmt.Errorf("stop bits %d", stop)
	}
	switch parity {
	case uart.NoParity:
	case uart.Even:
		t.Cflag |= unix.PARENB
	case uart.Odd:
		t.Cflag |= unix.PARENB | unix.PARODD
	case uart.Mark:
		t.Cflag |= unix.PARENB | unix.PARODD | unix.CMSPAR
	case uart.Space:
		t.Cflag |= unix.PARENB | unix.CMSPAR
	default:
		return nil, fmt.Errorf("parity %q", parity)
	}
	switch {
	case flow == uart.NoFlow:
	case flow == uart.RTSCTS:
		t.Cflag |= unix.CRTSCTS
	case flow&uart.XOnXOff != 0:
		t.Iflag |= unix.IXON | unix.IXOFF
		t.Cc[unix.VSTART] = byte(flow >> 8)
		t.Cc[unix.VSTOP] = byte(flow)
	default:
		return nil, fmt.Errorf("flow control %#x", uint32(flow))
	}
	return t, nil
}

// Tx writes w, then reads exactly r.
func (t *tty) Tx(w, r []byte) error {
	if _, err := t.Write(w); err != nil {
		return err
	}
	_, err := io.ReadFull(t.File, r)
	return err
}

// Duplex is full.
func (t *tty) Duplex() conn.Duplex { return conn.Full }

// Discard throws away what is queued for output.
func (t *tty) Discard() error {
	if err := t.ioctl(unix.TCFLSH, unix.TCOFLUSH); err != nil {
		return fmt.Errorf("host: %s: discard: %w", t.name, err)
	}
	return nil
}

// Close frees whoever reads or writes. What is still queued for output is thrown
// away, because the kernel would wait for a stopped device to take it.
func (t *tty) Close() error {
	discard := t.Discard()
	if errors.Is(discard, fs.ErrClosed) {
		return nil
	}
	err := t.File.Close()
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return errors.Join(discard, err)
}
