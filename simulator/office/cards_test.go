package office

import (
	"bytes"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"kioskd/simulator/card"
	"kioskd/simulator/office/authority"
)

// TestCards: what is out of the ordinary with each resident's card.
func TestCards(t *testing.T) {
	o := newOffice(t, t.TempDir())
	now := o.clock.Now()
	for _, tc := range []struct {
		resident string
		user     error
		sign     error // errNone: no signature certificate
		kind     card.Kind
		pin      int
	}{
		{resident: "adult"},
		{resident: "child", sign: errNone},
		{resident: "ward", sign: errNone},
		{resident: "expired", user: authority.ErrExpired, sign: authority.ErrExpired},
		{resident: "signature-expired", sign: authority.ErrExpired},
		{resident: "not-yet-valid", user: authority.ErrNotYetValid, sign: authority.ErrNotYetValid},
		{resident: "revoked", user: &authority.Revoked{}},
		{resident: "card-stopped", user: &authority.Revoked{}},
		{resident: "moved", sign: &authority.Revoked{}},
		{resident: "last-try", pin: 1},
		{resident: "blocked-pin", pin: card.Blocked},
		{resident: "no-pin", sign: errNone, kind: card.NoPIN},
		{resident: "old-card", kind: card.OldCard},
	} {
		spec, err := o.CardSpec(tc.resident)
		if err != nil {
			t.Fatal(err)
		}
		if tc.kind == "" {
			tc.kind = card.MyNumber
		}
		if spec.Kind != tc.kind || spec.PINTries != tc.pin || spec.PIN != "1234" {
			t.Errorf("%s: kind %s, %d tries", tc.resident, spec.Kind, spec.PINTries)
		}
		if err := o.cards.authority.VerifyUser(spec.UserCert, now); !same(err, tc.user) {
			t.Errorf("%s: user certificate: %v, want %v", tc.resident, err, tc.user)
		}
		if (spec.SignCert == nil) != (tc.sign == errNone) {
			t.Errorf("%s: signature certificate: %v", tc.resident, spec.SignCert != nil)
		} else if spec.SignCert != nil {
			if err := o.cards.authority.VerifySign(spec.SignCert, now); !same(err, tc.sign) {
				t.Errorf("%s: signature certificate: %v, want %v", tc.resident, err, tc.sign)
			}
		}
		if _, err := card.New(spec); err != nil {
			t.Errorf("%s: %v", tc.resident, err)
		}
	}
	if _, err := o.CardSpec("nobody"); !errors.Is(err, errNobody) {
		t.Errorf("nobody's card: %v", err)
	}
}

var errNone = errors.New("none")

func same(got, want error) bool {
	var revoked, wanted *authority.Revoked
	if errors.As(want, &wanted) {
		return errors.As(got, &revoked)
	}
	return errors.Is(got, want)
}

// TestDates: which certificates are within three months of their end, and what
// Expire does.
func TestDates(t *testing.T) {
	o := newOffice(t, t.TempDir())
	end := func(resident string) time.Time {
		t.Helper()
		spec, err := o.CardSpec(resident)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(spec.UserCert)
		if err != nil {
			t.Fatal(err)
		}
		return c.NotAfter
	}
	for resident, soon := range map[string]bool{
		"adult": false, "elderly": false, "expiring": true, "foreign-expiring": true, "foreign-resident": false,
	} {
		if got := end(resident).Before(start.AddDate(0, 3, 0)); got != soon {
			t.Errorf("%s ends %v", resident, end(resident))
		}
	}
	at := time.Date(2026, 11, 24, 10, 5, 0, 0, start.Location())
	if err := o.Expire("adult", "user", at); err != nil {
		t.Fatal(err)
	}
	if got := end("adult"); !got.Equal(at) {
		t.Errorf("ends %v, want %v", got, at)
	}
	if err := o.Expire("adult", "user", at.AddDate(-2, 0, 0)); err != nil {
		t.Errorf("long ago: %v", err)
	}
	for _, bad := range []struct{ who, which string }{{"child", "signature"}, {"adult", "other"}, {"nobody", "user"}} {
		if err := o.Expire(bad.who, bad.which, at); err == nil {
			t.Errorf("%s's %s certificate ended", bad.who, bad.which)
		}
	}
}

func TestFifthBirthday(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tc := range []struct{ born, issued, want string }{
		{"1990-06-01", "2025-11-24", "2030-06-01"},
		{"1990-12-01", "2025-11-24", "2029-12-01"},
		{"1990-11-24", "2025-11-24", "2030-11-24"},
	} {
		if got := fifthBirthday(day(tc.born), day(tc.issued)); !got.Equal(day(tc.want)) {
			t.Errorf("born %s, issued %s: %v", tc.born, tc.issued, got)
		}
	}
}

// TestKeptDirectory: an office that starts anew in its old directory is the same
// to its kiosks.
func TestKeptDirectory(t *testing.T) {
	dir := t.TempDir()
	first := newOffice(t, dir)
	key, err := first.AddKiosk("k001")
	if err != nil {
		t.Fatal(err)
	}
	steal(t, first, "k001")
	first.Away()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if err := first.Back(); err == nil {
		t.Error("a closed office came back")
	}
	second := newOffice(t, dir)
	again, err := second.AddKiosk("k001")
	if err != nil || again != key {
		t.Errorf("key file %s, then %s (%v)", key, again, err)
	}
	if !bytes.Equal(first.keys.seal.PublicKey().Bytes(), second.keys.seal.PublicKey().Bytes()) {
		t.Error("the pinned key changed")
	}
	if second.settings.now.Revision != 2 {
		t.Errorf("revision %d after a restart, want 2", second.settings.now.Revision)
	}
}
