package link

import (
	"errors"
	"fmt"

	"kioskd/drivers/board"
)

// Code says how a request ended. A code other than CodeOK may come with a text.
type Code uint8

// The codes. From CodeNoReader on they stand for the errors of package board.
const (
	CodeOK Code = iota
	CodeFailed
	CodeNoReader
	CodeNoCard
	CodeCollision
	CodeUnpowered
	CodeRemoved
	CodeHung
)

// RemoteError is a failure at the other end that has no name of its own.
type RemoteError struct{ Text string }

func (e *RemoteError) Error() string { return e.Text }

func sentinel(c Code) error {
	switch c {
	case CodeNoReader:
		return board.ErrNoReader
	case CodeNoCard:
		return board.ErrNoCard
	case CodeCollision:
		return board.ErrCollision
	case CodeUnpowered:
		return board.ErrUnpowered
	case CodeRemoved:
		return board.ErrRemoved
	case CodeHung:
		return board.ErrHung
	default:
		return nil
	}
}

// CodeOf is the code of err, CodeOK for nil.
func CodeOf(err error) Code {
	if err == nil {
		return CodeOK
	}
	for c := CodeNoReader; c <= CodeHung; c++ {
		if errors.Is(err, sentinel(c)) {
			return c
		}
	}
	return CodeFailed
}

// ErrorOf is the error that code and text stand for, nil for CodeOK.
func ErrorOf(c Code, text []byte) error {
	if c == CodeOK {
		return nil
	}
	known := sentinel(c)
	if known == nil {
		return &RemoteError{string(text)}
	}
	if len(text) == 0 || string(text) == known.Error() {
		return known
	}
	return fmt.Errorf("%w (%s)", known, text)
}

// VersionError says that the two ends speak different versions.
type VersionError struct{ Board, Client uint16 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("link: the board speaks version %d of the link and the client version %d; they must be the same",
		e.Board, e.Client)
}
