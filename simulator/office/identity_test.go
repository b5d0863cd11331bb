package office

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"go.uber.org/goleak"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/board"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/register"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600))

type noPaper struct{}

func (noPaper) Sheets(paper.Record, string) ([]paper.Sheet, error) {
	return nil, errors.New("no paper in this test")
}

func newOffice(t *testing.T, dir string) *Office {
	t.Helper()
	keys, err := authority.OpenKeyPool("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	o, err := New(t.Context(), Options{
		Dir: dir, Clock: board.NewClock(start), Register: register.New(start), Paper: noPaper{},
		Authority: authority.NewWithKeys(start, keys), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// thief is a connection with a kiosk's real key and no manners.
type thief struct {
	*nats.Conn
	key     nkeys.KeyPair
	refused chan string
}

func steal(t *testing.T, o *Office, kiosk string) thief {
	t.Helper()
	file, err := o.AddKiosk(kiosk)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := os.ReadFile(file)
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
	th := thief{key: key, refused: make(chan string, 64)}
	th.Conn, err = nats.Connect(o.URL(), nats.Nkey(public, key.Sign),
		nats.Secure(&tls.Config{RootCAs: o.server.roots, MinVersion: tls.VersionTLS13}),
		nats.CustomInboxPrefix(protocol.Inbox(kiosk)),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { th.refused <- err.Error() }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLine(th.Conn) })
	return th
}

// wantRefused waits for the server to refuse what was just tried.
func (th thief) wantRefused(t *testing.T, what string) {
	t.Helper()
	if err := th.Flush(); err != nil {
		t.Fatal(err)
	}
	select {
	case why := <-th.refused:
		if !strings.Contains(strings.ToLower(why), "permissions violation") {
			t.Errorf("%s: %s", what, why)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("%s was not refused", what)
	}
}

// TestPermissions: what kiosk A's real key does not open.
func TestPermissions(t *testing.T) {
	o := newOffice(t, t.TempDir())
	a := steal(t, o, "a")
	if _, err := o.AddKiosk("b"); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{
		protocol.Subject("b", protocol.LoginBegin), protocol.Subject("b", protocol.AskOrder),
		protocol.JournalSubject("b"), protocol.Inbox("b") + ".x", protocol.Inbox("a") + ".x",
		protocol.JournalDirectGet("b"), "$JS.API.DIRECT.GET." + protocol.Stream, "$JS.API.STREAM.NAMES",
		"$JS.API.STREAM.DELETE." + protocol.Stream, "$JS.API.STREAM.PURGE." + protocol.Stream,
		"$JS.API.CONSUMER.CREATE." + protocol.Stream, "$JS.API.INFO", "$KV." + protocol.Bucket + "." + protocol.SettingsKey,
		protocol.SettingsTopic + protocol.SettingsKey, "$SYS.REQ.SERVER.PING", "$SRV.PING", "elsewhere",
	} {
		if err := a.PublishRequest(subject, protocol.Inbox("a")+".x", []byte("{}")); err != nil {
			t.Fatal(err)
		}
		a.wantRefused(t, "publish to "+subject)
	}
	for _, subject := range []string{
		">", "kiosk.>", "kiosk.v1.*.inbox.>", protocol.Inbox("b") + ".>", protocol.JournalSubject("b"),
		protocol.JournalSubject("a"), protocol.Subject("*", protocol.AskOrder), "$SYS.>", "$JS.>", "_INBOX.>",
	} {
		if _, err := a.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		a.wantRefused(t, "subscribe to "+subject)
	}
	if n := len(o.Events("b")); n != 0 {
		t.Errorf("%d events in b's journal", n)
	}
}

// TestForeignReply: a request whose answer would land with somebody else is not
// answered at all. The server itself lets it pass.
func TestForeignReply(t *testing.T) {
	o := newOffice(t, t.TempDir())
	a, b := steal(t, o, "a"), steal(t, o, "b")
	inbox, err := b.SubscribeSync(protocol.Inbox("b") + ".>")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	replies := []string{protocol.Inbox("b") + ".x", protocol.JournalSubject("b"), protocol.JournalSubject("a")}
	for _, reply := range replies {
		if err := a.PublishRequest(protocol.Subject("a", protocol.AskOffer), reply, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	m, err := a.Request(protocol.Subject("a", protocol.AskOffer), []byte("{}"), 5*time.Second)
	if err != nil || m.Header.Get("Nats-Service-Error-Code") != "malformed" {
		t.Fatalf("own inbox: %v, %v", m, err)
	}
	if n := o.Audit().ForeignReply; n != len(replies) {
		t.Errorf("%d foreign replies were noticed, want %d", n, len(replies))
	}
	if m, err := inbox.NextMsg(50 * time.Millisecond); !errors.Is(err, nats.ErrTimeout) {
		t.Errorf("b's inbox: %v, %v", m, err)
	}
	if n := len(o.Events("b")) + len(o.Events("a")); n != 0 {
		t.Errorf("%d events in the journals", n)
	}
}

// TestForeignJournal: the server itself answers a journal message, and a look at
// the last one, wherever their sender asks: also into another's journal. It does
// not count there, because the other has not signed it.
func TestForeignJournal(t *testing.T) {
	o := newOffice(t, t.TempDir())
	a := steal(t, o, "a")
	if _, err := o.AddKiosk("b"); err != nil {
		t.Fatal(err)
	}
	body, err := protocol.Encode(protocol.JournalBatch{
		Version: protocol.Version, Journal: "j", First: 1, Events: []json.RawMessage{json.RawMessage(`{"kind":"x","n":1}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	signature, err := a.key.Sign(protocol.JournalSigned("a", body))
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{protocol.JournalSubject("a"), protocol.JournalDirectGet("a")} {
		m := nats.NewMsg(subject)
		m.Reply, m.Data = protocol.JournalSubject("b"), body
		m.Header.Set(protocol.JournalSignature, base64.StdEncoding.EncodeToString(signature))
		if subject == protocol.JournalDirectGet("a") {
			m.Data, m.Header = nil, nil
		}
		if err := a.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
		// The next is asked when the last is done: the answer went the same way.
		if _, err := a.Request(protocol.JournalDirectGet("a"), nil, 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	for until := time.Now().Add(5 * time.Second); o.Audit().ForeignJournal < 2 && time.Now().Before(until); {
		if got := o.Events("b"); len(got) != 0 {
			t.Fatalf("b's journal has %+v", got)
		}
	}
	if n := o.Audit().ForeignJournal; n != 2 {
		t.Errorf("%d foreign messages noticed, want 2", n)
	}
	if got := o.Events("a"); len(got) != 1 || got[0].Kind != "x" || got[0].Trouble != "" {
		t.Errorf("a's own journal has %+v", got)
	}
}
