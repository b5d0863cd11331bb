package jpki_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kioskd/drivers/jpki"
	"kioskd/flows/secret"
	"kioskd/simulator/card"
	"kioskd/simulator/office/authority"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600))

// resident is what the tests' cards are made of; its keys are made once.
type resident struct {
	key              *rsa.PrivateKey
	user, sign       []byte
	userCA, signCA   []byte
	notBefore, until time.Time
}

var someone = sync.OnceValues(func() (resident, error) {
	a, err := authority.New(now)
	if err != nil {
		return resident{}, err
	}
	defer a.Close()
	r := resident{notBefore: now.AddDate(-1, 0, 0).Truncate(time.Second), until: authority.EndOfDay(now.AddDate(4, 0, 0))}
	if r.key, err = a.Keys().Key("resident"); err != nil {
		return resident{}, err
	}
	r.user, err = a.IssueUser(big.NewInt(0x0A0B0C0D), r.notBefore, r.until, r.key.Public())
	if err != nil {
		return resident{}, err
	}
	r.sign, err = a.IssueSign(big.NewInt(0x01020304), r.notBefore, r.until, r.key.Public(), authority.Holder{Name: "試験"})
	if err != nil {
		return resident{}, err
	}
	if r.userCA, err = a.UserCA(r.notBefore); err != nil {
		return resident{}, err
	}
	r.signCA, err = a.SignCA(r.notBefore)
	return r, err
})

// bench is one card on one reader, and what went over the air.
type bench struct {
	*card.Reader
	card *card.Card
	sent []string // each command, hex
}

func (b *bench) Transmit(command []byte) ([]byte, error) {
	b.sent = append(b.sent, fmt.Sprintf("%X", command))
	return b.Reader.Transmit(command)
}

// verifies counts commands that present a secret.
func (b *bench) verifies() int {
	n := 0
	for _, c := range b.sent {
		if c[2:4] == "20" && len(c) > 8 {
			n++
		}
	}
	return n
}

func lay(t testing.TB, change func(*card.Spec)) *bench {
	t.Helper()
	r, err := someone()
	if err != nil {
		t.Fatal(err)
	}
	spec := card.Spec{
		UserCert: r.user, SignCert: r.sign, UserCA: r.userCA, SignCA: r.signCA,
		UserKey: r.key, SignKey: r.key, PIN: "1234", Password: "ABC123",
	}
	if change != nil {
		change(&spec)
	}
	c, err := card.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Reader: card.NewReader(), card: c}
	b.Lay(c)
	if _, err := b.PowerOn(); err != nil {
		t.Fatal(err)
	}
	return b
}

func pin(t testing.TB, digits string) *secret.Text {
	t.Helper()
	s, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Wipe)
	for i := range len(digits) {
		if err := s.Append(digits[i]); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func open(t testing.TB, b *bench) *jpki.Card {
	t.Helper()
	c, err := jpki.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	aid     = "00A4040C0AD392F000260100000001"
	message = "what the office wants signed"
)

// reads is the rest of a certificate in the current file, after the first 256
// bytes.
func reads(size int) []string {
	var list []string
	for at := 256; at < size; at += 256 {
		list = append(list, fmt.Sprintf("00B0%04X%02X", at, byte(min(256, size-at))))
	}
	return list
}

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// The whole login, byte for byte, on each product.
func TestLogin(t *testing.T) {
	r, err := someone()
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(message))
	info := "3031300D060960864801650304020105000420" + strings.ToUpper(hex.EncodeToString(digest[:]))
	rest := fmt.Sprintf("00B0010000%04X", len(r.user)-256)
	short := join(
		[]string{aid, "00B08A0000", rest}, reads(len(r.user)),
		[]string{"00200098", "002000980431323334", "802A009733" + info + "00"},
	)
	extended := []string{aid, "00B08A0000", rest, "00200098", "002000980431323334", "802A009733" + info + "00"}
	selecting := join(
		[]string{aid, "00B08A0000", "00A4020C02000A", "00B0000000"}, reads(len(r.user)),
		[]string{"00A4020C020018", "00200080", "002000800431323334", "00A4020C020017", "802A008033" + info + "00"},
	)
	tests := []struct {
		name   string
		change func(*card.Spec)
		want   []string
	}{
		{"plain", nil, short},
		{"filler of 2 kB", func(s *card.Spec) { s.Product.Filler = 2048 }, short},
		{"extended length", func(s *card.Spec) { s.Product.ExtendedLength = true }, extended},
		{"first command fails", func(s *card.Spec) { s.Product.FirstFails = true }, join([]string{aid}, short)},
		{"no short identifiers", func(s *card.Spec) { s.Product.NoShortIDs = true }, selecting},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := lay(t, tt.change)
			c := open(t, b)
			cert, err := c.UserCertificate()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(cert.Raw, r.user) || !cert.NotAfter.Equal(r.until) || !cert.NotBefore.Equal(r.notBefore) {
				t.Errorf("certificate: %d bytes, %s to %s", len(cert.Raw), cert.NotBefore, cert.NotAfter)
			}
			if n, err := c.Tries(); err != nil || n != 3 {
				t.Errorf("tries: %d, %v", n, err)
			}
			if err := c.Verify(pin(t, "1234")); err != nil {
				t.Fatal(err)
			}
			signature, err := c.Sign([]byte(message))
			if err != nil {
				t.Fatal(err)
			}
			if err := rsa.VerifyPKCS1v15(&r.key.PublicKey, crypto.SHA256, digest[:], signature); err != nil {
				t.Error(err)
			}
			if got, want := strings.Join(b.sent, "\n"), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("sent\n%s\nwant\n%s", got, want)
			}
		})
	}
	if len(short) > 10 || len(selecting) > 13 {
		t.Errorf("%d and %d exchanges, want at most 10 and 13", len(short), len(selecting))
	}
}

func TestWrongCards(t *testing.T) {
	kind := func(k card.Kind) func(*card.Spec) { return func(s *card.Spec) { s.Kind = k } }
	tests := []struct {
		name   string
		change func(*card.Spec)
		want   error
	}{
		{"old", kind(card.OldCard), jpki.ErrOldCard},
		{"phone", kind(card.Phone), jpki.ErrPhone},
		{"transit", kind(card.Transit), jpki.ErrForeign},
	}
	for _, tt := range tests {
		for _, short := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, short identifiers %v", tt.name, short), func(t *testing.T) {
				b := lay(t, func(s *card.Spec) {
					tt.change(s)
					s.Product.NoShortIDs = !short
				})
				c, err := jpki.Open(b)
				if err == nil {
					_, err = c.UserCertificate()
				}
				if !errors.Is(err, tt.want) || b.verifies() != 0 {
					t.Errorf("got %v, want %v; %d PINs sent", err, tt.want, b.verifies())
				}
			})
		}
	}
}

func TestCertificates(t *testing.T) {
	for _, short := range []bool{true, false} {
		for _, user := range []bool{true, false} {
			b := lay(t, func(s *card.Spec) {
				s.Product.NoShortIDs = !short
				s.SignCert = nil
				if !user {
					s.UserCert = nil
				}
			})
			c := open(t, b)
			_, err := c.UserCertificate()
			if user != (err == nil) || !user && !errors.Is(err, jpki.ErrNoCertificate) {
				t.Errorf("short %v, user %v: %v", short, user, err)
			}
			sign, has, err := c.Certificates()
			if sign || has != user || err != nil {
				t.Errorf("short %v, user %v: list says %v, %v, %v", short, user, sign, has, err)
			}
		}
	}
}

func TestNoPIN(t *testing.T) {
	for _, short := range []bool{true, false} {
		b := lay(t, func(s *card.Spec) {
			s.Kind = card.NoPIN
			s.Product.NoShortIDs = !short
		})
		c := open(t, b)
		if _, err := c.Tries(); !errors.Is(err, jpki.ErrNoPIN) {
			t.Errorf("tries: %v", err)
		}
		if err := c.Verify(pin(t, "1234")); !errors.Is(err, jpki.ErrNoPIN) {
			t.Errorf("verify: %v", err)
		}
		if n := b.verifies(); n != 0 {
			t.Errorf("%d PINs sent", n)
		}
	}
}

// Each confirmation spends one try, on every product, to the last.
func TestWrongPIN(t *testing.T) {
	for _, short := range []bool{true, false} {
		for _, blocked := range []card.BlockedAnswer{card.BlockedZero, card.BlockedJICSAP, card.BlockedISO} {
			b := lay(t, func(s *card.Spec) { s.Product = card.Product{NoShortIDs: !short, Blocked: blocked} })
			c := open(t, b)
			for _, left := range []int{2, 1} {
				var wrong *jpki.WrongPIN
				if err := c.Verify(pin(t, "0000")); !errors.As(err, &wrong) || wrong.Left != left {
					t.Errorf("got %v, want %d left", err, left)
				}
				if got := b.card.Tries(card.PIN); got != left {
					t.Errorf("card has %d tries, want %d", got, left)
				}
			}
			if err := c.Verify(pin(t, "0000")); !errors.Is(err, jpki.ErrBlocked) {
				t.Errorf("last try: %v", err)
			}
			if n, err := c.Tries(); n != 0 || err != nil {
				t.Errorf("tries of a blocked PIN: %d, %v", n, err)
			}
			if err := c.Verify(pin(t, "1234")); !errors.Is(err, jpki.ErrBlocked) {
				t.Errorf("after the last: %v", err)
			}
			if n := b.verifies(); n != 3 {
				t.Errorf("%d PINs sent, want 3", n)
			}
		}
	}
}

func TestNotFourDigits(t *testing.T) {
	b := lay(t, nil)
	c := open(t, b)
	for _, digits := range []string{"", "123", "12345", "12a4", "ABC123"} {
		if err := c.Verify(pin(t, digits)); !errors.Is(err, jpki.ErrNotFourDigits) {
			t.Errorf("%q: %v", digits, err)
		}
	}
	wiped := pin(t, "1234")
	wiped.Wipe()
	if err := c.Verify(wiped); !errors.Is(err, secret.ErrWiped) {
		t.Errorf("wiped: %v", err)
	}
	if n := b.verifies(); n != 0 || b.card.Tries(card.PIN) != 3 {
		t.Errorf("%d PINs sent, %d tries left", n, b.card.Tries(card.PIN))
	}
}

func TestSignBeforePIN(t *testing.T) {
	for _, short := range []bool{true, false} {
		c := open(t, lay(t, func(s *card.Spec) { s.Product.NoShortIDs = !short }))
		if _, err := c.Sign([]byte(message)); !errors.Is(err, jpki.ErrNotVerified) {
			t.Errorf("got %v", err)
		}
	}
}

// The secret's bytes are gone from the command once it was sent.
func TestCommandIsWiped(t *testing.T) {
	b := lay(t, nil)
	keep := &keeper{bench: b}
	c, err := jpki.Open(keep)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(pin(t, "1234")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(keep.last, make([]byte, 9)) {
		t.Errorf("the command still reads %X", keep.last)
	}
}

// keeper keeps the last command's memory, which no Transmitter may.
type keeper struct {
	*bench
	last []byte
}

func (k *keeper) Transmit(command []byte) ([]byte, error) {
	k.last = command
	return k.bench.Transmit(command)
}
