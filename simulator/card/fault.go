package card

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

type faultKind int

const (
	well faultKind = iota
	unplugged
	hangs
	garbage
	pulled
	lost
	late
	pulledBeforeReset
	pulledAfterReset
	pulledBeforeVerify
)

// fault is how a reader misbehaves.
type fault struct {
	kind faultKind
	left int           // exchanges until it strikes
	turn int           // answers garbled so far
	by   time.Duration // how late answers are
}

// faultLimit is far more exchanges than any customer needs.
const faultLimit = 10000

// lateLimit is longer than anybody waits for a card.
const lateLimit = time.Minute

// knownFaults are what parseFault knows.
const knownFaults = "unplugged, hangs, garbage, pulled:N, lost:N, late:D, pulled:before-reset, pulled:after-reset, pulled:before-verify"

func parseFault(kind string) (fault, error) {
	switch kind {
	case "pulled:before-reset":
		return fault{kind: pulledBeforeReset}, nil
	case "pulled:after-reset":
		return fault{kind: pulledAfterReset}, nil
	case "pulled:before-verify":
		return fault{kind: pulledBeforeVerify}, nil
	}
	name, count, counted := strings.Cut(kind, ":")
	if !counted {
		switch name {
		case "unplugged":
			return fault{kind: unplugged}, nil
		case "hangs":
			return fault{kind: hangs}, nil
		case "garbage":
			return fault{kind: garbage}, nil
		}
		return fault{}, noSuchFault(kind)
	}
	if name == "late" {
		d, err := time.ParseDuration(count)
		if err != nil || d <= 0 || d > lateLimit {
			return fault{}, noSuchFault(kind)
		}
		return fault{kind: late, by: d}, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > faultLimit {
		return fault{}, noSuchFault(kind)
	}
	switch name {
	case "pulled":
		return fault{kind: pulled, left: n}, nil
	case "lost":
		return fault{kind: lost, left: n}, nil
	}
	return fault{}, noSuchFault(kind)
}

// oversized is longer than any answer with a short length.
const oversized = 300

// garble spoils an answer, in another way each time: bits flipped, nothing at
// all, torn in the middle of the status word, far too long.
func (f *fault) garble(answer []byte) []byte {
	turn := f.turn
	f.turn++
	switch turn % 4 {
	case 1:
		return []byte{}
	case 2:
		return answer[:1]
	case 3:
		return bytes.Repeat([]byte{0x5A}, oversized)
	}
	flipped := bytes.Clone(answer)
	for i := range flipped {
		flipped[i] = ^flipped[i]
	}
	return flipped
}

// misses says whether the card is pulled just before this command reaches it.
func (f *fault) misses(command []byte) bool {
	return f.kind == pulledBeforeVerify && f.left == 1 && carries(command, insVerify)
}

// follows says whether the card is pulled now that it has answered, and whether
// the answer is lost with it. What is pulled before the reset leaves with the
// issuer's grant in hand.
func (f *fault) follows(command, answer []byte) (pull, unheard bool) {
	if len(answer) != 2 || answer[0] != swDone>>8 || answer[1] != swDone&0xFF {
		return false, false
	}
	switch f.kind {
	case pulledBeforeReset:
		return carries(command, insAuthenticate), false
	case pulledAfterReset:
		reset := carries(command, insResetCounter)
		return reset, reset
	case pulledBeforeVerify:
		if carries(command, insResetCounter) {
			f.left = 1
		}
	}
	return false, false
}

// carries says whether a command is this instruction, with data.
func carries(command []byte, ins byte) bool { return len(command) > 5 && command[1] == ins }
