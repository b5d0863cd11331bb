package scanout_test

import (
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"testing"

	"kioskd/simulator/board/scanout"
)

func TestShowsWhatWasWritten(t *testing.T) {
	d := scanout.New(4, 2)
	var seen image.Rectangle
	d.OnChange(func(r image.Rectangle) { seen = r })
	r := image.Rect(1, 1, 3, 2)
	if err := d.Write(r, []byte{1, 2, 3, 0, 4, 5, 6, 0}); err != nil {
		t.Fatal(err)
	}
	if seen != r {
		t.Errorf("changed %v, want %v", seen, r)
	}
	for p, want := range map[image.Point]color.RGBA{{1, 1}: {3, 2, 1, 255}, {2, 1}: {6, 5, 4, 255}, {0, 0}: {0, 0, 0, 255}} {
		if got := d.Picture().RGBAAt(p.X, p.Y); got != want {
			t.Errorf("at %v %v, want %v", p, got, want)
		}
	}
	whole := make([]byte, 32)
	copy(whole[20:], []byte{1, 2, 3, 0, 4, 5, 6, 0})
	if d.Checksum() != crc32.ChecksumIEEE(whole) {
		t.Error("the checksum is not that of the framebuffer")
	}
	for _, bad := range []image.Rectangle{image.Rect(3, 1, 5, 2), image.Rect(0, 0, 1, 1)} {
		if d.Write(bad, make([]byte, 8)) == nil {
			t.Errorf("%v is written", bad)
		}
	}
}

func TestDeadDisplay(t *testing.T) {
	d := scanout.New(2, 1)
	white := []byte{255, 255, 255, 0, 255, 255, 255, 0}
	if err := d.Write(d.Bounds(), white); err != nil {
		t.Fatal(err)
	}
	if err := d.Fault("dead"); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(d.Bounds(), white); !errors.Is(err, scanout.ErrNoDisplay) {
		t.Errorf("a dead display: %v", err)
	}
	if got := d.Picture().RGBAAt(0, 0); got != (color.RGBA{A: 255}) {
		t.Errorf("a dead display shows %v", got)
	}
	d.Clear()
	if err := d.Write(d.Bounds(), white); err != nil || d.BytesReceived() != 16 {
		t.Errorf("mended: %v, %d bytes", err, d.BytesReceived())
	}
	if d.Fault("bored") == nil {
		t.Error("an unknown fault is taken")
	}
}
