package card_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"kioskd/simulator/card"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testKey is made once: making one takes a while.
var testKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func key(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	k, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// body is something as long as a certificate that begins like one.
func body(mark byte, size int) []byte {
	b := bytes.Repeat([]byte{mark}, size)
	copy(b, []byte{0x30, 0x82, byte((size - 4) >> 8), byte(size - 4)})
	return b
}

func spec(t testing.TB) card.Spec {
	return card.Spec{
		Resident: "adult", Serial: "0123456789ABCDEF",
		UserCert: body(0xA1, 600), UserCA: body(0xB1, 300), SignCert: body(0xA2, 700), SignCA: body(0xB2, 300),
		UserKey: key(t), SignKey: key(t), PIN: "1234", Password: "ABC123",
	}
}

func newCard(t testing.TB, s card.Spec) *card.Card {
	t.Helper()
	c, err := card.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const selectAP = "00A4040C0AD392F000260100000001 9000"

// filler is what stands behind each certificate.
var filler = strings.Repeat("00", 32)

// Each case is a conversation on a fresh card: "command answer", in hex. An
// answer of "SW" alone must be all there is; "[n]SW" is n bytes of data.
func TestCommands(t *testing.T) {
	rest := func(mark string, n int) string { return strings.Repeat(mark, n) }
	tests := []struct {
		name   string
		change func(*card.Spec)
		talk   []string
	}{
		{"power-up state is the issuer's domain", nil, []string{
			"00A40000 6A86", "00B0000000 6986", "00A4020C02000A 6A82", "00B08A0000 6A82",
			"0084000008 [8]9000", "0020000080 6A86", "00200080 6986",
		}},
		{"select application", nil, []string{
			selectAP, "00A40000 9000", "00B0000000 6986", "00200080 6986",
			"00A404000AD392F000260100000001 6F0C840AD392F0002601000000019000",
			"00A4040C05D392F00026 9000", "00A4040C04D392F000 6A82",
			"00A4040C0CA000000063504B43532D3135 6A82",
			"00A4040C07A0000001510000 9000", "00A4020C02000A 6A82",
		}},
		{"select file", nil, []string{
			selectAP, "00A4020C02000A 9000", "00A40200020018 6A86", "00A4090C02000A 6A86",
			"00A4020C029999 6A82", "00A4020C010A 6700",
			// A refused selection leaves the file as it was.
			"00B0000004 308202549000",
		}},
		{"token information", nil, []string{
			selectAP,
			"00B0860020 4A504B494150494343544F4B454E3220202020202020202020202020202020209000",
			"00B0005010 303132333435363738394142434445469000",
			"00B0860000 [160]9000", "00B000A001 6B00",
		}},
		{"list of certificates", nil, []string{selectAP, "00B0880003 8F8F009000", "00B0880000 8F8F009000", "00B0880300 6B00"}},
		{"no signature certificate", func(s *card.Spec) { s.SignCert, s.SignKey = nil, nil }, []string{selectAP, "00B0880003 008F009000"}},
		{"no user certificate", func(s *card.Spec) { s.UserCert = nil }, []string{
			selectAP, "00B0880003 8F00009000", "00B08A0000 " + filler + "9000",
		}},
		{"user certificate by short identifier", nil, []string{
			selectAP, "00B08A0004 308202549000", "00B08A0000 [256]9000", "00B0010000 [256]9000",
			"00B0020000 " + rest("A1", 88) + filler + "9000", "00B0025701 A19000", "00B0027800 6B00",
			"00B08A0403 A1A1A19000", "00B0807F 6700", "00B0EA0000 6A86",
		}},
		{"user certificate by selection", nil, []string{
			selectAP, "00A4020C02000A 9000", "00B0000004 308202549000", "00B0024058 " + rest("A1", 24) + filler + "9000",
			"00B0000004FF 6700",
		}},
		{"authorities' certificates", nil, []string{
			selectAP, "00B08B0004 308201289000", "00B0820004 308201289000", "00A4020C02000B 9000", "00B0000004 308201289000",
		}},
		{"no such file, no such kind", nil, []string{
			selectAP, "00B0890000 6A82", "00B0980000 6981", "00A4020C020017 9000", "00B0000000 6981",
		}},
		{"signature certificate wants the password", nil, []string{
			selectAP, "00B0810000 6982", "0020009B 63C5", "0020009804 31323334 9000", "00B0810000 6982",
			"0020009B06 414243313233 9000", "00B0810004 308202B89000",
		}},
		{"tries", nil, []string{
			selectAP, "00200098 63C3", "0020009B 63C5", "00A4020C020018 9000", "00200080 63C3",
			"0020009804 39393939 63C2", "00200098 63C2", "0020009804 31323334 9000",
			// Never 9000 to the question, not even after a good VERIFY.
			"00200098 63C3",
		}},
		{"verify by selection", nil, []string{
			selectAP, "00A4020C020018 9000", "0020008004 31323334 9000", "00A4020C02001B 9000", "0020008006 414243313233 9000",
		}},
		{"blocked", nil, []string{
			selectAP, "0020009804 30303030 63C2", "0020009804 30303030 63C1", "0020009804 30303030 63C0",
			"00200098 63C0", "0020009804 31323334 6984",
			// The other secret is another reference.
			"0020009B 63C5", "0020009B06 414243313233 9000",
		}},
		{"blocked, as JICSAP says it", func(s *card.Spec) { s.PINTries, s.Product.Blocked = card.Blocked, card.BlockedJICSAP }, []string{
			selectAP, "00200098 6984", "0020009804 31323334 6984",
		}},
		{"blocked, as ISO says it", func(s *card.Spec) { s.PINTries, s.Product.Blocked = card.Blocked, card.BlockedISO }, []string{
			selectAP, "00200098 6983", "0020009804 31323334 6983",
		}},
		{"wrong length is a wrong PIN", nil, []string{selectAP, "0020009803 313233 63C2", "0020009805 3132333435 63C1"}},
		{"bad VERIFY", nil, []string{
			selectAP, "00200198 6A86", "00200018 6A86", "00200099 6A88", "0020008A 6981", "0020009804 31323334 00 6700",
			"00A4020C02000A 9000", "00200080 6981", "00200098 63C3",
		}},
		{"bad signing", nil, []string{
			selectAP, "802A009701 AA 00 6982", "0020009804 31323334 9000", "802A019701 AA 00 6A86", "802A0097 6700",
			"802A009701 AA 6700", "802A009700 6985", "802A009801 AA 00 6981", "802A009901 AA 00 6A88",
			"802A009A01 AA 00 6982", "002A009701 AA 00 6D00", "802A0097F6 " + rest("11", 246) + "00 6985",
			"802A0097F5 " + rest("11", 245) + "00 [256]9000",
		}},
		{"a wrong PIN shuts the key", nil, []string{
			selectAP, "0020009804 31323334 9000", "802A009701 AA 00 [256]9000", "0020009804 30303030 63C2", "802A009701 AA 00 6982",
		}},
		{"class and instruction", nil, []string{
			selectAP, "00CA9F7F00 6D00", "80B0000000 6D00", "C0B0000000 6E00", "A0A40000 6E00", "0CB0000000 6882", "04B0000000 6882",
			"01B0000000 6881", "10B0000000 6884", "00 6700", "00B0 6700", "00B000000000 6700", "00A4040C0A D392 6700",
		}},
		{"challenge", nil, []string{
			"0084000001 [1]9000", "0084000000 [256]9000", "00840000 6700", "0084010008 6A86", "0084000004 11223344 08 6700",
		}},
		{"no extended length", nil, []string{selectAP, "00B08A00000000 6700", "00840000000008 6700"}},
		{"extended length", func(s *card.Spec) { s.Product.ExtendedLength = true }, []string{
			selectAP, "00B08A00000000 [632]9000", "00B08A00000004 308202549000", "00840000000008 6985",
			"00200098000004 31323334 9000", "802A0097000001 AA 0000 [256]9000", "00B08A0000000000 6700",
		}},
		{"no short identifiers", func(s *card.Spec) { s.Product.NoShortIDs = true }, []string{
			selectAP, "00B0860020 6A86", "00200098 6A86", "802A009701AA00 6A86", "00A4020C020018 9000", "00200080 63C3",
		}},
		{"first command fails", func(s *card.Spec) { s.Product.FirstFails = true }, []string{
			"00A4040C0AD392F000260100000001 6F00", selectAP,
		}},
		{"old card", func(s *card.Spec) { s.Kind = card.OldCard }, []string{
			selectAP, "00B086000F 4A504B494150494343544F4B454E209000", "00B08A0000 6A82", "00200098 6A88", "00B0880003 8F00009000",
		}},
		{"phone", func(s *card.Spec) { s.Kind = card.Phone }, []string{
			selectAP, "00B0860010 4A504B49415047505345544F4B454E209000", "00B08A0000 6982", "0020009804 31323334 9000", "00B08A0000 [256]9000",
		}},
		{"transit card", func(s *card.Spec) { s.Kind = card.Transit }, []string{"00A4040C0AD392F000260100000001 6A82", "00A4020C02000A 6A82"}},
		{"card without PIN", func(s *card.Spec) { s.Kind = card.NoPIN }, []string{
			selectAP, "00B08A0000 [256]9000", "00200098 6A88", "00A4020C020018 6A82", "0020009804 31323334 6A88", "802A009701 AA 00 6982",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := spec(t)
			if tt.change != nil {
				tt.change(&s)
			}
			c := newCard(t, s)
			for _, line := range tt.talk {
				i := strings.LastIndex(line, " ")
				got := c.Process(unhex(t, line[:i]))
				if want := line[i+1:]; !fits(got, want) {
					t.Fatalf("%s: got %X, want %s", line[:i], got, want)
				}
			}
		})
	}
}

func fits(got []byte, want string) bool {
	var n int
	var sw string
	if _, err := fmt.Sscanf(want, "[%d]%s", &n, &sw); err == nil {
		return len(got) == n+2 && fmt.Sprintf("%X", got[n:]) == sw
	}
	return fmt.Sprintf("%X", got) == want
}

// The card pads exactly what it gets; with a DigestInfo that is a signature any
// verifier takes.
func TestSignature(t *testing.T) {
	c := newCard(t, spec(t))
	digest := sha256.Sum256([]byte("message"))
	for _, line := range []string{"00A4040C0AD392F000260100000001", "0020009804 31323334"} {
		c.Process(unhex(t, line))
	}
	info := append(unhex(t, "3031300D060960864801650304020105000420"), digest[:]...)
	signature := c.Process(append(append(unhex(t, "802A009733"), info...), 0))
	if len(signature) != 258 {
		t.Fatalf("answer %X", signature)
	}
	if err := rsa.VerifyPKCS1v15(&key(t).PublicKey, crypto.SHA256, digest[:], signature[:256]); err != nil {
		t.Error(err)
	}
}

func TestOwnDoor(t *testing.T) {
	s := spec(t)
	s.PINTries, s.PasswordTries = 1, card.Blocked
	c := newCard(t, s)
	if got := c.Tries(card.PIN); got != 1 {
		t.Errorf("PIN has %d tries", got)
	}
	if got := c.Tries(card.Password); got != 0 {
		t.Errorf("password has %d tries", got)
	}
	if c.Works("ABC123") {
		t.Error("a blocked password works")
	}
	c = newCard(t, spec(t))
	if !c.Works("ABC123") || c.Works("abc123") || c.Works("") {
		t.Error("Works does not compare")
	}
	if c.Tries(card.Password) != card.PasswordTriesMax {
		t.Error("Works spent a try")
	}
	if err := c.SetUserCertificate(nil); err != nil {
		t.Error(err)
	}
	c.Process(unhex(t, "00A4040C0AD392F000260100000001"))
	if got := c.Process(unhex(t, "00B0880003")); !fits(got, "8F00009000") {
		t.Errorf("after the certificate went: %X", got)
	}
	s = spec(t)
	s.Kind = card.OldCard
	if err := newCard(t, s).SetUserCertificate(body(1, 300)); err == nil {
		t.Error("an old card took a user certificate")
	}
}

func TestBadSpecs(t *testing.T) {
	for name, s := range map[string]card.Spec{
		"kind":   {Kind: "library-card"},
		"serial": {Serial: "0123456789ABCDEF0"},
		"tries":  {PINTries: 4},
	} {
		if _, err := card.New(s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Whatever is sent, there is a status word, and the counters stay in bounds; no
// command but a good VERIFY gives tries back.
func FuzzProcess(f *testing.F) {
	f.Add([]byte{}, false)
	f.Add(unhex(f, "0F00A4040C0AD392F000260100000001 0900200098043030303005 00B08A0000"), false)
	f.Add(unhex(f, "0F00A4040C0AD392F000260100000001 0700B08A00000000 0b00200098000004313233 34"), true)
	f.Fuzz(func(t *testing.T, script []byte, extended bool) {
		s := spec(t)
		s.Product.ExtendedLength = extended
		c := newCard(t, s)
		for len(script) > 0 {
			n := min(int(script[0]), len(script)-1)
			apdu := script[1 : 1+n]
			script = script[1+n:]
			before := c.Tries(card.PIN)
			got := c.Process(apdu)
			if len(got) < 2 {
				t.Fatalf("%X: answer %X", apdu, got)
			}
			after := c.Tries(card.PIN)
			if after < 0 || after > card.PINTriesMax {
				t.Fatalf("%X: %d tries", apdu, after)
			}
			if after > before && !bytes.Contains(apdu, []byte("1234")) {
				t.Fatalf("%X: tries went from %d to %d", apdu, before, after)
			}
		}
	})
}
