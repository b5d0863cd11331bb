package protocol

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSubjects(t *testing.T) {
	for subject, want := range map[string]string{
		"kiosk.v1.k001.order": "k001", "kiosk.v1.k001.login.begin": "k001", "kiosk.v1.k001": "",
		"kiosk.v1.*.order": "", "kiosk.v2.k001.order": "", "kiosk.v1.K.order": "", "": "",
	} {
		if got := Asker(subject); got != want {
			t.Errorf("Asker(%q) = %q, want %q", subject, got, want)
		}
	}
	for _, id := range []string{"", "a.b", "*", ">", "A", "-a", "a b", strings.Repeat("a", 33)} {
		if CheckKiosk(id) == nil {
			t.Errorf("kiosk id %q was taken", id)
		}
	}
}

func TestSheet(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	at := Place{Kiosk: "a", Session: "s", Request: "r", Key: []byte("d")}
	raster := bytes.Repeat([]byte("0123456789abcdef"), 40_000) // 640,000 bytes: three chunks
	sealed, err := SealSheet(key.PublicKey(), at, 2, raster)
	if err != nil {
		t.Fatal(err)
	}
	parcel := Parcel{Enc: sealed.Enc, Size: len(raster), Chunks: len(sealed.Chunks)}
	if parcel.Chunks != 3 || len(sealed.Chunks[0]) != MaxChunk {
		t.Errorf("%d chunks, the first of %d bytes", parcel.Chunks, len(sealed.Chunks[0]))
	}
	open := func(number int, chunks ...[]byte) ([]byte, error) {
		o, err := NewSheetOpener(key, at, number, parcel)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			if err := o.Add(c); err != nil {
				return nil, err
			}
		}
		return o.Raster()
	}
	c := sealed.Chunks
	if got, err := open(2, c...); err != nil || !bytes.Equal(got, raster) {
		t.Errorf("whole: %d bytes, %v", len(got), err)
	}
	for name, f := range map[string]func() ([]byte, error){
		"another number": func() ([]byte, error) { return open(1, c...) },
		"short":          func() ([]byte, error) { return open(2, c[0], c[1]) },
		"swapped":        func() ([]byte, error) { return open(2, c[1], c[0], c[2]) },
		"twice":          func() ([]byte, error) { return open(2, c[0], c[0], c[1]) },
		"too many":       func() ([]byte, error) { return open(2, c[0], c[1], c[2], c[2]) },
		"too long":       func() ([]byte, error) { return open(2, make([]byte, MaxChunk+1)) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: opens", name)
		}
	}
	for _, p := range []Parcel{{}, {Enc: sealed.Enc, Size: MaxSheet + 1, Chunks: 17}, {Enc: sealed.Enc, Size: 5, Chunks: 2}} {
		if _, err := NewSheetOpener(key, at, 1, p); err == nil {
			t.Errorf("parcel of %d bytes in %d chunks was taken", p.Size, p.Chunks)
		}
	}
}

func goodManifest() Manifest {
	d := bytes.Repeat([]byte{7}, 32)
	return Manifest{
		Version: Version, Order: "o1", Issue: NewID(), Kiosk: "a", Session: "s1", SessionKey: d, Certificate: d,
		DataTime: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC), MaxAge: 120, Fee: 200, Copies: 1,
		Sheets: []ManifestSheet{{Number: 1, Digest: d, Subject: d}},
	}
}

// TestManifestRotation: two keys are good at once, a third is not.
func TestManifestRotation(t *testing.T) {
	var public []ed25519.PublicKey
	var private []ed25519.PrivateKey
	for range 3 {
		p, k, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		public, private = append(public, p), append(private, k)
	}
	for i, key := range private {
		s, err := SignManifest(key, goodManifest())
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Verify(public[:2])
		if (err == nil) != (i < 2) {
			t.Errorf("key %d: %v", i, err)
		}
		s.Body[len(s.Body)/2] ^= 1
		if _, err := s.Verify(public); !errors.Is(err, ErrSignature) {
			t.Errorf("changed manifest: %v", err)
		}
	}
	// A signature of one kind is none of another.
	set, err := SignSettings(private[0], Settings{Version: Version, Revision: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := SignedManifest(set).Verify(public); !errors.Is(err, ErrSignature) {
		t.Errorf("settings as a manifest: %v", err)
	}
}

func TestDecodeIsStrict(t *testing.T) {
	good, err := Encode(goodManifest())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode[Manifest](good, maxManifest); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"trailing":      string(good) + " {}",
		"trailing byte": string(good) + "x",
		"unknown field": strings.Replace(string(good), "{", `{"more":1,`, 1),
		"version":       strings.Replace(string(good), `"version":1`, `"version":2`, 1),
		"id":            strings.Replace(string(good), `"order":"o1"`, `"order":"o.*"`, 1),
		"copies":        strings.Replace(string(good), `"copies":1`, `"copies":6`, 1),
		"empty":         "",
		"null":          "null",
	} {
		if _, err := Decode[Manifest]([]byte(data), maxManifest); err == nil {
			t.Errorf("%s: taken: %s", name, data)
		}
	}
	if _, err := Decode[Manifest](good, len(good)-1); err == nil {
		t.Error("a message over the limit was taken")
	}
	for _, q := range []SheetAsk{
		{Order: "o"}, {Order: "o", Sheet: MaxSheets + 1}, {Order: "o", Sheet: 1, Chunk: -1}, {Order: "o", Sheet: 1, Chunk: maxChunks}, {Sheet: 1},
	} {
		if q.Check() == nil {
			t.Errorf("%+v was taken", q)
		}
	}
}

func TestManifestLimits(t *testing.T) {
	for name, spoil := range map[string]func(*Manifest){
		"issue":    func(m *Manifest) { m.Issue = "20261124100000" },
		"kiosk":    func(m *Manifest) { m.Kiosk = "a.b" },
		"age":      func(m *Manifest) { m.MaxAge = 601 },
		"no age":   func(m *Manifest) { m.MaxAge = 0 },
		"copies":   func(m *Manifest) { m.Copies = 6 },
		"fee":      func(m *Manifest) { m.Fee = -1 },
		"time":     func(m *Manifest) { m.DataTime = time.Time{} },
		"no sheet": func(m *Manifest) { m.Sheets = nil },
		"number":   func(m *Manifest) { m.Sheets[0].Number = 2 },
		"digest":   func(m *Manifest) { m.Sheets[0].Digest = nil },
		"key":      func(m *Manifest) { m.SessionKey = m.SessionKey[1:] },
		"sheets":   func(m *Manifest) { m.Sheets = make([]ManifestSheet, 11) },
	} {
		m := goodManifest()
		spoil(&m)
		if m.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestSettingsLimits(t *testing.T) {
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for name, spoil := range map[string]func(*Settings){
		"revision":    func(s *Settings) { s.Revision = 0 },
		"fee":         func(s *Settings) { s.Tariff = map[string][]Price{"inagi": {{Yen: 205}}} },
		"fee order":   func(s *Settings) { s.Tariff = map[string][]Price{"inagi": {{Yen: 200, From: day}, {Yen: 300}}} },
		"no price":    func(s *Settings) { s.Tariff = map[string][]Price{"inagi": {}} },
		"hours":       func(s *Settings) { s.Hours = map[string]Hours{"inagi": {"23:00", "06:30"}} },
		"time":        func(s *Settings) { s.Hours = map[string]Hours{"inagi": {"6:30", "23:00"}} },
		"day":         func(s *Settings) { s.Closed = []Closure{{From: "02-30", To: "03-01"}} },
		"maintenance": func(s *Settings) { s.Maintenance = []Span{{From: day, To: day}} },
		"offer":       func(s *Settings) { s.Offers = []string{"coffee"} },
		"offer twice": func(s *Settings) { s.Offers = []string{"reset", "reset"} },
		"language":    func(s *Settings) { s.Notice = map[string]string{"fr": "bonjour"} },
		"notice":      func(s *Settings) { s.Notice = map[string]string{"ja": "\xff"} },
		"minimum":     func(s *Settings) { s.VersionMinimum = -1 },
	} {
		s := Settings{Version: Version, Revision: 1}
		spoil(&s)
		if s.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// roundTrip decodes, and what was decoded must survive another trip unchanged.
func roundTrip[M message](t *testing.T, data []byte, limit int) {
	t.Helper()
	m, err := Decode[M](data, limit)
	if err != nil {
		return
	}
	first, err := Encode(m)
	if err != nil {
		t.Fatalf("decoded, but does not encode: %v", err)
	}
	again, err := Decode[M](first, max(limit, len(first)))
	if err != nil {
		t.Fatalf("encoded, but does not decode: %v", err)
	}
	second, err := Encode(again)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("changed on the way: %s, then %s (%v)", first, second, err)
	}
}

func FuzzMessages(f *testing.F) {
	for _, m := range []message{
		SheetAsk{Order: "o", Sheet: 1},
		ErrorAnswer{Version: RequestVersion, ID: "i", Error: Error{Code: CodeBusy, Retry: true, Reason: ReasonLater}},
		OrderAsk{Scope: ScopeSome, Members: []string{"head"}, Items: []string{"my-number"}, Copies: 1, Fee: 200},
		OfferAnswer{Offer: &Offer{Fee: 200, CopiesMax: 5, Members: []Member{{"self", "名"}}}},
		FinishAnswer{Municipality: &Municipality{ID: "inagi"}},
		ResetBeginAsk{Visit: "v"},
		ResetBeginAnswer{Refused: "no-booking"},
		ResetAuthoriseAsk{Visit: "v", Challenge: make([]byte, ChallengeSize)},
		ResetAuthoriseAnswer{Cryptogram: make([]byte, CryptogramSize)},
		ResetDoneAsk{Visit: "v", Outcome: ResetProved},
		goodManifest(),
		Settings{Version: Version, Revision: 1, Closed: []Closure{{From: "12-29", To: "01-03"}}},
		JournalBatch{Version: Version, Journal: "j", First: 1, Events: []json.RawMessage{json.RawMessage(`{"n":1}`)}},
	} {
		data, err := Encode(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		roundTrip[SheetAsk](t, data, maxPlain)
		roundTrip[ResetBeginAsk](t, data, maxPlain)
		roundTrip[ResetBeginAnswer](t, data, maxPlain)
		roundTrip[ResetAuthoriseAsk](t, data, maxPlain)
		roundTrip[ResetAuthoriseAnswer](t, data, maxPlain)
		roundTrip[ResetDoneAsk](t, data, maxPlain)
		roundTrip[ErrorAnswer](t, data, maxError)
		roundTrip[BeginAsk](t, data, maxPlain)
		roundTrip[FinishAsk](t, data, maxPlain)
		roundTrip[FinishAnswer](t, data, maxPlain)
		roundTrip[OfferAnswer](t, data, maxPlain)
		roundTrip[OrderAsk](t, data, maxPlain)
		roundTrip[OrderAnswer](t, data, maxPlain)
		roundTrip[Manifest](t, data, maxManifest)
		roundTrip[Settings](t, data, MaxSettings)
		roundTrip[SignedSettings](t, data, MaxMessage)
		roundTrip[JournalBatch](t, data, MaxBatch)
		roundTrip[PinnedFile](t, data, maxPinnedFile)
	})
}

func FuzzSubjects(f *testing.F) {
	f.Add("kiosk.v1.a.inbox.x")
	f.Fuzz(func(t *testing.T, s string) {
		id := Asker(s)
		if id != "" && CheckKiosk(id) != nil {
			t.Errorf("asker %q of %q is no kiosk", id, s)
		}
	})
}
