package office

import (
	"fmt"
	"time"

	"kioskd/simulator/card"
	"kioskd/simulator/office/authority"
)

// tokenSerial is what the card is called in its EF 0006. h.mu is held.
func (h *holding) tokenSerial() string {
	return fmt.Sprintf("%015d%d", h.user.serial.Uint64()%1e15, h.generation%10)
}

func (c *cards) tokenSerial(name string) (string, error) {
	h, _, err := c.holding(name)
	if err != nil {
		return "", err
	}
	defer h.mu.Unlock()
	return h.tokenSerial(), nil
}

// signature is the signature certificate (DER) of the resident's present card;
// nil where there is none.
func (c *cards) signature(name string) ([]byte, error) {
	h, _, err := c.holding(name)
	if err != nil {
		return nil, err
	}
	defer h.mu.Unlock()
	if h.sign == nil {
		return nil, nil
	}
	return h.sign.der, nil
}

// CardSpec is what the resident's present card is made of. Making it the first
// time takes about a second: its keys.
func (o *Office) CardSpec(name string) (card.Spec, error) {
	h, p, err := o.cards.holding(name)
	if err != nil {
		return card.Spec{}, err
	}
	defer h.mu.Unlock()
	s := card.Spec{
		Resident: name, PIN: cardPIN, Password: cardPassword,
		Serial: h.tokenSerial(),
	}
	if s.IssuerKey, err = o.issuer.cardKey(s.Serial); err != nil {
		return card.Spec{}, err
	}
	if h.generation == 0 {
		s.Kind = kindOf(name)
		switch name {
		case "last-try":
			s.PINTries = 1
		case "blocked-pin":
			s.PINTries = card.Blocked
		case "blocked-password":
			s.PasswordTries = card.Blocked
		}
	}
	s.UserCert = h.user.der
	if s.UserKey, err = o.cards.authority.Keys().Key(h.user.key); err != nil {
		return card.Spec{}, fmt.Errorf("office: card of %s: %w", p.Name, err)
	}
	if s.UserCA, err = o.cards.authority.UserCA(h.user.issuedUnder); err != nil {
		return card.Spec{}, fmt.Errorf("office: card of %s: %w", p.Name, err)
	}
	if h.sign == nil {
		s.Password = ""
		return s, nil
	}
	s.SignCert = h.sign.der
	if s.SignKey, err = o.cards.authority.Keys().Key(h.sign.key); err != nil {
		return card.Spec{}, fmt.Errorf("office: card of %s: %w", p.Name, err)
	}
	if s.SignCA, err = o.cards.authority.SignCA(h.sign.issuedUnder); err != nil {
		return card.Spec{}, fmt.Errorf("office: card of %s: %w", p.Name, err)
	}
	return s, nil
}

// kindOf is what sort of card some residents of the scenarios hold in place of a
// My Number Card.
func kindOf(name string) card.Kind {
	switch name {
	case "no-pin":
		return card.NoPIN
	case "old-card":
		return card.OldCard
	case "phone-token":
		return card.Phone
	case "transit-card":
		return card.Transit
	}
	return card.MyNumber
}

// Expire makes a certificate of the resident's card ("user" or "signature") end
// at that instant. The card must be given the new bytes: CardSpec has them.
func (o *Office) Expire(name, which string, at time.Time) error {
	h, p, err := o.cards.holding(name)
	if err != nil {
		return err
	}
	defer h.mu.Unlock()
	cert := h.user
	switch which {
	case "user":
	case "signature":
		cert = h.sign
	default:
		return fmt.Errorf("office: certificate %q: want user or signature", which)
	}
	if cert == nil {
		return fmt.Errorf("office: %s has no signature certificate", name)
	}
	// What ends before it began began even earlier.
	from := cert.from
	if !from.Before(at) {
		from = at.AddDate(-1, 0, 0)
		cert.issuedUnder = from
	}
	if err := o.cards.write(cert, p, from, at); err != nil {
		return fmt.Errorf("office: %s certificate of %s: %w", which, name, err)
	}
	return nil
}

// Lists says whether the authority's lists of revocations still come. The last of
// those that do not was two days ago.
func (o *Office) Lists(come bool) {
	if come {
		o.cards.authority.ResumeLists()
		return
	}
	o.cards.authority.StopLists(o.clock.Now().AddDate(0, 0, -2))
}

// Reissue gives the resident a new card with new keys; the certificates of the
// old one are revoked. What was out of the ordinary with the old card is not
// with the new one.
func (o *Office) Reissue(name string) error {
	h, p, err := o.cards.holding(name)
	if err != nil {
		return err
	}
	defer h.mu.Unlock()
	o.cards.authority.Revoke(h.user.serial, authority.Superseded)
	if h.sign != nil {
		o.cards.authority.RevokeSign(h.sign.serial, authority.Superseded)
	}
	h.generation++
	h.issued = o.clock.Now()
	h.user, h.sign = nil, nil
	if err := o.cards.issue(h, p); err != nil {
		return fmt.Errorf("office: new card of %s: %w", name, err)
	}
	return nil
}
