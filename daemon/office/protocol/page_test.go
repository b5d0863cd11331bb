package protocol

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the examples into PROTOCOL.md")

const pageFile = "PROTOCOL.md"

var block = regexp.MustCompile("(?s)```json ([A-Za-z ]+)\n(.*?)```")

// pageKeys are the private halves printed on the page.
type pageKeys struct {
	Seal     []byte `json:"seal"`
	Document []byte `json:"document"`
	Settings []byte `json:"settings"`
	Session  []byte `json:"session"`
}

// Check refuses what cannot be keys.
func (k pageKeys) Check() error { return nil }

func seed(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// book is every example of the page, by the block's name.
type book struct {
	keys          pageKeys
	said          map[string][]byte
	seal, session hpke.PrivateKey
	texts         map[string]message
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newBook() *book {
	b := &book{keys: pageKeys{Seal: seed(1), Document: seed(2), Settings: seed(3), Session: seed(4)}}
	b.seal, b.session = must(PrivateKey(b.keys.Seal)), must(PrivateKey(b.keys.Session))
	document, settings := ed25519.NewKeyFromSeed(b.keys.Document), ed25519.NewKeyFromSeed(b.keys.Settings)
	at := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	session, request, order := "5e55104e5e55104e5e55104e5e55104e", "a5c0a5c0a5c0a5c0a5c0a5c0a5c0a5c0", "0de40de40de40de40de40de40de40de4"
	public := b.session.PublicKey().Bytes()
	begin := BeginAsk{Certificate: []byte("a certificate in DER"), Key: public}
	nonce := BeginAnswer{Nonce: seed(5)}
	owner, sheet := seed(6), []byte(exampleSheet)
	issue := "15500e15500e15500e15500e15500e15"
	manifest := Manifest{
		Version: Version, Order: order, Issue: issue, Kiosk: "k001", Session: session, SessionKey: KeyDigest(public),
		Certificate: owner, DataTime: at, MaxAge: 120, Fee: 200, Copies: 1,
		Sheets: []ManifestSheet{{Number: 1, Digest: KeyDigest(sheet), Subject: SheetSubject(owner, issue)}},
	}
	signed := must(SignManifest(document, manifest))
	sealed := must(SealSheet(b.session.PublicKey(), Place{Kiosk: "k001", Session: session, Request: order, Key: KeyDigest(public)}, 1, sheet))
	rules := Settings{
		Version: Version, Revision: 7,
		Tariff:      map[string][]Price{"inagi": {{Yen: 200}, {Yen: 250, From: time.Date(2027, 3, 31, 15, 0, 0, 0, time.UTC)}}},
		Hours:       map[string]Hours{"inagi": {From: "06:30", To: "23:00"}},
		HoursOf:     map[string]map[string]Hours{"inagi": {"reset": {From: "09:00", To: "17:00"}}},
		Closed:      []Closure{{From: "12-29", To: "01-03"}, {From: "11-30", To: "11-30", Municipality: "inagi", Offer: "reset"}},
		Maintenance: []Span{{From: at, To: at.Add(time.Hour)}},
		Offers:      []string{"certificate", "reset"}, Notice: map[string]string{"ja": "お知らせ", "en": "News"}, VersionMinimum: 1,
	}
	cmd := Command{Version: Version, Kiosk: "k001", Number: 1795482000000, Name: CommandStatus, Expires: at.Add(time.Minute)}
	health := Health{
		Version: Version, Kiosk: "k001", At: at, Clock: true, Since: at.Add(-time.Hour), Software: 1, Page: PageIdle, Settings: 7,
		Number: cmd.Number, Journal: true, Unsent: 2, Coins: []Coins{{Yen: 10, Count: 40}, {Yen: 50, Count: 20}, {Yen: 100, Count: 30}},
		Devices: []Device{{Name: "sheet-printer", State: "paper", Action: ActionClear}, {Name: "reader", State: "ok", Action: ActionNone}},
		Stopped: []string{},
	}
	finish, town := FinishAsk{Signature: []byte("256 bytes by the card")}, FinishAnswer{Municipality: &Municipality{
		ID: "inagi", Name: "稲城市", Office: "市民課", Phone: "042-378-2111", Hours: "8:30-17:15",
	}}
	b.texts = map[string]message{
		"PinnedFile": PinnedFile{
			Seal:     b.seal.PublicKey().Bytes(),
			Document: [][]byte{document.Public().(ed25519.PublicKey)}, Settings: [][]byte{settings.Public().(ed25519.PublicKey)},
		},
		"Keys": b.keys, "BeginAsk": begin, "BeginAnswer": nonce, "FinishAsk": finish, "FinishAnswer": town,
		"SheetAsk":             SheetAsk{Order: order, Sheet: 1},
		"FinishAnswer refused": FinishAnswer{Refused: "revoked"},
		"OfferAsk":             OfferAsk{},
		"OfferAnswer": OfferAnswer{Offer: &Offer{
			Fee: 200, CopiesMax: 5, Members: []Member{{ID: "head", Name: "稲城 太郎"}}, Items: []string{"head-and-relation", "my-number"},
		}},
		"OrderAsk":    OrderAsk{Scope: ScopeSome, Members: []string{"head"}, Items: []string{"head-and-relation"}, Copies: 1, Fee: 200},
		"OrderAnswer": OrderAnswer{Manifest: &signed, Parcels: []Parcel{{Enc: sealed.Enc, Size: len(sheet), Chunks: 1}}},
		"Manifest":    manifest, "Settings": rules, "Command": cmd, "Health": health,
		"ResetBeginAsk": ResetBeginAsk{Visit: order}, "ResetBeginAnswer": ResetBeginAnswer{},
		"ResetAuthoriseAsk":    ResetAuthoriseAsk{Visit: order, Challenge: seed(9)[:ChallengeSize]},
		"ResetAuthoriseAnswer": ResetAuthoriseAnswer{Cryptogram: seed(10)[:CryptogramSize]},
		"ResetDoneAsk":         ResetDoneAsk{Visit: order, Outcome: ResetProved}, "ResetDoneAnswer": ResetDoneAnswer{},
		"ErrorAnswer": ErrorAnswer{Version: RequestVersion, ID: request, Error: Error{Code: CodeBusy, Retry: true, Reason: ReasonLater}},
		"JournalBatch": JournalBatch{Version: Version, Journal: session, First: 41, Events: []json.RawMessage{
			json.RawMessage(`{"n":41,"kind":"sheet-delivered","at":"2026-11-24T10:00:00+09:00","sheet":1,"copy":1}`),
		}},
		"SignedSettings": must(SignSettings(settings, rules)),
		"SignedCommand":  must(SignCommand(settings, cmd)),
		"CommandAnswer":  CommandAnswer{Version: Version, Kiosk: "k001", Number: cmd.Number, Health: &health},
	}
	b.talk(session, [3]string{request, "b5c0b5c0b5c0b5c0b5c0b5c0b5c0b5c0", "c5c0c5c0c5c0c5c0c5c0c5c0c5c0c5c0"}, begin, nonce, finish, town, b.texts["SheetAsk"].(SheetAsk), sealed.Chunks[0])
	return b
}

// TestPage replays the page for the person who writes the real office: every
// example decodes strictly to what the code writes, what is signed verifies with
// the page's keys, and what is sealed opens with them.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	b := newBook()
	if *update {
		page = block.ReplaceAllFunc(page, func(old []byte) []byte {
			name := string(block.FindSubmatch(old)[1])
			if b.texts[name] == nil {
				t.Fatalf("the page has an example that nobody writes: %s", name)
			}
			var out bytes.Buffer
			if err := json.Indent(&out, must(Encode(b.texts[name])), "", " "); err != nil {
				t.Fatal(err)
			}
			return []byte("```json " + name + "\n" + out.String() + "\n```")
		})
		page = b.writeTalk(page)
		if err := os.WriteFile(pageFile, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found := make(map[string][]byte)
	for _, m := range block.FindAllSubmatch(page, -1) {
		found[string(m[1])] = m[2]
	}
	for name, want := range b.texts {
		text, ok := found[name]
		if !ok {
			t.Errorf("the page has no example of %s", name)
			continue
		}
		got := reflect.New(reflect.TypeOf(want))
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(got.Interface()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := got.Elem().Interface().(message).Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !differs[name] && !bytes.Equal(compact(t, text), must(Encode(want))) {
			t.Errorf("%s: the page says\n%s\nthe code writes\n%s", name, compact(t, text), must(Encode(want)))
		}
		delete(found, name)
	}
	for name := range found {
		t.Errorf("the page has an example that nobody replays: %s", name)
	}
	b.replay(t, page)
	for _, v := range Verbs() {
		if !strings.Contains(string(page), "`"+string(v)+"`") {
			t.Errorf("the page does not name %s", v)
		}
	}
	for c := range codes {
		if !strings.Contains(string(page), "| `"+string(c)+"` |") {
			t.Errorf("the page does not explain the code %s", c)
		}
	}
	for c := range commandCodes {
		if !strings.Contains(string(page), "| `"+string(c)+"` |") {
			t.Errorf("the page does not explain the command's code %s", c)
		}
	}
}

func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func example[M message](t *testing.T, page []byte, name string) M {
	t.Helper()
	for _, m := range block.FindAllSubmatch(page, -1) {
		if string(m[1]) == name {
			v, err := Decode[M](m[2], MaxMessage)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return v
		}
	}
	t.Fatalf("no example of %s", name)
	panic("not reached")
}

// replay opens and verifies with nothing but what the page prints.
func (b *book) replay(t *testing.T, page []byte) {
	keys := example[pageKeys](t, page, "Keys")
	file := example[PinnedFile](t, page, "PinnedFile")
	pinned, err := ReadPinned(must(Encode(file)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := example[SignedSettings](t, page, "SignedSettings").Verify(pinned.Settings); err != nil {
		t.Errorf("settings: %v", err)
	}
	if _, err := example[SignedCommand](t, page, "SignedCommand").Verify(pinned.Settings); err != nil {
		t.Errorf("command: %v", err)
	}
	if _, err := example[OrderAnswer](t, page, "OrderAnswer").Manifest.Verify(pinned.Document); err != nil {
		t.Errorf("manifest: %v", err)
	}
	replayTalk(t, page, keys)
}
