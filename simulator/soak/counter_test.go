package soak_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"kioskd/daemon/activity"
	"kioskd/daemon/attendant"
	"kioskd/daemon/journal"
	client "kioskd/daemon/office"
	"kioskd/flows"
	"kioskd/flows/secret"
	simulated "kioskd/simulator/board"
	"kioskd/simulator/card"
	"kioskd/simulator/office"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/register"
)

// What the customer of these tests types.
const (
	rightPIN    = "1234"
	newPassword = "CANARY77Q"
)

var epoch = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600))

// town is an office with one kiosk's line to it, and everything that passed it.
type town struct {
	clock  *simulated.Clock
	office *office.Office
	line   *client.Client

	mu     sync.Mutex
	passed bytes.Buffer
}

type noPaper struct{}

func (noPaper) Sheets(paper.Record, string) ([]paper.Sheet, error) {
	return nil, errors.New("no paper here")
}

func newTown(t *testing.T) *town {
	t.Helper()
	keys, err := authority.OpenKeyPool("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	w := &town{clock: simulated.NewClock(epoch)}
	quiet := slog.New(slog.DiscardHandler)
	w.office, err = office.New(t.Context(), office.Options{
		Dir: t.TempDir(), Clock: w.clock, Register: register.New(epoch), Paper: noPaper{},
		Authority: authority.NewWithKeys(epoch, keys), Log: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.office.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.office.Tap(func(subject string, data []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.passed.WriteString(subject)
		w.passed.Write(data)
	}); err != nil {
		t.Fatal(err)
	}
	key, err := w.office.AddKiosk("k001")
	if err != nil {
		t.Fatal(err)
	}
	w.line, err = client.Dial(t.Context(), client.Options{
		URL: w.office.URL(), AuthorityFile: w.office.AuthorityFile(), KeyFile: key, PublicKeyFile: w.office.PublicKeyFile(),
		StateDir: t.TempDir(), Kiosk: "k001", Clock: wall{w.clock}, Log: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.line.Close(); err != nil {
			t.Error(err)
		}
	})
	for until := time.Now().Add(10 * time.Second); !w.line.Reachable(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the line does not stand")
		}
	}
	return w
}

// wall is the world's clock as flows and the office's client know it.
type wall struct{ *simulated.Clock }

func (c wall) Now() (time.Time, bool) { return c.Clock.Now(), true }

func (c wall) WithTimeout(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := c.AfterFunc(d, func() { cancel(cause) })
	return ctx, func() { stop(); cancel(context.Canceled) }
}

// errCut ends everything: the power is gone.
var errCut = errors.New("the power is gone")

// kiosk is a whole kiosk but for its panel, its coins and its paper: the card
// through reader and driver, the journal on disk, the office over its line. Its
// customer does the same at every visit, and its power may go at any exchange
// with the card and at any commit.
type kiosk struct {
	*town
	t       *testing.T
	dir     string
	reader  *card.Reader
	card    *card.Card
	errand  string
	pin     string
	counter *flows.Counter
	journal *journal.Journal
	log     bytes.Buffer

	strike *strike // nil: nothing goes wrong

	mu       sync.Mutex
	dead     bool
	pages    []string
	accepted int // times coins were let in
	slips    []string
	sent     [][]byte // every command that went to the card
	write    int      // exchanges since the first challenge
}

func (w *town) kiosk(t *testing.T, resident, errand string) *kiosk {
	t.Helper()
	spec, err := w.office.CardSpec(resident)
	if err != nil {
		t.Fatal(err)
	}
	spec.PasswordTries = card.Blocked
	k := &kiosk{town: w, t: t, dir: t.TempDir(), reader: card.NewReader(), errand: errand, pin: rightPIN}
	if k.card, err = card.New(spec); err != nil {
		t.Fatal(err)
	}
	k.powerOn()
	for _, yen := range []int{100, 50, 10} {
		if err := k.journal.Write(flows.Event{Kind: flows.CashCount, Yen: yen, Count: 20}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := k.journal.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// powerOn starts the kiosk with what its disk has.
func (k *kiosk) powerOn() {
	k.t.Helper()
	if k.journal != nil {
		if err := k.journal.Close(); err != nil {
			k.t.Fatal(err)
		}
	}
	var err error
	if k.journal, err = journal.Open(k.dir, nil); err != nil {
		k.t.Fatal(err)
	}
	k.mu.Lock()
	k.dead = false
	k.mu.Unlock()
	rest := attendant.NewRest(&activity.Gauge{})
	log := slog.New(slog.NewTextHandler(&k.log, nil))
	reader := attendant.NewReader(plug{k}, rest, log)
	ctx, cancel := context.WithCancel(k.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := reader.Run(ctx); err != nil {
			k.t.Error(err)
		}
	}()
	k.t.Cleanup(func() { cancel(); <-done })
	for until := time.Now().Add(10 * time.Second); !reader.Working(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			k.t.Fatal("the reader does not work")
		}
	}
	minute := time.Minute
	k.counter = &flows.Counter{
		Kiosk: "k001", Municipality: "inagi", Screen: customer{k}, Reader: reader, Cash: slot{k: k}, Sheets: noSheets{},
		Slips: slips{k}, Signals: dark{}, Office: line{k}, Journal: disk{k}, Clock: wall{k.clock}, Service: fit{}, Log: log,
		Limits: flows.Limits{
			Idle: minute, Pay: minute, End: minute, Card: minute, Fetch: minute, Sheet: minute, Settle: minute, Visit: 15 * minute,
		},
	}
}

func (k *kiosk) cut() {
	k.mu.Lock()
	k.dead = true
	k.mu.Unlock()
	k.reader.PowerOff()
}

// alive is an error once the power is gone.
func (k *kiosk) alive() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead {
		return errCut
	}
	return nil
}

// disk is the journal, which dies with the power.
type disk struct{ k *kiosk }

func (d disk) Ledger() *flows.Ledger       { return d.k.journal.Ledger() }
func (d disk) Person(serial []byte) string { return d.k.journal.Person(serial) }

func (d disk) Write(e flows.Event) error {
	s := d.k.strike
	at := s != nil && s.exchange == 0 && s.kind == e.Kind
	if at && s.when == "before" {
		d.k.cut()
	}
	if err := d.k.alive(); err != nil {
		return err
	}
	err := d.k.journal.Write(e)
	if at && s.when == "after" {
		d.k.cut()
		return errCut
	}
	return err
}

// line is the office, which nobody asks without power.
type line struct{ k *kiosk }

func (l line) Reachable() bool    { return l.k.line.Reachable() }
func (l line) Rules() flows.Rules { return l.k.line.Rules() }

func (l line) Begin(ctx context.Context, certificate []byte) (flows.Session, error) {
	return l.k.line.Begin(ctx, certificate)
}

func (l line) ReportReset(ctx context.Context, visit string, o flows.ResetOutcome) error {
	if err := l.k.alive(); err != nil {
		return err
	}
	return l.k.line.ReportReset(ctx, visit, o)
}

// customer answers every page the same way: through to the end.
type customer struct{ k *kiosk }

func (c customer) Clear() {}

func (c customer) Show(_ context.Context, p flows.Page) error {
	c.k.mu.Lock()
	c.k.pages = append(c.k.pages, p.Name)
	c.k.mu.Unlock()
	return c.k.alive()
}

func (c customer) Ask(ctx context.Context, p flows.Page, until <-chan struct{}) (string, error) {
	if err := c.Show(ctx, p); err != nil {
		return "", err
	}
	switch p.Name {
	case flows.PageMenu:
		return c.k.errand, nil
	case flows.PageBooked:
		return "yes", nil
	case flows.PageTerms:
		return "agree", nil
	case flows.PageKind:
		return "cancel", nil
	case flows.PageLastTry:
		return "stop", nil
	case flows.PageLayCard:
		c.k.reader.Lay(c.k.card)
		return "", wait(ctx, until)
	case flows.PageTakeCard:
		c.k.reader.Take()
		return "", wait(ctx, until)
	case flows.PageReading, flows.PageChecking:
		return "", wait(ctx, until) // on a busy machine it takes so long that cancel is offered
	case flows.PageGoodbye, flows.PageCancelled:
		return "next", nil // read, and gone
	}
	if len(p.Buttons) == 0 || p.Name == flows.PageUnavailable {
		return "", fmt.Errorf("nobody knows what to do on page %s", p.Name)
	}
	return p.Buttons[0].ID, nil
}

func wait(ctx context.Context, until <-chan struct{}) error {
	select {
	case <-until:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(5 * time.Second):
		return errors.New("the reader does not notice")
	}
}

func (c customer) types(text string) (*secret.Text, error) {
	s, err := secret.New()
	if err != nil {
		return nil, err
	}
	for i := range len(text) {
		if err := s.Append(text[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (c customer) AskPIN(ctx context.Context, p flows.Page, _ <-chan struct{}) (*secret.Text, string, error) {
	if err := c.Show(ctx, p); err != nil {
		return nil, "", err
	}
	pin, err := c.types(c.k.pin)
	return pin, "", err
}

func (c customer) AskPassword(ctx context.Context, p flows.Page, _ <-chan struct{}) (*secret.Text, string, error) {
	if err := c.Show(ctx, p); err != nil {
		return nil, "", err
	}
	text, err := c.types(newPassword)
	return text, "", err
}
