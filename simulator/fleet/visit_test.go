package fleet_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	client "kioskd/daemon/office"
	"kioskd/daemon/office/protocol"
	"kioskd/flows"
	"kioskd/simulator/board"
	simulated "kioskd/simulator/office"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/register"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600))

// pool keeps the residents' keys for all tests: making one takes long.
var pool = sync.OnceValue(func() *authority.KeyPool {
	p, err := authority.OpenKeyPool("")
	if err != nil {
		panic(err)
	}
	return p
})

// plainPaper stands in for the renderer: the words of the record, padded to the
// size of a real sheet.
type plainPaper struct{}

func (plainPaper) Sheets(rec paper.Record, issue string) ([]paper.Sheet, error) {
	var sheets []paper.Sheet
	for n := range paper.Count(rec) {
		text := fmt.Sprintf("%s %s %d %+v", rec.Title, issue, n+1, rec.Persons)
		raster := bytes.Repeat([]byte(text), 400_000/len(text))
		sheets = append(sheets, paper.Sheet{Number: n + 1, Raster: raster, Text: text})
	}
	return sheets, nil
}

// world is an office and what a test needs around it.
type world struct {
	t      *testing.T
	clock  *board.Clock
	office *simulated.Office
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := board.NewClock(start)
	o, err := simulated.New(t.Context(), simulated.Options{
		Dir: t.TempDir(), Clock: clock, Register: register.New(start), Paper: plainPaper{},
		Authority: authority.NewWithKeys(start, pool()), Log: slog.New(slog.NewTextHandler(testLog{t}, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{t: t, clock: clock, office: o}
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// kioskClock is the world's clock as a kiosk has it.
type kioskClock struct{ *board.Clock }

func (c kioskClock) Now() (time.Time, bool) { return c.Clock.Now(), true }

// kiosk dials as a kiosk and waits until the line stands.
func (w *world) kiosk(id string) *client.Client {
	w.t.Helper()
	c := w.dial(id, w.t.TempDir())
	w.eventually("the line stands", c.Reachable)
	return c
}

func (w *world) dial(id, state string) *client.Client {
	w.t.Helper()
	key, err := w.office.AddKiosk(id)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := client.Dial(w.t.Context(), client.Options{
		URL: w.office.URL(), AuthorityFile: w.office.AuthorityFile(), KeyFile: key,
		PublicKeyFile: w.office.PublicKeyFile(), StateDir: state, Kiosk: id,
		Clock: kioskClock{w.clock}, Log: slog.New(slog.NewTextHandler(testLog{w.t}, nil)),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return c
}

func (w *world) eventually(what string, f func() bool) {
	w.t.Helper()
	until := time.Now().Add(15 * time.Second)
	for !f() {
		if time.Now().After(until) {
			w.t.Fatalf("not in 15 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// begin opens a session with the resident's certificate, and signs like the card.
func (w *world) begin(c *client.Client, resident string) (flows.Session, []byte) {
	w.t.Helper()
	spec, err := w.office.CardSpec(resident)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := c.Begin(w.t.Context(), spec.UserCert)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	sum := sha256.Sum256(s.Message())
	signature, err := spec.UserKey.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		w.t.Fatal(err)
	}
	return s, signature
}

// login opens a session and proves it.
func (w *world) login(c *client.Client, resident string) flows.Session {
	w.t.Helper()
	s, signature := w.begin(c, resident)
	if _, err := s.Prove(w.t.Context(), signature); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// choose takes what the resident is offered: all that is shown by scope.
func (w *world) choose(s flows.Session, scope flows.Scope) flows.Request {
	w.t.Helper()
	o, err := s.Offer(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return flows.Request{ID: protocol.NewID(), Scope: scope, Copies: 2, Fee: 2 * o.Fee, Items: o.Items}
}

func TestVisit(t *testing.T) {
	w := newWorld(t)
	var heard sync.Mutex
	var passed bytes.Buffer
	if err := w.office.Tap(func(subject string, data []byte) {
		heard.Lock()
		defer heard.Unlock()
		passed.WriteString(subject)
		passed.Write(data)
	}); err != nil {
		t.Fatal(err)
	}
	c := w.kiosk("k001")
	s, signature := w.begin(c, "head")
	town, err := s.Prove(t.Context(), signature)
	if err != nil {
		t.Fatal(err)
	}
	if town.ID != "inagi" || town.Contact.Municipality != "稲城市" || town.Contact.Phone == "" {
		t.Errorf("municipality = %+v", town)
	}
	if again, err := s.Prove(t.Context(), signature); err != nil || again != town {
		t.Errorf("proved again: %+v, %v", again, err)
	}
	offer, err := s.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if offer.Fee != 200 || offer.CopiesMax != 5 || offer.Alone || len(offer.Members) != 4 {
		t.Errorf("offer = %+v", offer)
	}
	r := flows.Request{ID: protocol.NewID(), Scope: flows.ScopeAll, Items: []string{"my-number"}, Copies: 2, Fee: 400}
	var told []int
	doc, err := s.Order(t.Context(), r, func(sheet, of int) { told = append(told, sheet, of) })
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Wipe()
	if len(doc.Sheets) != 1 || fmt.Sprint(told) != "[1 1]" {
		t.Errorf("%d sheets, told %v", len(doc.Sheets), told)
	}
	text, ok := w.office.SheetText(sha256.Sum256(doc.Sheets[0].Raster))
	if !ok || !strings.Contains(text, "住民票") {
		t.Errorf("text of the sheet = %q, %v", text, ok)
	}
	// Asked again under the same id, it is the same document.
	twin, err := s.Order(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if twin.Issue != doc.Issue || w.office.Audit().Documents != 1 {
		t.Errorf("asked twice: issues %s and %s, %d documents", doc.Issue, twin.Issue, w.office.Audit().Documents)
	}
	// Nothing personal passed the server in the clear.
	spec, err := w.office.CardSpec("head")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(spec.UserCert)
	if err != nil {
		t.Fatal(err)
	}
	resident := w.office.Residents()
	heard.Lock()
	defer heard.Unlock()
	if passed.Len() < 400_000 {
		t.Fatalf("only %d bytes were heard", passed.Len())
	}
	for _, p := range resident {
		for _, private := range []string{p.FullName, p.Number, p.Address} {
			if strings.Contains(passed.String(), private) {
				t.Errorf("%s passed the server", private)
			}
		}
	}
	for _, private := range [][]byte{spec.UserCert[:64], cert.SerialNumber.Bytes(), signature[:32], []byte("my-number")} {
		if bytes.Contains(passed.Bytes(), private) {
			t.Errorf("%x passed the server", private)
		}
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	for _, tc := range []struct{ resident, login, offer, order string }{
		{resident: "adult"},
		{resident: "revoked", login: "revoked"},
		{resident: "card-stopped", login: "card-stopped"},
		{resident: "child", offer: "under-15"},
		{resident: "overseas", offer: "overseas"},
		{resident: "protected", offer: "at-the-counter"},
		{resident: "too-big", order: "sheet-limit"},
	} {
		t.Run(tc.resident, func(t *testing.T) {
			var refused *flows.Refused
			is := func(err error, want string) bool {
				refused = nil
				if want == "" {
					return err == nil
				}
				return errors.As(err, &refused) && refused.Code == want
			}
			s, signature := w.begin(c, tc.resident)
			if _, err := s.Prove(t.Context(), signature); !is(err, tc.login) {
				t.Fatalf("prove: %v, want %q", err, tc.login)
			}
			if tc.login != "" {
				return
			}
			o, err := s.Offer(t.Context())
			if !is(err, tc.offer) {
				t.Fatalf("offer: %v, want %q", err, tc.offer)
			}
			if tc.offer != "" {
				return
			}
			r := flows.Request{ID: protocol.NewID(), Scope: flows.ScopeAll, Copies: 1, Fee: o.Fee}
			if o.Alone {
				r.Scope = flows.ScopeSelf
			}
			doc, err := s.Order(t.Context(), r, nil)
			doc.Wipe()
			if !is(err, tc.order) {
				t.Fatalf("order: %v, want %q", err, tc.order)
			}
		})
	}
}

// TestReissue: the old card is revoked, the new one comes in.
func TestReissue(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	s, signature := w.begin(c, "adult")
	if err := w.office.Reissue("adult"); err != nil {
		t.Fatal(err)
	}
	var refused *flows.Refused
	if _, err := s.Prove(t.Context(), signature); !errors.As(err, &refused) || refused.Code != "revoked" {
		t.Errorf("old card: %v, want revoked", err)
	}
	w.login(c, "adult")
}

// TestLies: I1. A faulty office is found out before any money is asked for.
func TestLies(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	honest := w.login(c, "head")
	doc, err := honest.Order(t.Context(), w.choose(honest, flows.ScopeAll), nil)
	doc.Wipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ lie, why string }{
		{"other-session", "does not open"},
		{"other-resident", "another card"},
		{"page-swap", "is not the one that the manifest names"},
		{"bad-manifest", "not signed by a known key"},
		{"replay", "another order"},
		{"stale", "old, at most 2m0s"},
		{"twice", ""},
		{"same-instant", ""},
	} {
		t.Run(tc.lie, func(t *testing.T) {
			s := w.login(c, "head")
			r := w.choose(s, flows.ScopeAll)
			if err := w.office.Lie(tc.lie); err != nil {
				t.Fatal(err)
			}
			doc, err := s.Order(t.Context(), r, nil)
			if err := w.office.Lie(""); err != nil {
				t.Fatal(err)
			}
			defer doc.Wipe()
			var bad *flows.BadDocument
			if tc.why == "" {
				if err != nil {
					t.Errorf("a lie of coincidence alone: %v", err)
				}
				return
			}
			if !errors.As(err, &bad) || !strings.Contains(bad.Why, tc.why) {
				t.Errorf("order: %v, want a bad document: %s", err, tc.why)
			}
		})
	}
	if err := w.office.Lie("white"); err == nil {
		t.Error("an unknown lie was taken")
	}
}

// TestSameInstant: two orders in one tick, files named by the second (D2).
func TestSameInstant(t *testing.T) {
	w := newWorld(t)
	residents := []string{"adult", "head"}
	var sessions []flows.Session
	var requests []flows.Request
	for i, r := range residents {
		s := w.login(w.kiosk(fmt.Sprintf("k%03d", i+1)), r)
		sessions = append(sessions, s)
		requests = append(requests, w.choose(s, flows.ScopeSelf))
	}
	if err := w.office.Lie("same-instant"); err != nil {
		t.Fatal(err)
	}
	docs, errs := make([]*flows.Document, 2), make([]error, 2)
	var both sync.WaitGroup
	for i, s := range sessions {
		both.Go(func() { docs[i], errs[i] = s.Order(t.Context(), requests[i], nil) })
	}
	both.Wait()
	refused := 0
	for i := range docs {
		defer docs[i].Wipe()
		var bad *flows.BadDocument
		if errors.As(errs[i], &bad) {
			refused++
			continue
		}
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		text, _ := w.office.SheetText(sha256.Sum256(docs[i].Sheets[0].Raster))
		for _, p := range w.office.Residents() {
			if p.Name == residents[i] && !strings.Contains(text, p.FullName) {
				t.Errorf("%s got somebody else's sheet", residents[i])
			}
		}
	}
	if refused != 1 {
		t.Errorf("%d orders refused, want the one that was overwritten", refused)
	}
}

// TestLate: the answer after the deadline finds nobody.
func TestLate(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	s := w.login(c, "adult")
	r := w.choose(s, flows.ScopeSelf)
	if err := w.office.Lie("late"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		doc, err := s.Order(ctx, r, nil)
		doc.Wipe()
		failed <- err
	}()
	w.eventually("the document is drawn", func() bool { return w.office.Audit().Documents == 1 })
	w.clock.Advance(30*time.Second, func() {})
	cancel() // limit.fetch
	if err := <-failed; !errors.Is(err, flows.ErrOfficeAway) {
		t.Errorf("order: %v, want an office away", err)
	}
	s.Close()
	w.clock.Advance(2*time.Second, func() {})
	if err := w.office.Lie(""); err != nil {
		t.Fatal(err)
	}
	next := w.login(c, "head")
	doc, err := next.Order(t.Context(), w.choose(next, flows.ScopeSelf), nil)
	doc.Wipe()
	if err != nil {
		t.Error(err)
	}
}

// TestSlow: a slow office is asked again, and does the work once.
func TestSlow(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	s := w.login(c, "adult")
	r := w.choose(s, flows.ScopeSelf)
	w.office.Slow(time.Minute)
	got := make(chan error, 1)
	go func() {
		doc, err := s.Order(t.Context(), r, nil)
		doc.Wipe()
		got <- err
	}()
	w.eventually("it was asked twice", func() bool { return w.office.Audit().Repeated > 0 })
	w.clock.Advance(time.Minute, func() {})
	if err := <-got; err != nil {
		t.Error(err)
	}
	if n := w.office.Audit().Documents; n != 1 {
		t.Errorf("%d documents, want 1", n)
	}
}

func TestAwayAndBack(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	heard := make(chan bool, 8)
	c.OnReachable(func(up bool) { heard <- up })
	if !<-heard {
		t.Error("first told: not reachable")
	}
	if err := c.PublishJournal(t.Context(), 1, "j1", events(1, 2)); err != nil {
		t.Fatal(err)
	}
	w.office.Away()
	if <-heard || c.Reachable() {
		t.Error("reachable while the office is away")
	}
	spec, err := w.office.CardSpec("adult")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Begin(ctx, spec.UserCert); !errors.Is(err, flows.ErrOfficeAway) {
		t.Errorf("begin: %v, want an office away", err)
	}
	if err := c.PublishJournal(t.Context(), 3, "j1", events(3, 3)); !errors.Is(err, flows.ErrOfficeAway) {
		t.Errorf("journal: %v, want an office away", err)
	}
	if err := w.office.Back(); err != nil {
		t.Fatal(err)
	}
	if !<-heard {
		t.Error("not reachable when the office is back")
	}
	w.login(c, "adult")
	if id, last, _, err := c.LastJournal(t.Context()); err != nil || id != "j1" || last != 2 {
		t.Errorf("last of the journal: %q %d %v, want j1 2", id, last, err)
	}
	if got := w.office.Events("k001"); len(got) != 2 {
		t.Errorf("%d events after the outage, want 2", len(got))
	}
}

func events(from, to int) []json.RawMessage {
	var all []json.RawMessage
	for n := from; n <= to; n++ {
		all = append(all, json.RawMessage(fmt.Sprintf(`{"kind":"coin-in","n":%d,"yen":100}`, n)))
	}
	return all
}
