package card

import (
	"bytes"
	"strconv"
	"strings"
)

type faultKind int

const (
	well faultKind = iota
	unplugged
	hangs
	garbage
	pulled
	lost
)

// fault is how a reader misbehaves.
type fault struct {
	kind faultKind
	left int // exchanges until it strikes
	turn int // answers garbled so far
}

// faultLimit is far more exchanges than any customer needs.
const faultLimit = 10000

func parseFault(kind string) (fault, error) {
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
