package soak

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/daemon/journal"
	"kioskd/flows"
	"kioskd/flows/secret"
)

// saboteur is a mistake that the kiosk could have, put around the counter's
// ports. Each must be caught.
type saboteur struct {
	name      string
	invariant string
	seed      uint64 // bites early
	sabotage  func() sabotage
}

// at has a saboteur at the counter; it is told anew at every start of the daemon.
func at(f func(c *flows.Counter)) func() sabotage {
	return func() sabotage { return sabotage{counter: f} }
}

var saboteurs = []saboteur{
	{"a time-out releases only the lock: the late document is the next customer's", "I1", 4, func() sabotage {
		s := &spool{}
		return sabotage{counter: func(c *flows.Counter) { c.Office = &lateOffice{c.Office, s} }}
	}},
	{"files named by the second", "I1", 1, func() sabotage {
		s := &spool{files: make(map[string][][]byte)}
		return sabotage{counter: func(c *flows.Counter) { c.Office = &filingOffice{c.Office, s, c.Clock} }}
	}},
	{"a coin counts before it is in", "I2", 1, at(func(c *flows.Counter) { c.Cash = &eagerCash{Cash: c.Cash} })},
	{"a refund in a defer", "I2", 1, at(func(c *flows.Counter) { c.Cash = &deferredCash{Cash: c.Cash} })},
	{"a fault on the coin line is money", "I2", 1, at(func(c *flows.Counter) { c.Cash = &trustingCash{c.Cash} })},
	{"a sheet that jammed counts as delivered", "I3", 1, at(func(c *flows.Counter) { c.Sheets = &proudPrinter{c.Sheets} })},
	{"what is unknown is printed again", "I10", 1, at(func(c *flows.Counter) { c.Sheets = &againPrinter{c.Sheets} })},
	{"the PIN in the log", "I4", 1, at(func(c *flows.Counter) { c.Screen = &talkingScreen{c.Screen, c} })},
	{"the password in the journal", "I4", 1, at(func(c *flows.Counter) { c.Screen = &writingScreen{c.Screen, c} })},
	{"VERIFY again when no answer came", "I5", 1, at(func(c *flows.Counter) { c.Reader = &stubbornReader{c.Reader} })},
	{"the last try asked for once", "I5", 1, at(func(c *flows.Counter) { c.Screen = &hastyScreen{c.Screen, false} })},
	{"a sheet in a file", "I6", 1, func() sabotage {
		return sabotage{state: func(c *flows.Counter, dir string) { c.Sheets = &filingPrinter{c.Sheets, dir} }}
	}},
	{"an event dropped on its way", "I7", 1, func() sabotage {
		return sabotage{upload: func(to journal.Office) journal.Office { return &droppingLine{to, 0} }}
	}},
	{"two events change places on their way", "I7", 1, func() sabotage {
		return sabotage{upload: func(to journal.Office) journal.Office { return &swappingLine{to} }}
	}},
	{"an event written twice", "I7", 1, func() sabotage {
		return sabotage{upload: func(to journal.Office) journal.Office { return &doublingLine{to} }}
	}},
	{"a booking spent without a proof", "I8", 1, at(func(c *flows.Counter) { c.Office = &hopefulOffice{c.Office} })},
	{"done without a proof", "I8", 1, at(func(c *flows.Counter) { c.Reader = &hopefulReader{c.Reader} })},
	{"the session outlives its customer", "I9", 1, at(func(c *flows.Counter) { c.Office = &keepingOffice{c.Office} })},
	{"nothing is cleared between customers", "I9", 1, at(func(c *flows.Counter) { c.Screen = &keepingScreen{c.Screen} })},
	{"a start without settling", "I10", 1, at(func(c *flows.Counter) { c.Journal = &forgetfulJournal{Journal: c.Journal} })},
}

// caughtWithin is how many customers a saboteur may serve.
const caughtWithin = 10_000

// TestSaboteurs: each invariant bites.
func TestSaboteurs(t *testing.T) {
	s := supplies(t)
	for _, b := range saboteurs {
		t.Run(b.name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			o := Options{Seed: b.seed, Customers: caughtWithin, Dir: t.TempDir(), Supplies: s, sabotage: b.sabotage(), once: true}
			o.Found = func(*Violation, bool) { stop() }
			r, err := Run(ctx, t, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Violations) == 0 {
				t.Fatalf("not caught within %d customers", r.Served)
			}
			v := r.Violations[0]
			t.Logf("%s after %d customers: %s", v.Invariant, v.Customer+1, v.What)
			if v.Invariant != b.invariant {
				t.Errorf("caught by %s, want %s", v.Invariant, b.invariant)
			}
		})
	}
}

// spool is what outlives a customer.
type spool struct {
	late  [][]byte
	files map[string][][]byte
}

func document(sheets [][]byte) *flows.Document {
	d := &flows.Document{Issue: "from the spool"}
	for i, s := range sheets {
		d.Sheets = append(d.Sheets, flows.Sheet{Number: i + 1, Raster: append([]byte(nil), s...)})
	}
	return d
}

func rasters(d *flows.Document) [][]byte {
	var all [][]byte
	for _, s := range d.Sheets {
		all = append(all, append([]byte(nil), s.Raster...))
	}
	return all
}

// lateOffice goes on with an order whose customer has given up, and hands the
// document to whoever comes next.
type lateOffice struct {
	flows.Office
	spool *spool
}

func (o *lateOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, cert)
	return &lateSession{s, o.spool}, err
}

type lateSession struct {
	flows.Session
	spool *spool
}

func (s *lateSession) Order(ctx context.Context, r flows.Request, progress func(int, int)) (*flows.Document, error) {
	if late := s.spool.late; late != nil {
		s.spool.late = nil
		return document(late), nil
	}
	anyway, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	d, err := s.Session.Order(anyway, r, progress)
	if ctx.Err() != nil && err == nil {
		s.spool.late = rasters(d)
	}
	return d, err
}

// filingOffice keeps documents in files named by the second.
type filingOffice struct {
	flows.Office
	spool *spool
	clock flows.Clock
}

func (o *filingOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, cert)
	return &filingSession{s, o}, err
}

type filingSession struct {
	flows.Session
	o *filingOffice
}

func (s *filingSession) Order(ctx context.Context, r flows.Request, progress func(int, int)) (*flows.Document, error) {
	now, _ := s.o.clock.Now()
	d, err := s.Session.Order(ctx, r, progress)
	if err != nil {
		return d, err
	}
	name := now.Format("05")
	if there, ok := s.o.spool.files[name]; ok {
		d.Wipe()
		return document(there), nil
	}
	s.o.spool.files[name] = rasters(d)
	return d, nil
}

// eagerCash counts a coin as soon as coins are let in.
type eagerCash struct {
	flows.Cash
	owes bool
}

func (c *eagerCash) Accept() error { c.owes = true; return c.Cash.Accept() }

func (c *eagerCash) Next() (flows.Coin, bool) {
	if c.owes {
		c.owes = false
		return flows.Coin{Yen: 100}, true
	}
	return c.Cash.Next()
}

// deferredCash says that a coin is out and lets it out at the end.
type deferredCash struct {
	flows.Cash
	later []int
}

func (c *deferredCash) PayOut(yen int) (int, error) {
	c.later = append(c.later, yen)
	return 1, nil
}

func (c *deferredCash) Late(yen int) (int, error) {
	for _, y := range c.later {
		_, _ = c.Cash.PayOut(y)
	}
	c.later = nil
	return c.Cash.Late(yen)
}

// trustingCash takes a glitch for a coin.
type trustingCash struct{ flows.Cash }

func (c *trustingCash) Next() (flows.Coin, bool) {
	coin, ok := c.Cash.Next()
	if ok && coin.Fault != "" {
		coin = flows.Coin{Yen: 10}
	}
	return coin, ok
}

// proudPrinter believes that what it was given came out.
type proudPrinter struct{ flows.SheetPrinter }

func (p *proudPrinter) Print(ctx context.Context, raster []byte) error {
	err := p.SheetPrinter.Print(ctx, raster)
	var not *flows.NotPrinted
	if errors.As(err, &not) {
		return nil
	}
	return err
}

// againPrinter prints again what nobody saw.
type againPrinter struct{ flows.SheetPrinter }

func (p *againPrinter) Print(ctx context.Context, raster []byte) error {
	err := p.SheetPrinter.Print(ctx, raster)
	var not *flows.NotPrinted
	if err != nil && !errors.As(err, &not) {
		return p.SheetPrinter.Print(ctx, raster)
	}
	return err
}

// filingPrinter leaves the sheet in a file.
type filingPrinter struct {
	flows.SheetPrinter
	dir string
}

func (p *filingPrinter) Print(ctx context.Context, raster []byte) error {
	if err := os.WriteFile(filepath.Join(p.dir, "sheet.pwg"), raster, 0o600); err != nil {
		return err
	}
	return p.SheetPrinter.Print(ctx, raster)
}

// talkingScreen logs what was typed.
type talkingScreen struct {
	flows.Screen
	c *flows.Counter
}

func (s *talkingScreen) AskPIN(ctx context.Context, p flows.Page, until <-chan struct{}) (*secret.Text, string, error) {
	pin, id, err := s.Screen.AskPIN(ctx, p, until)
	if pin != nil {
		_ = pin.Use(func(b []byte) error { s.c.Log.Info("pin", "typed", string(b)); return nil })
	}
	return pin, id, err
}

// writingScreen puts the password into an event.
type writingScreen struct {
	flows.Screen
	c *flows.Counter
}

func (s *writingScreen) AskPassword(ctx context.Context, p flows.Page, until <-chan struct{}) (*secret.Text, string, error) {
	text, id, err := s.Screen.AskPassword(ctx, p, until)
	if text != nil {
		_ = text.Use(func(b []byte) error {
			return s.c.Journal.Write(flows.Event{Kind: flows.DeviceFault, Device: "screen", Reason: string(b)})
		})
	}
	return text, id, err
}

// stubbornReader sends VERIFY once more when no answer came.
type stubbornReader struct{ flows.Reader }

func (r *stubbornReader) Open() (flows.Card, error) {
	c, err := r.Reader.Open()
	if err != nil {
		return nil, err
	}
	return &stubbornCard{c}, nil
}

type stubbornCard struct{ flows.Card }

func (c *stubbornCard) Verify(pin *secret.Text) error {
	err := c.Card.Verify(pin)
	if err != nil {
		return c.Card.Verify(pin)
	}
	return nil
}

// hastyScreen says go on by itself when it has been said once.
type hastyScreen struct {
	flows.Screen
	said bool
}

func (s *hastyScreen) Ask(ctx context.Context, p flows.Page, until <-chan struct{}) (string, error) {
	if p.Name == flows.PageLastTry && s.said {
		s.said = false
		return "go-on", nil
	}
	id, err := s.Screen.Ask(ctx, p, until)
	s.said = p.Name == flows.PageLastTry && id == "go-on"
	return id, err
}

// droppingLine loses an event now and then.
type droppingLine struct {
	journal.Office
	sent int
}

func (l *droppingLine) PublishJournal(ctx context.Context, first uint64, id string, events []json.RawMessage) error {
	if l.sent += len(events); l.sent > 20 && len(events) > 1 {
		events = append(events[:0:0], events[1:]...)
	}
	return l.Office.PublishJournal(ctx, first, id, events)
}

// swappingLine sends the last two of a message the other way round.
type swappingLine struct{ journal.Office }

func (l *swappingLine) PublishJournal(ctx context.Context, first uint64, id string, events []json.RawMessage) error {
	if n := len(events); n > 1 {
		events = append(events[:0:0], events...)
		events[n-1], events[n-2] = events[n-2], events[n-1]
	}
	return l.Office.PublishJournal(ctx, first, id, events)
}

// doublingLine sends a message again that was not acknowledged, under new
// numbers.
type doublingLine struct{ journal.Office }

func (l *doublingLine) PublishJournal(ctx context.Context, first uint64, id string, events []json.RawMessage) error {
	err := l.Office.PublishJournal(ctx, first, id, events)
	if err != nil {
		_, last, _, lastErr := l.LastJournal(ctx)
		if lastErr == nil {
			return l.Office.PublishJournal(ctx, last+1, id, events)
		}
	}
	return err
}

// hopefulOffice reports a proof whatever came of it.
type hopefulOffice struct{ flows.Office }

func (o *hopefulOffice) ReportReset(ctx context.Context, visit string, _ flows.ResetOutcome) error {
	return o.Office.ReportReset(ctx, visit, flows.OutcomeProved)
}

// hopefulReader takes a lost answer to the new password for a yes.
type hopefulReader struct{ flows.Reader }

func (r *hopefulReader) Open() (flows.Card, error) {
	c, err := r.Reader.Open()
	if err != nil {
		return nil, err
	}
	return &hopefulCard{c}, nil
}

type hopefulCard struct{ flows.Card }

func (c *hopefulCard) SetPassword(*secret.Text) error   { return nil }
func (c *hopefulCard) ProvePassword(*secret.Text) error { return nil }

// keepingOffice never closes a session.
type keepingOffice struct{ flows.Office }

func (o *keepingOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, cert)
	return &openSession{s}, err
}

type openSession struct{ flows.Session }

func (*openSession) Close() {}

// keepingScreen forgets nothing.
type keepingScreen struct{ flows.Screen }

func (*keepingScreen) Clear() {}

// forgetfulJournal has an empty ledger at the start.
type forgetfulJournal struct {
	flows.Journal
	asked atomic.Int32
}

func (j *forgetfulJournal) Ledger() *flows.Ledger {
	if j.asked.Add(1) < 4 {
		return flows.NewLedger()
	}
	return j.Journal.Ledger()
}
