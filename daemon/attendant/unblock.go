package attendant

import (
	"errors"

	"kioskd/drivers/jpki"
	"kioskd/flows"
	"kioskd/flows/secret"
)

// HasSignature says whether the card has a signature certificate.
func (c *Card) HasSignature() (bool, error) {
	signature, _, err := c.jpki.Certificates()
	return signature, cardError(err)
}

// Challenge is what the issuer must answer.
func (c *Card) Challenge() ([]byte, error) {
	b, err := c.jpki.Challenge()
	return b, cardError(err)
}

// Authorise hands the issuer's answer to the card.
func (c *Card) Authorise(cryptogram []byte) error { return cardError(c.jpki.Authenticate(cryptogram)) }

// PasswordTries is what is left of the signature password.
func (c *Card) PasswordTries() (int, error) {
	n, err := c.jpki.PasswordTries()
	return n, cardError(err)
}

// SetPassword gives the card its new signature password, once.
func (c *Card) SetPassword(password *secret.Text) error {
	err := c.jpki.ResetPassword(password)
	var no *jpki.NotReset
	if errors.As(err, &no) {
		return &flows.NotReset{Why: err}
	}
	return cardError(err)
}

// ProvePassword presents it, once.
func (c *Card) ProvePassword(password *secret.Text) error {
	return cardError(c.jpki.ProvePassword(password))
}
