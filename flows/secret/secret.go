// Package secret holds what a customer types and nobody may see: the PIN and
// the password of a card.
//
// A Text prints as dots, refuses to be marshalled, lives in memory that is
// locked (never swapped, never in a core file) and is wiped by its maker. The
// only way at the bytes is Use, which lends them for the length of a call.
package secret

import (
	"errors"
	"log/slog"
	"sync"

	"golang.org/x/sys/unix"
)

// Max is the length of the longest secret (signature password: 16).
const Max = 16

const page = 4096 // mlock works in pages; one page a secret keeps them apart

// ErrWiped says that the secret was used after its end.
var ErrWiped = errors.New("secret: already wiped")

// ErrFull says that no more fits.
var ErrFull = errors.New("secret: too long")

// Text is one secret. The zero value is wiped; make one with New.
type Text struct {
	mu  sync.Mutex
	mem []byte // one anonymous mapped page; nil once wiped
	n   int
}

// New maps a page for a secret. Where the machine refuses to lock it
// (RLIMIT_MEMLOCK) the secret is refused too.
func New() (*Text, error) {
	mem, err := unix.Mmap(-1, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, errors.Join(errors.New("secret: map a page"), err)
	}
	if err := unix.Mlock(mem); err != nil {
		return nil, errors.Join(errors.New("secret: lock the page"), err, unix.Munmap(mem))
	}
	// MADV_DONTDUMP keeps the page out of a core file, whatever the limits say.
	if err := unix.Madvise(mem, unix.MADV_DONTDUMP); err != nil {
		return nil, errors.Join(errors.New("secret: keep the page out of dumps"), err, unix.Munmap(mem))
	}
	return &Text{mem: mem}, nil
}

// Append adds one character.
func (t *Text) Append(c byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mem == nil {
		return ErrWiped
	}
	if t.n == Max {
		return ErrFull
	}
	t.mem[t.n] = c
	t.n++
	return nil
}

// Clear empties the secret and keeps it usable.
func (t *Text) Clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.mem)
	t.n = 0
}

// Len is the number of characters.
func (t *Text) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

// Use lends the bytes to f, which must not keep them.
func (t *Text) Use(f func([]byte) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mem == nil {
		return ErrWiped
	}
	return f(t.mem[:t.n:t.n])
}

// Wipe ends the secret. It may be called twice, and on nil.
func (t *Text) Wipe() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mem == nil {
		return
	}
	clear(t.mem)
	mem := t.mem
	t.mem, t.n = nil, 0
	// The page is gone from this process either way; an error here would say
	// only that it was not ours.
	_ = unix.Munmap(mem)
}

const dots = "••••"

func (t *Text) String() string   { return dots }
func (t *Text) GoString() string { return dots }

// LogValue keeps the secret out of structured logs.
func (t *Text) LogValue() slog.Value { return slog.StringValue(dots) }

// MarshalText refuses: JSON, TOML and XML encoders all ask here.
func (t *Text) MarshalText() ([]byte, error) {
	return nil, errors.New("secret: is not to be marshalled")
}
