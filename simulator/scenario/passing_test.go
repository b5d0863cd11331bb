package scenario_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/register"
)

// familyVisit is a certificate of a whole family with their numbers, and after it
// the same customer's new password, with the office asking between.
const familyVisit = `
	resident head
	office sets notice.ja=みなさまへ
	see home
	tap start
	tap certificate
	see terms
	tap agree
	see lay-card
	lay card
	see pin tries=3
	type 1234
	tap enter
	see take-card
	take card
	see kind
	tap residence-certificate
	see scope
	tap all
	see items
	tap head-and-relation
	tap registered-domicile
	tap my-number
	tap next
	see my-number
	tap yes
	see copies n=1
	tap next
	see confirm fee=200 copies=1
	tap go-on
	see pay fee=200
	coins in 500
	see pay paid=500
	tap print
	see take-sheets within 30s
	sheets 1
	sheet 1 has 稲田 湊
	take sheets
	see goodbye
	wait 30s
	see home
	office command status
	office command send-log
	phone book
	tap start
	tap reset
	see reset-about
	tap next
	see booked
	tap yes
	see terms
	tap agree
	see lay-card
	lay card
	see pin tries=3
	type 1234
	tap enter
	see new-password
	type QX7Z93KDW5
	tap enter
	see again
	type QX7Z93KDW5
	tap enter
	see reset-done
	tap next
	see take-card
	take card
	see goodbye
	wait 30s
	see home
	journal unsent 0
	office has reset-reported 1
	canary
	quiet`

// TestNothingReadablePasses: whoever runs the NATS server, and keeps all that
// passes it and all that it keeps itself, finds nobody in it. Then what must not
// be found is planted, so that the search is known to find it.
func TestNothingReadablePasses(t *testing.T) {
	t.Parallel()
	var passed seen
	h := openTraced(t, passed.add)
	h.play(t, familyVisit)
	all, kept := passed.bytes(), h.kept(t)
	// Every account is heard, in both directions, and the sheet was among it.
	for _, must := range []string{
		"<<- [HPUB kiosk.v1.k001.journal kiosk.v1.k001.inbox.", "<<- [PUB kiosk.v1.k001.order kiosk.v1.k001.inbox.", // k001
		"->> [MSG kiosk.v1.k001.inbox.", "->> [MSG kiosk.v1.k001.command.send-log", "<<- [HPUB kiosk.v1.k001.health",
		"->> [HMSG kiosk.v1.k001.order", "<<- [PUB _R_.", "<<- [PUB $KV.SETTINGS.rules", // OFFICE
		"<<- [PUB $SYS.ACCOUNT.k001.CONNECT", `"kind":"sheet-delivered"`, // SYSTEM; a journal
	} {
		if !bytes.Contains(all, []byte(must)) {
			t.Errorf("%q was not heard among %d bytes", must, len(all))
		}
	}
	if len(all) < 400_000 || !bytes.Contains(kept, []byte(`"kind":"sheet-delivered"`)) || !bytes.Contains(kept, []byte("$KV.SETTINGS.rules")) {
		t.Fatalf("only %d bytes were heard and %d are kept", len(all), len(kept))
	}
	people := h.private(t)
	s := newSearch(t, people)
	for where, b := range map[string][]byte{"passed the server": all, "is in the server's store": kept} {
		for found := range s.in(b) {
			t.Errorf("it %s: %s", where, found)
		}
	}
	// The same search, with every private thing in every form on its way.
	h.plant(t, people)
	for where, b := range map[string][]byte{"passes": passed.bytes()[len(all):], "is kept": h.kept(t)} {
		found := s.in(b)
		for _, list := range s {
			for _, m := range list {
				if !found[m.what] {
					t.Errorf("planted, it %s, and is not found: %s", where, m.what)
				}
			}
		}
	}
}

// seen is what the server saw.
type seen struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *seen) add(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Write(b)
	s.all.WriteByte('\n')
}

func (s *seen) bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.all.Bytes())
}

// kept is all that JetStream has on disk.
func (h *hall) kept(t *testing.T) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(filepath.Join(h.dir, "office", "jetstream"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(append(all, b...), '\n')
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// private is what nobody may learn, by what it is.
func (h *hall) private(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"head's choice": []byte("my-number"), "the fourth's name": []byte("稲田 湊"), "head's password": []byte("QX7Z93KDW5")}
	for _, p := range register.New(parse(t, "see home").Start).All() {
		born := p.Born
		for what, text := range map[string]string{
			"name": p.FullName, "name in one": strings.ReplaceAll(p.FullName, " ", ""), "kana": p.Kana, "alias": p.Alias,
			"My Number": p.Number, "address": p.Address, "domicile": p.Domicile, "residence card": p.CardNumber,
			"birth": born.Format("2006-01-02"), "birth, short": born.Format("20060102"), "birth, slashes": born.Format("2006/01/02"),
			"birth, spoken": born.Format("2006年1月2日"), "id in the register": p.ID,
		} {
			if text != "" {
				all[p.Name+"'s "+what] = []byte(text)
			}
		}
	}
	spec, err := h.shop.Office().CardSpec("head")
	if err != nil {
		t.Fatal(err)
	}
	all["head's card"] = []byte(spec.Serial)
	for which, der := range map[string][]byte{"user": spec.UserCert, "signature": spec.SignCert} {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		all["head's "+which+" serial"] = cert.SerialNumber.Bytes()
		all["head's "+which+" serial in digits"] = []byte(cert.SerialNumber.String())
		const piece = 32
		for at := 0; at+piece <= len(der); at += piece {
			all[fmt.Sprintf("head's %s certificate at %d", which, at)] = der[at : at+piece]
		}
	}
	return all
}

// plant has the kiosk write each private thing in each form to its journal, with
// its own key.
func (h *hall) plant(t *testing.T, people map[string][]byte) {
	t.Helper()
	seed, err := os.ReadFile(filepath.Join(h.dir, "office", "k001.nk"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := nkeys.FromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(h.shop.Office().URL(), nats.Nkey(public, key.Sign), nats.RootCAs(h.shop.Office().AuthorityFile()),
		nats.Secure(&tls.Config{MinVersion: tls.VersionTLS13}), nats.CustomInboxPrefix(protocol.Inbox("k001")))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for what, thing := range people {
		var body []byte
		for _, m := range marks(what, thing) {
			body = append(append(body, m.text...), ' ')
		}
		if _, err := nc.Request(protocol.JournalSubject("k001"), body, 10*time.Second); err != nil {
			t.Fatal(err)
		}
	}
}

// mark is a private thing in one of its forms.
type mark struct {
	what  string
	text  []byte // the form, with what may stand beside it
	bytes []byte // what is looked for
	alone bool   // counts only where no digit stands beside it
}

// marks writes a thing down in every form.
func marks(what string, thing []byte) []mark {
	lower := hex.EncodeToString(thing)
	upper := strings.ToUpper(lower)
	all := []mark{
		{what + ", plain", thing, thing, len(bytes.Trim(thing, "0123456789")) == 0},
		{what + ", hex", []byte(lower), []byte(lower), false},
		{what + ", HEX", []byte(upper), []byte(upper), false},
	}
	if utf8.Valid(thing) {
		var little, big []byte
		for _, u := range utf16.Encode([]rune(string(thing))) {
			little = append(little, byte(u), byte(u>>8))
			big = append(big, byte(u>>8), byte(u))
		}
		all = append(all, mark{what + ", UTF-16LE", little, little, false}, mark{what + ", UTF-16BE", big, big, false})
		if escaped := []byte(strings.Trim(strconv.QuoteToASCII(string(thing)), `"`)); !bytes.Equal(escaped, thing) {
			all = append(all, mark{what + ", escaped", escaped, escaped, false})
		}
	}
	for name, code := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.URLEncoding} {
		for shift := range 3 {
			// What its neighbours touch is left out.
			text := []byte(code.EncodeToString(slices.Concat([]byte("abc")[:shift], thing, []byte("xyz"))))
			from, to := (shift*8+5)/6, (shift+len(thing))*8/6
			all = append(all, mark{fmt.Sprintf("%s, %s at %d", what, name, shift), text, text[from:to], false})
		}
	}
	return all
}

// beginning is how many bytes of a mark are compared first. No mark is shorter:
// so much does not stand anywhere by chance.
const beginning = 6

// search finds many marks in one pass.
type search map[[beginning]byte][]mark

func newSearch(t *testing.T, people map[string][]byte) search {
	t.Helper()
	s := make(search)
	for what, thing := range people {
		for _, m := range marks(what, thing) {
			if len(m.bytes) < beginning {
				t.Fatalf("%s: too short to be looked for", m.what)
			}
			begins := [beginning]byte(m.bytes)
			s[begins] = append(s[begins], m)
		}
	}
	return s
}

// in names the marks that stand there.
func (s search) in(data []byte) map[string]bool {
	found := make(map[string]bool)
	digit := func(at int) bool { return at >= 0 && at < len(data) && data[at] >= '0' && data[at] <= '9' }
	for at := 0; at+beginning <= len(data); at++ {
		for _, m := range s[[beginning]byte(data[at:])] {
			if bytes.HasPrefix(data[at:], m.bytes) && !(m.alone && (digit(at-1) || digit(at+len(m.bytes)))) {
				found[m.what] = true
			}
		}
	}
	return found
}
