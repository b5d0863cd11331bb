// Package jpki speaks to the JPKI application of a My Number Card: which card
// this is, the user-verification certificate, tries left, VERIFY, and a
// signature with the user-verification key.
//
// It sends VERIFY exactly once per call, whatever comes of it; an answer that
// was lost or makes no sense is a StateUnknown and never a wrong PIN. It never
// touches the signature certificate's side, never matches on an ATR, and asks
// for nothing that costs a try on its own account.
//
// What happens is kept short, for the customer is holding a card on a reader.
// Files are named by short identifier, and by selection only where the card
// refuses that; which card this is, is asked only where its certificate does not
// say so by being there. So certificate, tries, PIN and signature take 9
// exchanges with a certificate of up to 1,280 bytes and 10 with one of up to
// 1,536; on a card without short identifiers 13 and 14, the one that it refuses
// included. After the last digit two of them are left, or three. Where extended
// length has been seen to work they are 5 in all, or 8.
//
// The 14 cannot be 13: a certificate of more than 1,280 bytes is six reads, so
// that 10 and 13 exchanges hold nothing but the login itself, and nothing that a
// card says before its first read tells which of the two it is. For the same
// reason a card that shows a certificate is not asked for its label too: no old
// resident card has one (there were none for user verification before the My
// Number Card), a phone hides its own until the PIN is in, and whatever shows one
// that the authority has not issued to a card, the office refuses.
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
	link       Transmitter
	experience *Experience
	shortIDs   bool   // short file identifiers are used
	shortSeen  bool   // the card took one, or refused one and took a selection
	selected   uint16 // the file that was selected last; 0 after a short identifier

	certificate *Certificate // once read
	exist       []byte       // EF 0008, once read
	pin         pinState
}

// Open selects the application of a card of which nothing is known. What has no
// such application is ErrForeign; other cards that cannot be used here are found
// by UserCertificate and Tries.
func Open(link Transmitter) (*Card, error) { return new(Experience).Open(link) }

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

// kind reads which card this is: nil for a My Number Card, or ErrOldCard,
// ErrPhone, ErrForeign, ErrUnreadable.
func (c *Card) kind() error {
	const step = "read token label"
	b, sw, err := c.readFirst(step, efToken, labelLength)
	if err != nil {
		return err
	}
	if sw != swDone {
		return unreadable(step, sw)
	}
	if len(b) < labelLength {
		return fmt.Errorf("jpki: %s: %d bytes, want %d: %w", step, len(b), labelLength, ErrUnreadable)
	}
	switch label := strings.TrimRight(string(b[:labelLength]), " \x00"); label {
	case labelMyNumber:
		return nil
	case labelOld:
		return fmt.Errorf("jpki: token %q: %w", label, ErrOldCard)
	case labelAndroid, labelIPhone:
		return fmt.Errorf("jpki: token %q: %w", label, ErrPhone)
	}
	// What an unknown card calls itself is not for the log.
	return fmt.Errorf("jpki: unknown token label: %w", ErrForeign)
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
// from memory. Where the card has none it is ErrNoCertificate; where it is no My
// Number Card ErrOldCard, ErrPhone or ErrForeign; where its key is of a sort that
// this package cannot use, ErrAlgorithm. A card that shows one without a
// PIN is a My Number Card: the old one has none, and a phone hides it.
func (c *Card) UserCertificate() (*Certificate, error) {
	if c.certificate != nil {
		return c.certificate, nil
	}
	der, err := c.readDER("read user certificate", efUserCert)
	if errors.Is(err, errNoObject) || errors.Is(err, errRefused) {
		return nil, c.absent(err)
	}
	if err != nil {
		return nil, err
	}
	certificate, err := parseCertificate(der)
	if err != nil {
		return nil, err
	}
	// A key that nothing can be signed with is found before a PIN is asked for.
	if _, err := algorithmFor(certificate); err != nil {
		return nil, err
	}
	c.certificate = certificate
	return certificate, nil
}

// absent says why there is no certificate to be read: because of what the card
// is, or because its list of certificates says that it has none. Neither is
// asked of a card whose certificate is there.
func (c *Card) absent(found error) error {
	if err := c.kind(); err != nil {
		return fmt.Errorf("%w: %w", found, err)
	}
	if errors.Is(found, errRefused) {
		return found
	}
	_, user, err := c.Certificates()
	if err != nil {
		return err
	}
	if user {
		return fmt.Errorf("%w: %w", found, ErrUnreadable)
	}
	return fmt.Errorf("%w: %w", found, ErrNoCertificate)
}
