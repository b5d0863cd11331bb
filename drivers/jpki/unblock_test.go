package jpki_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/mac/subtle"

	"kioskd/drivers/jpki"
	"kioskd/simulator/card"
)

// RFC 4493, section 4: the authentication code that the cryptogram is.
func TestCMAC(t *testing.T) {
	const message = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
	for n, want := range map[int]string{
		0: "bb1d6929e95937287fa37d129b756746", 16: "070a16b46b4d4144f79bdd9dd04a287c",
		40: "dfa66747de9ae63030ca32611497c827", 64: "51f0bebf7e3b9d92fc49741779363cfe",
	} {
		got := hex.EncodeToString(cmac(t, bytesOf(t, "2b7e151628aed2a6abf7158809cf4f3c"), bytesOf(t, message)[:n]))
		if got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
}

func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func cmac(t testing.TB, key, message []byte) []byte {
	t.Helper()
	mac, err := subtle.NewAESCMAC(key, 16)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := mac.ComputeMAC(message)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

var issuerKey = bytes.Repeat([]byte{0x5C}, 16)

// What the issuer's answer is made over.
var (
	resetCommand = []byte{0x00, 0x2C, 0x02}
	passwordFile = []byte{0x00, 0x1B}
	pinFile      = []byte{0x00, 0x18}
)

func cryptogram(t testing.TB, key, challenge, command, file []byte) []byte {
	t.Helper()
	return cmac(t, key, bytes.Join([][]byte{challenge, command, file}, nil))
}

func blocked(s *card.Spec) { s.IssuerKey, s.PasswordTries = issuerKey, card.Blocked }

// granted is an open card that has taken a right cryptogram.
func granted(t testing.TB, b *bench) *jpki.Card {
	t.Helper()
	c := open(t, b)
	if _, err := c.Tries(); err != nil { // as every login does
		t.Fatal(err)
	}
	challenge, err := c.Challenge()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Authenticate(cryptogram(t, issuerKey, challenge, resetCommand, passwordFile)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResetPassword(t *testing.T) {
	for name, change := range map[string]func(*card.Spec){
		"short identifiers": blocked,
		"selection":         func(s *card.Spec) { blocked(s); s.Product.NoShortIDs = true },
		"password known":    func(s *card.Spec) { s.IssuerKey = issuerKey },
	} {
		t.Run(name, func(t *testing.T) {
			b := lay(t, change)
			c := granted(t, b)
			left, err := c.PasswordTries()
			if want := b.card.Tries(card.Password); err != nil || left != want {
				t.Errorf("%d tries (%v), want %d", left, err, want)
			}
			password := pin(t, "NEWPASS7")
			if err := c.ResetPassword(password); err != nil {
				t.Fatal(err)
			}
			if err := c.ProvePassword(password); err != nil {
				t.Fatal(err)
			}
			if !b.card.Works("NEWPASS7") || b.card.Works("ABC123") || b.card.Tries(card.Password) != card.PasswordTriesMax {
				t.Error("the card has another password")
			}
			var no *jpki.NotReset
			if err := c.ResetPassword(pin(t, "SECOND22")); !errors.As(err, &no) || no.Status != 0x6982 {
				t.Errorf("a second use of the grant: %v", err)
			}
			if !b.card.Works("NEWPASS7") {
				t.Error("the second use changed the password")
			}
			wantNoWayToThePIN(t, b.sent)
		})
	}
}

// wantNoWayToThePIN looks through what was sent: 0018 is selected or named for
// VERIFY and the question for its tries alone.
func wantNoWayToThePIN(t testing.TB, sent []string) {
	t.Helper()
	selected := ""
	for _, c := range sent {
		switch {
		case strings.HasPrefix(c, "00A4020C02"):
			selected = c[10:14]
		case strings.HasPrefix(c, "00A404"):
			selected = ""
		}
		switch c[2:4] {
		case "20", "A4", "82", "84": // VERIFY; and what acts on no file
			continue
		}
		if selected == "0018" || (c[2:4] != "B0" && c[6:8] == "98") {
			t.Errorf("%s has to do with the 4-digit PIN", c[:8])
		}
	}
}

// What is stolen, replayed or made for something else opens nothing.
func TestCryptogramIsForOneUse(t *testing.T) {
	other := bytes.Repeat([]byte{0xA3}, 16)
	for _, tc := range []struct {
		name string
		make func(t testing.TB, challenge []byte) []byte
	}{
		{"of another card", func(t testing.TB, c []byte) []byte { return cryptogram(t, other, c, resetCommand, passwordFile) }},
		{"for another challenge", func(t testing.TB, c []byte) []byte {
			return cryptogram(t, issuerKey, append([]byte{c[0] ^ 1}, c[1:]...), resetCommand, passwordFile)
		}},
		{"for the 4-digit PIN", func(t testing.TB, c []byte) []byte { return cryptogram(t, issuerKey, c, resetCommand, pinFile) }},
		{"for another command", func(t testing.TB, c []byte) []byte {
			return cryptogram(t, issuerKey, c, []byte{0x00, 0x24, 0x01}, passwordFile)
		}},
		{"of nothing", func(testing.TB, []byte) []byte { return make([]byte, 16) }},
		{"too short", func(testing.TB, []byte) []byte { return make([]byte, 15) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := lay(t, blocked)
			c := open(t, b)
			challenge, err := c.Challenge()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Authenticate(tc.make(t, challenge)); !errors.Is(err, jpki.ErrNotGranted) {
				t.Errorf("the card says %v", err)
			}
			wantRefused(t, b, c)
		})
	}
	t.Run("a second time", func(t *testing.T) {
		b := lay(t, blocked)
		c := open(t, b)
		challenge, err := c.Challenge()
		if err != nil {
			t.Fatal(err)
		}
		right := cryptogram(t, issuerKey, challenge, resetCommand, passwordFile)
		if err := c.Authenticate(right); err != nil {
			t.Fatal(err)
		}
		if err := c.Authenticate(right); !errors.Is(err, jpki.ErrNotGranted) {
			t.Errorf("the card says %v", err)
		}
		wantRefused(t, b, c) // the first grant went with it
	})
	t.Run("after another command", func(t *testing.T) {
		b := lay(t, blocked)
		c := open(t, b)
		challenge, err := c.Challenge()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.PasswordTries(); err != nil {
			t.Fatal(err)
		}
		if err := c.Authenticate(cryptogram(t, issuerKey, challenge, resetCommand, passwordFile)); !errors.Is(err, jpki.ErrNotGranted) {
			t.Errorf("the card says %v", err)
		}
		wantRefused(t, b, c)
	})
	t.Run("after the power went", func(t *testing.T) {
		b := lay(t, blocked)
		granted(t, b)
		if _, err := b.PowerOn(); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, b, open(t, b))
	})
	t.Run("on a card without an issuer", func(t *testing.T) {
		b := lay(t, func(s *card.Spec) { s.PasswordTries = card.Blocked })
		c := open(t, b)
		if err := c.Authenticate(make([]byte, 16)); !errors.Is(err, jpki.ErrNotGranted) {
			t.Errorf("the card says %v", err)
		}
		wantRefused(t, b, c)
	})
}

func wantRefused(t testing.TB, b *bench, c *jpki.Card) {
	t.Helper()
	var no *jpki.NotReset
	if err := c.ResetPassword(pin(t, "STOLEN99")); !errors.As(err, &no) {
		t.Errorf("reset: %v", err)
	}
	if b.card.Works("STOLEN99") || b.card.Tries(card.Password) != 0 {
		t.Error("the card took a password")
	}
}

// EXTERNAL AUTHENTICATE has its own limit, which power does not restore and a
// right cryptogram does.
func TestIssuerTries(t *testing.T) {
	b := lay(t, blocked)
	try := func(key []byte) error {
		c := open(t, b)
		challenge, err := c.Challenge()
		if err != nil {
			t.Fatal(err)
		}
		return c.Authenticate(cryptogram(t, key, challenge, resetCommand, passwordFile))
	}
	wrong := make([]byte, 16)
	for n := card.IssuerTriesMax - 1; n >= 1; n-- {
		if err := try(wrong); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("63C%d", n)) {
			t.Fatalf("with %d tries left: %v", n, err)
		}
		if _, err := b.PowerOn(); err != nil {
			t.Fatal(err)
		}
	}
	if err := try(issuerKey); err != nil {
		t.Fatal(err)
	}
	for range card.IssuerTriesMax {
		if err := try(wrong); err == nil {
			t.Fatal("a wrong one was taken")
		}
	}
	if err := try(issuerKey); err == nil || !strings.Contains(err.Error(), "6984") {
		t.Errorf("a blocked card says %v", err)
	}
	if b.card.Tries(card.PIN) != card.PINTriesMax || b.card.Tries(card.Password) != 0 {
		t.Error("the issuer's tries cost others")
	}
}

// What was lost on its way is unknown, whatever the card has made of it; what the
// card refused is not.
func TestResetOutcomes(t *testing.T) {
	var unknown *jpki.StateUnknown
	b := lay(t, blocked)
	c := granted(t, b)
	if err := b.Fault("lost:0"); err != nil {
		t.Fatal(err)
	}
	if err := c.ResetPassword(pin(t, "NEWPASS7")); !errors.As(err, &unknown) || !b.card.Works("NEWPASS7") {
		t.Errorf("answer lost: %v", err)
	}
	b = lay(t, blocked)
	c = granted(t, b)
	b.Take()
	if err := c.ResetPassword(pin(t, "NEWPASS7")); !errors.As(err, &unknown) || b.card.Works("NEWPASS7") {
		t.Errorf("card gone: %v", err)
	}
	b = lay(t, blocked)
	c = granted(t, b)
	if err := b.Fault("garbage"); err != nil {
		t.Fatal(err)
	}
	if err := c.ResetPassword(pin(t, "NEWPASS7")); err == nil {
		t.Error("a garbled answer is an answer")
	}
	b.Clear()
	for _, bad := range []string{"", "ABC12", "ABCDEF", "123456", "abc123"} {
		b = lay(t, blocked)
		c = granted(t, b)
		before := len(b.sent)
		if err := c.ResetPassword(pin(t, bad)); !errors.Is(err, jpki.ErrNotAPassword) || len(b.sent) != before {
			t.Errorf("%q: %v, %d commands sent", bad, err, len(b.sent)-before)
		}
	}
	b = lay(t, blocked)
	c = granted(t, b)
	if err := c.ResetPassword(pin(t, "NEWPASS7")); err != nil {
		t.Fatal(err)
	}
	if err := c.ProvePassword(pin(t, "OTHER123")); !errors.As(err, &unknown) || unknown.Status != 0x63C4 {
		t.Errorf("another password as proof: %v", err)
	}
}
