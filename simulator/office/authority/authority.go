// Package authority is the test certificate authority behind the virtual cards:
// a user-verification side and a signature side, each in two generations that
// bear the same name, as the real authority's do. Which generation issued a
// certificate is found by its signature and never by its name.
//
// It refuses to be taken for the real one: its name is JPKI-TEST, and its
// policies are the test hierarchy's.
//
// Source: the published profile of the two certificates, RFC 5280 for the rest.
// The test policy of the user-verification side is our own choice beside the
// published one of the signature side.
package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// jst is the time in which certificates end. Japan keeps it all year.
var jst = time.FixedZone("JST", 9*60*60)

// EndOfDay is the last second of t's day in Japan: when a certificate ends.
func EndOfDay(t time.Time) time.Time {
	y, m, d := t.In(jst).Date()
	return time.Date(y, m, d, 23, 59, 59, 0, jst)
}

// The generations, by years from the authority's now. A certificate lives five
// years at most, and the older generation outlives each that it issued.
const (
	generationYears = 10
	olderStarts     = -7
	newerStarts     = -2
)

// Authority issues, revokes and verifies. It is safe for concurrent use.
type Authority struct {
	keys *KeyPool
	own  bool // the pool is ours to close
	user *side
	sign *side
}

// New makes an authority whose generations are laid around now. Its keys are
// generated at need and kept nowhere.
func New(now time.Time) (*Authority, error) {
	keys, err := OpenKeyPool("")
	if err != nil {
		return nil, err
	}
	a := NewWithKeys(now, keys)
	a.own = true
	return a, nil
}

// NewWithKeys does the same with the keys of a pool, which remains the caller's
// to close.
func NewWithKeys(now time.Time, keys *KeyPool) *Authority {
	a := &Authority{
		keys: keys,
		user: newSide("user", "JPKI for user authentication", now, keys),
		sign: newSide("sign", "JPKI for digital signature", now, keys),
	}
	keys.Prepare(a.user.newest().keyName(), a.sign.newest().keyName())
	return a
}

// Close waits for keys in the making, where the pool is the authority's own. It
// may be called twice.
func (a *Authority) Close() {
	if a.own {
		a.keys.Close()
	}
}

// Keys is the pool the authority takes its keys from; cards may share it.
func (a *Authority) Keys() *KeyPool { return a.keys }

// side is one of the two halves: its own name, keys, serials, revocations.
type side struct {
	label       string
	name        []byte // DER of the one name all generations bear
	generations []*generation

	mu      sync.Mutex
	revoked []revocation
	stopped *stop // nil while lists are published
}

// generation is one key of a side.
type generation struct {
	side     *side
	number   int
	from, to time.Time
	keys     *KeyPool

	once sync.Once
	key  *rsa.PrivateKey
	cert *x509.Certificate
	err  error

	mu        sync.Mutex
	last      *list // the list made last
	published int64 // lists so far
}

func newSide(label, unit string, now time.Time, keys *KeyPool) *side {
	s := &side{label: label, name: authorityName(unit)}
	for i, starts := range []int{olderStarts, newerStarts} {
		from := now.AddDate(starts, 0, 0)
		s.generations = append(s.generations, &generation{
			side: s, number: i + 1, keys: keys,
			from: from, to: EndOfDay(from.AddDate(generationYears, 0, 0)),
		})
	}
	return s
}

func (s *side) newest() *generation { return s.generations[len(s.generations)-1] }

// at is the generation that issued at that time: the newest that had begun.
func (s *side) at(t time.Time) *generation {
	for i := len(s.generations) - 1; i > 0; i-- {
		if !t.Before(s.generations[i].from) {
			return s.generations[i]
		}
	}
	return s.generations[0]
}

func (g *generation) keyName() string { return fmt.Sprintf("authority-%s-%d", g.side.label, g.number) }

// open makes the generation's key and its own certificate, the first time.
func (g *generation) open() error {
	g.once.Do(func() {
		if g.key, g.err = g.keys.Key(g.keyName()); g.err != nil {
			return
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(g.number)),
			RawSubject:   g.side.name,
			NotBefore:    g.from, NotAfter: g.to,
			KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
			IsCA:                  true,
			BasicConstraintsValid: true,
			ExtraExtensions:       listPoint(g.side.name),
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &g.key.PublicKey, g.key)
		if err != nil {
			g.err = err
			return
		}
		g.cert, g.err = x509.ParseCertificate(der)
	})
	if g.err != nil {
		return fmt.Errorf("authority: %s generation %d: %w", g.side.label, g.number, g.err)
	}
	return nil
}

// UserCA is the certificate (DER) above the user-verification certificates
// issued at that time: what a card carries in EF 000B.
func (a *Authority) UserCA(issued time.Time) ([]byte, error) { return a.user.at(issued).der() }

// SignCA is the same of the signature side: EF 0002.
func (a *Authority) SignCA(issued time.Time) ([]byte, error) { return a.sign.at(issued).der() }

func (g *generation) der() ([]byte, error) {
	if err := g.open(); err != nil {
		return nil, err
	}
	return g.cert.Raw, nil
}

// IssueUser issues a user-verification certificate (DER) under the generation
// of notBefore. It names nobody.
func (a *Authority) IssueUser(serial *big.Int, notBefore, notAfter time.Time, key crypto.PublicKey) ([]byte, error) {
	name, err := opaqueName()
	if err != nil {
		return nil, err
	}
	return a.user.at(notBefore).issue(&x509.Certificate{
		SerialNumber: serial, RawSubject: holderName("", name),
		NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage:        x509.KeyUsageDigitalSignature,
		ExtraExtensions: userExtensions(a.user.name),
	}, key)
}

// Holder is what a signature certificate says of its holder.
type Holder struct {
	Locality string // the subject's: municipality
	Name     string
	Sex      string // 1 male, 2 female, 3 unknown
	Birth    string // era digit (0 unknown, 1 Meiji to 5 Reiwa), then YYYYMMDD
	Address  string
}

// IssueSign issues a signature certificate (DER).
func (a *Authority) IssueSign(serial *big.Int, notBefore, notAfter time.Time, key crypto.PublicKey, h Holder) ([]byte, error) {
	name, err := opaqueName()
	if err != nil {
		return nil, err
	}
	return a.sign.at(notBefore).issue(&x509.Certificate{
		SerialNumber: serial, RawSubject: holderName(h.Locality, name),
		NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage:        x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		ExtraExtensions: signExtensions(a.sign.name, h),
	}, key)
}

func (g *generation) issue(template *x509.Certificate, key crypto.PublicKey) ([]byte, error) {
	if err := g.open(); err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, g.cert, key, g.key)
	if err != nil {
		return nil, fmt.Errorf("authority: issue %s certificate: %w", g.side.label, err)
	}
	return der, nil
}

// opaqueName is a subject's common name: random, telling nothing.
func opaqueName() (string, error) {
	const bytes = 16
	b := make([]byte, bytes)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("authority: name: %w", err)
	}
	return hex.EncodeToString(b), nil
}
