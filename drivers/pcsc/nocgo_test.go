//go:build !cgo

package pcsc

import (
	"errors"
	"testing"
)

func TestWithoutCgo(t *testing.T) {
	if _, err := Open(Options{}); !errors.Is(err, ErrNoCgo) {
		t.Errorf("got %v", err)
	}
}
