package jpki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"math/big"
	"testing"
	"time"
)

// QuickCertificate is a certificate with an RSA-2048 key that nobody has, signed
// with a key that is quickly made: under a fuzzer's instrumentation an RSA key
// takes longer than the fuzzing.
func QuickCertificate(t testing.TB) []byte {
	t.Helper()
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	modulus := new(big.Int).SetBit(big.NewInt(1), 2047, 1)
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	template := &x509.Certificate{SerialNumber: big.NewInt(0x0A0B0C0D), NotBefore: now, NotAfter: now.AddDate(5, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &rsa.PublicKey{N: modulus, E: 65537}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// Whatever the card holds, parsing ends with a certificate that has what the
// kiosk reads, or with an error; a size never leaves its bounds.
func FuzzCertificate(f *testing.F) {
	der := QuickCertificate(f)
	f.Add(der)
	f.Add(der[:256])
	f.Add([]byte{0x30, 0x82, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, der []byte) {
		if size, err := derSize(der); err == nil {
			if size < 256 || size > certificateMax || size != int(binary.BigEndian.Uint16(der[2:]))+4 {
				t.Errorf("size %d of % X", size, der[:4])
			}
		}
		c, err := parseCertificate(der)
		if err != nil {
			return
		}
		if c.PublicKey == nil && len(c.RawSubjectPublicKeyInfo) == 0 {
			t.Error("no key")
		}
		if c.SerialNumber == nil {
			t.Error("no serial number")
		}
		// Whatever the key is, it has an algorithm or an error.
		if how, err := algorithmFor(c); err == nil && how.input == nil {
			t.Error("an algorithm without an input")
		}
	})
}
