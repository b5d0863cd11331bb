package protocol

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const exampleSheet = "two sides of PWG Raster"

// differs are examples that are other bytes at each writing: what is in them is
// compared instead.
var differs = map[string]bool{"OrderAnswer": true, "Secrets": true}

// pageSecrets are the secrets of the page's session, and the keys made of them.
type pageSecrets struct {
	First          []byte `json:"first"`
	FirstQuestions []byte `json:"first_questions"`
	FirstAnswers   []byte `json:"first_answers"`
	Both           []byte `json:"both"`
	BothQuestions  []byte `json:"both_questions"`
	BothAnswers    []byte `json:"both_answers"`
}

// Check has nothing to refuse.
func (pageSecrets) Check() error { return nil }

// talk is the page's session: three requests and their answers, as they travel.
func (b *book) talk(session string, ids [3]string, begin BeginAsk, nonce BeginAnswer, finish FinishAsk, town FinishAnswer, ask SheetAsk, chunk []byte) {
	kiosk, enc, err := Call(b.seal.PublicKey(), LoginBegin, "k001", session)
	if err != nil {
		panic(err)
	}
	front := must(Hear(b.seal, enc, LoginBegin, "k001", session))
	asks := func(id string, p Purpose, m message, before ...byte) []byte {
		return must(EncodeAsk(Ask{ID: id, Session: session, Sealed: append(before, must(kiosk.Seal(p, id, m))...)}))
	}
	answers := func(id string, p Purpose, m message, before ...byte) []byte {
		return must(AppendAnswer(nil, Answer{ID: id, Sealed: append(before, must(front.Seal(p, id, m))...)}))
	}
	b.said = map[string][]byte{
		"Ask login.begin":    asks(ids[0], Question(LoginBegin), begin, bytes.Clone(enc)...),
		"Answer login.begin": answers(ids[0], Reply(LoginBegin), nonce),
		"Ask login.finish":   asks(ids[1], Question(LoginFinish), finish),
	}
	enc2 := must(front.Confirm(b.session.PublicKey(), ids[1]))
	b.said["Answer login.finish"] = answers(ids[1], Reply(LoginFinish), town, bytes.Clone(enc2)...)
	if err := kiosk.Confirmed(b.session, enc2, ids[1]); err != nil {
		panic(err)
	}
	b.said["Ask sheet"] = asks(ids[2], Question(AskSheet), ask)
	b.said["Answer sheet"] = must(AppendAnswer(nil, Answer{ID: ids[2], Sealed: chunk}))
	b.texts["Secrets"] = secretsOf(b.seal, b.session, enc, enc2, session, ids[1])
}

var talkBlock = regexp.MustCompile("(?s)```text ([A-Za-z. ]+)\n(.*?)```")

// writeTalk writes what travels: its line, and what is sealed in base64.
func (b *book) writeTalk(page []byte) []byte {
	return talkBlock.ReplaceAllFunc(page, func(old []byte) []byte {
		name := string(talkBlock.FindSubmatch(old)[1])
		line, sealed, _ := bytes.Cut(b.said[name], []byte("\n"))
		return fmt.Appendf(nil, "```text %s\n%s\n%s\n```", name, line, base64.StdEncoding.EncodeToString(sealed))
	})
}

// What follows reads the page as the person would who writes the real office: by
// what stands there, with none of this package but its bodies.

func framed(parts ...string) []byte {
	var out []byte
	for _, p := range parts {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(p))), p...)
	}
	return out
}

func exported(key hpke.PrivateKey, enc, info []byte, as string, n int) []byte {
	r := must(hpke.NewRecipient(enc, key, hpke.HKDFSHA256(), hpke.ExportOnly(), info))
	return must(r.Export(as, n))
}

func secretsOf(office, customer hpke.PrivateKey, enc, enc2 []byte, session, finish string) pageSecrets {
	digest := sha256.Sum256(customer.PublicKey().Bytes())
	s := pageSecrets{First: exported(office, enc, framed("kiosk v2 question login.begin", "k001", session, "", ""), "kiosk v2 session", 32)}
	second := exported(customer, enc2, framed("kiosk v2 answer login.finish", "k001", session, finish, string(digest[:])), "kiosk v2 session", 32)
	s.Both = must(hkdf.Extract(sha256.New, second, s.First))
	expand := func(secret []byte, info string) []byte { return must(hkdf.Expand(sha256.New, secret, info, 32)) }
	s.FirstQuestions, s.FirstAnswers = expand(s.First, "kiosk v2 question"), expand(s.First, "kiosk v2 answer")
	s.BothQuestions, s.BothAnswers = expand(s.Both, "kiosk v2 question"), expand(s.Both, "kiosk v2 answer")
	return s
}

func unsealed(t *testing.T, what string, key, nonce, sealed, associated []byte) []byte {
	t.Helper()
	gcm := must(cipher.NewGCM(must(aes.NewCipher(key))))
	plain, err := gcm.Open(nil, nonce, sealed, associated)
	if err != nil {
		t.Fatalf("%s does not open", what)
	}
	return plain
}

func replayTalk(t *testing.T, page []byte, keys pageKeys) {
	office, customer := must(PrivateKey(keys.Seal)), must(PrivateKey(keys.Session))
	said, lines := make(map[string][]byte), make(map[string][]string)
	for _, m := range talkBlock.FindAllSubmatch(page, -1) {
		line, sealed, _ := strings.Cut(strings.TrimSpace(string(m[2])), "\n")
		said[string(m[1])], lines[string(m[1])] = must(base64.StdEncoding.DecodeString(sealed)), strings.Split(line, " ")
	}
	session := lines["Ask login.begin"][2]
	for _, verb := range []string{"login.begin", "login.finish", "sheet"} {
		ask, answer := lines["Ask "+verb], lines["Answer "+verb]
		if want := []string{"2", ask[1], session}; !reflect.DeepEqual(ask, want) || !reflect.DeepEqual(answer, want[:2]) {
			t.Errorf("%s: the lines are %v and %v", verb, ask, answer)
		}
	}
	begin, finish := said["Ask login.begin"], said["Answer login.finish"]
	s := secretsOf(office, customer, begin[:1120], finish[:1120], session, lines["Ask login.finish"][1])
	if !reflect.DeepEqual(s, example[pageSecrets](t, page, "Secrets")) {
		t.Error("the page's secrets are not those of its session")
	}
	digest := sha256.Sum256(customer.PublicKey().Bytes())
	for _, c := range []struct {
		name, purpose, digest string
		sealed, key           []byte
		holds                 message
	}{
		{"Ask login.begin", "kiosk v2 question login.begin", "", begin[1120:], s.FirstQuestions, example[BeginAsk](t, page, "BeginAsk")},
		{"Answer login.begin", "kiosk v2 answer login.begin", "", said["Answer login.begin"], s.FirstAnswers, example[BeginAnswer](t, page, "BeginAnswer")},
		{"Ask login.finish", "kiosk v2 question login.finish", "", said["Ask login.finish"], s.FirstQuestions, example[FinishAsk](t, page, "FinishAsk")},
		{"Answer login.finish", "kiosk v2 answer login.finish", string(digest[:]), finish[1120:], s.BothAnswers, example[FinishAnswer](t, page, "FinishAnswer")},
		{"Ask sheet", "kiosk v2 question sheet", string(digest[:]), said["Ask sheet"], s.BothQuestions, example[SheetAsk](t, page, "SheetAsk")},
	} {
		got := unsealed(t, c.name, c.key, c.sealed[:12], c.sealed[12:], framed(c.purpose, "k001", session, lines[c.name][1], c.digest))
		if !bytes.Equal(got, must(Encode(c.holds))) {
			t.Errorf("%s holds %s", c.name, got)
		}
	}
	order := example[OrderAnswer](t, page, "OrderAnswer")
	info := framed("kiosk v2 sheet", "k001", session, example[SheetAsk](t, page, "SheetAsk").Order, string(digest[:]))
	key := exported(customer, order.Parcels[0].Enc, info, "kiosk v2 sheet", 44)
	sheet := unsealed(t, "the sheet", key[:32], key[32:], said["Answer sheet"], []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1})
	if string(sheet) != exampleSheet {
		t.Errorf("the sheet is %q", sheet)
	}
}
