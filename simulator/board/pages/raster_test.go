package pages

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"io"
	"testing"
)

// field is a header field to change.
type field struct{ offset, value int }

// head is the header of a black_1 page, by hand.
func head(width, height int, changes ...field) []byte {
	h := make([]byte, 1796)
	copy(h, "PwgRaster\x00")
	fields := append([]field{
		{272, 1},
		{276, 300},
		{280, 300},
		{340, 1},
		{352, 595},
		{356, 842},
		{372, width},
		{376, height},
		{384, 1},
		{388, 1},
		{392, (width + 7) / 8},
		{396, 0},
		{400, 3},
		{420, 1},
		{452, 0},
		{456, 1},
		{460, 1},
	}, changes...)
	for _, f := range fields {
		binary.BigEndian.PutUint32(h[f.offset:], uint32(f.value))
	}
	return h
}

// small is a document of n pages of 16x4 pixels; the top left dot of each page
// is black, and so is the whole last line.
func small(n int) []byte {
	doc := []byte("RaS2")
	for range n {
		doc = append(doc, head(16, 4)...)
		doc = append(doc,
			0, 255, 0x80, 0x00, // one line, two literals
			1, 1, 0x00, // two lines, a run of two
			0, 1, 0xFF) // one line, a run of two
	}
	return doc
}

func TestDecode(t *testing.T) {
	d, err := decode(small(2))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.pages) != 2 || !d.duplex {
		t.Fatalf("%d pages, duplex %t", len(d.pages), d.duplex)
	}
	want := []byte{0x80, 0, 0, 0, 0, 0, 0xFF, 0xFF}
	if got := d.pages[1].Pix; !bytes.Equal(got, want) {
		t.Errorf("pixels % x, want % x", got, want)
	}
	p := d.pages[0].Paletted()
	if p.ColorIndexAt(0, 0) != 1 || p.ColorIndexAt(1, 0) != 0 || p.ColorIndexAt(15, 3) != 1 {
		t.Error("the paletted copy differs")
	}
	if err := png.Encode(io.Discard, d.pages[0]); err != nil {
		t.Error(err)
	}
}

func TestDecodeGray(t *testing.T) {
	doc := append([]byte("RaS2"), head(4, 1, field{384, 8}, field{388, 8}, field{392, 4}, field{400, 18})...)
	doc = append(doc, 0, 254, 0x00, 0x7F, 0x80, 0, 0x00)
	d, err := decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.pages[0].Pix; !bytes.Equal(got, []byte{0xD0}) {
		t.Errorf("pixels % x, want d0", got)
	}
}

func TestDecodeMasksWhatLiesBesideThePage(t *testing.T) {
	doc := append([]byte("RaS2"), head(3, 1)...)
	d, err := decode(append(doc, 0, 0, 0xFF))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.pages[0].Pix; !bytes.Equal(got, []byte{0xE0}) {
		t.Errorf("pixels % x, want e0", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	page := func(body []byte, changes ...field) []byte {
		return append(append([]byte("RaS2"), head(16, 4, changes...)...), body...)
	}
	good := []byte{3, 1, 0}
	cases := map[string][]byte{
		"nothing":             {},
		"no pages":            []byte("RaS2"),
		"another format":      []byte("%PDF-1.7"),
		"half a header":       small(1)[:900],
		"half a page":         small(1)[:len(small(1))-1],
		"trailing bytes":      append(small(1), 0),
		"a wrong name":        append([]byte("RaS2X"), small(1)[5:]...),
		"no width":            page(good, field{372, 0}, field{392, 0}),
		"a huge height":       page(good, field{376, 1 << 30}),
		"another resolution":  page(good, field{276, 600}),
		"colour":              page(good, field{400, 19}),
		"three colours":       page(good, field{420, 3}),
		"bytes a line":        page(good, field{392, 3}),
		"transform 0":         page(good, field{456, 0}),
		"a page too few":      page(good, field{452, 2}),
		"repeat beyond":       page([]byte{4, 1, 0}),
		"a run beyond":        page([]byte{3, 2, 0}),
		"literals beyond":     page([]byte{3, 254, 0, 0, 0}),
		"the reserved run":    page([]byte{3, 128, 0, 0}),
		"negative transforms": page(good, field{460, -2}),
	}
	for name, doc := range cases {
		if _, err := decode(doc); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if _, err := decode(page(good, field{460, -1})); err != nil {
		t.Errorf("feed transform -1: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(small(2))
	f.Add(append([]byte("RaS2"), head(4, 1, field{384, 8}, field{388, 8}, field{392, 4}, field{400, 18})...))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := decode(b)
		if (d == nil) == (err == nil) {
			t.Errorf("document %v with error %v", d, err)
		}
	})
}

func BenchmarkDecodeA4(b *testing.B) {
	doc := []byte("RaS2")
	for range 2 {
		doc = append(doc, head(2480, 3508)...)
		for range 3508 {
			doc = append(doc, 0)
			for range 77 {
				doc = append(doc, 253, 1, 2, 3, 4)
			}
			doc = append(doc, 1, 0)
		}
	}
	for b.Loop() {
		if _, err := decode(doc); err != nil {
			b.Fatal(err)
		}
	}
}
