package office

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/office/protocol"
)

// wireLine is a bare connection to the server: no library minds its manners.
type wireLine struct {
	*tls.Conn
	r     *bufio.Reader
	nonce string
}

func (o *Office) wire(t *testing.T) *wireLine {
	t.Helper()
	d := &upgrade{address: strings.TrimPrefix(o.URL(), "tls://")}
	info, conn := d.open(t, &tls.Config{RootCAs: o.server.roots, ServerName: "localhost", MinVersion: tls.VersionTLS13})
	t.Cleanup(func() { _ = conn.Close() })
	return &wireLine{Conn: conn, r: bufio.NewReader(conn), nonce: info.Nonce}
}

// says sends a line and returns what the server answers to it, until it hangs up
// or says PONG.
func (l *wireLine) says(t *testing.T, format string, a ...any) string {
	t.Helper()
	if err := l.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(l, format+"\r\nPING\r\n", a...); err != nil {
		return err.Error()
	}
	var all []byte
	for {
		line, err := l.r.ReadBytes('\n')
		all = append(all, line...)
		if err != nil || bytes.HasPrefix(line, []byte("PONG")) {
			return string(all)
		}
	}
}

func connectLine(t *testing.T, public string, signature []byte) string {
	t.Helper()
	data, err := json.Marshal(map[string]any{
		"verbose": false, "nkey": public, "sig": base64.RawURLEncoding.EncodeToString(signature), "headers": true, "no_responders": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return "CONNECT " + string(data)
}

// comesIn says who a is, with a signature over this connection's nonce, and
// returns the server's answer.
func (l *wireLine) comesIn(t *testing.T, a thief) string {
	t.Helper()
	public, err := a.key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := a.key.Sign([]byte(l.nonce))
	if err != nil {
		t.Fatal(err)
	}
	return l.says(t, "%s", connectLine(t, public, signature))
}

// TestStolenNonce: a signature over one connection's nonce opens no other, and
// without one nobody comes in.
func TestStolenNonce(t *testing.T) {
	o := newOffice(t, t.TempDir())
	a := steal(t, o, "a")
	public, err := a.key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	first := o.wire(t)
	signature, err := a.key.Sign([]byte(first.nonce))
	if err != nil {
		t.Fatal(err)
	}
	if got := first.says(t, "%s", connectLine(t, public, signature)); !strings.HasSuffix(got, "PONG\r\n") {
		t.Errorf("the owner of the nonce: %q", got)
	}
	for what, signature := range map[string][]byte{"stolen": signature, "none": nil, "noise": bytes.Repeat([]byte{7}, 64)} {
		if got := o.wire(t).says(t, "%s", connectLine(t, public, signature)); !strings.Contains(got, "Authorization Violation") {
			t.Errorf("%s: %q", what, got)
		}
	}
}

// TestHugeMessage: who announces 100 MB is cut off before he has sent them, and
// the other kiosk does not notice.
func TestHugeMessage(t *testing.T) {
	onBoth(t, func(t *testing.T, o *Office) {
		a, b := steal(t, o, "a"), steal(t, o, "b")
		l := o.wire(t)
		l.comesIn(t, a)
		if got := l.says(t, "PUB %s %d\r\n%s", protocol.JournalSubject("a"), 100<<20, strings.Repeat("x", 1<<10)); !strings.Contains(got, "Maximum Payload Violation") {
			t.Errorf("100 MB: %.100q", got)
		}
		if _, err := l.r.ReadByte(); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the server has not hung up: %v", err)
		}
		if _, err := b.Request(protocol.Subject("b", protocol.AskOffer), []byte("{}"), time.Second); err != nil {
			t.Errorf("the other kiosk: %v", err)
		}
		if n := o.storedOf(t, "a"); n != 0 {
			t.Errorf("%d messages were stored", n)
		}
	})
}

// TestRevoked: a key that is shut out is out at once, also on a line that stands.
func TestRevoked(t *testing.T) {
	onBoth(t, func(t *testing.T, o *Office) {
		a, b := steal(t, o, "a"), steal(t, o, "b")
		if err := o.Revoke("a"); err != nil {
			t.Fatal(err)
		}
		for until := time.Now().Add(5 * time.Second); a.IsConnected(); time.Sleep(time.Millisecond) {
			if time.Now().After(until) {
				t.Fatal("a is still in")
			}
		}
		l := o.wire(t)
		if got := l.comesIn(t, a); !strings.Contains(got, "Authorization Violation") {
			t.Errorf("a comes in again: %q", got)
		}
		if _, err := b.Request(protocol.Subject("b", protocol.AskOffer), []byte("{}"), 5*time.Second); err != nil {
			t.Errorf("the other kiosk: %v", err)
		}
	})
}

// TestFlood: one kiosk asks, or writes, as fast as its line takes it. It is
// turned away or shut out. A customer at another kiosk is served meanwhile; that
// one's journal may wait in its kiosk, and then goes on.
func TestFlood(t *testing.T) {
	for what, c := range map[string]struct {
		size int
		to   []string
		out  bool // it is tried until it is shut out; what is long takes long
	}{
		"questions": {2, asked("a"), true}, "long questions": {protocol.MaxAsk, asked("a"), false},
		"journal": {2, []string{protocol.JournalSubject("a")}, true},
	} {
		t.Run(what, func(t *testing.T) {
			onBoth(t, func(t *testing.T, o *Office) {
				a, b := steal(t, o, "a"), steal(t, o, "b")
				served := b.customer(t)
				begun := time.Now()
				end := a.flood(c.to, make([]byte, c.size))
				defer end()
				var took []time.Duration
				for len(took) < 10 || c.out && a.IsConnected() {
					took = append(took, served())
					if time.Since(begun) > time.Minute {
						t.Fatalf("a is still in after %d messages", end())
					}
				}
				lasted, sent := time.Since(begun), end()
				for b.writes(t) != nil {
					if time.Since(begun) > lasted+time.Minute {
						t.Fatal("b's journal does not go on")
					}
				}
				slices.Sort(took)
				half := took[len(took)/2]
				t.Logf("%d messages of %d bytes in %v; %d questions of the other, half of them within %v, all within %v; its journal goes on after %v",
					sent, c.size, lasted, len(took), half, took[len(took)-1], time.Since(begun)-lasted)
				if half > patience {
					t.Errorf("the other kiosk waits %v", half)
				}
				if got := o.storedOf(t, "b"); got != 1 {
					t.Errorf("%d messages are in b's journal, want 1", got)
				}
				if o.Audit().Busy == 0 && what != "journal" {
					t.Error("nobody was turned away")
				}
			})
		})
	}
}

// patience is how long a kiosk waits for an answer before it asks again.
const patience = 3 * time.Second

// TestSlowReader: who asks and does not read its answers is cut off when the
// server has kept enough of them, and nobody waits for it.
func TestSlowReader(t *testing.T) {
	onBoth(t, func(t *testing.T, o *Office) {
		a, b := steal(t, o, "a"), steal(t, o, "b")
		served := b.customer(t)
		l := o.wire(t)
		l.comesIn(t, a)
		// The end of its journal is as long as may be; nobody reads it any more.
		if _, err := a.Request(protocol.JournalSubject("a"), make([]byte, protocol.MaxBatch), time.Minute); err != nil {
			t.Fatal(err)
		}
		l.says(t, "SUB %s.x 1", protocol.Inbox("a"))
		question := fmt.Sprintf("PUB %s %s.x 0\r\n\r\n", protocol.JournalDirectGet("a"), protocol.Inbox("a"))
		if err := l.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		gone := make(chan error, 1)
		go func() {
			var err error
			for err == nil {
				_, err = l.Write([]byte(strings.Repeat(question, 256)))
			}
			gone <- err
		}()
		var took []time.Duration
		for cut := false; !cut; {
			took = append(took, served())
			select {
			case err := <-gone:
				if errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatal("it was never cut off")
				}
				cut = true
			default:
			}
		}
		slices.Sort(took)
		half := took[len(took)/2]
		t.Logf("%d questions of the other, half of them within %v, all within %v", len(took), half, took[len(took)-1])
		if half > patience {
			t.Errorf("the other kiosk waits %v", half)
		}
	})
}

// customer asks as this kiosk, each time it is called, and again when it is not
// answered, and says how long it took. It taps no faster than people do.
func (th thief) customer(t *testing.T) func() time.Duration {
	t.Helper()
	ask := func() time.Duration {
		time.Sleep(20 * time.Millisecond)
		begun := time.Now()
		for {
			m, err := th.Request(protocol.Subject("b", protocol.AskOffer), []byte("{}"), patience)
			if err == nil && m.Header.Get(protocol.CodeHeader) == string(protocol.CodeMalformed) {
				return time.Since(begun)
			}
			if !errors.Is(err, nats.ErrTimeout) || time.Since(begun) > time.Minute {
				t.Fatalf("the other kiosk: %v, %v", m, err)
			}
		}
	}
	ask()
	return ask
}

// writes puts one message into this kiosk's journal.
func (th thief) writes(t *testing.T) error {
	t.Helper()
	m, err := th.RequestMsg(th.journal(t, "b", 1), 5*time.Second)
	if err == nil && bytes.Contains(m.Data, []byte("error")) {
		err = errors.New(string(m.Data))
	}
	return err
}

func asked(kiosk string) []string {
	var all []string
	for _, v := range protocol.Verbs() {
		all = append(all, protocol.Subject(kiosk, v))
	}
	return all
}

// flood sends without waiting for anything, until the returned function is
// called, which says how much that was; it may be called twice.
func (th thief) flood(to []string, body []byte) (end func() int) {
	stop, sent := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				sent <- n
				return
			default:
				// An error is a line that was cut: the next goes nowhere either.
				_ = th.PublishRequest(to[n%len(to)], protocol.Inbox("a")+".flood", body)
			}
		}
	}()
	return sync.OnceValue(func() int { close(stop); return <-sent })
}
