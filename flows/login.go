package flows

import (
	"context"
	"crypto/x509"
	"errors"
	"time"
)

// renewFrom is how long before its end a certificate can be renewed (seed S21).
const renewFrom = 3 // months

// login goes from the terms to a customer whose card has been proven and taken
// off the reader again: nobody can forget it later. What the person may have is
// asked while the card still lies there, so that the customer waits once; a
// refusal that concerns the person is shown after the card is off.
func (v *visit) login(ctx context.Context) error {
	card, err := v.identify(ctx)
	if err != nil {
		return err
	}
	defer card.Close()
	if err := v.asking(ctx, v.page(PageChecking), func(ctx context.Context) { v.offer, v.offerErr = v.session.Offer(ctx) }); err != nil {
		return err
	}
	card.Close()

	v.c.Signals.Beep()
	late, err := v.c.takeCard(ctx)
	if err != nil {
		return err
	}
	if late {
		v.how = HowTimeout
		return errHome // whoever took the forgotten card need not be the customer
	}
	return v.afterCard(ctx)
}

// identify goes from the terms to a card that is proven to be its holder's and
// still lies there, powered. The caller closes it.
func (v *visit) identify(ctx context.Context) (Card, error) {
	if _, err := v.ask(ctx, v.page(PageTerms, "agree", "disagree"), nil); err != nil {
		return nil, err
	}
	card, err := v.layCard(ctx)
	if err != nil {
		return nil, err
	}
	if err := v.proveCard(ctx, card); err != nil {
		card.Close()
		return nil, err
	}
	return card, nil
}

// proveCard opens a session for the card and has PIN and signature judged.
func (v *visit) proveCard(ctx context.Context, card Card) error {
	var away error
	if err := v.asking(ctx, v.page(PageReading), func(ctx context.Context) {
		var s Session
		if s, away = v.c.Office.Begin(ctx, card.Certificate().Raw); away == nil {
			v.session = s // also where the customer has cancelled meanwhile: it is closed then
		}
	}); err != nil {
		return err
	}
	if away != nil {
		v.c.Log.Warn("login.begin", "visit", v.id, "err", away)
		return v.c.unavailable(ctx, v.errand, "office", v.contact)
	}
	if err := v.enterPIN(ctx, card); err != nil {
		return err
	}
	return v.prove(ctx, card)
}

// layCard asks for the card until one lies there that can log in, and returns
// it powered, with a PIN that has tries left. None of this costs a try.
func (v *visit) layCard(ctx context.Context) (Card, error) {
	for {
		if err := v.waitForCard(ctx); err != nil {
			return nil, err
		}
		if err := v.c.Screen.Show(ctx, v.page(PageReading)); err != nil {
			return nil, err
		}
		card, err := v.c.Reader.Open()
		if err != nil && !v.c.Reader.Working() {
			// No card is to blame: the reader itself does not answer.
			v.c.Log.Warn("card reader", "visit", v.id, "err", err)
			return nil, v.c.unavailable(ctx, v.errand, "reader", v.contact)
		}
		var wrong *WrongCard
		switch {
		case errors.As(err, &wrong):
			if err := v.wrongCard(ctx, wrong.Kind); err != nil {
				return nil, err
			}
			continue
		case errors.Is(err, ErrCardGone):
			return nil, v.cardGone(ctx)
		case err != nil:
			v.c.Log.Warn("card cannot be read", "visit", v.id, "err", err)
			if err := v.wrongCard(ctx, "unreadable"); err != nil {
				return nil, err
			}
			continue
		}
		if err := v.usable(ctx, card); err != nil {
			card.Close()
			return nil, err
		}
		return card, nil
	}
}

// waitForCard shows where the card goes. A card that was laid while the terms
// were read is there already.
func (v *visit) waitForCard(ctx context.Context) error {
	v.c.Signals.Blink(LampReader)
	defer v.c.Signals.Off(LampReader)
	for {
		lost, err := v.cardOrNoReader(ctx)
		if err != nil || !lost || v.c.Reader.Present() {
			return err
		}
		if !v.c.Reader.Working() {
			return v.c.unavailable(ctx, v.errand, "reader", v.contact)
		}
	}
}

// cardOrNoReader waits for a card, or for a reader that stops answering: nobody
// lays a card for ever on one that is dead.
func (v *visit) cardOrNoReader(ctx context.Context) (lost bool, err error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	dead := v.c.Reader.Lost(waiting)
	woken, stop := v.c.any(waiting, v.c.Reader.Laid(waiting), dead, nil)
	defer stop()
	_, err = v.ask(ctx, v.page(PageLayCard), woken)
	select {
	case <-dead:
		return true, err
	default:
		return false, err
	}
}

// wrongCard names the card that would do, and goes on when this one is taken.
func (v *visit) wrongCard(ctx context.Context, kind string) error {
	p := v.page(PageWrongCard, "next")
	p.Keys = append(p.Keys, keys("kind", kind)...)
	id, err := v.askUntil(ctx, p, v.c.Reader.Gone)
	if err != nil || id == "" {
		return err
	}
	topic := "bring"
	if kind == "no-pin" {
		topic = "where"
	}
	return v.guided(ctx, topic)
}

// usable checks the certificate's own dates and the tries left: what is expired
// or blocked must never cost a try (S4, S12).
func (v *visit) usable(ctx context.Context, card Card) error {
	cert := card.Certificate()
	if cert == nil {
		return v.deadEnd(ctx, PageNoCert, "where")
	}
	v.certificate = cert
	now, _ := v.c.Clock.Now()
	if now.After(cert.NotAfter) {
		return v.deadEnd(ctx, PageExpired, "expired")
	}
	if now.Before(cert.NotBefore) {
		return v.deadEnd(ctx, PageNotYetValid, "where")
	}
	if v.errand == ErrandReset {
		if err := v.hasSignature(ctx, card); err != nil {
			return err
		}
	}
	if card.Tries() == 0 {
		return v.deadEnd(ctx, PageBlocked, "four-digit-pin")
	}
	return nil
}

// deadEnd is a page after which only a desk can help.
func (v *visit) deadEnd(ctx context.Context, page, topic string) error {
	v.how = HowRefused
	if err := v.write(Event{Kind: LoginRefused, Code: page}); err != nil {
		return err
	}
	p := v.page(page, "next")
	if page == PageExpired {
		p.Keys = append(p.Keys, keys("until", v.certificate.NotAfter.In(tokyo).Format("2006-01-02"))...)
	}
	if _, err := v.ask(ctx, p, nil); err != nil {
		return err
	}
	return v.guided(ctx, topic)
}

// guided ends a visit at a desk's address.
func (v *visit) guided(ctx context.Context, topic string) error {
	v.how = HowRefused
	if err := v.c.guidance(ctx, topic, v.contact); err != nil {
		return err
	}
	return errHome
}

// cardGone ends the visit: the card left while it was needed.
func (v *visit) cardGone(ctx context.Context) error {
	v.how = HowCancelled
	v.giveBooking(ctx)
	if _, err := v.ask(ctx, v.page(PageCardGone, "next"), nil); err != nil {
		return err
	}
	return errHome
}

// prove has the card sign the office's challenge and the office judge it.
func (v *visit) prove(ctx context.Context, card Card) error {
	signature, err := card.Sign(v.session.Message())
	if errors.Is(err, ErrCardGone) {
		return v.cardGone(ctx)
	}
	if err != nil {
		return v.failed(ctx, "the card did not sign", err)
	}
	var where Municipality
	var judged error
	if err := v.asking(ctx, v.page(PageChecking), func(ctx context.Context) {
		where, judged = v.session.Prove(ctx, signature)
	}); err != nil {
		return err
	}
	var refused *Refused
	if errors.As(judged, &refused) {
		return v.refused(ctx, refused.Code)
	}
	if judged != nil {
		return v.failed(ctx, "login without an answer", judged)
	}
	v.municipality, v.contact = where.ID, where.Contact
	person := v.c.Journal.Person(v.certificate.SerialNumber.Bytes())
	return v.write(Event{Kind: LoginOK, Person: person})
}

// afterCard says what had to wait until the card was off the reader.
func (v *visit) afterCard(ctx context.Context) error {
	var refused *Refused
	if errors.As(v.offerErr, &refused) {
		return v.refused(ctx, refused.Code)
	}
	if v.offerErr != nil {
		return v.failed(ctx, "no offer from the office", v.offerErr)
	}
	now, _ := v.c.Clock.Now()
	if reason := closed(v.c.Office.Rules(), v.municipality, v.errand, now, 0); reason != "" {
		v.how = HowRefused
		return v.c.unavailable(ctx, v.errand, reason, v.contact)
	}
	if !endsSoon(v.certificate, now) {
		return nil
	}
	p := v.page(PageNotice, "next")
	p.Keys = keys("kind", "expiring", "until", v.certificate.NotAfter.In(tokyo).Format("2006-01-02"))
	_, err := v.ask(ctx, p, nil)
	return err
}

// endsSoon holds from the day on which the certificate can be renewed.
func endsSoon(cert *x509.Certificate, now time.Time) bool {
	return !now.Before(cert.NotAfter.AddDate(0, -renewFrom, 0))
}

// refused shows the office's answer to the person, and where to go with it.
func (v *visit) refused(ctx context.Context, code string) error {
	return v.refusedAs(ctx, LoginRefused, code)
}

// refusedAs is refused, with what it was that the office refused.
func (v *visit) refusedAs(ctx context.Context, what, code string) error {
	v.how = HowRefused
	if err := v.write(Event{Kind: what, Code: code}); err != nil {
		return err
	}
	p := v.page(PageRefused, "next")
	p.Keys = append(p.Keys, keys("code", code)...)
	p.Idle, p.Lasts = 0, v.c.Limits.End
	id, err := v.ask(ctx, p, nil)
	if err != nil {
		return err
	}
	if id == "" {
		return errHome
	}
	if code == "sheet-limit" || code == "not-in-service" {
		return errHome
	}
	return v.guided(ctx, topicOf(code))
}

// topicOf is the guidance that helps after a refusal.
func topicOf(code string) string {
	switch code {
	case "overseas", "revoked":
		return code
	case "under-15":
		return "guardian"
	case "signature-expired":
		return "expired"
	case "signature-revoked":
		return "revoked"
	case "no-booking", "booking-expired", "booking-used", "booking-other-card", "booking-wait":
		return "password"
	default:
		return "where"
	}
}
