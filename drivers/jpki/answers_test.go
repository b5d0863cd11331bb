package jpki_test

import (
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"kioskd/drivers/jpki"
	"kioskd/simulator/card"
)

// script answers commands from a list: the answer to whatever comes next.
type script struct {
	answers  [][]byte
	verifies int
	sent     int
}

var errScriptEnds = errors.New("nothing answers any more")

func (s *script) Transmit(command []byte) ([]byte, error) {
	s.sent++
	if command[1] == 0x20 && len(command) > 4 {
		s.verifies++
	}
	if len(s.answers) == 0 {
		return nil, errScriptEnds
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a, nil
}

const label = "JPKIAPICCTOKEN2                 "

func answers(list ...string) *script {
	s := &script{}
	for _, a := range list {
		s.answers = append(s.answers, []byte(a))
	}
	return s
}

func TestOpenAnswers(t *testing.T) {
	ok, none := "\x90\x00", "\x6A\x82"
	// shows is a card without a certificate: then it is asked what it is.
	shows := func(label ...string) *script { return answers(append([]string{ok, none, none}, label...)...) }
	noCertificate := "\x8F\x00\x00" + ok
	tests := []struct {
		name string
		card *script
		want error
	}{
		{"no application", answers("\x6A\x82"), jpki.ErrForeign},
		{"class unknown", answers("\x6E\x00"), jpki.ErrForeign},
		{"6F00 twice", answers("\x6F\x00", "\x6F\x00"), jpki.ErrUnreadable},
		{"6F00 once", answers("\x6F\x00", ok, none, none, label+ok, noCertificate), jpki.ErrNoCertificate},
		{"label with NULs", shows("JPKIAPICCTOKEN2"+strings.Repeat("\x00", 17)+ok, noCertificate), jpki.ErrNoCertificate},
		{"nothing", answers(""), jpki.ErrUnreadable},
		{"half a status word", answers("\x90"), jpki.ErrUnreadable},
		{"far too long", answers(strings.Repeat("\x90", 259)), jpki.ErrUnreadable},
		{"longer than asked", shows(label + " " + ok), jpki.ErrUnreadable},
		{"shorter than a label", shows(label[1:] + ok), jpki.ErrUnreadable},
		{"no token file", shows(none, none), jpki.ErrUnreadable},
		{"old card", shows("JPKIAPICCTOKEN                  " + ok), jpki.ErrOldCard},
		{"iPhone", shows("JPKIAPIOSTOKEN                  " + ok), jpki.ErrPhone},
		{"Android, which wants the PIN first", answers(ok, "\x69\x82", "JPKIAPGPSETOKEN                 "+ok), jpki.ErrPhone},
		{"some other token", shows("JPKIAPICCTOKEN3                 " + ok), jpki.ErrForeign},
		{"card gone", answers(ok), errScriptEnds},
		{"card gone later", shows(), errScriptEnds},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := jpki.Open(tt.card)
			if err == nil {
				_, err = c.UserCertificate()
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if tt.card.verifies != 0 {
				t.Error("a PIN was sent")
			}
		})
	}
}

// after is a card that was opened and answers so from then on.
func after(t *testing.T, list ...string) (*jpki.Card, *script) {
	t.Helper()
	s := answers(append([]string{"\x90\x00"}, list...)...)
	c, err := jpki.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func TestTriesAnswers(t *testing.T) {
	tests := []struct {
		name string
		list []string
		left int
		want error // nil, or what errors.Is finds
		sw   uint16
	}{
		{"three", []string{"\x63\xC3"}, 3, nil, 0},
		{"63C0", []string{"\x63\xC0"}, 0, nil, 0},
		{"6983", []string{"\x69\x83"}, 0, nil, 0},
		{"6984", []string{"\x69\x84"}, 0, nil, 0},
		{"by selection", []string{"\x6A\x86", "\x90\x00", "\x63\xC2"}, 2, nil, 0},
		{"no reference", []string{"\x6A\x88", "\x6A\x82"}, 0, jpki.ErrNoPIN, 0},
		{"reference without a secret", []string{"\x6A\x88", "\x90\x00", "\x6A\x88"}, 0, jpki.ErrNoPIN, 0},
		{"9000 means nothing here", []string{"\x90\x00", "\x90\x00", "\x90\x00"}, 0, nil, 0x9000},
		{"6300 is no count", []string{"\x63\x00", "\x90\x00", "\x63\x00"}, 0, nil, 0x6300},
		{"6F00", []string{"\x6F\x00", "\x90\x00", "\x6F\x00"}, 0, nil, 0x6F00},
		{"gone", nil, 0, errScriptEnds, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := after(t, tt.list...)
			left, err := c.Tries()
			var unknown *jpki.StateUnknown
			if tt.sw != 0 {
				if !errors.As(err, &unknown) || unknown.Status != tt.sw {
					t.Errorf("got %v, want unknown %04X", err, tt.sw)
				}
				return
			}
			if left != tt.left || !errors.Is(err, tt.want) {
				t.Errorf("got %d, %v; want %d, %v", left, err, tt.left, tt.want)
			}
		})
	}
}

// An answer to VERIFY without a meaning is never a wrong PIN, and never a second
// VERIFY.
func TestVerifyAnswers(t *testing.T) {
	tests := []struct {
		name, answer string
		check        func(error) bool
	}{
		{"9000", "\x90\x00", func(err error) bool { return err == nil }},
		{"63C2", "\x63\xC2", func(err error) bool { w := &jpki.WrongPIN{}; return errors.As(err, &w) && w.Left == 2 }},
		{"63C0", "\x63\xC0", func(err error) bool { return errors.Is(err, jpki.ErrBlocked) }},
		{"6983", "\x69\x83", func(err error) bool { return errors.Is(err, jpki.ErrBlocked) }},
		{"6984", "\x69\x84", func(err error) bool { return errors.Is(err, jpki.ErrBlocked) }},
		{"6300", "\x63\x00", isUnknown},
		{"6700", "\x67\x00", isUnknown},
		{"6F00", "\x6F\x00", isUnknown},
		{"6A88", "\x6A\x88", isUnknown},
		{"nothing", "", isUnknown},
		{"half", "\x63", isUnknown},
		{"a status word with something before it", "\x00\x63\xC2", isUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, s := after(t, "\x63\xC3", tt.answer, "\x90\x00", "\x90\x00")
			err := c.Verify(pin(t, "1234"))
			if !tt.check(err) {
				t.Errorf("got %v", err)
			}
			if s.verifies != 1 {
				t.Errorf("%d PINs sent", s.verifies)
			}
			if isUnknown(err) {
				if err := c.Verify(pin(t, "1234")); !isUnknown(err) || s.verifies != 1 {
					t.Errorf("again: %v, %d PINs sent", err, s.verifies)
				}
			}
		})
	}
}

func isUnknown(err error) bool {
	var unknown *jpki.StateUnknown
	return errors.As(err, &unknown)
}

func TestCertificateAnswers(t *testing.T) {
	ok := "\x90\x00"
	none, short := "\x6A\x82", "\x67\x00" // no such file; no extended length
	exists, absent := "\x8F\x8F\x00"+ok, "\x8F\x00\x00"+ok
	head := "\x30\x82\x04\x00" + strings.Repeat("x", 252) + ok
	tests := []struct {
		name string
		list []string
		want error
	}{
		{"no file, and none should be", []string{none, none, label + ok, absent}, jpki.ErrNoCertificate},
		{"no file, but it should be", []string{none, none, label + ok, exists}, jpki.ErrUnreadable},
		{"filler alone", []string{strings.Repeat("\xFF", 256) + ok, label + ok, absent}, jpki.ErrNoCertificate},
		{"empty file", []string{ok, label + ok, absent}, jpki.ErrNoCertificate},
		{"protected", []string{"\x69\x82", label + ok}, jpki.ErrUnreadable},
		{"list is torn", []string{none, none, label + ok, "\x8F" + ok}, jpki.ErrUnreadable},
		{"list is refused", []string{none, none, label + ok, "\x69\x82"}, jpki.ErrUnreadable},
		{"another length form", []string{"\x30\x81\x80\x00" + ok}, jpki.ErrUnreadable},
		{"indefinite length", []string{"\x30\x80\x00\x00" + ok}, jpki.ErrUnreadable},
		{"length not shortest", []string{"\x30\x82\x00\x10" + ok}, jpki.ErrUnreadable},
		{"length of 64 kB", []string{"\x30\x82\xFF\xFF" + ok}, jpki.ErrUnreadable},
		{"file ends", []string{head, short, "\x6B\x00"}, jpki.ErrUnreadable},
		{"done without data", []string{head, short, ok}, jpki.ErrUnreadable},
		{"a byte at a time", append([]string{head}, strings.Split(strings.Repeat("x"+ok+"|", 2000), "|")...), jpki.ErrUnreadable},
		{"no certificate inside", []string{"\x30\x82\x01\x00" + strings.Repeat("x", 252) + ok, "xxxx\x90\x00"}, jpki.ErrUnreadable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, s := after(t, tt.list...)
			if _, err := c.UserCertificate(); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if s.sent > 40 {
				t.Errorf("%d exchanges", s.sent)
			}
		})
	}
}

// Go's parser refuses a negative serial number; the card's certificate is still
// read for its dates and its key.
func TestLenientCertificate(t *testing.T) {
	r, err := someone()
	if err != nil {
		t.Fatal(err)
	}
	der := negateSerial(t, r.user)
	list := []string{}
	for at := 0; at < len(der); at += 256 {
		list = append(list, string(der[at:min(at+256, len(der))])+"\x90\x00")
		if at == 0 {
			list = append(list, "\x67\x00") // extended length
		}
	}
	c, _ := after(t, list...)
	cert, err := c.UserCertificate()
	if err != nil {
		t.Fatal(err)
	}
	if cert.SerialNumber.Cmp(big.NewInt(-0x75F4F3F3)) != 0 || !cert.NotAfter.Equal(r.until) || cert.NotBefore.Sub(r.notBefore).Abs() > time.Second {
		t.Errorf("serial %X, %s to %s", cert.SerialNumber, cert.NotBefore, cert.NotAfter)
	}
	if !r.key.PublicKey.Equal(cert.PublicKey) {
		t.Error("another key")
	}
}

// negateSerial sets the top bit of the serial number 0A0B0C0D.
func negateSerial(t *testing.T, der []byte) []byte {
	t.Helper()
	serial, err := asn1.Marshal(0x0A0B0C0D)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(der), string(serial))
	if i < 0 {
		t.Fatal("serial not found")
	}
	changed := []byte(string(der))
	changed[i+2] |= 0x80
	return changed
}

// Whatever a card answers, a login ends, sends at most one PIN, and says wrong
// PIN only after an answer that says so.
func FuzzAnswers(f *testing.F) {
	der := jpki.QuickCertificate(f)
	seed := []byte("\x02\x90\x00")
	for at := 0; at < len(der); at += 128 {
		part := der[at:min(at+128, len(der))]
		seed = append(append(append(seed, byte(len(part)+2)), part...), 0x90, 0)
	}
	f.Add(append(seed, []byte("\x02\x63\xC3\x02\x90\x00")...))
	f.Add([]byte("\x02\x90\x00\x02\x6A\x82\x02\x6A\x82\x22" + label + "\x90\x00\x05\x8F\x00\x00\x90\x00\x02\x63\xC3\x02\x63\xC2"))
	f.Fuzz(func(t *testing.T, answers []byte) {
		s := &script{}
		for len(answers) > 0 {
			n := min(int(answers[0]), len(answers)-1)
			s.answers = append(s.answers, answers[1:1+n])
			answers = answers[1+n:]
		}
		c, err := jpki.Open(s)
		if err != nil {
			return
		}
		cert, err := c.UserCertificate()
		if err == nil && (len(cert.Raw) == 0 || cert.PublicKey == nil) {
			t.Error("a certificate without content")
		}
		if left, err := c.Tries(); err == nil && (left < 0 || left > 15) {
			t.Errorf("%d tries", left)
		}
		p := pin(t, "1234")
		var wrong *jpki.WrongPIN
		if err := c.Verify(p); errors.As(err, &wrong) && wrong.Left < 1 {
			t.Errorf("wrong with %d left", wrong.Left)
		}
		p.Wipe()
		if s.verifies > 1 {
			t.Errorf("%d PINs sent", s.verifies)
		}
		if _, err := c.Sign([]byte("x")); err == nil {
			t.Error("a signature out of nowhere")
		}
	})
}

// Whatever size a certificate says that it has, and however much filler follows
// it, reading it ends, within its bound of exchanges, with all of it or an error.
func FuzzSizes(f *testing.F) {
	for _, size := range []uint16{0, 3, 255, 256, 1276, 1280, 1281, 4092, 4093, 0xFFFF} {
		f.Add(size, uint16(0), byte(0))
		f.Add(size, uint16(300), byte(3))
	}
	f.Fuzz(func(t *testing.T, size, filler uint16, product byte) {
		content := make([]byte, min(int(size), 5000))
		b := lay(t, func(s *card.Spec) {
			s.UserCert = append([]byte{0x30, 0x82, byte(size >> 8), byte(size)}, content...)
			s.Product = card.Product{NoShortIDs: product&1 != 0, ExtendedLength: product&2 != 0, Filler: int(filler % 2048)}
		})
		e := new(jpki.Experience)
		for range 2 { // the second time with what the first has taught
			b.sent = nil
			if _, err := b.PowerOn(); err != nil {
				t.Fatal(err)
			}
			c, err := e.Open(b)
			if err != nil {
				t.Fatal(err)
			}
			// No such content is a certificate.
			if _, err := c.UserCertificate(); err == nil {
				t.Error("a certificate of zeros")
			}
			if most := 6 + (4096+255)/256; len(b.sent) > most {
				t.Errorf("%d exchanges, want at most %d", len(b.sent), most)
			}
		}
	})
}
