//go:build cgo

package pcsc_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/drivers/board"
	"kioskd/drivers/jpki"
	"kioskd/drivers/pcsc"
	"kioskd/simulator/card"
)

// daemon is the pcscd of all tests: the library looks for its socket once.

// A card comes, is held alone, powered off at the end, and goes.
func TestComesAndGoes(t *testing.T) {
	whole(t)
	hand := plug(t, 0, 0)
	r := open(t, "counter picc 00 00")
	p := until(t, r, nothing, 0)
	if _, err := r.Connect(); !errors.Is(err, board.ErrNoCard) {
		t.Errorf("no card: %v", err)
	}
	hand.Lay(newCard(t))
	p = until(t, r, p, 1)
	c := connect(t, r)
	if answer, err := c.Transmit(selectAP); err != nil || !done(answer) {
		t.Fatalf("%X, %v", answer, err)
	}
	if _, err := r.Connect(); err == nil {
		t.Error("held twice")
	}
	if _, err := open(t, "").Connect(); err == nil {
		t.Error("another program holds it too")
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Transmit(selectAP); err == nil {
		t.Error("given up, it answers")
	}
	// Without power the card has forgotten its selection.
	c = connect(t, r)
	if answer, err := c.Transmit([]byte{0x00, 0x20, 0x00, 0x98}); err != nil || done(answer) || answer[0] == 0x63 {
		t.Errorf("still powered: %X, %v", answer, err)
	}
	hand.Take()
	until(t, r, p, 0)
	if _, err := c.Transmit(selectAP); !errors.Is(err, board.ErrRemoved) {
		t.Errorf("removed: %v", err)
	}
}

// Wait sleeps until its context ends.
func TestWaitEndsWithItsContext(t *testing.T) {
	whole(t)
	r := open(t, "")
	p := until(t, r, nothing, 0)
	cause := errors.New("that is enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := r.Wait(ctx, p)
		result <- err
	}()
	select {
	case err := <-result:
		t.Fatalf("it did not sleep: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	cancel(cause)
	if err := <-result; !errors.Is(err, cause) {
		t.Error(err)
	}
}

// A card that is swapped between two looks shows by the count of changes.
func TestSwap(t *testing.T) {
	hand, r, p := laid(t)
	hand.Take()
	until(t, open(t, first), nothing, 0) // pcscd has seen it, r has not looked
	hand.Lay(newCard(t))
	until(t, open(t, first), nothing, 1)
	if now := until(t, r, p, 1); now.Change == p.Change {
		t.Errorf("%+v after %+v", now, p)
	}
}

func TestWhichReader(t *testing.T) {
	whole(t)
	hand, technicians := plug(t, 0, 0), plug(t, 1, 0)
	technicians.Lay(newCard(t))
	r := open(t, "counter*")
	until(t, r, nothing, 0)
	until(t, open(t, "*nician 00 ??"), nothing, 1)
	if _, err := open(t, "no such*").Wait(t.Context(), nothing); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("no such reader: %v", err)
	}
	if _, err := open(t, "no such*").Connect(); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("no such reader: %v", err)
	}
	// A second card in the reader's other slot.
	both := plug(t, 0, 1)
	hand.Lay(newCard(t))
	both.Lay(newCard(t))
	until(t, r, nothing, 2)
	if _, err := r.Connect(); !errors.Is(err, board.ErrCollision) {
		t.Errorf("two cards: %v", err)
	}
	both.Take()
	until(t, r, nothing, 1)
	connect(t, r)
}

func TestReaderUnplugged(t *testing.T) {
	_, r, p := laid(t)
	c := connect(t, r)
	if err := daemon.Unplug(0); err != nil {
		t.Fatal(err)
	}
	gone(t, r, p)
	if _, err := c.Transmit(selectAP); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("transmit: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Connect(); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("connect: %v", err)
	}
	if err := daemon.Plug(0); err != nil {
		t.Fatal(err)
	}
	if now := until(t, r, nothing, 1); now.Change == p.Change {
		t.Error("the same presence")
	}
	connect(t, r)
}

// gone waits until there is no reader.
func gone(t *testing.T, r *pcsc.Reader, last board.Presence) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for {
		p, err := r.Wait(ctx, last)
		if errors.Is(err, board.ErrNoReader) {
			return
		}
		if err != nil {
			t.Fatalf("%+v, %v", p, err)
		}
		last = p
	}
}

func TestPcscdRestarted(t *testing.T) {
	_, r, p := laid(t)
	c := connect(t, r)
	daemon.Kill()
	gone(t, r, p)
	if _, err := c.Transmit(selectAP); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("transmit: %v", err)
	}
	if _, err := r.Connect(); err == nil {
		t.Error("connected to nobody")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := daemon.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, r, nothing, 1)
	works(t, r)
}

// A command that hangs is given up after its deadline; until it is back there is
// no reader, and then there is.
func TestTransmitHangs(t *testing.T) {
	hand, r, p := laid(t)
	c := connect(t, r)
	if err := hand.Fault("hangs"); err != nil {
		t.Fatal(err)
	}
	seen := make(chan error, 1)
	go func() {
		_, err := r.Wait(t.Context(), p)
		seen <- err
	}()
	begun := time.Now()
	if _, err := c.Transmit(selectAP); !errors.Is(err, board.ErrHung) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took > pcsc.TransmitWithin+time.Second {
		t.Errorf("after %v", took)
	}
	if err := <-seen; !errors.Is(err, board.ErrNoReader) {
		t.Errorf("wait: %v", err)
	}
	if _, err := c.Transmit(selectAP); !errors.Is(err, board.ErrHung) {
		t.Errorf("again: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Connect(); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("connect: %v", err)
	}
	hand.Clear()
	until(t, r, nothing, 1)
	works(t, r)
}

// pcscd stands still: nothing hangs for longer than a deadline, and it goes on.
func TestPcscdStandsStill(t *testing.T) {
	_, r, p := laid(t)
	daemon.Freeze()
	if _, err := r.Connect(); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("connect: %v", err)
	}
	gone(t, r, p)
	daemon.Thaw()
	until(t, r, nothing, 1)
	connect(t, r)
}

// The answer to VERIFY is lost, because the card or the reader left at that
// instant: one try, and not another for any reason.
func TestVerifyIsSentOnce(t *testing.T) {
	for name, strike := range map[string]func(*card.Reader) error{
		"card removed":     func(h *card.Reader) error { return h.Fault("lost:0") },
		"reader unplugged": func(*card.Reader) error { return daemon.Unplug(0) },
		"pcscd killed":     func(*card.Reader) error { daemon.Kill(); return nil },
		"no answer":        func(h *card.Reader) error { return h.Fault("hangs") },
		"garbage":          func(h *card.Reader) error { return h.Fault("garbage") },
	} {
		t.Run(name, func(t *testing.T) {
			whole(t)
			hand := plug(t, 0, 0)
			own := newCard(t)
			hand.Lay(own)
			var heard atomic.Int32
			r := open(t, first)
			until(t, r, nothing, 1)
			c, err := jpki.Open(connect(t, r))
			if err != nil {
				t.Fatal(err)
			}
			if n, err := c.Tries(); n != 3 || err != nil {
				t.Fatal(n, err)
			}
			hand.OnExchange(func(e card.Exchange) {
				if e.Name != "VERIFY" {
					return
				}
				heard.Add(1)
				if name == "reader unplugged" || name == "pcscd killed" {
					if err := strike(hand); err != nil {
						t.Error(err)
					}
				}
			})
			if name != "reader unplugged" && name != "pcscd killed" {
				if err := strike(hand); err != nil {
					t.Fatal(err)
				}
			}
			var unknown *jpki.StateUnknown
			var wrong *jpki.WrongPIN
			for range 3 {
				err := c.Verify(pin(t, "0000"))
				// An unplugged reader may still have carried the answer.
				if !errors.As(err, &unknown) && !(name == "reader unplugged" && errors.As(err, &wrong)) {
					t.Errorf("got %v", err)
				}
				if errors.As(err, &wrong) {
					break
				}
			}
			hand.Clear()
			if left := own.Tries(card.PIN); left != 2 || heard.Load() > 1 {
				t.Errorf("%d tries left after %d commands", left, heard.Load())
			}
		})
	}
}
