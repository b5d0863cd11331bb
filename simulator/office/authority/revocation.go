package authority

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Reason is why a certificate was revoked (RFC 5280, 5.3.1).
type Reason int

// The reasons in use.
const (
	AffiliationChanged   Reason = 3
	Superseded           Reason = 4
	CessationOfOperation Reason = 5
	Hold                 Reason = 6 // stopped for the time being: a lost card
)

func (r Reason) String() string {
	switch r {
	case AffiliationChanged:
		return "affiliation changed"
	case Superseded:
		return "superseded"
	case CessationOfOperation:
		return "cessation of operation"
	case Hold:
		return "hold"
	}
	return fmt.Sprintf("reason %d", int(r))
}

// A list is published every day and good for two.
const listLife = 48 * time.Hour

type revocation struct {
	serial *big.Int
	reason Reason
}

// stop is the moment after which nothing was published.
type stop struct {
	at      time.Time
	revoked []revocation
}

// list is a list of revocations and what it was made from.
type list struct {
	day     time.Time
	revoked []revocation
	crl     *x509.RevocationList
}

// Revoke puts a user-verification certificate on the list, at once. To do it
// again changes the reason.
func (a *Authority) Revoke(serial *big.Int, reason Reason) { a.user.revoke(serial, reason) }

// RevokeSign does it with a signature certificate.
func (a *Authority) RevokeSign(serial *big.Int, reason Reason) { a.sign.revoke(serial, reason) }

// Restore takes a user-verification certificate off the list: a found card.
func (a *Authority) Restore(serial *big.Int) { a.user.restore(serial) }

// StopLists publishes no list after that time, until ResumeLists: what happens
// when the line to the authority is down. After the zero time there never was
// one.
func (a *Authority) StopLists(at time.Time) {
	for _, s := range []*side{a.user, a.sign} {
		s.mu.Lock()
		s.stopped = &stop{at: at, revoked: s.revoked}
		s.mu.Unlock()
	}
}

// ResumeLists publishes again.
func (a *Authority) ResumeLists() {
	for _, s := range []*side{a.user, a.sign} {
		s.mu.Lock()
		s.stopped = nil
		s.mu.Unlock()
	}
}

// CRL is the list of the newest user-verification generation that was in force
// at that time (DER).
func (a *Authority) CRL(at time.Time) ([]byte, error) {
	l, err := a.user.newest().list(at)
	if err != nil {
		return nil, err
	}
	return l.crl.Raw, nil
}

// revoke never changes the slice in place: lists already made share it.
func (s *side) revoke(serial *big.Int, reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = append(without(s.revoked, serial), revocation{serial: new(big.Int).Set(serial), reason: reason})
}

func (s *side) restore(serial *big.Int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = without(s.revoked, serial)
}

func without(all []revocation, serial *big.Int) []revocation {
	kept := make([]revocation, 0, len(all)+1)
	for _, r := range all {
		if r.serial.Cmp(serial) != 0 {
			kept = append(kept, r)
		}
	}
	return kept
}

// list is the list in force at that time: made at the beginning of the day.
func (g *generation) list(at time.Time) (*list, error) {
	if err := g.open(); err != nil {
		return nil, err
	}
	g.side.mu.Lock()
	revoked := g.side.revoked
	missing := false
	if s := g.side.stopped; s != nil {
		revoked, missing = s.revoked, s.at.IsZero()
		if at.After(s.at) {
			at = s.at
		}
	}
	g.side.mu.Unlock()
	if missing {
		return nil, errMissing
	}
	y, m, d := at.In(jst).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, jst)

	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last != nil && g.last.day.Equal(day) && same(g.last.revoked, revoked) {
		return g.last, nil
	}
	l, err := g.publish(day, revoked)
	if err != nil {
		return nil, fmt.Errorf("authority: list of revocations: %w", err)
	}
	g.last = l
	return l, nil
}

var errMissing = errors.New("there is none")

// same says whether two lists were made from one state: a changed state is
// always a new slice.
func same(a, b []revocation) bool {
	if len(a) != len(b) {
		return false
	}
	return len(a) == 0 || &a[0] == &b[0]
}

func (g *generation) publish(day time.Time, revoked []revocation) (*list, error) {
	g.published++
	template := &x509.RevocationList{
		Number:     big.NewInt(g.published),
		ThisUpdate: day,
		NextUpdate: day.Add(listLife),
	}
	for _, r := range revoked {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: r.serial, RevocationTime: day, ReasonCode: int(r.reason),
		})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, g.cert, g.key)
	if err != nil {
		return nil, err
	}
	crl, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, err
	}
	return &list{day: day, revoked: revoked, crl: crl}, nil
}

// onList looks the certificate up on its issuer's list, which must be fresh.
func (g *generation) onList(cert *x509.Certificate, at time.Time) error {
	l, err := g.list(at)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoList, err)
	}
	if err := l.crl.CheckSignatureFrom(g.cert); err != nil {
		return fmt.Errorf("%w: %w", ErrNoList, err)
	}
	if at.Before(l.crl.ThisUpdate) || !at.Before(l.crl.NextUpdate) {
		return fmt.Errorf("%w: the last is of %s", ErrNoList, l.crl.ThisUpdate.In(jst).Format(time.DateOnly))
	}
	for _, r := range l.crl.RevokedCertificateEntries {
		if r.SerialNumber.Cmp(cert.SerialNumber) == 0 {
			return &Revoked{Reason: Reason(r.ReasonCode), At: r.RevocationTime}
		}
	}
	return nil
}
