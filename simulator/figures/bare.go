package figures

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	real "kioskd/drivers/board"
)

// pair is two ends of a unix socket with nobody's protocol on it.
type pair struct{ near, far net.Conn }

func newPair() (*pair, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	p := &pair{}
	var errs [2]error
	p.near, errs[0] = asConn(fds[0])
	p.far, errs[1] = asConn(fds[1])
	if err := errors.Join(errs[:]...); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// asConn gives a socket to the runtime's poller, as net.Dial's is. It owns fd.
func asConn(fd int) (net.Conn, error) {
	f := os.NewFile(uintptr(fd), "socketpair")
	c, err := net.FileConn(f)
	return c, errors.Join(err, f.Close())
}

func (p *pair) close() error {
	var errs []error
	for _, c := range []net.Conn{p.near, p.far} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// leg is one message on its way: to the far end, or back.
type leg struct {
	back  bool
	bytes int
}

// travel has the legs go their ways one after the other, each only when the one
// before has been read whole, and says how long they took.
func (p *pair) travel(legs []leg) (time.Duration, error) {
	far := make(chan error, 1)
	begun := time.Now()
	go func() { far <- side(p.far, legs, true) }()
	err := side(p.near, legs, false)
	took := time.Since(begun)
	if err := errors.Join(err, <-far); err != nil {
		return 0, fmt.Errorf("bare copy: %w", err)
	}
	return took, nil
}

// side does one end's part: it writes what leaves there and reads what comes.
func side(c net.Conn, legs []leg, far bool) error {
	var buf [real.SPIMax]byte // no message is longer
	for _, l := range legs {
		var err error
		if l.back == far {
			_, err = c.Write(buf[:l.bytes])
		} else {
			_, err = io.ReadFull(c, buf[:l.bytes])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
