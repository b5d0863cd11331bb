package link

import (
	"errors"
	"fmt"
	"testing"

	"kioskd/drivers/board"
)

func TestErrorsCrossByCode(t *testing.T) {
	for _, known := range []error{
		board.ErrNoReader, board.ErrNoCard, board.ErrCollision,
		board.ErrUnpowered, board.ErrRemoved, board.ErrHung,
	} {
		for _, err := range []error{known, fmt.Errorf("slot 2: %w", known)} {
			if got := ErrorOf(CodeOf(err), []byte(err.Error())); !errors.Is(got, known) {
				t.Errorf("%v arrives as %v", err, got)
			}
		}
	}
	got := ErrorOf(CodeOf(errors.New("no acknowledge")), []byte("no acknowledge"))
	var remote *RemoteError
	if !errors.As(got, &remote) || remote.Text != "no acknowledge" {
		t.Errorf("another error arrives as %v", got)
	}
	if err := ErrorOf(CodeOf(nil), nil); err != nil {
		t.Errorf("no error arrives as %v", err)
	}
}

func TestFrameTooLong(t *testing.T) {
	var long *TooLongError
	if _, err := AppendFrame(nil, Frame{Body: make([]byte, BodyMax+1)}); !errors.As(err, &long) {
		t.Fatalf("it was written: %v", err)
	}
}
