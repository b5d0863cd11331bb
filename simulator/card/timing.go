package card

import "time"

// Timing is how long a card takes, in the air and in its chip.
//
// Source: ISO/IEC 14443-2 and -3 (type B: 106 kbit/s, 10 bit times a byte, frame
// delimiters, guard times), ISO/IEC 14443-4 (blocks and their chaining, at most
// a frame each, an acknowledgement for each block that is not the last).
type Timing struct {
	Byte  time.Duration // one byte on the air
	Frame int           // bytes of a frame, with what is not the command's or answer's
	Turn  time.Duration // from one frame to the next: guard times and delimiters
	Work  time.Duration // of the chip, for any command
	Sign  time.Duration // of the chip, for a signature
}

// TypeB is the slowest card in use: 106 kbit/s, frames of 256 bytes, a quarter
// of a second for RSA-2048.
func TypeB() Timing {
	const bit = time.Second / 106000
	return Timing{
		Byte: 10 * bit, Frame: 256,
		// Frame delimiters are about 12 bit times each way, the guard times TR0 and
		// TR1 about 11 and 20.
		Turn: 55 * bit,
		Work: 2 * time.Millisecond, Sign: 250 * time.Millisecond,
	}
}

const (
	overhead       = 4 // bytes of a frame: PCB, CID and two of checksum
	acknowledgment = 4 // bytes of an R-block
)

// Air is how long command and answer are on the air.
func (t Timing) Air(command, answer int) time.Duration { return t.way(command) + t.way(answer) }

func (t Timing) way(n int) time.Duration {
	room := t.Frame - overhead
	blocks := max(1, (n+room-1)/room)
	bytes := n + blocks*overhead + (blocks-1)*acknowledgment
	turns := 2*blocks - 1
	return time.Duration(bytes)*t.Byte + time.Duration(turns)*t.Turn
}

// Chip is how long the card works on a command.
func (t Timing) Chip(command []byte) time.Duration {
	if len(command) > 1 && command[1] == insSign {
		return t.Work + t.Sign
	}
	return t.Work
}
