package authority_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kioskd/simulator/office/authority"
)

// keys is a folder of keys that the tests of one run share: making keys is what
// takes time here.
var keys string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "authority-keys-")
	if err != nil {
		panic(err)
	}
	keys = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(dir); err != nil {
			panic(err)
		}
		os.Exit(code)
	}))
}

var now = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600))

// world is an authority and a holder's key, made once for the tests that only
// read it.
type world struct {
	*authority.Authority
	key *rsa.PrivateKey
}

func newWorld(t *testing.T, dir string) world {
	t.Helper()
	pool, err := authority.OpenKeyPool(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	pool.Prepare("holder")
	a := authority.NewWithKeys(now, pool)
	key, err := pool.Key("holder")
	if err != nil {
		t.Fatal(err)
	}
	return world{Authority: a, key: key}
}

func (w world) user(t *testing.T, serial int64, from, to time.Time) []byte {
	t.Helper()
	der, err := w.IssueUser(big.NewInt(serial), from, to, w.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestVerifyUser(t *testing.T) {
	w := newWorld(t, keys)
	from, to := now.AddDate(-1, 0, 0), authority.EndOfDay(now.AddDate(4, 0, 0))
	good := w.user(t, 0x0A000001, from, to)
	if len(good) > 1300 {
		t.Errorf("certificate of %d bytes", len(good))
	}
	t.Logf("user certificate: %d bytes", len(good))
	sign, err := w.IssueSign(big.NewInt(0x0B000001), from, to, w.key.Public(), authority.Holder{
		Locality: "稲城市", Name: "試験 花子", Sex: "2", Birth: "319800102", Address: "東京都稲城市東長沼１１１",
	})
	if err != nil {
		t.Fatal(err)
	}
	torn := append([]byte(nil), good...)
	torn[len(torn)-1] ^= 1
	ca, err := w.UserCA(from)
	if err != nil {
		t.Fatal(err)
	}
	older := now.AddDate(-3, 0, 0)
	tests := []struct {
		name string
		der  []byte
		at   time.Time
		want error
	}{
		{"good", good, now, nil},
		{"first second", good, from, nil},
		{"before", good, from.Add(-time.Second), authority.ErrNotYetValid},
		{"last second", good, to, nil},
		{"after", good, to.Add(time.Second), authority.ErrExpired},
		{"older generation", w.user(t, 0x0A000002, older, authority.EndOfDay(older.AddDate(5, 0, 0))), now, nil},
		{"generation over", good, now.AddDate(9, 0, 0), authority.ErrNotOurs},
		{"signature certificate", sign, now, authority.ErrNotOurs},
		{"authority's own", ca, now, authority.ErrProfile},
		{"spoilt", torn, now, authority.ErrNotOurs},
		{"empty", nil, now, authority.ErrMalformed},
		{"filler behind", append(append([]byte(nil), good...), 0), now, authority.ErrMalformed},
		{"same name, other key", forged(t, ca, w.key), now, authority.ErrNotOurs},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := w.VerifyUser(tt.der, tt.at); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	if err := w.VerifySign(sign, now); err != nil {
		t.Errorf("signature certificate: %v", err)
	}
	if err := w.VerifySign(good, now); !errors.Is(err, authority.ErrNotOurs) {
		t.Errorf("user certificate as signature's: %v", err)
	}
}

// forged is a certificate whose issuer has the authority's name and profile but
// another key.
func forged(t *testing.T, ca []byte, key *rsa.PrivateKey) []byte {
	t.Helper()
	parent, err := x509.ParseCertificate(ca)
	if err != nil {
		t.Fatal(err)
	}
	parent.PublicKey = key.Public()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "x"},
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}, parent, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// A certificate of the right issuer that lacks the policy is another kind of
// certificate; nothing but the authority's own key can make one, so the test
// takes it from the pool.
func TestVerifyProfile(t *testing.T) {
	w := newWorld(t, keys)
	der, err := w.UserCA(now)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	caKey, err := w.Keys().Key("authority-user-2")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := x509.ParseOID("1.2.392.200149.8.5.1.0.30")
	if err != nil {
		t.Fatal(err)
	}
	right := x509.Certificate{
		SerialNumber: big.NewInt(9), NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, Policies: []x509.OID{policy},
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*x509.Certificate)
		key    crypto.PublicKey
		want   error
	}{
		{"right", func(*x509.Certificate) {}, w.key.Public(), nil},
		{"no policy", func(c *x509.Certificate) { c.Policies = nil }, w.key.Public(), authority.ErrProfile},
		{"usage of a signature certificate", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageContentCommitment }, w.key.Public(), authority.ErrProfile},
		{"CA", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, w.key.Public(), authority.ErrProfile},
		{"short key", func(*x509.Certificate) {}, small.Public(), authority.ErrProfile},
		{"unknown critical extension", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}, w.key.Public(), authority.ErrProfile},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			template := right
			tt.change(&template)
			der, err := x509.CreateCertificate(rand.Reader, &template, ca, tt.key, caKey)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.VerifyUser(der, now); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRevocation(t *testing.T) {
	w := newWorld(t, keys)
	serial := big.NewInt(0x0A000003)
	der := w.user(t, serial.Int64(), now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	check := func(name string, at time.Time, want error) {
		t.Helper()
		if err := w.VerifyUser(der, at); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	check("at first", now, nil)

	w.RevokeSign(serial, authority.Superseded)
	check("same serial on the signature side", now, nil)

	w.Revoke(serial, authority.Hold)
	var revoked *authority.Revoked
	if err := w.VerifyUser(der, now); !errors.As(err, &revoked) || revoked.Reason != authority.Hold {
		t.Errorf("held: %v", err)
	}
	w.Revoke(serial, authority.CessationOfOperation)
	if err := w.VerifyUser(der, now); !errors.As(err, &revoked) || revoked.Reason != authority.CessationOfOperation {
		t.Errorf("ended: %v", err)
	}
	w.Restore(serial)
	check("restored", now, nil)

	w.StopLists(now)
	w.Revoke(serial, authority.Superseded)
	check("revoked after the last list", now.Add(time.Hour), nil)
	check("last day of the list", now.Add(24*time.Hour), nil)
	check("stale", now.Add(48*time.Hour), authority.ErrNoList)
	check("the day before", now.Add(-24*time.Hour), nil)
	w.StopLists(time.Time{})
	check("missing", now, authority.ErrNoList)
	w.ResumeLists()
	if err := w.VerifyUser(der, now.Add(48*time.Hour)); !errors.As(err, &revoked) {
		t.Errorf("published again: %v", err)
	}
}

// openssl reads the same profile: somebody else's opinion of our DER.
func TestOpenSSL(t *testing.T) {
	w := newWorld(t, keys)
	dir := t.TempDir()
	write := func(name string, der []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, der, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	der, err := w.IssueSign(big.NewInt(0x0B000009), now, now.AddDate(1, 0, 0), w.key.Public(), authority.Holder{
		Locality: "Inagi", Name: "試験", Sex: "3", Birth: "020000101", Address: "海外転出",
	})
	leaf := write("leaf", der, err)
	der, err = w.SignCA(now)
	ca := write("ca", der, err)
	der, err = w.CRL(now)
	crl := write("crl", der, err)
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("openssl", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %s: %v: %s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	text := run("x509", "-inform", "DER", "-in", leaf, "-noout", "-text")
	for _, want := range []string{
		"Issuer: C = JP, O = JPKI-TEST, OU = JPKI for digital signature, OU = Japan Agency",
		"X509v3 Key Usage: critical", "Digital Signature, Non Repudiation",
		"X509v3 Certificate Policies: critical", "1.2.392.200149.8.5.1.0.20",
		"1.2.392.200149.8.5.5.1", "DirName", "sha256WithRSAEncryption",
	} {
		if !strings.Contains(strings.ReplaceAll(text, "=", " = "), want) && !strings.Contains(text, want) {
			t.Errorf("openssl does not see %q in:\n%s", want, text)
		}
	}
	run("verify", "-attime", "1795500000", "-x509_strict", "-CAfile", pemOf(t, run, ca), pemOf(t, run, leaf))
	if text := run("crl", "-inform", "DER", "-in", crl, "-noout", "-text"); !strings.Contains(text, "JPKI for user authentication") {
		t.Errorf("list:\n%s", text)
	}
}

func pemOf(t *testing.T, run func(...string) string, path string) string {
	t.Helper()
	run("x509", "-inform", "DER", "-in", path, "-out", path+".pem")
	return path + ".pem"
}

func TestEndOfDay(t *testing.T) {
	// 15:30 UTC is past midnight in Japan.
	got := authority.EndOfDay(time.Date(2026, 2, 28, 15, 30, 0, 0, time.UTC))
	if want := time.Date(2026, 3, 1, 14, 59, 59, 0, time.UTC); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestKeyPool(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	pool, err := authority.OpenKeyPool(dir)
	if err != nil {
		t.Fatal(err)
	}
	first, err := pool.Key("some-one")
	if err != nil {
		t.Fatal(err)
	}
	again, err := pool.Key("some-one")
	if err != nil || again != first {
		t.Errorf("the same name is another key (%v)", err)
	}
	for _, name := range []string{"", "../x", "A", "a/b"} {
		if _, err := pool.Key(name); err == nil {
			t.Errorf("name %q was taken", name)
		}
	}
	pool.Close()
	pool.Close()
	if _, err := pool.Key("late"); !errors.Is(err, authority.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	path := filepath.Join(dir, "some-one.pem")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v (%v)", left, err)
	}

	second, err := authority.OpenKeyPool(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := second.Key("some-one")
	if err != nil || !kept.Equal(first) {
		t.Errorf("kept key differs (%v)", err)
	}
	second.Close()

	if err := os.WriteFile(path, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	third, err := authority.OpenKeyPool(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if _, err := third.Key("some-one"); err == nil || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("damaged file: %v", err)
	}
}
