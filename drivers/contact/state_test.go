package contact

import (
	"encoding/binary"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board"
)

// FuzzState feeds edges of any time, some lost: what is believed has stood, and
// a lost edge is said.
func FuzzState(f *testing.F) {
	f.Add([]byte{0, 50, 0, 200, 0x40, 5, 0, 90})
	f.Fuzz(func(t *testing.T, script []byte) {
		const debounce = 30 * time.Millisecond
		s := newState(gpio.Low, 0, debounce)
		var at time.Duration
		var number uint32
		level := gpio.Low
		check := func(c change, ok bool) {
			if ok && (c.level != s.level || c.at != s.since) {
				t.Fatalf("told %+v of %+v", c, s)
			}
		}
		for ; len(script) >= 2; script = script[2:] {
			v := binary.BigEndian.Uint16(script)
			at += time.Duration(v&0x3FFF) * time.Millisecond / 8
			level = !level
			number++
			if v&0x4000 != 0 {
				number++
				level = !level
			}
			before := s.level
			since := s.rawAt
			c, ok := s.edge(board.Edge{At: at, Level: level, Number: number})
			if ok && at-since < debounce {
				t.Fatalf("believed %v after %v", !before, at-since)
			}
			if v&0x4000 != 0 && !s.doubt {
				t.Fatal("a lost edge was not noticed")
			}
			check(c, ok)
		}
		check(s.stood())
		if s.raw != s.level {
			t.Fatalf("in the end %v is not believed", s.raw)
		}
		for i := range min(s.passages, keptMax) {
			if p := s.kept[i]; p.End < p.Start {
				t.Fatalf("passage %+v", p)
			}
		}
	})
}
