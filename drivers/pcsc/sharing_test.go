//go:build cgo

package pcsc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"kioskd/drivers/board"
)

// Another program has the card for a moment, as one does that looks what lies
// there: it is waited for. One that keeps it is said to be in the way of the
// reader, and not that the card cannot be read.
func TestAnotherProgram(t *testing.T) {
	whole(t)
	hand := plug(t, 0, 0)
	hand.Lay(newCard(t))
	r := open(t, first)
	until(t, r, nothing, 1)
	manager, err := scard.EstablishContext()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := manager.Release(); err != nil {
			t.Error(err)
		}
	}()
	theirs, err := manager.Connect(first+" 00 00", scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Connect(); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("kept by another: %v", err)
	}
	const moment = 300 * time.Millisecond
	left := make(chan error, 1)
	time.AfterFunc(moment, func() { left <- theirs.Disconnect(scard.ResetCard) })
	works(t, r)
	if err := <-left; err != nil {
		t.Error(err)
	}
}

// A card that has left, and is let go of afterwards, is not there: pcscd would
// have it lie there mute once its power was taken away.
func TestNoGhost(t *testing.T) {
	hand, r, p := laid(t)
	c := connect(t, r)
	hand.Take()
	p = until(t, r, p, 0)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if now, err := r.Wait(ctx, p); ctx.Err() == nil {
		t.Errorf("there is %+v (%v) after %+v", now, err, p)
	}
	// Laid again, it is as good as new.
	hand.Lay(newCard(t))
	until(t, r, p, 1)
	works(t, r)
}
