package gt911

import (
	"image"
	"testing"
)

// FuzzReport reads any status and points: no finger lies beside the glass.
func FuzzReport(f *testing.F) {
	f.Add([]byte{0x81, 0, 0x90, 1, 0xF0, 0, 0, 0, 0})
	f.Add([]byte{0x85, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		n, err := contacts(b[0])
		if err != nil {
			return
		}
		size := image.Pt(800, 480)
		points, err := parsePoints(b[1:], n, size)
		if err != nil {
			return
		}
		if len(points) != int(b[0]&0x0F) || len(points) > PointsMax {
			t.Fatalf("%d points from status 0x%02x", len(points), b[0])
		}
		for _, p := range points {
			if !image.Pt(p.X, p.Y).In(image.Rectangle{Max: size}) {
				t.Fatalf("point %+v", p)
			}
		}
	})
}
