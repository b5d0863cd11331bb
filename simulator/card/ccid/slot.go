package ccid

import (
	"encoding/binary"
	"sync"

	"kioskd/simulator/card"
)

// features: it does everything by itself that may be done by itself (0x4FE), and
// takes whole APDUs, of short length alone (0x20000).
const features = 0x000204FE

const (
	commandHead = 10
	shortMax    = 261 // bytes of a command APDU with short lengths
	answerMax   = 258 // and of its answer
	messageMax  = commandHead + shortMax
)

// What the guest asks (CCID 1.1, 6.1) and what it is answered (6.2, 6.3).
const (
	askPowerOn   = 0x62
	askPowerOff  = 0x63
	askStatus    = 0x65
	askTransmit  = 0x6F
	askGet       = 0x6C
	askSet       = 0x61
	askReset     = 0x6D
	tellData     = 0x80
	tellStatus   = 0x81
	tellSettings = 0x82
	tellChange   = 0x50
)

// The card, as each answer tells of it, and what went wrong (6.2.6).
const (
	active   = 0
	inactive = 1
	absent   = 2
	failed   = 0x40

	unsupported = 0x00
	badLength   = 0x01 // the place of the length in the command
	mute        = 0xFE
	overrun     = 0xFC
)

// slot is the reader's one slot. Safe for concurrent use; one command at a time.
type slot struct {
	cards *card.Reader

	mu      sync.Mutex
	powered bool
	since   uint32 // the count of changes on the reader when power was given
}

// state is what lies there. Two cards are one that does not answer.
func (s *slot) state() byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	cards, change := s.cards.Presence()
	switch {
	case cards <= 0:
		return absent
	case s.powered && s.since == change:
		return active
	}
	return inactive
}

func (s *slot) power(on bool, change uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.powered, s.since = on, change
}

// off takes the card's power, and ends an exchange that hangs.
func (s *slot) off() {
	s.power(false, 0)
	s.cards.PowerOff()
}

// whole says whether c is one command as the guest sends them.
func whole(c []byte) bool {
	return len(c) >= commandHead && binary.LittleEndian.Uint32(c[1:]) == uint32(len(c)-commandHead)
}

// answer is the answer to a whole command.
func (s *slot) answer(c []byte) []byte {
	if c[5] != 0 {
		return s.tell(c, tellStatus, failed, 5, 0, nil) // there is one slot
	}
	switch c[0] {
	case askStatus:
		return s.tell(c, tellStatus, 0, 0, 0, nil)
	case askPowerOn:
		_, change := s.cards.Presence()
		atr, err := s.cards.PowerOn()
		if err != nil {
			return s.tell(c, tellData, failed, mute, 0, nil)
		}
		s.power(true, change)
		return s.tell(c, tellData, 0, 0, 0, atr)
	case askPowerOff:
		s.off()
		return s.tell(c, tellStatus, 0, 0, 0, nil)
	case askTransmit:
		return s.transmit(c)
	case askGet, askSet, askReset:
		return s.tell(c, tellSettings, 0, 0, 1, []byte{0x11, 0x10, 0, 0x4D, 0, 0xFE, 0})
	}
	return s.tell(c, tellStatus, failed, unsupported, 0, nil)
}

func (s *slot) transmit(c []byte) []byte {
	apdu := c[commandHead:]
	if !short(apdu) {
		return s.tell(c, tellData, failed, badLength, 0, nil)
	}
	if s.state() != active {
		return s.tell(c, tellData, failed, mute, 0, nil)
	}
	answer, err := s.cards.Transmit(apdu)
	if err != nil {
		return s.tell(c, tellData, failed, mute, 0, nil)
	}
	if len(answer) > answerMax {
		return s.tell(c, tellData, failed, overrun, 0, nil)
	}
	return s.tell(c, tellData, 0, 0, 0, answer)
}

// short says whether a command APDU has lengths of one byte.
func short(apdu []byte) bool {
	return len(apdu) >= 4 && len(apdu) <= shortMax && (len(apdu) <= 5 || apdu[4] != 0)
}

// tell makes an answer: to that command, of that sort, with what it says of the card.
func (s *slot) tell(command []byte, kind, status, err, extra byte, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(data)))
	b = append(b, 0, command[6], status|s.state(), err, extra)
	return append(b, data...)
}

// change is what the guest hears unasked.
func (s *slot) change() []byte {
	const present, changed = 1, 2
	if s.state() == absent {
		return []byte{tellChange, changed}
	}
	return []byte{tellChange, present | changed}
}
