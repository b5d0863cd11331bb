package jpki

import (
	"encoding/binary"
	"fmt"

	"kioskd/flows/secret"
)

const pinLength = 4

// pinState is what is known about the user-verification PIN.
type pinState struct {
	reference byte // P2 that the card took; 0 before the first query
	left      int
	unknown   *StateUnknown // set by a VERIFY whose outcome nobody knows
}

const currentFile = 0x80 // P2: the secret of the selected file

// Tries is how many tries the user-verification PIN has left; 0 is blocked. It
// costs none. A card that has no such PIN is ErrNoPIN; an answer without a
// meaning here is a StateUnknown.
func (c *Card) Tries() (int, error) {
	const step = "query PIN tries"
	if c.shortIDs && c.pin.reference != currentFile {
		sw, err := c.query(step, shortID(efUserPIN))
		if err != nil {
			return 0, err
		}
		if left, known := triesLeft(sw); known {
			c.pin.reference, c.pin.left = shortID(efUserPIN), left
			c.selected = 0
			return left, nil
		}
		// Short identifiers may be for reading alone: ask the other way.
	}
	sw, err := c.selectFile(step, efUserPIN)
	if err != nil {
		return 0, err
	}
	if sw == swDone {
		if sw, err = c.query(step, currentFile); err != nil {
			return 0, err
		}
	}
	switch sw {
	case swNotFound, swNoReference:
		return 0, fmt.Errorf("jpki: %s: status %04X: %w", step, sw, ErrNoPIN)
	}
	left, known := triesLeft(sw)
	if !known {
		return 0, &StateUnknown{Step: step, Status: sw}
	}
	c.pin.reference, c.pin.left = currentFile, left
	return left, nil
}

// query is a VERIFY without data.
func (c *Card) query(step string, reference byte) (uint16, error) {
	_, sw, err := c.exchange(step, []byte{0x00, 0x20, 0x00, reference})
	return sw, err
}

// triesLeft reads the status word of a query. Cards differ in how they say
// "blocked": 63C0, 6983 and 6984 all do.
func triesLeft(sw uint16) (left int, known bool) {
	switch {
	case sw&0xFFF0 == swTries:
		return int(sw & 0xF), true
	case sw == swBlocked, sw == swBlockedISO:
		return 0, true
	}
	return 0, false
}

// Verify presents the PIN, once. The outcome is nil, WrongPIN, ErrBlocked or
// StateUnknown; after the last of these the card is not presented a PIN again
// until it is opened afresh. ErrNotFourDigits, and ErrBlocked where Tries said
// so, are found before anything is sent.
func (c *Card) Verify(pin *secret.Text) error {
	const step = "verify PIN"
	if c.pin.unknown != nil {
		return c.pin.unknown
	}
	if c.pin.reference == 0 {
		if _, err := c.Tries(); err != nil {
			return err
		}
	}
	if c.pin.left == 0 {
		return fmt.Errorf("jpki: %s: %w", step, ErrBlocked)
	}
	if c.pin.reference == currentFile {
		sw, err := c.selectFile(step, efUserPIN)
		if err != nil {
			return err
		}
		if sw != swDone {
			return unreadable(step, sw)
		}
	}
	command := make([]byte, 5+pinLength)
	defer clear(command)
	copy(command, []byte{0x00, 0x20, 0x00, c.pin.reference, pinLength})
	if err := pin.Use(func(digits []byte) error { return copyDigits(command[5:], digits) }); err != nil {
		return fmt.Errorf("jpki: %s: %w", step, err)
	}
	return c.verified(c.link.Transmit(command))
}

// copyDigits checks what the card would count as a wrong PIN.
func copyDigits(to, digits []byte) error {
	if len(digits) != pinLength {
		return ErrNotFourDigits
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return ErrNotFourDigits
		}
	}
	copy(to, digits)
	return nil
}

// verified reads the answer to VERIFY. Only an answer of exactly a status word
// counts as one.
func (c *Card) verified(answer []byte, err error) error {
	const step = "verify PIN"
	if err != nil {
		return c.doubt(&StateUnknown{Step: step, Err: err})
	}
	if len(answer) != 2 {
		err := fmt.Errorf("answer of %d bytes: %w", len(answer), ErrUnreadable)
		return c.doubt(&StateUnknown{Step: step, Err: err})
	}
	sw := binary.BigEndian.Uint16(answer)
	if sw == swDone {
		return nil
	}
	left, known := triesLeft(sw)
	if !known {
		return c.doubt(&StateUnknown{Step: step, Status: sw})
	}
	c.pin.left = left
	if left == 0 {
		return fmt.Errorf("jpki: %s: status %04X: %w", step, sw, ErrBlocked)
	}
	return &WrongPIN{Left: left}
}

func (c *Card) doubt(u *StateUnknown) error {
	c.pin.unknown = u
	return u
}
