package fleet

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
	"kioskd/simulator/office"
)

// fetchLimit is limit.fetch: how long a customer waits for the office.
const fetchLimit = 30 * time.Second

// changeCoin is the coin of all change: fees are whole hundreds.
const changeCoin = 100

// bearer is a resident's card: what it gives to whoever has the PIN.
type bearer struct {
	certificate []byte
	serial      []byte
	key         crypto.Signer
}

// issue makes the cards of these residents. They are few: a key takes a good
// part of a second, a signature a millisecond.
func issue(o *office.Office, names ...string) (map[string]bearer, error) {
	cards := make(map[string]bearer)
	for _, p := range names {
		spec, err := o.CardSpec(p)
		if err != nil {
			return nil, err
		}
		cert, err := x509.ParseCertificate(spec.UserCert)
		if err != nil {
			return nil, fmt.Errorf("fleet: card of %s: %w", p, err)
		}
		cards[p] = bearer{spec.UserCert, cert.SerialNumber.Bytes(), spec.UserKey}
	}
	return cards, nil
}

// people are who comes: most get what they came for.
func people() []string {
	return []string{"adult", "elderly", "head", "spouse", "foreign-resident", "big-household", "other-town", "child", "protected"}
}

// customer is one visit before it happens.
type customer struct {
	comes    time.Duration // of the store's clock, since dawn
	resident string
	scope    flows.Scope
	copies   int
	cancels  bool // when the coins are in
	resets   bool // the password; has booked
}

// One of so many customers wants something else than the rest.
const (
	oneResets  = 20
	oneCancels = 15
	oneCopies  = 4 // two copies
	oneWhole   = 3 // the whole household
)

func drawCustomer(random *mathrand.Rand) customer {
	all := people()
	one := func(of int) bool { return random.IntN(of) == 0 }
	c := customer{resident: all[random.IntN(len(all))], scope: flows.ScopeSelf, copies: 1}
	if one(oneWhole) {
		c.scope = flows.ScopeAll
	}
	if one(oneCopies) {
		c.copies = 2
	}
	c.cancels, c.resets = one(oneCancels), one(oneResets)
	return c
}

// visit serves one customer, from the first touch to the end. An error is the
// kiosk's own: what the office does to a visit is an end of the visit.
func (k *kiosk) visit(ctx context.Context, c customer) error {
	v := &visit{kiosk: k, customer: c, id: protocol.NewID()}
	v.write(flows.Event{Kind: flows.VisitBegun})
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	how := flows.HowDone
	err := v.proceed(ctx)
	var refused *flows.Refused
	var bad *flows.BadDocument
	switch {
	case err == nil && c.cancels && v.inserted > 0:
		how = flows.HowCancelled
	case err == nil:
	case errors.As(err, &refused):
		how = flows.HowRefused
		v.write(flows.Event{Kind: flows.LoginRefused, Code: refused.Code})
	case errors.As(err, &bad):
		how = flows.HowFailed
		v.write(flows.Event{Kind: flows.DocumentRefused, Reason: bad.Why})
		k.fleet.meter.unexpected(err)
	case errors.Is(err, flows.ErrOfficeAway):
		how = flows.HowFailed
	default:
		how = flows.HowFailed
		k.fleet.meter.unexpected(err)
	}
	if v.session != nil {
		v.session.Close()
	}
	v.giveBack(v.inserted - v.kept)
	v.write(flows.Event{Kind: flows.VisitEnded, How: how})
	k.hands.how[how]++
	k.fleet.meter.visits.Add(1)
	return v.failed
}

// visit is one customer at the kiosk.
type visit struct {
	*kiosk
	customer customer
	id       string
	session  flows.Session
	inserted int
	kept     int
	failed   error // of the journal; nothing more is done then
}

func (v *visit) write(e flows.Event) {
	if v.failed != nil {
		return
	}
	e.Visit = v.id
	v.failed = v.kiosk.write(e)
}

func (v *visit) proceed(ctx context.Context) error {
	if err := v.login(ctx); err != nil {
		return err
	}
	if v.customer.resets {
		return v.reset(ctx)
	}
	return v.certificate(ctx)
}

func (v *visit) login(ctx context.Context) error {
	card := v.fleet.cards[v.customer.resident]
	err := v.fleet.meter.time("login.begin", func() (err error) {
		v.session, err = v.client.Begin(ctx, card.certificate)
		return err
	})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(v.session.Message())
	signature, err := card.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return fmt.Errorf("fleet: sign: %w", err)
	}
	err = v.fleet.meter.time("login.finish", func() error {
		_, err := v.session.Prove(ctx, signature)
		return err
	})
	if err != nil {
		return err
	}
	v.write(flows.Event{Kind: flows.LoginOK, Person: v.journal.Person(card.serial)})
	return nil
}

func (v *visit) certificate(ctx context.Context) error {
	var offer flows.Offer
	err := v.fleet.meter.time("offer", func() (err error) {
		offer, err = v.session.Offer(ctx)
		return err
	})
	if err != nil {
		return err
	}
	r := flows.Request{ID: protocol.NewID(), Scope: v.customer.scope, Copies: v.customer.copies, Fee: offer.Fee * v.customer.copies}
	v.write(flows.Event{Kind: flows.OrderPlaced, Copies: r.Copies, Fee: r.Fee})
	var doc *flows.Document
	err = v.fleet.meter.time("order, sheets", func() (err error) {
		doc, err = v.session.Order(ctx, r, nil)
		return err
	})
	if err != nil {
		return err
	}
	defer doc.Wipe()
	v.write(flows.Event{Kind: flows.DocumentComplete, Of: len(doc.Sheets), Issue: doc.Issue})
	v.pay(r.Fee)
	if v.customer.cancels {
		return nil
	}
	v.write(flows.Event{
		Kind: flows.Paid, Fee: r.Fee, Paid: v.inserted, Copies: r.Copies, Of: len(doc.Sheets), Issue: doc.Issue,
	})
	for copied := 1; copied <= r.Copies; copied++ {
		for sheet := 1; sheet <= len(doc.Sheets); sheet++ {
			v.write(flows.Event{Kind: flows.SheetIntent, Copy: copied, Sheet: sheet})
			v.write(flows.Event{Kind: flows.SheetDelivered, Copy: copied, Sheet: sheet})
			v.hands.sheets++
		}
		v.write(flows.Event{Kind: flows.FeeKept, Copy: copied, Yen: offer.Fee})
		v.kept += offer.Fee
	}
	v.write(flows.Event{Kind: flows.ReceiptPrinted})
	return nil
}

// pay puts coins of 500 in until it is enough.
func (v *visit) pay(fee int) {
	const coin = 500
	for v.inserted < fee {
		v.write(flows.Event{Kind: flows.CoinIn, Yen: coin})
		v.inserted += coin
		v.hands.paid += coin
	}
}

// giveBack is change, or all of it.
func (v *visit) giveBack(yen int) {
	for ; yen > 0; yen -= changeCoin {
		v.write(flows.Event{Kind: flows.CoinIntent, Yen: changeCoin})
		v.write(flows.Event{Kind: flows.CoinOut, Yen: changeCoin})
		v.hands.paid -= changeCoin
	}
}

// reset sets a password anew, booked a moment ago. The same resident may stand
// at many kiosks, but resets at one at a time.
func (v *visit) reset(ctx context.Context) error {
	desk := v.fleet.desks[v.customer.resident]
	desk.Lock()
	defer desk.Unlock()
	if err := v.fleet.office.Phone(v.customer.resident, "book"); err != nil {
		// An outage has left the last booking started: the phone says so, and
		// the customer comes another day.
		return &flows.Refused{Code: "booking-wait"}
	}
	meter := v.fleet.meter
	if err := meter.time("reset.begin", func() error { return v.session.BeginReset(ctx, v.id) }); err != nil {
		return err
	}
	v.write(flows.Event{Kind: flows.ResetIntent})
	challenge := bytes.Repeat([]byte{7}, protocol.ChallengeSize)
	outcome, said := flows.OutcomeProved, flows.ResetProved
	authorised := meter.time("reset.authorise", func() error {
		_, err := v.session.AuthoriseReset(ctx, v.id, challenge)
		return err
	})
	if authorised != nil {
		outcome, said = flows.OutcomeUnchanged, flows.ResetUnchanged
	}
	v.write(flows.Event{Kind: said})
	err := meter.time("reset.done", func() error { return v.client.ReportReset(ctx, v.id, outcome) })
	if err != nil {
		return err
	}
	v.write(flows.Event{Kind: flows.ResetReported})
	return authorised
}
