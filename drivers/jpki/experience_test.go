package jpki_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"kioskd/drivers/jpki"
	"kioskd/simulator/card"
)

// sized is a certificate of that key with about so many bytes.
func sized(t testing.TB, size int, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(0x0A0B0C0D), NotBefore: now, NotAfter: now.AddDate(5, 0, 0)}
	for {
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if len(der) >= size {
			return der
		}
		n := max(1, size-len(der)-20)
		if len(template.ExtraExtensions) > 0 {
			n = len(template.ExtraExtensions[0].Value) + size - len(der)
		}
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: make([]byte, n)}}
	}
}

// login is a whole one, and how many exchanges it took: in all, and after the
// last digit.
func login(t *testing.T, b *bench, e *jpki.Experience) (all, after int) {
	t.Helper()
	b.sent = nil
	if _, err := b.PowerOn(); err != nil {
		t.Fatal(err)
	}
	c, err := e.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UserCertificate(); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Tries(); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	before := len(b.sent)
	if err := c.Verify(pin(t, "1234")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sign([]byte(message)); err != nil {
		t.Fatal(err)
	}
	return len(b.sent), len(b.sent) - before
}

// How many exchanges a login takes, by product and size of certificate, the
// first time a reader sees such a card and the next.
func TestExchanges(t *testing.T) {
	r, err := someone()
	if err != nil {
		t.Fatal(err)
	}
	plain := card.Product{}
	extended := card.Product{ExtendedLength: true}
	selecting := card.Product{NoShortIDs: true}
	both := card.Product{NoShortIDs: true, ExtendedLength: true}
	tests := []struct {
		name               string
		product            card.Product
		size               int
		first, next, after int
	}{
		{"short identifiers", plain, 1202, 10, 9, 2},
		{"short identifiers, 1.3 kB", plain, 1300, 10, 10, 2},
		{"short identifiers, 1.5 kB", plain, 1536, 10, 10, 2},
		{"extended length", extended, 1202, 6, 5, 2},
		{"extended length, 1.3 kB", extended, 1300, 10, 10, 2},
		{"selection", selecting, 1202, 13, 13, 3},
		// One more than wanted: the exchange that the card refuses.
		{"selection, 1.3 kB", selecting, 1300, 14, 14, 3},
		{"selection, extended length", both, 1202, 13, 13, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := lay(t, func(s *card.Spec) {
				s.Product, s.UserCert = tt.product, sized(t, tt.size, r.key)
			})
			e := new(jpki.Experience)
			for i, want := range []int{tt.first, tt.next} {
				if all, after := login(t, b, e); all != want || after != tt.after {
					t.Errorf("login %d took %d exchanges, %d of them after the last digit; want %d and %d:\n%s",
						i+1, all, after, want, tt.after, strings.Join(b.sent, "\n"))
				}
			}
		})
	}
}

// A reader that has seen extended length work meets a card that refuses it: one
// exchange more, and never again.
func TestExtendedLengthIsUnlearnt(t *testing.T) {
	r, err := someone()
	if err != nil {
		t.Fatal(err)
	}
	e := new(jpki.Experience)
	knows := lay(t, func(s *card.Spec) { s.Product.ExtendedLength = true })
	login(t, knows, e)
	if all, _ := login(t, knows, e); all != 5 {
		t.Errorf("%d exchanges", all)
	}
	for _, product := range []card.Product{{}, {NoShortIDs: true}} {
		refuses := lay(t, func(s *card.Spec) { s.Product, s.UserCert = product, sized(t, 1300, r.key) })
		login(t, refuses, e)
		for _, sent := range refuses.sent[2:] {
			if strings.HasPrefix(sent, "00B0") && len(sent) > 10 {
				t.Errorf("asked again: %s", sent)
			}
		}
	}
	if all, _ := login(t, knows, e); all != 9 {
		t.Errorf("%d exchanges after a refusal", all)
	}
}

// A reader that cannot carry extended length says so by an error of its own;
// what is longer than the file, torn or empty is no better.
func TestExtendedLengthFailsInOtherWays(t *testing.T) {
	for name, spoil := range map[string]func(answer []byte) ([]byte, error){
		"error of the reader": func([]byte) ([]byte, error) { return nil, errors.New("not transacted") },
		"short answer":        func(a []byte) ([]byte, error) { return append(a[:40:40], 0x90, 0x00), nil },
		"nothing":             func([]byte) ([]byte, error) { return []byte{0x90, 0x00}, nil },
		"too much":            func(a []byte) ([]byte, error) { return append([]byte{1}, a...), nil },
		"empty":               func([]byte) ([]byte, error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			e := new(jpki.Experience)
			b := &spoilt{lay(t, func(s *card.Spec) { s.Product.ExtendedLength = true }), spoil}
			c, err := e.Open(b)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.UserCertificate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// spoilt answers extended reads otherwise.
type spoilt struct {
	*bench
	spoil func([]byte) ([]byte, error)
}

func (s *spoilt) Transmit(command []byte) ([]byte, error) {
	answer, err := s.bench.Transmit(command)
	if err == nil && command[1] == 0xB0 && len(command) > 5 {
		return s.spoil(answer)
	}
	return answer, err
}

// The planned card: another entry, and the same login.
func TestECDSA(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := lay(t, func(s *card.Spec) { s.UserKey, s.UserCert = key, sized(t, 700, key) })
	c := open(t, b)
	if _, err := c.UserCertificate(); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(pin(t, "1234")); err != nil {
		t.Fatal(err)
	}
	signature, err := c.Sign([]byte(message))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha512.Sum384([]byte(message))
	if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
		t.Error("the signature is not the key's")
	}
	sent := b.sent[len(b.sent)-1]
	if want := fmt.Sprintf("802A009730%X00", digest); sent != want {
		t.Errorf("sent %s, want %s", sent, want)
	}
	// A P-256 key is no entry.
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c = open(t, lay(t, func(s *card.Spec) { s.UserKey, s.UserCert = other, sized(t, 700, other) }))
	if _, err := c.UserCertificate(); !errors.Is(err, jpki.ErrAlgorithm) {
		t.Errorf("P-256: %v", err)
	}
}
