package panel

import (
	"hash/crc32"
	"image"
	"image/color"
	"testing"
	"time"
)

// handClock stands until it is moved.
type handClock struct{ up time.Duration }

func (c *handClock) Uptime() time.Duration { return c.up }

func tx(t testing.TB, p *Panel, frames ...[]byte) {
	t.Helper()
	for _, f := range frames {
		if err := p.Tx(f, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func set(t testing.TB, p *Panel, reg byte, values ...byte) {
	t.Helper()
	for i, v := range values {
		tx(t, p, []byte{0x80, reg + byte(i)}, []byte{0x00, v})
	}
}

// started is a panel set up as the kernel's driver does it for 800x480.
func started(t testing.TB) *Panel {
	t.Helper()
	clock := &handClock{}
	p := New(clock)
	set(t, p, 0x88, 0x0B, 0x02)
	clock.up += 10 * time.Millisecond
	set(t, p, 0x10, 0x0C)
	set(t, p, 0x04, 0x81)
	set(t, p, 0x14, 0x63, 0x03, 0x03, 0x02, 0x00)
	set(t, p, 0x19, 0xDF, 0x01, 0x14, 0x00, 0x06, 0x00, 0x01)
	set(t, p, 0x8A, 0x81, 0xFF)
	set(t, p, 0x01, 0x80)
	return p
}

// aim sets window and cursor and opens the memory port.
func aim(t testing.TB, p *Panel, r image.Rectangle) {
	t.Helper()
	x0, y0, x1, y1 := r.Min.X, r.Min.Y, r.Max.X-1, r.Max.Y-1
	set(t, p, 0x30, byte(x0), byte(x0>>8), byte(y0), byte(y0>>8), byte(x1), byte(x1>>8), byte(y1), byte(y1>>8))
	set(t, p, 0x46, byte(x0), byte(x0>>8), byte(y0), byte(y0>>8))
	tx(t, p, []byte{0x80, 0x02})
}

func wantPixel(t *testing.T, p *Panel, x, y int, want color.RGBA) {
	t.Helper()
	if got := p.Picture().RGBAAt(x, y); got != want {
		t.Errorf("pixel %d,%d is %v, want %v", x, y, got, want)
	}
}

var (
	black = color.RGBA{A: 0xFF}
	red   = color.RGBA{R: 0xFF, A: 0xFF}
	green = color.RGBA{G: 0xFF, A: 0xFF}
	blue  = color.RGBA{B: 0xFF, A: 0xFF}
)

func TestWindowWrapsAndPixelsMayBeSplit(t *testing.T) {
	p := started(t)
	aim(t, p, image.Rect(298, 258, 300, 260))
	tx(t, p,
		[]byte{0x00, 0xF8, 0x00, 0x07}, // red, half a green
		[]byte{0x00, 0xE0, 0x00, 0x1F}, // the other half, blue
		[]byte{0x00, 0xFF, 0xFF},
		[]byte{0x00, 0x07, 0xE0}) // a fifth pixel: back at the first
	wantPixel(t, p, 298, 258, green)
	wantPixel(t, p, 299, 258, green)
	wantPixel(t, p, 298, 259, blue)
	wantPixel(t, p, 299, 259, color.RGBA{0xFF, 0xFF, 0xFF, 0xFF})
	wantPixel(t, p, 300, 258, black)
	wantPixel(t, p, 297, 259, black)
}

func TestFullFrameInChunks(t *testing.T) {
	p := started(t)
	var areas image.Rectangle
	p.OnChange(func(r image.Rectangle) { areas = areas.Union(r) })
	frame := make([]byte, Width*Height*2)
	for i := range frame {
		frame[i] = byte(i * 7 >> 3)
	}
	before := p.BytesReceived()
	aim(t, p, image.Rect(0, 0, Width, Height))
	for rest := frame; len(rest) > 0; {
		n := min(4095, len(rest)) // an odd length, on purpose
		tx(t, p, append([]byte{0}, rest[:n]...))
		rest = rest[n:]
	}
	if got, want := p.Checksum(), crc32.ChecksumIEEE(frame); got != want {
		t.Errorf("checksum %08x, want %08x", got, want)
	}
	if areas != image.Rect(0, 0, Width, Height) {
		t.Errorf("changes in %v", areas)
	}
	if got := p.BytesReceived() - before; got < uint64(len(frame)) || got > uint64(len(frame))+300 {
		t.Errorf("%d bytes for a frame of %d", got, len(frame))
	}
}

func TestDarkUnlessSetUp(t *testing.T) {
	dark := crc32.ChecksumIEEE(make([]byte, Width*Height*2))
	cases := []struct {
		name  string
		spoil func(p *Panel)
	}{
		{"display off", func(p *Panel) { set(t, p, 0x01, 0x00) }},
		{"asleep", func(p *Panel) { set(t, p, 0x01, 0x82) }},
		{"no duty", func(p *Panel) { set(t, p, 0x8B, 0x00) }},
		{"no PWM", func(p *Panel) { set(t, p, 0x8A, 0x01) }},
		{"wrong width", func(p *Panel) { set(t, p, 0x14, 0x3B) }},
		{"soft reset", func(p *Panel) { set(t, p, 0x01, 0x01) }},
		{"power cut", func(p *Panel) { p.PowerCut() }},
		{"dead", func(p *Panel) {
			if err := p.Fault("dead"); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := started(t)
			aim(t, p, image.Rect(0, 0, 1, 1))
			tx(t, p, []byte{0x00, 0xF8, 0x00})
			wantPixel(t, p, 0, 0, red)
			c.spoil(p)
			wantPixel(t, p, 0, 0, black)
			if p.Checksum() != dark || p.Lit() {
				t.Error("not dark")
			}
		})
	}
}

func TestMemorySurvivesDisplayOffAndSoftReset(t *testing.T) {
	p := started(t)
	aim(t, p, image.Rect(5, 5, 6, 6))
	tx(t, p, []byte{0x00, 0xF8, 0x00})
	set(t, p, 0x01, 0x00)
	set(t, p, 0x01, 0x80)
	wantPixel(t, p, 5, 5, red)
}

func TestDeafWhileThePLLLocks(t *testing.T) {
	clock := &handClock{}
	p := New(clock)
	set(t, p, 0x88, 0x0B, 0x02)
	set(t, p, 0x10, 0x0C) // too early
	clock.up += 10 * time.Millisecond
	r := make([]byte, 2)
	tx(t, p, []byte{0x80, 0x10})
	if err := p.Tx([]byte{0x40, 0}, r); err != nil {
		t.Fatal(err)
	}
	if r[1] != 0 {
		t.Errorf("register 10 is %02x: it was taken while the PLL locked", r[1])
	}
	tx(t, p, []byte{0x80, 0x89})
	if err := p.Tx([]byte{0x40, 0}, r); err != nil {
		t.Fatal(err)
	}
	if r[1] != 0x02 {
		t.Errorf("register 89 is %02x, want 02", r[1])
	}
}

func TestNoPixelsWithoutPLLNorInTextMode(t *testing.T) {
	p := New(&handClock{up: time.Second})
	set(t, p, 0x10, 0x0C)
	aim(t, p, image.Rect(0, 0, 1, 1))
	tx(t, p, []byte{0x00, 0xF8, 0x00})
	if p.ram[0] != 0 {
		t.Error("pixels without a PLL")
	}
	p = started(t)
	set(t, p, 0x40, 0x80)
	aim(t, p, image.Rect(0, 0, 1, 1))
	tx(t, p, []byte{0x00, 0xF8, 0x00})
	wantPixel(t, p, 0, 0, black)
}

func TestEightBitDepthGarblesSixteenBitPixels(t *testing.T) {
	p := started(t)
	set(t, p, 0x10, 0x00)
	aim(t, p, image.Rect(0, 0, 2, 1))
	tx(t, p, []byte{0x00, 0xE0, 0x03})
	wantPixel(t, p, 0, 0, red)
	wantPixel(t, p, 1, 0, color.RGBA{B: 0xF7, A: 0xFF})
}

func TestClearAndReadBack(t *testing.T) {
	p := started(t)
	aim(t, p, image.Rect(10, 10, 20, 20))
	set(t, p, 0x60, 0x1F, 0x00, 0x00)
	set(t, p, 0x8E, 0xC0)
	wantPixel(t, p, 10, 10, red)
	wantPixel(t, p, 19, 19, red)
	wantPixel(t, p, 20, 20, black)
	set(t, p, 0x60, 0x00, 0x3F, 0x00)
	set(t, p, 0x8E, 0x80)
	wantPixel(t, p, 0, 0, green)
	wantPixel(t, p, 799, 479, green)
	r := make([]byte, 2)
	tx(t, p, []byte{0x80, 0x00})
	if err := p.Tx([]byte{0x40, 0}, r); err != nil {
		t.Fatal(err)
	}
	if r[1] != 0x75 {
		t.Errorf("chip id %02x, want 75", r[1])
	}
	if err := p.Tx([]byte{0xC0, 0}, r); err != nil {
		t.Fatal(err)
	}
	if r[1] != 0 {
		t.Errorf("status %02x, want idle", r[1])
	}
}

func TestClearedFaultNeedsANewStart(t *testing.T) {
	p := started(t)
	if err := p.Fault("dead"); err != nil {
		t.Fatal(err)
	}
	p.Clear()
	if p.Lit() {
		t.Error("lit without having been set up")
	}
	if err := p.Fault("upside-down"); err == nil {
		t.Error("an unknown fault was taken")
	}
}

func FuzzTx(f *testing.F) {
	f.Add([]byte{2, 0x80, 0x02, 3, 0x00, 1, 2, 2, 0xC0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		p := started(t)
		for len(b) > 0 { // each frame is led by its length
			n := min(int(b[0]), len(b)-1)
			w := b[1 : 1+n]
			b = b[1+n:]
			if err := p.Tx(w, make([]byte, n)); err != nil {
				t.Fatal(err)
			}
		}
		p.Checksum()
	})
}

func BenchmarkChecksum(b *testing.B) {
	p := started(b)
	for b.Loop() {
		p.Checksum()
	}
}

func BenchmarkFullFrame(b *testing.B) {
	p := started(b)
	chunk := make([]byte, 4096)
	for b.Loop() {
		aim(b, p, image.Rect(0, 0, Width, Height))
		for range 188 {
			tx(b, p, chunk)
		}
	}
}
