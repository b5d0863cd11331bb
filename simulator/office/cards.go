package office

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/card"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/register"
)

// What is typed on every card of the simulation.
const (
	cardPIN      = "1234"
	cardPassword = "ABC123"
)

// cards are the residents' cards and their certificates, made at need: a key
// takes a good part of a second.
type cards struct {
	authority *authority.Authority
	register  *register.Register
	start     time.Time // the residents' dates count from here

	mu     sync.Mutex
	held   map[string]*holding // by resident
	owners map[string]string   // serial: resident, of every certificate ever issued
}

// holding is a resident's present card.
type holding struct {
	mu         sync.Mutex
	generation int // how many cards were issued before this one
	issued     time.Time
	user, sign *certificate // nil: not made yet, or none
}

type certificate struct {
	serial       *big.Int
	key          string // its name in the pool
	from, to     time.Time
	der          []byte
	ownerDigest  []byte
	issuedUnder  time.Time // which generation of the authority
	issuerOfUser bool
}

func newCards(a *authority.Authority, r *register.Register, start time.Time) *cards {
	return &cards{authority: a, register: r, start: start, held: make(map[string]*holding), owners: make(map[string]string)}
}

// errNobody says that the register knows nobody of that name.
var errNobody = errors.New("no such resident")

// holding locks and returns the resident's card, issued if it was not yet.
func (c *cards) holding(name string) (*holding, *register.Resident, error) {
	p, ok := c.register.Resident(name)
	if !ok {
		return nil, nil, fmt.Errorf("office: %q: %w", name, errNobody)
	}
	c.mu.Lock()
	h := c.held[name]
	if h == nil {
		h = &holding{issued: c.start.AddDate(-1, 0, 0)}
		c.held[name] = h
	}
	c.mu.Unlock()
	h.mu.Lock()
	if h.user == nil {
		if err := c.issue(h, p); err != nil {
			h.mu.Unlock()
			return nil, nil, fmt.Errorf("office: card of %s: %w", name, err)
		}
	}
	return h, p, nil
}

// issue makes both certificates. h.mu is held.
func (c *cards) issue(h *holding, p *register.Resident) error {
	userFrom, userTo, signFrom, signTo := c.dates(h, p)
	user, err := c.certify(h, p, "user", userFrom, userTo)
	if err != nil {
		return err
	}
	if c.signs(h, p) {
		if h.sign, err = c.certify(h, p, "signature", signFrom, signTo); err != nil {
			return err
		}
	}
	h.user = user
	if h.generation > 0 {
		return nil
	}
	switch {
	case p.Login == register.LoginCardStopped:
		c.authority.Revoke(h.user.serial, authority.Hold)
	case p.Login == register.LoginRevoked:
		c.authority.Revoke(h.user.serial, authority.CessationOfOperation)
	}
	// A new address ends the signature certificate and leaves the other.
	if h.sign != nil && (p.Name == "moved" || p.Name == "moved-out" || p.Name == "moved-in-today") {
		c.authority.RevokeSign(h.sign.serial, authority.AffiliationChanged)
	}
	return nil
}

// signs says whether this card has a signature certificate: not before fifteen,
// not for an adult ward, and not on a card without PINs.
func (c *cards) signs(h *holding, p *register.Resident) bool {
	if p.Guardian || !c.start.AddDate(-15, 0, 0).After(p.Born) {
		return false
	}
	return h.generation > 0 || kindOf(p.Name) != card.NoPIN
}

// dates are the certificates' first and last instants: to the fifth birthday
// after issue, for many foreign residents to the end of their stay if that is
// sooner, and for some residents of the scenarios as their names say.
func (c *cards) dates(h *holding, p *register.Resident) (userFrom, userTo, signFrom, signTo time.Time) {
	to := fifthBirthday(p.Born, h.issued)
	if p.Foreign && !p.StayEnds.IsZero() && p.StayEnds.Before(to) {
		to = p.StayEnds
	}
	userFrom, userTo, signFrom, signTo = h.issued, authority.EndOfDay(to), h.issued, authority.EndOfDay(to)
	if h.generation > 0 {
		return userFrom, userTo, signFrom, signTo
	}
	soon := authority.EndOfDay(c.start.AddDate(0, 2, 0))
	past := authority.EndOfDay(c.start.AddDate(0, 0, -10))
	switch p.Name {
	case "expiring", "foreign-expiring":
		userTo, signTo = soon, soon
	case "expired":
		userTo, signTo = past, past
	case "signature-expired":
		signTo = past
	case "not-yet-valid":
		tomorrow := authority.EndOfDay(c.start).Add(time.Second)
		userFrom, signFrom = tomorrow, tomorrow
	}
	return userFrom, userTo, signFrom, signTo
}

func fifthBirthday(born, issued time.Time) time.Time {
	birthday := time.Date(issued.Year(), born.Month(), born.Day(), 0, 0, 0, 0, born.Location())
	years := 5
	if birthday.After(issued) {
		years = 4
	}
	return birthday.AddDate(years, 0, 0)
}

// certify makes one certificate. Serials follow from name and count, so that a
// simulation that starts anew knows the cards of last time.
func (c *cards) certify(h *holding, p *register.Resident, kind string, from, to time.Time) (*certificate, error) {
	keyName := fmt.Sprintf("%s-%s-%d", p.Name, kind, h.generation)
	sum := sha256.Sum256([]byte(keyName))
	cert := &certificate{
		serial: new(big.Int).SetUint64(binary.BigEndian.Uint64(sum[:8])>>1 | 1),
		key:    keyName, issuedUnder: from, issuerOfUser: kind == "user",
	}
	if err := c.write(cert, p, from, to); err != nil {
		return nil, err
	}
	if cert.issuerOfUser {
		c.mu.Lock()
		c.owners[cert.serial.String()] = p.Name
		c.mu.Unlock()
	}
	return cert, nil
}

// write makes the certificate's bytes, also anew with another end.
func (c *cards) write(cert *certificate, p *register.Resident, from, to time.Time) error {
	key, err := c.authority.Keys().Key(cert.key)
	if err != nil {
		return err
	}
	var der []byte
	if cert.issuerOfUser {
		der, err = c.authority.IssueUser(cert.serial, from, to, key.Public())
	} else {
		der, err = c.authority.IssueSign(cert.serial, from, to, key.Public(), holderOf(p, c.register))
	}
	if err != nil {
		return err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	cert.from, cert.to, cert.der = from, to, der
	cert.ownerDigest = protocol.CertificateDigest(parsed)
	return nil
}

func holderOf(p *register.Resident, r *register.Register) authority.Holder {
	h := authority.Holder{
		Name: p.FullName, Sex: "1", Address: p.Address,
		Birth: eraDigit(p.Born) + p.Born.Format("20060102"),
	}
	if p.Sex == "女" {
		h.Sex = "2"
	}
	if m, ok := r.Municipality(p.Municipality); ok {
		h.Locality = m.Name
		h.Address = m.Prefecture + p.Address
	}
	if p.Name == "overseas" {
		h.Address = "国外転出（" + p.Since.AddDate(1, 0, 0).Format("2006年1月2日") + "転出予定）"
	}
	return h
}

// eraDigit is how a signature certificate names the era of a birth.
func eraDigit(t time.Time) string {
	for _, e := range []struct {
		digit string
		first time.Time
	}{
		{"5", time.Date(2019, 5, 1, 0, 0, 0, 0, t.Location())},
		{"4", time.Date(1989, 1, 8, 0, 0, 0, 0, t.Location())},
		{"3", time.Date(1926, 12, 25, 0, 0, 0, 0, t.Location())},
		{"2", time.Date(1912, 7, 30, 0, 0, 0, 0, t.Location())},
	} {
		if !t.Before(e.first) {
			return e.digit
		}
	}
	return "1"
}

// owner is whose certificate has this serial.
func (c *cards) owner(serial *big.Int) (resident string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	resident, ok = c.owners[serial.String()]
	return resident, ok
}

// digest names the resident's present user-verification certificate, as a
// manifest does.
func (c *cards) digest(name string) ([]byte, error) {
	h, _, err := c.holding(name)
	if err != nil {
		return nil, err
	}
	defer h.mu.Unlock()
	return h.user.ownerDigest, nil
}
