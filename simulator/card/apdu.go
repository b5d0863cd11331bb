package card

import "encoding/binary"

// Status words, JICSAP's where it differs from ISO (facts of the card: 6984 is
// "the reference is locked", and there is no 6983).
const (
	swDone        = 0x9000
	swTries       = 0x63C0 // the low nibble says how many tries are left
	swLength      = 0x6700
	swChannel     = 0x6881
	swSecure      = 0x6882
	swChaining    = 0x6884
	swFileKind    = 0x6981
	swNotVerified = 0x6982
	swBlockedISO  = 0x6983
	swBlocked     = 0x6984
	swCondition   = 0x6985
	swData        = 0x6A80
	swNoCurrent   = 0x6986
	swNotFound    = 0x6A82
	swParameters  = 0x6A86
	swNoReference = 0x6A88
	swOffset      = 0x6B00
	swInstruction = 0x6D00
	swClass       = 0x6E00
	swInternal    = 0x6F00
)

// Instructions.
const (
	insVerify       = 0x20
	insChange       = 0x24
	insSign         = 0x2A
	insResetCounter = 0x2C
	insAuthenticate = 0x82
	insChallenge    = 0x84
	insSelect       = 0xA4
	insRead         = 0xB0
)

// command is a command APDU taken apart (ISO/IEC 7816-3, 12.1).
type command struct {
	cla, ins, p1, p2 byte
	data             []byte
	asked            int // bytes asked for (Ne); 0 means none
	extended         bool
}

// parse takes a command APDU apart. ok is false where its lengths do not add
// up.
func parse(b []byte) (c command, ok bool) {
	if len(b) < 4 {
		return command{}, false
	}
	c = command{cla: b[0], ins: b[1], p1: b[2], p2: b[3]}
	rest := b[4:]
	if len(rest) == 0 {
		return c, true
	}
	if len(rest) == 1 {
		c.asked = shortLength(rest[0])
		return c, true
	}
	if rest[0] != 0 {
		n := int(rest[0])
		rest = rest[1:]
		if len(rest) == n {
			c.data = rest
			return c, true
		}
		if len(rest) == n+1 {
			c.data, c.asked = rest[:n], shortLength(rest[n])
			return c, true
		}
		return command{}, false
	}
	c.extended = true
	if len(rest) < 3 {
		return command{}, false
	}
	n := int(binary.BigEndian.Uint16(rest[1:]))
	rest = rest[3:]
	if len(rest) == 0 {
		c.asked = extendedLength(n)
		return c, true
	}
	if n == 0 {
		return command{}, false
	}
	if len(rest) == n {
		c.data = rest
		return c, true
	}
	if len(rest) == n+2 {
		c.data, c.asked = rest[:n], extendedLength(int(binary.BigEndian.Uint16(rest[n:])))
		return c, true
	}
	return command{}, false
}

func shortLength(b byte) int {
	if b == 0 {
		return 256
	}
	return int(b)
}

func extendedLength(n int) int {
	if n == 0 {
		return 65536
	}
	return n
}

// status is an answer without data.
func status(sw uint16) []byte { return []byte{byte(sw >> 8), byte(sw)} }

// answer is data and "done".
func answer(data []byte) []byte {
	return append(append(make([]byte, 0, len(data)+2), data...), swDone>>8, swDone&0xFF)
}
