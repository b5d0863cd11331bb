package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	"kioskd/drivers/board"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pty opens a pseudo terminal: the device's end, and the path of the port.
func pty(t *testing.T) (*os.File, string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	far := os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() {
		if err := far.Close(); err != nil {
			t.Error(err)
		}
	})
	return far, fmt.Sprintf("/dev/pts/%d", n)
}

// open opens the port of that path as "UART0".
func open(t *testing.T, path string) board.Serial {
	t.Helper()
	b, err := Open(Options{Names: map[string]string{"UART0": path}})
	if err != nil {
		t.Fatal(err)
	}
	port, err := b.UART("UART0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(port.Close(), port.Close(), b.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	})
	return port
}

func connect(t *testing.T, port board.Serial, f physic.Frequency, flow uart.Flow) board.SerialConn {
	t.Helper()
	c, err := port.Connect(f, uart.One, uart.NoParity, flow, 8)
	if err != nil {
		t.Fatal(err)
	}
	return c.(board.SerialConn)
}

func TestTermiosReadBack(t *testing.T) {
	_, path := pty(t)
	port := open(t, path)
	// A speed that is in no table, slowed down by a limit.
	if err := port.LimitSpeed(123456 * physic.Hertz); err != nil {
		t.Fatal(err)
	}
	connect(t, port, physic.MegaHertz, uart.MakeXOnXOffFlow(0x11, 0x13))
	var got *unix.Termios
	err := port.(*tty).control(func(fd int) (err error) {
		got, err = unix.IoctlGetTermios(fd, unix.TCGETS2)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Ospeed != 123456 || got.Ispeed != 123456 {
		t.Errorf("speed %d out, %d in", got.Ospeed, got.Ispeed)
	}
	if got.Cflag&unix.CSIZE != unix.CS8 || got.Cflag&(unix.PARENB|unix.CSTOPB|unix.CRTSCTS) != 0 {
		t.Errorf("cflag %#x is not 8N1", got.Cflag)
	}
	if got.Lflag != 0 || got.Oflag != 0 || got.Iflag != unix.IXON|unix.IXOFF {
		t.Errorf("not raw with XON/XOFF: iflag %#x oflag %#x lflag %#x", got.Iflag, got.Oflag, got.Lflag)
	}
	if got.Cc[unix.VSTART] != 0x11 || got.Cc[unix.VSTOP] != 0x13 {
		t.Errorf("XON %#x XOFF %#x", got.Cc[unix.VSTART], got.Cc[unix.VSTOP])
	}
	if _, err := port.Connect(physic.MegaHertz, uart.One, uart.NoParity, uart.NoFlow, 8); err == nil {
		t.Error("it was connected twice")
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		stop   uart.Stop
		parity uart.Parity
		flow   uart.Flow
		bits   int
		want   uint32 // in cflag
	}{
		{uart.One, uart.NoParity, uart.RTSCTS, 8, unix.CS8 | unix.CRTSCTS},
		{uart.Two, uart.Even, uart.NoFlow, 7, unix.CS7 | unix.CSTOPB | unix.PARENB},
		{uart.One, uart.Odd, uart.NoFlow, 6, unix.CS6 | unix.PARENB | unix.PARODD},
		{uart.One, uart.Mark, uart.NoFlow, 5, unix.CS5 | unix.PARENB | unix.PARODD | unix.CMSPAR},
		{uart.One, uart.Space, uart.NoFlow, 8, unix.CS8 | unix.PARENB | unix.CMSPAR},
		{uart.OneHalf, uart.NoParity, uart.NoFlow, 8, 0},
		{uart.One, 'X', uart.NoFlow, 8, 0},
		{uart.One, uart.NoParity, 0, 8, 0},
		{uart.One, uart.NoParity, uart.NoFlow, 9, 0},
	} {
		got, err := termios(9600*physic.Hertz, c.stop, c.parity, c.flow, c.bits)
		if c.want == 0 && err == nil {
			t.Errorf("%+v was taken", c)
		}
		if c.want != 0 && (err != nil || got.Cflag != c.want|unix.CREAD|unix.CLOCAL|unix.BOTHER) {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
	if _, err := termios(0, uart.One, uart.NoParity, uart.NoFlow, 8); err == nil {
		t.Error("speed 0 was taken")
	}
}

func TestBytesBothWays(t *testing.T) {
	far, path := pty(t)
	c := connect(t, open(t, path), 115200*physic.Hertz, uart.RTSCTS)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	got := make([]byte, 256)
	if _, err := c.Write(all); err != nil {
		t.Fatal(err)
	}
	if err := far.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(got); {
		m, err := far.Read(got[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	if !bytes.Equal(got, all) {
		t.Errorf("the device got % x", got)
	}
	if _, err := far.Write(all); err != nil {
		t.Fatal(err)
	}
	clear(got)
	if err := c.Tx(nil, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("we got % x, %v", got, err)
	}
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read: %v", err)
	}
}

func TestStoppedPeer(t *testing.T) {
	far, path := pty(t)
	port := open(t, path)
	c := connect(t, port, 115200*physic.Hertz, uart.RTSCTS)
	if err := c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := c.Write(make([]byte, 1<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("Write: %v", err)
	}
	if n == 0 || n == 1<<20 {
		t.Errorf("%d bytes were taken", n)
	}
	t.Logf("a stopped peer's port took %d bytes", n)
	if err := c.Discard(); err != nil {
		t.Error(err)
	}
	// A write that waits for ever is freed by Close.
	if err := c.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.Write(make([]byte, 1<<20))
		done <- err
	}()
	if err := port.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("Write: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("Close did not free the write")
	}
	_ = far // open until the test ends
}
