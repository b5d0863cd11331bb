package pwg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"kioskd/simulator/office/paper/pwg"
)

const headerSize = 1796

func page(width, height int, fill func(i int) byte) *pwg.Page {
	p := &pwg.Page{
		Width: width, Height: height, Resolution: 300, PointsWide: 595, PointsHigh: 842,
		Name: "iso_a4_210x297mm", Duplex: true, Pages: 2, Quality: 4,
	}
	p.Dots = make([]byte, p.Stride()*height)
	for i := range p.Dots {
		p.Dots[i] = fill(i)
		if spare := p.Stride()*8 - width; (i+1)%p.Stride() == 0 {
			p.Dots[i] &^= 1<<spare - 1
		}
	}
	return p
}

func white(int) byte { return 0 }

func TestHeaderBytes(t *testing.T) {
	b, err := pwg.Encode(page(2480, 3508, white))
	if err != nil {
		t.Fatal(err)
	}
	if string(b[:4]) != "RaS2" {
		t.Errorf("begins with %q", b[:4])
	}
	h := b[4 : 4+headerSize]
	if !bytes.Equal(h[:64], append([]byte("PwgRaster"), make([]byte, 55)...)) {
		t.Errorf("header begins with %q", h[:16])
	}
	known := map[int]uint32{
		272: 1, 276: 300, 280: 300, 340: 1, 352: 595, 356: 842, 368: 0, 372: 2480, 376: 3508, 384: 1, 388: 1,
		392: 310, 396: 0, 400: 3, 420: 1, 452: 2, 456: 1, 460: 1, 464: 0, 468: 0, 472: 2480, 476: 3508, 484: 4,
	}
	for at := 64; at < 1732; at += 4 {
		if got := binary.BigEndian.Uint32(h[at:]); got != known[at] {
			t.Errorf("offset %d is %d, want %d", at, got, known[at])
		}
	}
	if !bytes.Equal(h[1732:], append([]byte("iso_a4_210x297mm"), make([]byte, 48)...)) {
		t.Errorf("page size name is %q", h[1732:])
	}
}

// 3508 white rows of 310 bytes are 14 groups of equal lines, each three runs:
// written out by hand from clause 4.4.
func TestWhitePageBytes(t *testing.T) {
	b, err := pwg.Encode(page(2480, 3508, white))
	if err != nil {
		t.Fatal(err)
	}
	row := []byte{127, 0, 127, 0, 53, 0}
	var want []byte
	for range 3508 / 256 {
		want = append(append(want, 255), row...)
	}
	want = append(append(want, 3508%256-1), row...)
	if !bytes.Equal(b[4+headerSize:], want) {
		t.Errorf("white page is % x", b[4+headerSize:])
	}
}

func TestRunBytes(t *testing.T) {
	for _, c := range []struct{ row, want []byte }{
		{[]byte{0xAA}, []byte{0, 0xAA}},
		{[]byte{1, 2}, []byte{255, 1, 2}},
		{[]byte{1, 1}, []byte{1, 1}},
		{[]byte{1, 2, 2, 2}, []byte{0, 1, 2, 2}},
		{[]byte{1, 2, 2, 3}, []byte{253, 1, 2, 2, 3}},
		{[]byte{1, 2, 3, 3, 3, 4}, []byte{255, 1, 2, 2, 3, 0, 4}},
	} {
		b, err := pwg.Encode(page(8*len(c.row), 1, func(i int) byte { return c.row[i] }))
		if err != nil {
			t.Fatal(err)
		}
		if got := b[4+headerSize+1:]; !bytes.Equal(got, c.want) {
			t.Errorf("% x packs to % x, want % x", c.row, got, c.want)
		}
	}
}

func TestWayBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pages := []*pwg.Page{
		page(1, 1, func(int) byte { return 0xFF }),
		page(2480, 700, func(i int) byte { return byte(i / 310 / 300) }),
		page(2477, 60, func(int) byte { return byte(random.Uint32()) }),
		page(4096, 40, func(int) byte { return byte(random.Uint32() % 2) }),
	}
	b, err := pwg.Encode(pages...)
	if err != nil {
		t.Fatal(err)
	}
	back, err := pwg.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != len(pages) {
		t.Fatalf("%d pages came back", len(back))
	}
	for i, p := range pages {
		if !bytes.Equal(back[i].Dots, p.Dots) {
			t.Errorf("page %d: dots differ", i)
		}
		if back[i].Width != p.Width || back[i].Height != p.Height || back[i].Name != p.Name {
			t.Errorf("page %d: header differs", i)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(p *pwg.Page){
		"no width":       func(p *pwg.Page) { p.Width = 0 },
		"huge":           func(p *pwg.Page) { p.Height = 1 << 20 },
		"no resolution":  func(p *pwg.Page) { p.Resolution = 0 },
		"too few dots":   func(p *pwg.Page) { p.Dots = p.Dots[1:] },
		"quality 0":      func(p *pwg.Page) { p.Quality = 0 },
		"name of 64":     func(p *pwg.Page) { p.Name = string(make([]byte, 64)) },
		"dots past edge": func(p *pwg.Page) { p.Dots[len(p.Dots)-1] |= 1 },
	} {
		p := page(20, 3, white)
		spoil(p)
		if _, err := pwg.Encode(p); !errors.Is(err, pwg.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := pwg.Encode(); err == nil {
		t.Error("no page at all is taken")
	}
}

func TestDecodeRefuses(t *testing.T) {
	good, err := pwg.Encode(page(2480, 4, func(i int) byte { return byte(i) }))
	if err != nil {
		t.Fatal(err)
	}
	put := func(at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.BigEndian.PutUint32(b[4+at:], v); return b }
	}
	for name, spoil := range map[string]func(b []byte) []byte{
		"empty":           func([]byte) []byte { return nil },
		"little-endian":   func(b []byte) []byte { copy(b, "2SaR"); return b },
		"no page":         func(b []byte) []byte { return b[:4] },
		"half a header":   func(b []byte) []byte { return b[:900] },
		"half a page":     func(b []byte) []byte { return b[:len(b)-1] },
		"a byte left":     func(b []byte) []byte { return append(b, 0) },
		"other magic":     func(b []byte) []byte { b[4] = 'X'; return b },
		"grey":            put(388, 8),
		"white is 1":      put(400, 0),
		"transform 0":     put(456, 0),
		"tumble":          put(368, 1),
		"bytes per line":  put(392, 309),
		"width 0":         put(372, 0),
		"width -1":        put(372, 0xFFFFFFFF),
		"oblong dots":     put(276, 600),
		"line repeats on": func(b []byte) []byte { b[4+headerSize] = 200; return b },
		"run past edge":   func(b []byte) []byte { return append(b[:4+headerSize], 0, 127, 0, 127, 0, 127, 0) },
		"run code 128":    func(b []byte) []byte { return append(b[:4+headerSize], 0, 128, 0) },
	} {
		if _, err := pwg.Decode(spoil(bytes.Clone(good))); !errors.Is(err, pwg.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	small, err := pwg.Encode(page(20, 3, func(i int) byte { return byte(i) }), page(8, 300, white))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Add(small[:4+headerSize])
	f.Add([]byte("RaS2"))
	f.Fuzz(wayBack)
}

// FuzzLines gives any lines a good header: the rows are reached at once, which
// FuzzDecode seldom does through 1796 bytes of header.
func FuzzLines(f *testing.F) {
	f.Add(uint8(20), uint8(3), []byte{2, 2, 0})
	f.Add(uint8(24), uint8(1), []byte{0, 254, 1, 2, 3})
	f.Fuzz(func(t *testing.T, width, height uint8, lines []byte) {
		b, err := pwg.Encode(page(int(width)+1, int(height)+1, white))
		if err != nil {
			t.Fatal(err)
		}
		wayBack(t, append(b[:4+headerSize], lines...))
	})
}

func wayBack(t *testing.T, b []byte) {
	pages, err := pwg.Decode(b)
	if err != nil {
		if !errors.Is(err, pwg.ErrFormat) {
			t.Errorf("untyped error %v", err)
		}
		return
	}
	again, err := pwg.Encode(pages...)
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	back, err := pwg.Decode(again)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	for i, p := range pages {
		if !bytes.Equal(back[i].Dots, p.Dots) {
			t.Errorf("page %d: dots differ on the way back", i)
		}
	}
}
