package coin

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board"
)

// FuzzTrains feeds edges of any order, level and time: a train is money only if
// it could have come from a coin, and no edge is counted twice.
func FuzzTrains(f *testing.F) {
	f.Add([]byte{0, 25, 0, 25, 0, 25, 0, 25})
	f.Add([]byte{0, 2, 1, 200, 2, 9, 3, 255})
	f.Fuzz(func(t *testing.T, script []byte) {
		o := Opts{}.withDefaults()
		j := newJudge(o, -o.silence())
		var at time.Duration
		var number uint32
		level := gpio.High
		var falls int
		check := func(train Train, ok bool) {
			if !ok {
				return
			}
			if train.Yen != 0 && (train.Fault != "" || !slices.Contains(o.Coins, train.Yen) || train.Yen != train.Pulses*o.Unit) {
				t.Fatalf("money out of %+v", train)
			}
			if falls -= train.Pulses; falls < 0 {
				t.Fatalf("more pulses than there were: %+v", train)
			}
		}
		for ; len(script) >= 2; script = script[2:] {
			v := binary.BigEndian.Uint16(script)
			at += time.Duration(v&0x0FFF) * time.Millisecond / 2
			e := board.Edge{At: at, Dropped: uint32(v >> 15)}
			if v&0x4000 == 0 {
				level = !level
			}
			number++
			if v&0x2000 != 0 {
				number++
			}
			e.Level, e.Number = level, number
			if level == gpio.High {
				falls++
			}
			check(j.edge(e))
		}
		check(j.silence())
		if train, ok := j.silence(); ok {
			t.Fatalf("a second end of %+v", train)
		}
	})
}
