package card

import (
	"encoding/binary"
	"fmt"
)

// Exchange is one command and its answer, with nothing secret in it: what
// follows the header of a command that carries a PIN or password is not shown,
// not even its length, and of what is read only the list of certificates.
type Exchange struct {
	Number  int    // counts the exchanges of this reader
	Name    string // VERIFY, READ BINARY…
	Command string // hex; masked parts in words
	Answer  string // hex; masked parts in words; empty where none came
	Err     error  // why no answer came
}

const masked = "[masked]"

// mask describes an exchange. free says that what was read may be shown.
func mask(command, answer []byte, free bool) Exchange {
	e := Exchange{Name: "?", Command: fmt.Sprintf("%X", command), Answer: hexAnswer(answer)}
	if len(command) < 4 {
		// Too short to be a command; it may be the tail of one.
		e.Command, e.Answer = masked, hexStatus(answer)
		return e
	}
	head := fmt.Sprintf("%X ", command[:4])
	switch command[1] {
	case insVerify, insChange, insResetCounter:
		e.Name = map[byte]string{
			insVerify: "VERIFY", insChange: "CHANGE REFERENCE DATA", insResetCounter: "RESET RETRY COUNTER",
		}[command[1]]
		if len(command) == 4 {
			e.Name += " (tries?)"
			return e
		}
		e.Command = head + masked
		e.Answer = hexStatus(answer)
	case insSelect:
		e.Name = "SELECT"
	case insRead:
		e.Name = "READ BINARY"
		if !free {
			e.Answer = hexStatus(answer)
		}
	case insSign:
		e.Name = "SIGN"
		e.Answer = hexStatus(answer)
	case insAuthenticate:
		e.Name = "EXTERNAL AUTHENTICATE"
		e.Command = head + masked
		e.Answer = hexStatus(answer)
	case insChallenge:
		e.Name = "GET CHALLENGE"
	default:
		// Whatever this is, it may carry anything.
		e.Command = masked
		e.Answer = hexStatus(answer)
	}
	return e
}

func hexAnswer(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return fmt.Sprintf("%X", b)
}

// hexStatus shows the status word and how much stood before it.
func hexStatus(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) == 1 {
		return "[1 byte]"
	}
	sw := binary.BigEndian.Uint16(b[len(b)-2:])
	if len(b) == 2 {
		return fmt.Sprintf("%04X", sw)
	}
	return fmt.Sprintf("[%d bytes] %04X", len(b)-2, sw)
}

// free says whether what a READ BINARY just gave may be shown.
func (c *Card) free() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current != nil && c.current.id == efExist
}
