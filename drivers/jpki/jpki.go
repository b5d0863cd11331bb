// Package jpki speaks to the JPKI application of a My Number Card: which card
// this is, the user-verification certificate, tries left, VERIFY, and a
// signature with the user-verification key.
//
// It sends VERIFY exactly once per call, whatever comes of it; an answer that
// was lost or makes no sense is a StateUnknown and never a wrong PIN. It never
// touches the signature certificate's side, never matches on an ATR, and asks
// for nothing that costs a try on its own account.
//
// What happens is kept short, for the customer is holding a card on a reader: a
// file is read by its short identifier in one exchange, and by selection only
// where the card refuses that. With a certificate of up to 1,280 bytes a login
// takes 10 exchanges, two of them (VERIFY, signature) after the last digit.
//
// Source: no public standard gives this card's commands. They are what
// independent clients (OpenSC, myna, jpki-rs and others) agree on, in the frame
// of ISO/IEC 7816-4, with the status words of the older JICSAP set: 6984 is a
// blocked secret.
package jpki

import (
	"errors"
	"fmt"
	"strings"
)

// Transmitter carries one command APDU to a powered card and brings the answer,
// status word included. Package board's Card is one.
type Transmitter interface {
	Transmit(command []byte) ([]byte, error)
}

// Files of the application. The short identifier is the low five bits.
const (
	efToken    = 0x0006
	efExist    = 0x0008
	efUserCert = 0x000A
	efUserKey  = 0x0017
	efUserPIN  = 0x0018
)

var applicationID = [...]byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}

// Labels of EF 0006.
const (
	labelMyNumber = "JPKIAPICCTOKEN2"
	labelOld      = "JPKIAPICCTOKEN"
	labelAndroid  = "JPKIAPGPSETOKEN"
	labelIPhone   = "JPKIAPIOSTOKEN"
	labelLength   = 32
)

// Card is a My Number Card whose JPKI application is selected. It lives as long
// as the power does, and is for one goroutine at a time.
type Card struct {
	link     Transmitter
	shortIDs bool   // the card took a short file identifier
	selected uint16 // the file that was selected last; 0 after a short identifier

	certificate *Certificate // once read
	exist       []byte       // EF 0008, once read
	pin         pinState
}

// Open selects the application and reads which card this is. What is not a My
// Number Card is ErrForeign, ErrOldCard, ErrPhone or ErrUnreadable.
func Open(link Transmitter) (*Card, error) {
	c := &Card{link: link}
	if err := c.selectApplication(); err != nil {
		return nil, err
	}
	label, err := c.label()
	if err != nil {
		return nil, err
	}
	switch label {
	case labelMyNumber:
		return c, nil
	case labelOld:
		return nil, fmt.Errorf("jpki: token %q: %w", label, ErrOldCard)
	case labelAndroid, labelIPhone:
		return nil, fmt.Errorf("jpki: token %q: %w", label, ErrPhone)
	}
	// What an unknown card calls itself is not for the log.
	return nil, fmt.Errorf("jpki: unknown token label: %w", ErrForeign)
}

// selectApplication selects the application by its full name. One card answers
// its first command after power-up with 6F00, whatever it is: the selection,
// which changes nothing when it is sent twice, is that command.
func (c *Card) selectApplication() error {
	command := append([]byte{0x00, 0xA4, 0x04, 0x0C, byte(len(applicationID))}, applicationID[:]...)
	_, sw, err := c.exchange("select application", command)
	if err != nil {
		return err
	}
	if sw == swInternal {
		if _, sw, err = c.exchange("select application", command); err != nil {
			return err
		}
	}
	switch sw {
	case swDone:
		return nil
	case swNotFound, swFunction, swParameters, swInstruction, swClass:
		return fmt.Errorf("jpki: select application: status %04X: %w", sw, ErrForeign)
	}
	return unreadable("select application", sw)
}

// label reads the name of the token, and learns by the way whether the card
// knows short file identifiers.
func (c *Card) label() (string, error) {
	const step = "read token label"
	c.shortIDs = true
	b, sw, err := c.readFirst(step, efToken, labelLength)
	if err != nil {
		return "", err
	}
	if sw != swDone {
		c.shortIDs = false
		if b, sw, err = c.readFirst(step, efToken, labelLength); err != nil {
			return "", err
		}
	}
	if sw != swDone {
		return "", unreadable(step, sw)
	}
	if len(b) < labelLength {
		return "", fmt.Errorf("jpki: %s: %d bytes, want %d: %w", step, len(b), labelLength, ErrUnreadable)
	}
	return strings.TrimRight(string(b[:labelLength]), " \x00"), nil
}

// Certificates says which certificates the card has: for signatures, for user
// verification. It costs an exchange, the first time.
func (c *Card) Certificates() (signature, user bool, err error) {
	const (
		step  = "read list of certificates"
		size  = 3
		there = 0x8F
	)
	if c.exist == nil {
		b, sw, err := c.readFirst(step, efExist, size)
		if err != nil {
			return false, false, err
		}
		if sw != swDone {
			return false, false, unreadable(step, sw)
		}
		if len(b) < size {
			return false, false, fmt.Errorf("jpki: %s: %d bytes, want %d: %w", step, len(b), size, ErrUnreadable)
		}
		c.exist = b
	}
	return c.exist[0] == there, c.exist[1] == there, nil
}

// UserCertificate reads the user-verification certificate; later calls answer
// from memory. Where the card has none it is ErrNoCertificate.
func (c *Card) UserCertificate() (*Certificate, error) {
	if c.certificate != nil {
		return c.certificate, nil
	}
	der, err := c.readDER("read user certificate", efUserCert)
	if errors.Is(err, errNoObject) {
		return nil, c.absent(err)
	}
	if err != nil {
		return nil, err
	}
	certificate, err := parseCertificate(der)
	if err != nil {
		return nil, err
	}
	c.certificate = certificate
	return certificate, nil
}

// absent asks the card whether it should have had the certificate that could
// not be found. The list is read only here: a certificate that is there needs no
// list to say so.
func (c *Card) absent(found error) error {
	_, user, err := c.Certificates()
	if err != nil {
		return err
	}
	if user {
		return fmt.Errorf("%w: %w", found, ErrUnreadable)
	}
	return fmt.Errorf("%w: %w", found, ErrNoCertificate)
}
