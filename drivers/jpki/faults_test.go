package jpki_test

import (
	"errors"
	"fmt"
	"testing"

	"kioskd/drivers/board"
	"kioskd/drivers/jpki"
	"kioskd/simulator/card"
)

// The card leaves in the middle of VERIFY: it has heard, nobody has its answer.
// One try, and not another for any reason.
func TestLostAnswer(t *testing.T) {
	for _, fault := range []string{"lost:0", "garbage"} {
		b := lay(t, nil)
		c := open(t, b)
		if _, err := c.Tries(); err != nil {
			t.Fatal(err)
		}
		if err := b.Fault(fault); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			var unknown *jpki.StateUnknown
			err := c.Verify(pin(t, "0000"))
			if !errors.As(err, &unknown) {
				t.Errorf("%s: %v", fault, err)
			}
			if fault == "lost:0" && !errors.Is(err, board.ErrRemoved) {
				t.Errorf("%s does not say why: %v", fault, err)
			}
		}
		if n := b.verifies(); n != 1 || b.card.Tries(card.PIN) != 2 {
			t.Errorf("%s: %d PINs sent, %d tries left", fault, n, b.card.Tries(card.PIN))
		}
	}
}

// The card is pulled after every single exchange of a login with a wrong PIN, or
// in its middle: the error names the cause, and at most one try is spent.
func TestPulledEverywhere(t *testing.T) {
	login := func(b *bench) error {
		c, err := jpki.Open(b)
		if err != nil {
			return err
		}
		if _, err := c.UserCertificate(); err != nil {
			return err
		}
		if _, err := c.Tries(); err != nil {
			return err
		}
		if err := c.Verify(pin(t, "1234")); err != nil {
			return err
		}
		_, err = c.Sign([]byte(message))
		return err
	}
	for _, short := range []bool{true, false} {
		product := func(s *card.Spec) { s.Product.NoShortIDs = !short }
		whole := lay(t, product)
		if err := login(whole); err != nil {
			t.Fatal(err)
		}
		for n := range len(whole.sent) {
			for _, how := range []string{"pulled", "lost"} {
				b := lay(t, product)
				if err := b.Fault(fmt.Sprintf("%s:%d", how, n)); err != nil {
					t.Fatal(err)
				}
				if err := login(b); !errors.Is(err, board.ErrRemoved) {
					t.Errorf("%s:%d: %v", how, n, err)
				}
				if len(b.sent) != n+1 {
					t.Errorf("%s:%d: went on for %d exchanges", how, n, len(b.sent)-n-1)
				}
				if b.verifies() > 1 {
					t.Errorf("%s:%d: %d PINs sent", how, n, b.verifies())
				}
			}
		}
	}
}

// A reader that answers garbage costs nothing before VERIFY.
func TestGarbage(t *testing.T) {
	b := lay(t, nil)
	if err := b.Fault("garbage"); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := jpki.Open(b); err == nil || !errors.Is(err, jpki.ErrUnreadable) {
			t.Errorf("open: %v", err)
		}
	}
	b.Clear()
	c := open(t, b)
	if err := b.Fault("garbage"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UserCertificate(); !errors.Is(err, jpki.ErrUnreadable) {
		t.Errorf("certificate: %v", err)
	}
	if err := c.Verify(pin(t, "1234")); err == nil {
		t.Error("verified")
	}
	if n := b.verifies(); n != 0 {
		t.Errorf("%d PINs sent", n)
	}
}
