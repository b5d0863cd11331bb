package flows

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
)

// visit is one customer's errand, from the gate to the blank screen.
type visit struct {
	c      *Counter
	id     string
	errand string // ErrandCertificate or ErrandReset
	how    string // how it ended; see HowDone

	certificate  *x509.Certificate
	session      Session
	municipality string
	contact      Contact
	offer        Offer
	offerErr     error
	booked       bool // a booking may have been started that nothing was done with

	request  Request
	document *Document
	paid     int // yen inserted
	kept     int // yen of copies that came out whole
	copies   int // that came out whole
	change   int // yen given back
	incident string
	// uncounted: a train came that was no coin. It is said until the end of
	// payment, for whoever misses a coin then asks.
	uncounted bool
}

// certificate is the shopper's errand: a residence certificate.
//
//	gate → terms → card → PIN → card back → choice → document → fee → sheets
//
// The document is complete at the kiosk before money is asked for, and the fee
// is kept copy by copy, as whole copies come out.
func (c *Counter) certificate(ctx context.Context) error {
	v, err := c.begin(ctx, ErrandCertificate)
	if err != nil {
		return err
	}
	defer v.forget()
	return v.end(ctx, v.run(ctx))
}

// reasonChanging is what a customer is told while somebody changes the kiosk.
const reasonChanging = "maintenance"

// begin opens a visit, unless this cannot be had now: then it says so, and leads
// back to the menu.
func (c *Counter) begin(ctx context.Context, errand string) (*visit, error) {
	reason := reasonChanging
	if c.hold() {
		reason = c.gate(ctx, errand)
	}
	if reason != "" {
		c.release() // whoever reads the page is not being served
		return nil, c.unavailable(ctx, errand, reason, c.Contact)
	}
	v := &visit{c: c, id: number(), errand: errand, how: HowCancelled, municipality: c.Municipality, contact: c.Contact}
	if err := v.write(Event{Kind: VisitBegun}); err != nil {
		return nil, err
	}
	return v, nil
}

// run is the errand itself.
func (v *visit) run(ctx context.Context) error {
	// Until money is in, the whole visit has a limit; after that each step has
	// its own, and nothing of it may be cut short.
	before, cancel := v.c.Clock.WithTimeout(ctx, v.c.Limits.Visit, errVisitOver)
	defer cancel()
	if err := v.login(before); err != nil {
		return err
	}
	if err := v.choose(before); err != nil {
		return err
	}
	if err := v.fetch(before); err != nil {
		return err
	}
	cancel()
	if err := v.pay(ctx); err != nil {
		return err
	}
	return v.deliver(ctx)
}

// end books how the visit went. Money that is still here goes back first: a
// refund runs to its end, whatever ended the visit.
func (v *visit) end(ctx context.Context, err error) error {
	if errors.Is(err, ErrIdle) && v.how == HowRefused {
		err = errHome // it was over, and its reader has gone
	}
	if errors.Is(err, ErrIdle) || errors.Is(err, errVisitOver) {
		v.how = HowTimeout
	}
	if errors.Is(err, errVisitOver) {
		err = errCancelled
	}
	if errors.Is(err, ErrIdle) && v.certificate != nil {
		err = errCancelled // somebody was here: say that nothing was kept
	}
	owed, payErr := v.payBack()
	if payErr != nil {
		return errors.Join(err, payErr)
	}
	if writeErr := v.write(Event{Kind: VisitEnded, How: v.how}); writeErr != nil {
		return errors.Join(err, writeErr)
	}
	if owed > 0 {
		if slipErr := v.slip(ctx, owed); slipErr != nil {
			return slipErr
		}
		if errors.Is(err, errCancelled) {
			return errHome // the slip said it all
		}
	}
	if errors.Is(err, errAgain) && v.c.Reader.Present() {
		return errors.Join(v.c.cardBack(ctx), errAgain)
	}
	return err
}

// forget leaves nothing of this customer in memory (I9). What the screen keeps,
// the language, goes when the first page comes up again.
func (v *visit) forget() {
	v.document.Wipe()
	v.document = nil
	if v.session != nil {
		v.session.Close()
	}
}

// page is a page of this visit before money: it can be cancelled, helped with
// and translated.
func (v *visit) page(name string, ids ...string) Page {
	return Page{
		Name:    name,
		Keys:    errandKey(v.errand),
		Buttons: buttons(append(ids, "cancel", "help", "language")...),
		Contact: &v.contact,
		Idle:    v.c.Limits.Idle,
	}
}

// errandKey tells the pages that both errands share which of them it is, for
// their words.
func errandKey(errand string) []Key {
	if errand != ErrandReset {
		return nil
	}
	return keys("errand", errand)
}

// ask is the counter's, with this page's disagree as another cancel.
func (v *visit) ask(ctx context.Context, p Page, until <-chan struct{}) (string, error) {
	id, err := v.c.ask(ctx, p, until)
	if id == "disagree" {
		return "", errCancelled
	}
	return id, err
}

// askUntil asks until something happens to the card; the wait ends with the
// question.
func (v *visit) askUntil(ctx context.Context, p Page, event func(context.Context) <-chan struct{}) (string, error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	return v.ask(ctx, p, event(waiting))
}

// common answers the buttons that every page before money has.
func (v *visit) common(ctx context.Context, id string) error {
	switch id {
	case "cancel":
		return errCancelled
	case "help":
		return v.c.guidance(ctx, "where", v.contact)
	default:
		return nil
	}
}

// write books an event of this visit.
func (v *visit) write(e Event) error {
	e.Visit = v.id
	return v.c.write(e)
}

func (c *Counter) write(e Event) error {
	e.At, _ = c.Clock.Now()
	if err := c.Journal.Write(e); err != nil {
		return &JournalError{Err: err}
	}
	return nil
}

// note books what nothing depends on; a journal that does not write is found by
// the next event that matters.
func (c *Counter) note(e Event) {
	if err := c.write(e); err != nil {
		c.Log.Error("journal", "err", err)
	}
}

// JournalError is the one failure after which nothing more may move.
type JournalError struct{ Err error }

func (e *JournalError) Error() string { return "journal: " + e.Err.Error() }
func (e *JournalError) Unwrap() error { return e.Err }

// failed books an incident, gives back what is here, and says sorry: what
// happened, what is owed, whom to ask.
func (v *visit) failed(ctx context.Context, what string, cause error) error {
	v.c.Log.Error(what, "visit", v.id, "err", cause)
	v.how = HowFailed
	if v.incident == "" {
		v.incident = incidentNumber()
	}
	if err := v.write(Event{Kind: Incident, Incident: v.incident, Reason: what}); err != nil {
		return err
	}
	v.c.Signals.On(LampAttention)
	defer v.c.Signals.Off(LampAttention)
	owed, err := v.payBack()
	if err != nil {
		return err
	}
	p := Page{
		Name:    PageSorry,
		Keys:    slices.Concat(keys("incident", v.incident, "owed", yen(owed)), reasonKey(cause), errandKey(v.errand)),
		Buttons: buttons("next"),
		Contact: &v.contact,
	}
	if err := v.c.lasting(ctx, p); err != nil {
		return err
	}
	return errHome
}

// reasonKey is what a customer may be told of an office that was in the way: never
// what it said of a person.
func reasonKey(cause error) []Key {
	var declined *Declined
	var bad *BadDocument
	switch {
	case errors.As(cause, &declined):
		return keys("reason", declined.Reason)
	case errors.Is(cause, ErrOfficeAway), errors.Is(cause, errLate):
		return keys("reason", "later")
	case errors.As(cause, &bad):
		return keys("reason", "fault")
	}
	return nil
}
