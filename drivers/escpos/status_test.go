package escpos

import "testing"

// FuzzReplies feeds any bytes a printer may say: nothing that flow control or an
// unsolicited status says is taken for an answer.
func FuzzReplies(f *testing.F) {
	f.Add([]byte{0x12, 0x10, 0x00, 0x00, 0x0C, 0x00})
	f.Add([]byte{0x11, 0x13, 0x1A, 0x10, 0x12})
	f.Fuzz(func(t *testing.T, said []byte) {
		var r replies
		for _, b := range said {
			switch k := r.next(b); k {
			case kindRealTime:
				if b == 0x11 || b == 0x13 || b&0x12 != 0x12 {
					t.Fatalf("0x%02x is taken for an answer to DLE EOT", b)
				}
				s := parseStatus([4]byte{b, b, b, b})
				if s.Ready() && s.Action != "" {
					t.Fatalf("0x%02x is ready and needs %s", b, s.Action)
				}
				if s.String() == "" {
					t.Fatalf("0x%02x says nothing", b)
				}
			case kindReply:
				if b&0x90 != 0 || r.asb < 0 {
					t.Fatalf("0x%02x is taken for an answer to GS r", b)
				}
			case kindOther:
			}
		}
	})
}

// FuzzBands cuts any slip into bands that are whole, in order and short.
func FuzzBands(f *testing.F) {
	f.Add([]byte{0, 200, 1, 0, 0, 0, 0, 3})
	f.Fuzz(func(t *testing.T, script []byte) {
		b := NewBitmap(min(len(script)*40, 2000))
		for y := range b.Height() {
			b.Row(y)[0] = script[y/40] & byte(y)
		}
		y := 0
		for _, band := range bands(b) {
			if band.top != y || band.rows <= 0 || band.rows > bandMax || (band.white && band.rows > feedMax) {
				t.Fatalf("band %+v at row %d", band, y)
			}
			for range band.rows {
				if band.white && !white(b.Row(y)) {
					t.Fatalf("row %d is fed and not printed", y)
				}
				y++
			}
		}
		if y != b.Height() {
			t.Fatalf("%d rows of %d", y, b.Height())
		}
	})
}
