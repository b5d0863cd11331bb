package jpki

import (
	"encoding/binary"
	"fmt"
)

// Status words that mean something to this package.
const (
	swDone        = 0x9000
	swShort       = 0x6282 // fewer bytes than asked for
	swTries       = 0x63C0 // the low nibble is the tries left
	swLength      = 0x6700
	swNotVerified = 0x6982
	swBlockedISO  = 0x6983
	swBlocked     = 0x6984
	swCondition   = 0x6985
	swFunction    = 0x6A81
	swNotFound    = 0x6A82
	swParameters  = 0x6A86
	swNoReference = 0x6A88
	swOffset      = 0x6B00
	swInstruction = 0x6D00
	swClass       = 0x6E00
	swInternal    = 0x6F00
)

// The longest answers to commands with a short and with an extended length.
const (
	answerLimit   = 256 + 2
	extendedLimit = 65536 + 2
)

// exchange sends one command with a short length. An answer that is too short for
// a status word or too long for the command is ErrUnreadable.
func (c *Card) exchange(step string, command []byte) (data []byte, sw uint16, err error) {
	return c.exchangeUpTo(answerLimit, step, command)
}

func (c *Card) exchangeUpTo(most int, step string, command []byte) (data []byte, sw uint16, err error) {
	answer, err := c.link.Transmit(command)
	if err != nil {
		return nil, 0, fmt.Errorf("jpki: %s: %w", step, err)
	}
	if len(answer) < 2 {
		return nil, 0, fmt.Errorf("jpki: %s: answer of %d bytes: %w", step, len(answer), ErrUnreadable)
	}
	if len(answer) > most {
		return nil, 0, fmt.Errorf("jpki: %s: answer of %d bytes: %w", step, len(answer), ErrUnreadable)
	}
	n := len(answer) - 2
	return answer[:n], binary.BigEndian.Uint16(answer[n:]), nil
}

// selectFile makes a file the current one, unless it is.
func (c *Card) selectFile(step string, ef uint16) (sw uint16, err error) {
	if c.selected == ef {
		return swDone, nil
	}
	_, sw, err = c.exchange(step, []byte{0x00, 0xA4, 0x02, 0x0C, 0x02, byte(ef >> 8), byte(ef)})
	if err != nil {
		return 0, err
	}
	c.selected = 0
	if sw == swDone {
		c.selected = ef
	}
	return sw, nil
}

// shortID is a file's identifier in the low bits of P1 or P2 of a command that
// names its file itself.
func shortID(ef uint16) byte { return 0x80 | byte(ef&0x1F) }
