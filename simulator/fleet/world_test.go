package fleet_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
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
	dir    string // the office's
	clock  *board.Clock
	office *simulated.Office
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clock: board.NewClock(start)}
	w.open()
	t.Cleanup(func() {
		if err := w.office.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// open starts an office in the world's folder.
func (w *world) open() {
	w.t.Helper()
	o, err := simulated.New(w.t.Context(), simulated.Options{
		Dir: w.dir, Clock: w.clock, Register: register.New(start), Paper: plainPaper{},
		Authority: authority.NewWithKeys(start, pool()), Log: slog.New(slog.NewTextHandler(testLog{w.t}, nil)),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.office = o
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

func events(from, to int) []json.RawMessage {
	var all []json.RawMessage
	for n := from; n <= to; n++ {
		all = append(all, json.RawMessage(fmt.Sprintf(`{"kind":"coin-in","n":%d,"yen":100}`, n)))
	}
	return all
}
