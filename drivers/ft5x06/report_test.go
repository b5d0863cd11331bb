package ft5x06

import (
	"image"
	"testing"
)

// Whatever the bus carries: no panic, at most five fingers, all on the glass.
func FuzzParse(f *testing.F) {
	f.Add([]byte{1, 0x03, 0xE8, 0x12, 0xBC, 0, 0})
	f.Add([]byte{0xFF})
	f.Add([]byte{5, 0x40})
	size := image.Pt(1280, 800)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		points, err := parse(b, size)
		if err != nil {
			return
		}
		if len(points) > pointsMax {
			t.Fatalf("%d fingers", len(points))
		}
		for _, p := range points {
			if !image.Pt(p.X, p.Y).In(image.Rectangle{Max: size}) {
				t.Fatalf("%+v lies beside the glass", p)
			}
		}
	})
}
