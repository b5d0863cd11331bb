package paper_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/paper/pwg"
	"kioskd/simulator/office/register"
)

const (
	fonts = "/usr/share/fonts/truetype/bizud-gothic"
	issue = "3f9c0a7b52e14d68b0c1d2e3f4a59687"

	sheetBytesMax = 600_000
)

// renderer is drawn once for all tests: it never changes.
var renderer = sync.OnceValues(func() (*paper.Renderer, error) { return paper.New(fonts) })

func draw(t *testing.T, rec paper.Record, issue string) []paper.Sheet {
	t.Helper()
	r, err := renderer()
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := r.Sheets(rec, issue)
	if err != nil {
		t.Fatal(err)
	}
	return sheets
}

func record(t *testing.T, who, scope string, items ...string) paper.Record {
	t.Helper()
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	rec, err := register.New(at).Record(who, scope, nil, items, at)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestLabelsFollowTheItems(t *testing.T) {
	always := []string{"住民票", "氏名", "生年月日", "性別", "住所"}
	labels := map[string][]string{
		"head-and-relation":   {"世帯主", "続柄"},
		"registered-domicile": {"本籍", "筆頭者"},
		"my-number":           {"個人番号"},
		"nationality":         {"国籍・地域"},
		"status-of-residence": {"在留資格", "在留期間", "第30条の45"},
		"card-number":         {"在留カード等の番号"},
	}
	for who, offered := range map[string][]string{
		"adult":            {"head-and-relation", "registered-domicile", "my-number"},
		"foreign-resident": {"head-and-relation", "nationality", "status-of-residence", "card-number", "my-number"},
		"foreign-alias":    {"head-and-relation", "nationality", "status-of-residence", "card-number", "my-number"},
	} {
		choices := [][]string{nil, offered}
		for _, item := range offered {
			choices = append(choices, []string{item})
		}
		for _, chosen := range choices {
			text := draw(t, record(t, who, "all", chosen...), issue)[0].Text
			for _, label := range always {
				if !strings.Contains(text, label) {
					t.Errorf("%s %v lacks %s", who, chosen, label)
				}
			}
			for item, words := range labels {
				for _, word := range words {
					if has, want := strings.Contains(text, word), in(chosen, item); has != want {
						t.Errorf("%s %v: %s is %v, want %v", who, chosen, word, has, want)
					}
				}
			}
			if has, want := strings.Contains(text, "通称 森川 美奈"), who == "foreign-alias"; has != want {
				t.Errorf("%s %v: alias is %v", who, chosen, has)
			}
			if who != "foreign-alias" && strings.Contains(text, "通称") {
				t.Errorf("%s has an alias", who)
			}
		}
	}
}

func in(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func TestWhatWasNotAskedForIsNotThere(t *testing.T) {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	p, _ := register.New(at).Resident("adult")
	text := draw(t, record(t, "adult", "self"), issue)[0].Text
	for _, value := range []string{p.Number, p.Domicile, "見本 桜", "世帯"} {
		if strings.Contains(text, value) {
			t.Errorf("%s stands on a sheet that nobody asked it for", value)
		}
	}
}

// Everything that the register may ever print fits its cell and has a picture.
func TestEveryResidentCanBePrinted(t *testing.T) {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	reg := register.New(at)
	for _, p := range reg.All() {
		offer, code := reg.Offer(p.Name, at)
		if code != "" {
			continue
		}
		scope := register.ScopeAll
		if offer.Alone {
			scope = register.ScopeSelf
		}
		rec, err := reg.Record(p.Name, scope, nil, offer.Items, at)
		if err != nil {
			t.Fatal(err)
		}
		sheets := draw(t, rec, issue)
		if len(sheets) != paper.Count(rec) {
			t.Errorf("%s: %d sheets, counted %d", p.Name, len(sheets), paper.Count(rec))
		}
		for i, s := range sheets {
			if s.Number != i+1 {
				t.Errorf("%s: sheet %d has number %d", p.Name, i+1, s.Number)
			}
			if len(s.Raster) > sheetBytesMax {
				t.Errorf("%s: sheet %d has %d bytes", p.Name, s.Number, len(s.Raster))
			}
		}
	}
}

func TestSheetsOfACopyAreTiedTogether(t *testing.T) {
	sheets := draw(t, record(t, "big-household", "all"), issue)
	if len(sheets) != 3 {
		t.Fatalf("%d sheets", len(sheets))
	}
	for i, s := range sheets {
		page := []string{"\n1/3\n", "\n2/3\n", "\n3/3\n"}[i]
		if !strings.Contains(s.Text, page) || !strings.Contains(s.Text, "発行番号 "+issue) {
			t.Errorf("sheet %d has no foot:\n%s", i+1, s.Text)
		}
		if last := strings.Contains(s.Text, "証明する。"); last != (i == 2) {
			t.Errorf("sheet %d certifies: %v", i+1, last)
		}
	}
	if !strings.Contains(sheets[2].Text, "大家 トメ") || strings.Contains(sheets[0].Text, "大家 トメ") {
		t.Error("the last two of ten people belong on the third sheet")
	}
}

func TestSameRecordSameBytes(t *testing.T) {
	rec := record(t, "head", "all", "my-number")
	fresh, err := paper.New(fonts)
	if err != nil {
		t.Fatal(err)
	}
	again, err := fresh.Sheets(rec, issue)
	if err != nil {
		t.Fatal(err)
	}
	first := draw(t, rec, issue)
	if !bytes.Equal(first[0].Raster, again[0].Raster) || first[0].Text != again[0].Text {
		t.Error("two renderers disagree")
	}
	if other := draw(t, rec, strings.Repeat("0", 32)); bytes.Equal(first[0].Raster, other[0].Raster) {
		t.Error("another issue id gives the same sheet")
	}
}

func TestSeveralCustomersAtOnce(t *testing.T) {
	rec := record(t, "adult", "self")
	want := draw(t, rec, issue)[0].Raster
	fresh, err := paper.New(fonts)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			sheets, err := fresh.Sheets(rec, issue)
			if err != nil || !bytes.Equal(sheets[0].Raster, want) {
				t.Errorf("a sheet drawn beside others differs (%v)", err)
			}
		})
	}
	wg.Wait()
}

func TestRasterIsWhatThePrinterTakes(t *testing.T) {
	pages, err := pwg.Decode(draw(t, record(t, "adult", "self"), issue)[0].Raster)
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 2 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, p := range pages {
		if p.Width != 2480 || p.Height != 3508 || p.Resolution != 300 || !p.Duplex || p.Pages != 2 || p.Name != "iso_a4_210x297mm" {
			t.Errorf("page %d: %d by %d at %d, duplex %v, %d pages, %s", i, p.Width, p.Height, p.Resolution, p.Duplex, p.Pages, p.Name)
		}
	}
}

func TestFrontAndBackBelongTogether(t *testing.T) {
	sheets := draw(t, record(t, "big-household", "all"), issue)
	for _, s := range sheets {
		m, err := paper.Reveal(s.Raster, issue, s.Number)
		if err != nil {
			t.Errorf("sheet %d: %v", s.Number, err)
		} else if m.Bounds().Dx() != 620 || m.Bounds().Dy() != 877 {
			t.Errorf("sheet %d: picture of %v", s.Number, m.Bounds())
		}
	}
	one, err := pwg.Decode(sheets[0].Raster)
	if err != nil {
		t.Fatal(err)
	}
	two, err := pwg.Decode(sheets[1].Raster)
	if err != nil {
		t.Fatal(err)
	}
	swapped, err := pwg.Encode(one[0], two[1])
	if err != nil {
		t.Fatal(err)
	}
	one[0].Dots[1200*one[0].Stride()+100] ^= 0x10
	altered, err := pwg.Encode(one...)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := pwg.Encode(two[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		raster []byte
		issue  string
		number int
	}{
		"back of another sheet":  {swapped, issue, 1},
		"one dot of the front":   {altered, issue, 1},
		"no back":                {alone, issue, 2},
		"another issue id":       {sheets[0].Raster, issue + "0", 1},
		"another sheet's number": {sheets[0].Raster, issue, 2},
	} {
		if _, err := paper.Reveal(c.raster, c.issue, c.number); !errors.Is(err, paper.ErrMismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := paper.Reveal([]byte("no raster"), issue, 1); !errors.Is(err, pwg.ErrFormat) {
		t.Errorf("no raster: %v", err)
	}
}

func TestNothingIsCutOff(t *testing.T) {
	r, err := renderer()
	if err != nil {
		t.Fatal(err)
	}
	rec := record(t, "adult", "self")
	rec.Address = strings.Repeat("東京都稲城市見本台", 6)
	if _, err := r.Sheets(rec, issue); err != nil {
		t.Errorf("a long address has two lines: %v", err)
	}
	rec.Address = strings.Repeat("東京都稲城市見本台", 40)
	if _, err := r.Sheets(rec, issue); !errors.Is(err, paper.ErrTooLong) {
		t.Errorf("too long an address: %v", err)
	}
	rec = record(t, "adult", "self")
	rec.Persons[0].Name = "𠮷田"
	if _, err := r.Sheets(rec, issue); !errors.Is(err, paper.ErrCharacter) {
		t.Errorf("a character without a picture: %v", err)
	}
}

// A long name in Latin letters goes to a second line after a whole word. On the
// dots: with the break elsewhere the two sheets would be the same.
func TestLongNameBreaksBetweenWords(t *testing.T) {
	rec := record(t, "foreign-resident", "self")
	const last = "SEGUNDONOMEMUITOCOMPRIDO"
	first := strings.Repeat("MARIA ", 10)
	rec.Persons[0].Name = first + last
	one := draw(t, rec, issue)[0].Raster
	rec.Persons[0].Name = first + "   " + last // spaces fill the first line up
	if !bytes.Equal(one, draw(t, rec, issue)[0].Raster) {
		t.Error("the second line does not begin with the word")
	}
}

func TestBadInput(t *testing.T) {
	_, err := paper.New(t.TempDir())
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "BIZUDGothic-Regular.ttf") {
		t.Errorf("folder without fonts: %v", err)
	}
	r, err := renderer()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", strings.Repeat("0", 65)} {
		if _, err := r.Sheets(record(t, "adult", "self"), id); err == nil {
			t.Errorf("issue id of %d characters is taken", len(id))
		}
	}
}

func BenchmarkSheet(b *testing.B) {
	r, err := renderer()
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	rec, err := register.New(at).Record("head", "all", nil, []string{"head-and-relation", "my-number"}, at)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.Sheets(rec, issue); err != nil {
			b.Fatal(err)
		}
	}
}
