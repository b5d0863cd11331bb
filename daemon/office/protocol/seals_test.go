package protocol

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"testing"
)

// line is both ends of one session.
type line struct {
	office, session hpke.PrivateKey
	kiosk, front    *Seals
	enc             []byte
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{}
	var err error
	if l.office, err = NewKey(); err != nil {
		t.Fatal(err)
	}
	if l.session, err = NewKey(); err != nil {
		t.Fatal(err)
	}
	if l.kiosk, l.enc, err = Call(l.office.PublicKey(), LoginBegin, "a", "s"); err != nil {
		t.Fatal(err)
	}
	if l.front, err = Hear(l.office, l.enc, LoginBegin, "a", "s"); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *line) proved(t *testing.T) *line {
	t.Helper()
	enc, err := l.front.Confirm(l.session.PublicKey(), "f")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.kiosk.Confirmed(l.session, enc, "f"); err != nil {
		t.Fatal(err)
	}
	return l
}

func seal(t *testing.T, s *Seals, p Purpose, request string) []byte {
	t.Helper()
	sealed, err := s.Seal(p, request, OrderAsk{Scope: ScopeSelf, Copies: 1, Fee: 200})
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func closed(t *testing.T, what string, s *Seals, p Purpose, request string, sealed []byte) {
	t.Helper()
	var shut *ErrSealed
	if _, err := Open[OrderAsk](s, p, request, sealed); !errors.As(err, &shut) {
		t.Errorf("%s: %v", what, err)
	}
}

// TestSeals: what is sealed opens at the other end, in its place, and nowhere
// else: before the proof and after it, question and answer.
func TestSeals(t *testing.T) {
	l, other := newLine(t), newLine(t)
	before, after := []Purpose{Question(LoginBegin), Reply(LoginBegin), Question(LoginFinish), Question(ResetDone), Reply(ResetDone)},
		[]Purpose{Reply(LoginFinish)}
	for _, v := range []Verb{AskOffer, AskOrder, AskSheet, ResetBegin, ResetAuthorise} {
		after = append(after, Question(v), Reply(v))
	}
	for _, p := range after {
		if _, err := l.kiosk.Seal(p, "r", OrderAsk{}); !errors.Is(err, ErrTooEarly) {
			t.Errorf("%s before the proof: %v", p, err)
		}
		if _, err := Open[OrderAsk](l.front, p, "r", nil); !errors.Is(err, ErrTooEarly) {
			t.Errorf("%s opens before the proof: %v", p, err)
		}
	}
	early := seal(t, l.kiosk, Question(LoginFinish), "r")
	l.proved(t)
	other.proved(t)
	all := append(before, after...)
	for _, p := range all {
		sealed := seal(t, l.kiosk, p, "r")
		if q, err := Open[OrderAsk](l.front, p, "r", sealed); err != nil || q.Fee != 200 {
			t.Errorf("%s: %+v, %v", p, q, err)
		}
		if bytes.Equal(sealed, seal(t, l.kiosk, p, "r")) {
			t.Errorf("%s: sealed twice with one nonce", p)
		}
		closed(t, string(p)+": another request", l.front, p, "q", sealed)
		closed(t, string(p)+": another session of the same name", other.front, p, "r", sealed)
		for _, wrong := range all {
			if wrong != p {
				closed(t, string(p)+" as "+string(wrong), l.front, wrong, "r", sealed)
			}
		}
	}
	if _, err := Open[OrderAsk](l.front, Question(LoginFinish), "r", early); err != nil {
		t.Errorf("a proof that is repeated after it was taken: %v", err)
	}
	sealed := seal(t, l.kiosk, Question(AskOrder), "r")
	for i := range sealed {
		bent := bytes.Clone(sealed)
		bent[i] ^= 1
		closed(t, "a byte is changed", l.front, Question(AskOrder), "r", bent)
	}
	for n := range len(sealed) {
		closed(t, "cut short", l.front, Question(AskOrder), "r", sealed[:n])
	}
}

// TestSealsBegin: a session that is heard as another's opens nothing.
func TestSealsBegin(t *testing.T) {
	l, stranger := newLine(t), newLine(t)
	sealed := seal(t, l.kiosk, Question(LoginBegin), "r")
	for what, f := range map[string]func() (*Seals, error){
		"verb":    func() (*Seals, error) { return Hear(l.office, l.enc, ResetDone, "a", "s") },
		"kiosk":   func() (*Seals, error) { return Hear(l.office, l.enc, LoginBegin, "b", "s") },
		"session": func() (*Seals, error) { return Hear(l.office, l.enc, LoginBegin, "a", "t") },
		"office":  func() (*Seals, error) { return Hear(stranger.office, l.enc, LoginBegin, "a", "s") },
		"enc":     func() (*Seals, error) { return Hear(l.office, stranger.enc, LoginBegin, "a", "s") },
	} {
		s, err := f()
		if err != nil {
			t.Fatal(err)
		}
		closed(t, "another "+what, s, Question(LoginBegin), "r", sealed)
	}
	if _, err := Hear(l.office, l.enc[1:], LoginBegin, "a", "s"); err == nil {
		t.Error("a short enc was heard")
	}
}

// TestSealsConfirm: an office that confirms another key, request or session is
// not understood; and whoever has the office's key alone, now or later, reads
// nothing that is said after the proof.
func TestSealsConfirm(t *testing.T) {
	l, stranger := newLine(t), newLine(t)
	for what, f := range map[string]func() ([]byte, error){
		"another key":     func() ([]byte, error) { return l.front.Confirm(stranger.session.PublicKey(), "f") },
		"another request": func() ([]byte, error) { return l.front.Confirm(l.session.PublicKey(), "g") },
		"another session": func() ([]byte, error) { return stranger.front.Confirm(l.session.PublicKey(), "f") },
	} {
		enc, err := f()
		if err != nil {
			t.Fatal(err)
		}
		from := l.front
		if what == "another session" {
			from = stranger.front
		}
		if err := l.kiosk.Confirmed(l.session, enc, "f"); err != nil {
			t.Fatal(err)
		}
		closed(t, what, l.kiosk, Reply(LoginFinish), "f", seal(t, from, Reply(LoginFinish), "f"))
	}
	l.proved(t)
	thief, err := Hear(l.office, l.enc, LoginBegin, "a", "s")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := thief.Confirm(l.session.PublicKey(), "f"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []Purpose{Question(AskOrder), Reply(AskOrder)} {
		closed(t, "the office's key alone", thief, p, "r", seal(t, l.kiosk, p, "r"))
	}
}

// TestSealsWipe: a session that is over seals and opens nothing, least of all
// under a key of zeros, and its secret is gone.
func TestSealsWipe(t *testing.T) {
	l := newLine(t).proved(t)
	sealed := seal(t, l.kiosk, Question(AskOrder), "r")
	l.front.Wipe()
	l.front.Wipe()
	if !bytes.Equal(l.front.first, make([]byte, secretSize)) || l.front.after != (ways{}) || l.front.before != (ways{}) {
		t.Error("the secrets are still there")
	}
	for _, p := range []Purpose{Question(AskOrder), Question(LoginBegin)} {
		if _, err := Open[OrderAsk](l.front, p, "r", sealed); !errors.Is(err, ErrOver) {
			t.Errorf("%s opens: %v", p, err)
		}
		if _, err := l.front.Seal(p, "r", OrderAsk{}); !errors.Is(err, ErrOver) {
			t.Errorf("%s is sealed: %v", p, err)
		}
	}
	if _, err := l.front.Confirm(l.session.PublicKey(), "f"); !errors.Is(err, ErrOver) {
		t.Errorf("it is confirmed: %v", err)
	}
}

// FuzzOpen: whatever comes in place of something sealed is refused and harms
// nothing.
func FuzzOpen(f *testing.F) {
	// Each of the fuzzer's processes must hold the same keys.
	key, err := PrivateKey(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	s, enc, err := Call(key.PublicKey(), ResetDone, "a", "s")
	if err != nil {
		f.Fatal(err)
	}
	at := Question(ResetDone)
	sealed, err := s.Seal(at, "r", ResetDoneAsk{Visit: "v", Outcome: ResetProved})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed[:len(sealed)-1], 1)
	f.Add(append(bytes.Clone(enc), sealed...)[1:], 3)
	f.Fuzz(func(t *testing.T, data []byte, number int) {
		if _, err := Open[ResetDoneAsk](s, at, "r", data); err == nil && !bytes.Equal(data, sealed) {
			t.Error("opened what nobody sealed")
		}
		if enc, rest, err := CutEnc(at, data); err == nil {
			if heard, err := Hear(key, enc, ResetDone, "a", "s"); err == nil {
				if _, err := Open[ResetDoneAsk](heard, at, "r", rest); err == nil && !bytes.Equal(rest, sealed) {
					t.Error("heard what nobody said")
				}
			}
			// An answer may be anything; only its opening tells.
			if err := s.Confirmed(key, enc, "f"); err == nil {
				if _, err := Open[FinishAnswer](s, Reply(LoginFinish), "f", rest); err == nil {
					t.Error("confirmed by nobody")
				}
			}
		}
		o, err := NewSheetOpener(key, Place{Kiosk: "a", Session: "s", Request: "r"}, number, Parcel{Enc: data, Size: 1, Chunks: 1})
		if err == nil && o.Add(data) == nil {
			t.Error("opened a sheet that nobody sealed")
		}
	})
}
