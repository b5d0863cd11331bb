package fleet_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	client "kioskd/daemon/office"
	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// said is one request that a kiosk has made, byte for byte, and its answer.
type said struct {
	verb         protocol.Verb
	body, answer []byte
}

// recorder is a kiosk's line with somebody on it who keeps all.
type recorder struct {
	*nats.Conn
	all []said
}

func (r *recorder) Connected() bool { return r.IsConnected() }

func (r *recorder) Request(ctx context.Context, subject string, body []byte) ([]byte, error) {
	m, err := r.RequestWithContext(ctx, subject, body)
	if err != nil {
		return nil, err
	}
	verb := protocol.Verb(subject[len(protocol.Subject("k001", "")):])
	r.all = append(r.all, said{verb, bytes.Clone(body), m.Data})
	return m.Data, nil
}

// wire connects with a kiosk's real key and no client around it.
func (w *world) wire(kiosk string) *nats.Conn {
	w.t.Helper()
	file, err := w.office.AddKiosk(kiosk)
	if err != nil {
		w.t.Fatal(err)
	}
	login, err := nats.NkeyOptionFromSeed(file)
	if err != nil {
		w.t.Fatal(err)
	}
	nc, err := nats.Connect(w.office.URL(), login, nats.RootCAs(w.office.AuthorityFile()), nats.CustomInboxPrefix(protocol.Inbox(kiosk)))
	if err != nil {
		w.t.Fatal(err)
	}
	closed := make(chan struct{})
	nc.SetClosedHandler(func(*nats.Conn) { close(closed) })
	w.t.Cleanup(func() { nc.Close(); <-closed })
	return nc
}

// recorded is a kiosk's client whose requests are kept.
func (w *world) recorded(kiosk string) (*client.Client, *recorder) {
	w.t.Helper()
	pinned, err := os.ReadFile(w.office.PublicKeyFile())
	if err != nil {
		w.t.Fatal(err)
	}
	r := &recorder{Conn: w.wire(kiosk)}
	c, err := client.On(r, pinned, client.Options{Kiosk: kiosk, Clock: kioskClock{w.clock}, StateDir: w.t.TempDir()},
		func(time.Duration) time.Duration { return 0 })
	if err != nil {
		w.t.Fatal(err)
	}
	return c, r
}

// refused is an answer that says no, whatever its body looks like.
func refused(m *nats.Msg) bool { return m.Header.Get(protocol.CodeHeader) != "" }

// replay sends what was recorded once more, in its order, on that kiosk's own
// subjects, and gives each answer to be judged.
func replay(t *testing.T, nc *nats.Conn, kiosk string, all []said, judge func(s said, m *nats.Msg)) {
	t.Helper()
	for _, s := range all {
		m, err := nc.Request(protocol.Subject(kiosk, s.verb), s.body, 10*time.Second)
		if err != nil {
			t.Fatalf("%s: %v", s.verb, err)
		}
		judge(s, m)
	}
}

// TestReplay: the bytes of a real visit, sent again by whom and whenever, bring
// the same answer or none: no second document, no second booking, nobody else's
// answer, and the customer who stands there meanwhile loses nothing.
//
// The outcome of a reset may be told again at any time, and is sealed anew to the
// key that was thrown away then: there is nothing in it.
func TestReplay(t *testing.T) {
	w := newWorld(t)
	c, a := w.recorded("k001")
	b := w.wire("k002")
	if err := w.office.Phone("head", "book"); err != nil {
		t.Fatal(err)
	}
	s := w.login(c, "head")
	doc, err := s.Order(t.Context(), w.choose(s, flows.ScopeAll), nil)
	if err != nil {
		t.Fatal(err)
	}
	doc.Wipe()
	visit := protocol.NewID()
	if err := s.BeginReset(t.Context(), visit); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AuthoriseReset(t.Context(), visit, make([]byte, protocol.ChallengeSize)); err != nil {
		t.Fatal(err)
	}
	if err := c.ReportReset(t.Context(), visit, flows.OutcomeProved); err != nil {
		t.Fatal(err)
	}
	all := a.all
	made := make(map[protocol.Verb]bool)
	for _, s := range all {
		made[s.verb] = true
	}
	if len(made) != len(protocol.Verbs()) {
		t.Fatalf("only %v were recorded", made)
	}
	still := func(when string, documents int) {
		t.Helper()
		if got := w.office.Audit().Documents; got != documents {
			t.Errorf("%s: %d documents, want %d", when, got, documents)
		}
		if got := w.office.Booking("head"); got != "used" {
			t.Errorf("%s: the booking is %s", when, got)
		}
	}
	same := func(when string) func(said, *nats.Msg) {
		return func(s said, m *nats.Msg) {
			if s.verb != protocol.ResetDone && !bytes.Equal(m.Data, s.answer) {
				t.Errorf("%s: %s has another answer: %v", when, s.verb, m.Header)
			}
		}
	}
	no := func(when string) func(said, *nats.Msg) {
		return func(s said, m *nats.Msg) {
			if s.verb != protocol.ResetDone && !refused(m) {
				t.Errorf("%s: %s is answered", when, s.verb)
			}
		}
	}
	still("after the visit", 1)
	replay(t, a.Conn, "k001", all, same("delivered"))
	still("delivered", 1)
	replay(t, b, "k002", all, func(s said, m *nats.Msg) {
		if !refused(m) {
			t.Errorf("another kiosk is answered to %s", s.verb)
		}
	})
	still("by another kiosk", 1)

	// The next customer stands there.
	next := w.login(c, "adult")
	replay(t, a.Conn, "k001", all, no("the session is over"))
	doc, err = next.Order(t.Context(), w.choose(next, flows.ScopeSelf), nil)
	if err != nil {
		t.Errorf("the customer who stood there: %v", err)
	}
	doc.Wipe()
	still("the session is over", 2)

	// Much later nobody knows that there was such a session, and one begins that
	// nobody can go on with: its nonce is another, and who signed is not there.
	begins := func(when string) func(said, *nats.Msg) {
		return func(s said, m *nats.Msg) {
			if s.verb == protocol.LoginBegin && bytes.Equal(m.Data, s.answer) {
				t.Errorf("%s: an old nonce", when)
			}
			if s.verb != protocol.LoginBegin {
				no(when)(s, m)
			}
		}
	}
	w.clock.Advance(25*time.Hour, func() {})
	replay(t, a.Conn, "k001", all, begins("a day later"))
	still("a day later", 2)
	if err := w.office.Close(); err != nil {
		t.Fatal(err)
	}
	w.open()
	replay(t, w.wire("k001"), "k001", all, begins("another office"))
	still("another office", 0)
}

// TestReplayedJournal: a message of the journal, sent again as it was, is refused
// for its place. Sent without that it is one that came twice: said, and no reason
// for the kiosk to stop.
func TestReplayedJournal(t *testing.T) {
	w := newWorld(t)
	c, a := w.kiosk("k001"), w.wire("k001")
	if err := c.PublishJournal(t.Context(), 1, "j1", events(1, 5)); err != nil {
		t.Fatal(err)
	}
	sent, err := a.Request(protocol.JournalDirectGet("k001"), nil, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	again := nats.NewMsg(protocol.JournalSubject("k001"))
	again.Data = sent.Data
	for _, name := range []string{protocol.JournalSignature, jetstream.ExpectedLastSubjSeqHeader, jetstream.ExpectedStreamHeader} {
		again.Header.Set(name, sent.Header.Get(name))
	}
	m, err := a.RequestMsg(again, 10*time.Second)
	if err != nil || !strings.Contains(string(m.Data), "wrong last sequence") {
		t.Errorf("as it was: %v, %s", err, m.Data)
	}
	again.Header.Del(jetstream.ExpectedLastSubjSeqHeader)
	if m, err = a.RequestMsg(again, 10*time.Second); err != nil || strings.Contains(string(m.Data), "error") {
		t.Errorf("without its place: %v, %s", err, m.Data)
	}
	if err := c.PublishJournal(t.Context(), 6, "j1", events(6, 7)); err != nil {
		t.Errorf("the kiosk goes on: %v", err)
	}
	var got []string
	for _, e := range w.office.Events("k001") {
		got = append(got, fmt.Sprint(e.N, e.Trouble))
	}
	if fmt.Sprint(got) != "[1 2 3 4 5 1duplicate 2duplicate 3duplicate 4duplicate 5duplicate 6 7]" {
		t.Errorf("the office has %v", got)
	}
	takings, complaints := w.office.Takings("k001")
	if takings.Inserted != 700 || len(complaints) != 5 || !strings.Contains(complaints[0], "duplicate") {
		t.Errorf("%+v, and %v", takings, complaints)
	}
}

// TestOwnJournalAsReply: whoever has a kiosk's key may have its answers written
// into its journal, for the server checks no reply subject. They are no events:
// nothing is signed there. The kiosk goes on, and whoever audits is told.
func TestOwnJournalAsReply(t *testing.T) {
	w := newWorld(t)
	c, a := w.kiosk("k001"), w.wire("k001")
	if err := c.PublishJournal(t.Context(), 1, "j1", events(1, 5)); err != nil {
		t.Fatal(err)
	}
	own := protocol.JournalSubject("k001")
	for _, v := range protocol.Verbs() {
		if err := a.PublishRequest(protocol.Subject("k001", v), own, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	// The server's own answer to a look at the settings. One to a look at the journal
	// brings the place that the message was for, and is refused for it.
	if err := a.PublishRequest(protocol.SettingsDirectGet(), own, nil); err != nil {
		t.Fatal(err)
	}
	answers := len(protocol.Verbs()) + 1
	w.eventually("the answers stand there", func() bool {
		_, complaints := w.office.Takings("k001")
		return len(complaints) == 1 && strings.Contains(complaints[0], fmt.Sprintf("k001: %d messages", answers))
	})
	if err := c.PublishJournal(t.Context(), 6, "j1", events(6, 7)); err != nil {
		t.Errorf("the kiosk goes on: %v", err)
	}
	if got := w.numbers("k001", "j1"); len(got) != 7 || got[6] != 7 {
		t.Errorf("the office has %v", got)
	}
	if takings, complaints := w.office.Takings("k001"); takings.Inserted != 700 || len(complaints) != 1 {
		t.Errorf("%+v, and %v", takings, complaints)
	}
}
