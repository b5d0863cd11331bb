package office

import (
	"errors"
	"fmt"
	"os"
	"time"

	"kioskd/simulator/card"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/register"
)

// CardOf is what the card of a resident of the register is made of, for whoever
// wants a card and no office. Nobody can prove himself to it as its issuer.
func CardOf(name string, a *authority.Authority, start time.Time) (s card.Spec, err error) {
	dir, err := os.MkdirTemp("", "issuer-")
	if err != nil {
		return card.Spec{}, fmt.Errorf("office: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o := &Office{cards: newCards(a, register.New(start), start)}
	if o.issuer, err = openIssuer(dir); err != nil {
		return card.Spec{}, err
	}
	s, err = o.CardSpec(name)
	s.IssuerKey = nil
	return s, err
}
