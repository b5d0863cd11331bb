//go:build !cgo

package pcsc

import (
	"context"
	"errors"

	"kioskd/drivers/board"
)

// ErrNoCgo says that this program was built without PC/SC.
var ErrNoCgo = errors.New(`pcsc: this program was built without cgo: build it with CGO_ENABLED=1 and libpcsclite-dev, or write reader = "board"`)

// Reader is never made without cgo.
type Reader struct{}

// Open refuses.
func Open(Options) (*Reader, error) { return nil, ErrNoCgo }

// String is the device's name.
func (*Reader) String() string { return "pcsc" }

// Wait refuses.
func (*Reader) Wait(context.Context, board.Presence) (board.Presence, error) {
	return board.Presence{}, ErrNoCgo
}

// Connect refuses.
func (*Reader) Connect() (board.Card, error) { return nil, ErrNoCgo }

// Names refuses.
func (*Reader) Names() (match []string, all int, err error) { return nil, 0, ErrNoCgo }
