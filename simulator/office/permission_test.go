package office

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/office/protocol"
)

// onBoth runs a test on the server in this process and on the nats-server that a
// region would start, each with the shipped configuration.
func onBoth(t *testing.T, f func(t *testing.T, o *Office)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		f(t, newOfficeOn(t, t.TempDir(), &embedded{log: slog.New(slog.DiscardHandler)}))
	})
	t.Run("nats-server", func(t *testing.T) { f(t, newOfficeOn(t, t.TempDir(), &process{t: t})) })
}

// stored counts what the stream has of a kiosk, signed or not.
func (o *Office) storedOf(t *testing.T, kiosk string) int {
	t.Helper()
	n := 0
	for from := uint64(1); ; n++ {
		m, err := o.next(t.Context(), kiosk, from)
		if err != nil {
			t.Fatal(err)
		}
		if m == nil {
			return n
		}
		from = m.Sequence + 1
	}
}

// TestPermissions: what kiosk a's real key does not open.
func TestPermissions(t *testing.T) {
	onBoth(t, func(t *testing.T, o *Office) {
		a := steal(t, o, "a")
		if _, err := o.AddKiosk("b"); err != nil {
			t.Fatal(err)
		}
		for _, subject := range []string{
			protocol.Subject("b", protocol.LoginBegin), protocol.Subject("b", protocol.AskOrder),
			protocol.JournalSubject("b"), "kiosk.v1.b.health", "kiosk.v1.b.command.restart", "kiosk.v1.a.command.restart",
			protocol.Inbox("b") + ".x", protocol.Inbox("a") + ".x", "_R_.x",
			protocol.JournalDirectGet("b"), "$JS.API.DIRECT.GET." + protocol.Stream, "$JS.API.STREAM.NAMES",
			"$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.UPDATE." + protocol.Stream, "$JS.API.STREAM.DELETE." + protocol.Stream,
			"$JS.API.STREAM.PURGE." + protocol.Stream, "$JS.API.STREAM.MSG.GET." + protocol.Stream, "$JS.API.STREAM.MSG.DELETE." + protocol.Stream,
			"$JS.API.STREAM.SNAPSHOT." + protocol.Stream, "$JS.API.CONSUMER.CREATE." + protocol.Stream,
			"$JS.API.CONSUMER.DURABLE.CREATE." + protocol.Stream + ".mine", "$JS.API.CONSUMER.DELETE." + protocol.Stream + ".mine",
			"$JS.API.INFO", "$JS.API.ACCOUNT.PURGE.OFFICE", "$KV." + protocol.Bucket + "." + protocol.SettingsKey,
			protocol.SettingsTopic + protocol.SettingsKey, "$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.b.CONNZ", "$SRV.PING", "elsewhere",
		} {
			if err := a.PublishRequest(subject, protocol.Inbox("a")+".x", []byte("{}")); err != nil {
				t.Fatal(err)
			}
			a.wantRefused(t, "publish to "+subject)
		}
		for _, subject := range []string{
			">", "*", "kiosk.>", "kiosk.v1.*.inbox.>", protocol.Inbox("b") + ".>", protocol.JournalSubject("b"),
			protocol.JournalSubject("a"), protocol.Subject("*", protocol.AskOrder), "kiosk.v1.b.command.*", "kiosk.v1.*.command.*",
			"$SYS.>", "$JS.>", "$KV.>", "_INBOX.>", "_R_.>",
		} {
			if _, err := a.SubscribeSync(subject); err != nil {
				t.Fatal(err)
			}
			a.wantRefused(t, "subscribe to "+subject)
		}
		if n := o.storedOf(t, "b"); n != 0 {
			t.Errorf("%d messages in b's journal", n)
		}
	})
}

// TestBlockOfAnother: a kiosk's block that was written to open another's doors
// opens nothing. The server refuses the whole file.
func TestBlockOfAnother(t *testing.T) {
	o := newOffice(t, t.TempDir())
	for _, id := range []string{"a", "b"} {
		if _, err := o.AddKiosk(id); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(o.dir, kiosksFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(string(text), `subject: "`+protocol.JournalSubject("a"), `subject: "`+protocol.JournalSubject("b"), 1)
	if forged == string(text) {
		t.Fatal("a has no journal in " + file)
	}
	if err := os.WriteFile(file, []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.server.engine.reload(); err == nil || !strings.Contains(err.Error(), "not authorized") {
		t.Errorf("a forged block: %v", err)
	}
}

// TestForeignReply: whatever a names as reply, no answer leaves a's own account:
// not the office's, and not the server's own to a journal message or a look at
// the stream.
func TestForeignReply(t *testing.T) {
	onBoth(t, func(t *testing.T, o *Office) {
		a, b := steal(t, o, "a"), steal(t, o, "b")
		var heard []*nats.Subscription
		for _, subject := range []string{protocol.Inbox("b") + ".>", "kiosk.v1.b.command.*", "$SRV.>"} {
			sub, err := b.SubscribeSync(subject)
			if err != nil {
				t.Fatal(err)
			}
			heard = append(heard, sub)
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := o.Tap(func(subject string, _ []byte) {
			if strings.Contains(subject, "kiosk.v1.b.") || strings.HasPrefix(subject, "$JS.API.STREAM.PURGE") {
				t.Errorf("in the office's account: %s", subject)
			}
		}); err != nil {
			t.Fatal(err)
		}
		own := 0
		for _, subject := range newBlock("a", "").Publish {
			for _, reply := range []string{
				protocol.Inbox("b") + ".x", protocol.JournalSubject("b"), "kiosk.v1.b.command.restart", "kiosk.v1.b.health",
				protocol.Subject("b", protocol.AskOrder), "$JS.API.STREAM.PURGE." + protocol.Stream, "$KV." + protocol.Bucket + ".x",
			} {
				m := nats.NewMsg(subject)
				if subject == protocol.JournalSubject("a") {
					own++
					m = a.journal(t, "a", uint64(own))
				} else if !strings.HasPrefix(subject, "$JS.") {
					m.Data = []byte("{}")
				}
				m.Reply = reply
				if err := a.PublishMsg(m); err != nil {
					t.Fatal(err)
				}
			}
		}
		// What is asked next is answered when all before it was.
		m, err := a.Request(protocol.Subject("a", protocol.AskOffer), []byte("{}"), 5*time.Second)
		if err != nil || m.Header.Get("Nats-Service-Error-Code") != "malformed" {
			t.Fatalf("own inbox: %v, %v", m, err)
		}
		if _, err := a.Request(protocol.JournalDirectGet("a"), nil, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		for _, sub := range heard {
			if m, err := sub.NextMsg(50 * time.Millisecond); !errors.Is(err, nats.ErrTimeout) {
				t.Errorf("b heard on %s: %v, %v", sub.Subject, m, err)
			}
		}
		if n := o.storedOf(t, "b"); n != 0 {
			t.Errorf("%d messages in b's journal", n)
		}
		if n := len(o.Events("a")); n != own {
			t.Errorf("%d events in a's own journal, want %d", n, own)
		}
	})
}

// journal makes a message with one event, signed with the key of this thief.
func (th thief) journal(t *testing.T, kiosk string, n uint64) *nats.Msg {
	t.Helper()
	event, err := json.Marshal(map[string]any{"kind": "x", "n": n})
	if err != nil {
		t.Fatal(err)
	}
	body := batch(t, "j", n, string(event))
	signature, err := th.key.Sign(protocol.JournalSigned(kiosk, body))
	if err != nil {
		t.Fatal(err)
	}
	m := nats.NewMsg(protocol.JournalSubject(kiosk))
	m.Data = body
	m.Header.Set(protocol.JournalSignature, base64.StdEncoding.EncodeToString(signature))
	return m
}

// TestForeignJournal: what got into b's journal by whatever way does not count
// there, because b has not signed it.
func TestForeignJournal(t *testing.T) {
	o := newOffice(t, t.TempDir())
	a := steal(t, o, "a")
	if _, err := o.AddKiosk("b"); err != nil {
		t.Fatal(err)
	}
	forged, own := a.journal(t, "b", 1), a.journal(t, "a", 1)
	for _, kiosk := range []string{"a", "b"} {
		if o.server.signedBy(kiosk, &stored{Header: wire(t, forged.Header), Data: forged.Data}, protocol.JournalSigned(kiosk, forged.Data)) {
			t.Errorf("a's signature of b's journal counts for %s", kiosk)
		}
	}
	if !o.server.signedBy("a", &stored{Header: wire(t, own.Header), Data: own.Data}, protocol.JournalSigned("a", own.Data)) {
		t.Error("a's signature of its own journal does not count")
	}
}

// wire is a header as the server stores it.
func wire(t *testing.T, h nats.Header) []byte {
	t.Helper()
	text := "NATS/1.0\r\n"
	for name, values := range h {
		text += name + ": " + values[0] + "\r\n"
	}
	return []byte(text + "\r\n")
}
