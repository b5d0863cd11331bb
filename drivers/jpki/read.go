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

// errRefused is an ErrUnreadable of a file of which the card shows nothing.
var errRefused = fmt.Errorf("refused: %w", ErrUnreadable)

// readFirst reads the first n bytes (0 means 256) of a file and makes it the
// current one. The first use of a short identifier shows whether the card knows
// them; where it says no, that may be said of the file, so that selection is
// tried, and decides.
func (c *Card) readFirst(step string, ef uint16, n byte) (data []byte, sw uint16, err error) {
	if c.shortIDs {
		c.selected = 0
		data, sw, err = c.readBinary(step, []byte{0x00, 0xB0, shortID(ef), 0x00, n})
		if err != nil {
			return nil, 0, err
		}
		if sw == swDone || sw == swNotVerified {
			c.shortSeen = true
		}
		if c.shortSeen {
			return data, sw, nil
		}
	}
	sw, err = c.selectFile(step, ef)
	if err != nil || sw != swDone {
		return nil, sw, err
	}
	data, sw, err = c.readBinary(step, []byte{0x00, 0xB0, 0x00, 0x00, n})
	if err != nil {
		return nil, 0, err
	}
	if sw == swDone || sw == swNotVerified {
		c.shortIDs, c.shortSeen = false, true
	}
	return data, sw, nil
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
	b, sw, err := c.readMost(step, ef)
	if err != nil {
		return nil, err
	}
	switch sw {
	case swDone:
	case swNotFound, swOffset:
		return nil, fmt.Errorf("jpki: %s: status %04X: %w", step, sw, errNoObject)
	default:
		return nil, fmt.Errorf("jpki: %s: status %04X: %w", step, sw, errRefused)
	}
	size, err := derSize(b)
	if err != nil {
		return nil, fmt.Errorf("jpki: %s: %w", step, err)
	}
	der := make([]byte, 0, size)
	der = append(der, b[:min(size, len(b))]...)
	if c.spare(size - len(der)) {
		b, _, err := c.readExtended(step, []byte{0x00, 0xB0, byte(len(der) >> 8), byte(len(der))}, size-len(der))
		if err != nil {
			return nil, err
		}
		der = append(der, b...)
	}
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

// readMost begins a file: all of it where extended length has been seen to work
// here, otherwise the first 256 bytes.
func (c *Card) readMost(step string, ef uint16) (data []byte, sw uint16, err error) {
	if c.experience.get() == works {
		header := []byte{0x00, 0xB0, shortID(ef), 0x00}
		if c.shortIDs {
			c.selected = 0
		} else {
			header[2] = 0x00
			if sw, err = c.selectFile(step, ef); err != nil || sw != swDone {
				return nil, sw, err
			}
		}
		b, sw, err := c.readExtended(step, header, 0)
		if err != nil {
			return nil, 0, err
		}
		if sw == swDone {
			c.shortSeen = true
			return b, sw, nil
		}
	}
	return c.readFirst(step, ef, 0)
}

// spare says whether so much more is worth a first try with extended length: one
// exchange in place of several, and if it fails the login has one to spare.
func (c *Card) spare(left int) bool {
	const least, most = 2, 4
	reads := (left + chunk - 1) / chunk
	return c.shortIDs && c.experience.get() == never && reads >= least && reads <= most
}

// refusal says whether a status word is about the length.
func refusal(sw uint16) bool {
	return sw == swLength || sw == swCondition || sw == swInternal || sw == swClass || sw == swInstruction
}

// readExtended is READ BINARY with an extended length: n bytes, or the whole file
// where n is 0. Any answer but a good one says that this does not work here, and
// is no error: what came is returned.
func (c *Card) readExtended(step string, header []byte, n int) (data []byte, sw uint16, err error) {
	data, sw, err = c.exchangeUpTo(extendedLimit, step, append(header, 0x00, byte(n>>8), byte(n)))
	if unheard(err) {
		return nil, 0, err
	}
	if err != nil || refusal(sw) || n > 0 && len(data) > n {
		c.experience.set(fails)
		return nil, swParameters, nil
	}
	if sw != swDone && sw != swShort || len(data) == 0 {
		return nil, swParameters, nil // that is about the file
	}
	if n == 0 {
		if size, err := derSize(data); err == nil && len(data) < size {
			c.experience.set(fails)
		}
		return data, swDone, nil
	}
	if len(data) < n {
		c.experience.set(fails)
		return data, swDone, nil
	}
	c.experience.set(works)
	return data, swDone, nil
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
