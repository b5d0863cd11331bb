// Package serving is the update lock: a file beside the control socket that
// kioskd holds while a customer is served, and that whoever changes the kiosk
// holds meanwhile. The package's scripts take it with flock(1), the device check
// takes it itself.
//
// kioskd takes it shared and never waits for it: a visit that cannot have it is
// not begun. Others take it exclusively, and so wait until the customer has gone.
// The kernel gives it back when a process dies, however that happens.
//
// Source: flock(2), flock(1).
package serving

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// name of the file beside the control socket.
const name = "serving"

// ErrServed says that a customer is served, or that another has the kiosk.
var ErrServed = errors.New("serving: a customer is being served, or the kiosk is being changed: try again when it is free")

// Path is where the lock of the kiosk with that control socket is.
func Path(control string) string { return filepath.Join(filepath.Dir(control), name) }

// Lock is kioskd's side. It is safe for concurrent use.
type Lock struct {
	mu   sync.Mutex
	file *os.File // nil after Close
}

// Open makes the file where there is none.
func Open(path string) (*Lock, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	return &Lock{file: f}, nil
}

func open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("serving: %w", err)
	}
	return f, nil
}

// Take holds the lock for a customer. ok is false while somebody else has the
// kiosk; nothing is held then.
func (l *Lock) Take() (ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return false, nil
	}
	return try(l.file, unix.LOCK_SH)
}

// Release gives it back. It may be called twice.
func (l *Lock) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	if err := unix.Flock(int(l.file.Fd()), unix.LOCK_UN); err != nil {
		return fmt.Errorf("serving: %s: %w", l.file.Name(), err)
	}
	return nil
}

// Close gives it back and never takes it again. It may be called twice. The file
// stays: somebody may be waiting for it.
func (l *Lock) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// Alone takes the kiosk for somebody who changes it, or tells ErrServed at once.
func Alone(path string) (release func() error, err error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	ok, err := try(f, unix.LOCK_EX)
	if err == nil && !ok {
		err = ErrServed
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

func try(f *os.File, how int) (bool, error) {
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("serving: %s: %w", f.Name(), err)
	}
	return true, nil
}
