package framebuffer_test

import (
	"bytes"
	"errors"
	"image"
	"testing"

	"kioskd/drivers/framebuffer"
)

// display is what a board hands out: memory of 4 bytes a pixel.
type display struct {
	size   image.Point
	pix    []byte
	writes []image.Rectangle
	gone   error
}

func newDisplay(w, h int) *display {
	return &display{size: image.Pt(w, h), pix: bytes.Repeat([]byte{0xAA}, w*h*4)}
}

func (d *display) String() string          { return "fb0" }
func (d *display) Halt() error             { return nil }
func (d *display) Bounds() image.Rectangle { return image.Rectangle{Max: d.size} }

func (d *display) Write(r image.Rectangle, pixels []byte) error {
	if d.gone != nil {
		return d.gone
	}
	d.writes = append(d.writes, r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		n := copy(d.pix[(y*d.size.X+r.Min.X)*4:], pixels[:r.Dx()*4])
		pixels = pixels[n:]
	}
	return nil
}

// picture counts its bytes upwards.
func picture(w, h int) *framebuffer.Frame {
	f := &framebuffer.Frame{Pix: make([]byte, w*h*4), Stride: w * 4, Rect: image.Rect(0, 0, w, h)}
	for i := range f.Pix {
		f.Pix[i] = byte(i)
	}
	return f
}

func TestPushSendsWhatChangedAndNothingElse(t *testing.T) {
	fb := newDisplay(4, 3)
	d, err := framebuffer.New(fb)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(fb.pix, make([]byte, 48)) {
		t.Error("not black at first")
	}
	fb.writes = nil
	p := picture(4, 3)
	if err := d.Push([]image.Rectangle{image.Rect(1, 1, 3, 3), image.Rect(3, 0, 9, 1)}, p); err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 48)
	copy(want[20:28], p.Pix[20:28])
	copy(want[36:44], p.Pix[36:44])
	copy(want[12:16], p.Pix[12:16])
	if !bytes.Equal(fb.pix, want) {
		t.Errorf("shows % x\nwant  % x", fb.pix, want)
	}
	if len(fb.writes) != 2 {
		t.Errorf("%d writes, want 2", len(fb.writes))
	}
}

// A display that was unplugged and is there again gets its picture back.
func TestGoneAndBack(t *testing.T) {
	fb := newDisplay(4, 3)
	d, err := framebuffer.New(fb)
	if err != nil {
		t.Fatal(err)
	}
	p := picture(4, 3)
	fb.gone = errors.New("no connector")
	for _, err := range []error{d.Push([]image.Rectangle{p.Rect}, p), d.Check(), d.Refresh()} {
		if !errors.Is(err, framebuffer.ErrDead) {
			t.Errorf("without a display: %v", err)
		}
	}
	fb.gone = nil
	if err := errors.Join(d.Refresh(), d.Check()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(fb.pix, p.Pix) {
		t.Error("the picture did not come back")
	}
	for range 2 {
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
	}
	if !bytes.Equal(fb.pix, make([]byte, 48)) {
		t.Error("not black after Halt")
	}
}
