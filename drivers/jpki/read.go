package jpki

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	chunk          = 256  // most bytes in one answer to a short command
	certificateMax = 4096 // far above any certificate of this card (about 1,300 bytes)
	readsMax       = 32   // twice what the longest certificate takes, for cards that give less than asked for
)

// errNoObject says that a file is not there or holds filler alone.
var errNoObject = errors.New("no DER object in the file")

// readFirst reads the first n bytes (0 means 256) of a file and makes it the
// current one.
func (c *Card) readFirst(step string, ef uint16, n byte) (data []byte, sw uint16, err error) {
	command := []byte{0x00, 0xB0, 0x00, 0x00, n}
	if c.shortIDs {
		command[2] = shortID(ef)
		c.selected = 0
	} else {
		sw, err = c.selectFile(step, ef)
		if err != nil {
			return nil, 0, err
		}
		if sw != swDone {
			return nil, sw, nil
		}
	}
	return c.readBinary(step, command)
}

// readBinary sends a READ BINARY. That fewer bytes came than were asked for is
// no error of the card's.
func (c *Card) readBinary(step string, command []byte) (data []byte, sw uint16, err error) {
	data, sw, err = c.exchange(step, command)
	if err != nil {
		return nil, 0, err
	}
	if sw == swShort {
		sw = swDone
	}
	asked := int(command[4])
	if asked == 0 {
		asked = chunk
	}
	if len(data) > asked {
		return nil, 0, fmt.Errorf("jpki: %s: %d bytes, asked for %d: %w", step, len(data), asked, ErrUnreadable)
	}
	return data, sw, nil
}

// readDER reads the one DER object that a file begins with. The object's own
// length is trusted, not the file's: filler follows it.
func (c *Card) readDER(step string, ef uint16) ([]byte, error) {
	b, sw, err := c.readFirst(step, ef, 0)
	if err != nil {
		return nil, err
	}
	switch sw {
	case swDone:
	case swNotFound, swOffset:
		return nil, fmt.Errorf("jpki: %s: status %04X: %w", step, sw, errNoObject)
	default:
		return nil, unreadable(step, sw)
	}
	size, err := derSize(b)
	if err != nil {
		return nil, fmt.Errorf("jpki: %s: %w", step, err)
	}
	der := make([]byte, 0, size)
	der = append(der, b[:min(size, len(b))]...)
	for reads := 1; len(der) < size; reads++ {
		if reads == readsMax {
			return nil, fmt.Errorf("jpki: %s: %d of %d bytes after %d exchanges: %w", step, len(der), size, reads, ErrUnreadable)
		}
		n := min(size-len(der), chunk)
		b, sw, err := c.readBinary(step, []byte{0x00, 0xB0, byte(len(der) >> 8), byte(len(der)), byte(n)})
		if err != nil {
			return nil, err
		}
		if sw != swDone {
			return nil, unreadable(step, sw)
		}
		if len(b) == 0 {
			return nil, fmt.Errorf("jpki: %s: file ends at %d of %d bytes: %w", step, len(der), size, ErrUnreadable)
		}
		der = append(der, b...)
	}
	return der, nil
}

// derSize is the size of the DER SEQUENCE that b begins with, header included.
func derSize(b []byte) (int, error) {
	const (
		sequence = 0x30
		long2    = 0x82 // two bytes of length follow
		header   = 4
		least    = 0x100 // what DER writes with two bytes
	)
	// No certificate with a key of 2,048 or 384 bits is shorter than 256 bytes,
	// so its length always takes two bytes.
	if len(b) < header || b[0] != sequence {
		return 0, errNoObject
	}
	if b[1] != long2 {
		return 0, fmt.Errorf("length form %02X: %w", b[1], ErrUnreadable)
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < least {
		return 0, fmt.Errorf("length %d in the long form: %w", n, ErrUnreadable)
	}
	if n+header > certificateMax {
		return 0, fmt.Errorf("certificate of %d bytes: %w", n+header, ErrUnreadable)
	}
	return n + header, nil
}
