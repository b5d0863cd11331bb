package jpki

import (
	"encoding/binary"
	"errors"
	"fmt"

	"kioskd/flows/secret"
)

// Setting the signature password anew.
//
// Real cards use the issuer's own, unpublished commands for this, and this
// package does not guess them. It speaks the protocol that this project defines
// for its virtual card, from commands of ISO/IEC 7816-4:
//
//	GET CHALLENGE            00 84 00 00 10            → 16 random bytes
//	EXTERNAL AUTHENTICATE    00 82 00 00 10 cryptogram → 9000
//	RESET RETRY COUNTER      00 2C 02 9B Lc password   → 9000
//	VERIFY                   00 20 00 9B Lc password   → 9000: the proof
//
// (P2 = 80 and a selection of 001B before, on a card without short identifiers.)
// The cryptogram is the issuer's answer, AES-CMAC under a key of this card alone
// over challenge ‖ 00 2C 02 ‖ 00 1B; it comes from the office, for no kiosk
// holds an issuer's key. What was granted lasts for one command on one file, and
// all of it ends with the power. There is no such way to the 4-digit PIN.

const (
	efPassword = 0x001B

	// ChallengeSize and CryptogramSize are in bytes.
	ChallengeSize  = 16
	CryptogramSize = 16
)

// ErrNotGranted says that the card did not take the issuer's cryptogram; it has
// a limit of its own for such tries.
var ErrNotGranted = errors.New("card does not take the issuer's cryptogram")

// NotReset says that the card answered, and that its password is as it was.
type NotReset struct{ Status uint16 }

func (e *NotReset) Error() string {
	return fmt.Sprintf("jpki: reset password: refused with status %04X", e.Status)
}

// Challenge asks the card for the challenge that the next Authenticate answers.
func (c *Card) Challenge() ([]byte, error) {
	const step = "get challenge"
	b, sw, err := c.exchange(step, []byte{0x00, 0x84, 0x00, 0x00, ChallengeSize})
	if err != nil {
		return nil, err
	}
	if sw != swDone {
		return nil, unreadable(step, sw)
	}
	if len(b) != ChallengeSize {
		return nil, fmt.Errorf("jpki: %s: %d bytes, want %d: %w", step, len(b), ChallengeSize, ErrUnreadable)
	}
	return b, nil
}

// Authenticate hands the card the issuer's answer to its last challenge, once.
// ErrNotGranted is the card's no.
func (c *Card) Authenticate(cryptogram []byte) error {
	const step = "authenticate the issuer"
	if len(cryptogram) != CryptogramSize {
		return fmt.Errorf("jpki: %s: cryptogram of %d bytes: %w", step, len(cryptogram), ErrNotGranted)
	}
	_, sw, err := c.exchange(step, append([]byte{0x00, 0x82, 0x00, 0x00, CryptogramSize}, cryptogram...))
	if err != nil {
		return err
	}
	if sw != swDone {
		return fmt.Errorf("jpki: %s: status %04X: %w", step, sw, ErrNotGranted)
	}
	return nil
}

// PasswordTries is how many tries the signature password has left; 0 is
// blocked. It costs none.
func (c *Card) PasswordTries() (int, error) {
	const step = "query password tries"
	reference, err := c.password(step)
	if err != nil {
		return 0, err
	}
	sw, err := c.query(step, reference)
	if err != nil {
		return 0, err
	}
	left, known := triesLeft(sw)
	if !known {
		return 0, &StateUnknown{Step: step, Status: sw}
	}
	return left, nil
}

// ResetPassword gives the card a new signature password, once, after a good
// Authenticate. NotReset says that the card refused and nothing changed; a
// StateUnknown that nobody knows.
func (c *Card) ResetPassword(password *secret.Text) error {
	const step = "reset password"
	sw, err := c.present(step, 0x2C, 0x02, password)
	if err != nil {
		return err
	}
	if sw != swDone {
		return &NotReset{Status: sw}
	}
	return nil
}

// ProvePassword presents the signature password, once: nil is the proof that it
// is the card's. Whatever else comes back, nobody knows which password that is.
func (c *Card) ProvePassword(password *secret.Text) error {
	const step = "prove password"
	sw, err := c.present(step, 0x20, 0x00, password)
	if err != nil {
		return err
	}
	if sw != swDone {
		return &StateUnknown{Step: step, Status: sw}
	}
	return nil
}

// present sends a command that carries the password. From the moment it is on
// its way, an answer that does not come is a StateUnknown.
func (c *Card) present(step string, ins, p1 byte, password *secret.Text) (uint16, error) {
	const header = 5
	if rule := password.Password(); !rule.Holds() {
		return 0, fmt.Errorf("jpki: %s: %w", step, ErrNotAPassword)
	}
	reference, err := c.password(step)
	if err != nil {
		return 0, err
	}
	command := make([]byte, header+secret.Max)
	defer clear(command)
	n := 0
	err = password.Use(func(text []byte) error {
		n = copy(command[header:], text)
		copy(command, []byte{0x00, ins, p1, reference, byte(n)})
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("jpki: %s: %w", step, err)
	}
	answer, err := c.link.Transmit(command[:header+n])
	if err != nil {
		return 0, &StateUnknown{Step: step, Err: err}
	}
	if len(answer) != 2 {
		return 0, &StateUnknown{Step: step, Err: fmt.Errorf("answer of %d bytes: %w", len(answer), ErrUnreadable)}
	}
	return binary.BigEndian.Uint16(answer), nil
}

// ErrNotAPassword says that the text breaks the rule of the signature password;
// nothing was sent.
var ErrNotAPassword = errors.New("not 6 to 16 capitals and digits with one of each")

// password is how commands name the signature password on this card: in the way
// that the card took for the PIN.
func (c *Card) password(step string) (reference byte, err error) {
	if c.shortIDs && c.pin.reference != currentFile {
		c.selected = 0
		return shortID(efPassword), nil
	}
	sw, err := c.selectFile(step, efPassword)
	if err != nil {
		return 0, err
	}
	if sw != swDone {
		return 0, unreadable(step, sw)
	}
	return currentFile, nil
}
