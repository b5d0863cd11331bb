package office

import (
	"context"
	"errors"
	"fmt"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/authority"
)

// Phone books a reset with the booking app, for the resident's present card:
// its face check passes ("book"), fails ("fails": nothing is booked) or imposes
// a wait ("waits").
func (o *Office) Phone(resident, how string) error {
	card, err := o.cards.tokenSerial(resident)
	if err != nil {
		return err
	}
	now := o.clock.Now()
	switch how {
	case "book":
		return o.bookings.book(resident, card, now)
	case "fails":
		return nil
	case "waits":
		return o.bookings.wait(resident, now)
	}
	return fmt.Errorf("office: phone %q: want book, fails or waits", how)
}

// Booking is the state of the resident's booking: none, booked, started,
// unresolved, used or expired.
func (o *Office) Booking(resident string) string {
	return o.bookings.state(resident, o.clock.Now())
}

// resetBegin judges the signature certificate of the session's card, then
// starts the resident's booking for it.
func (o *Office) resetBegin(_ context.Context, v *visit, _ string, q protocol.ResetBeginAsk) (protocol.ResetBeginAnswer, *protocol.Error) {
	resident, card, no := o.cardOf(v)
	if no != nil {
		return protocol.ResetBeginAnswer{}, no
	}
	code, no := o.judgeSignature(resident)
	if no != nil {
		return protocol.ResetBeginAnswer{}, no
	}
	if code == "" {
		var err error
		code, err = o.bookings.start(resident, card, v.kiosk, q.Visit, o.clock.Now())
		if err != nil {
			o.log.Error("office: start a booking", "err", err)
			return protocol.ResetBeginAnswer{}, &protocol.Error{Code: protocol.CodeFailed, Retry: true}
		}
	}
	if code != "" {
		o.desk.count(func(a *Audit) { a.Refused++ })
	}
	return protocol.ResetBeginAnswer{Refused: code}, nil
}

// cardOf is who has proved to hold a card in this session, and which.
func (o *Office) cardOf(v *visit) (resident, card string, no *protocol.Error) {
	v.mu.Lock()
	resident = v.resident
	v.mu.Unlock()
	if resident == "" {
		return "", "", &protocol.Error{Code: protocol.CodeSequence}
	}
	card, err := o.cards.tokenSerial(resident)
	if err != nil {
		o.log.Error("office: card of a resident", "err", err)
		return "", "", &protocol.Error{Code: protocol.CodeFailed}
	}
	return resident, card, nil
}

// judgeSignature says why this resident's signature certificate cannot have its
// password set anew; "" is a good one. A change of name, address, sex or birth
// revokes it, so that the list tells that the four items are as they were.
func (o *Office) judgeSignature(resident string) (code string, no *protocol.Error) {
	der, err := o.cards.signature(resident)
	if err != nil {
		o.log.Error("office: signature certificate", "err", err)
		return "", &protocol.Error{Code: protocol.CodeFailed}
	}
	if der == nil {
		return noSignatureCertificate, nil
	}
	err = o.cards.authority.VerifySign(der, o.clock.Now())
	switch {
	case err == nil:
		return "", nil
	case errors.Is(err, authority.ErrExpired):
		return signatureExpired, nil
	case errors.Is(err, authority.ErrNoList):
		return "", &protocol.Error{Code: protocol.CodeFailed, Retry: true}
	default:
		return signatureRevoked, nil
	}
}

// resetAuthorise has the issuer answer the card's challenge, once a start.
func (o *Office) resetAuthorise(_ context.Context, v *visit, _ string, q protocol.ResetAuthoriseAsk) (protocol.ResetAuthoriseAnswer, *protocol.Error) {
	resident, card, no := o.cardOf(v)
	if no != nil {
		return protocol.ResetAuthoriseAnswer{}, no
	}
	if err := o.bookings.authorise(resident, card, v.kiosk, q.Visit, o.clock.Now()); err != nil {
		if !errors.Is(err, errNotStarted) {
			o.log.Error("office: authorise a reset", "err", err)
		}
		return protocol.ResetAuthoriseAnswer{}, &protocol.Error{Code: protocol.CodeSequence}
	}
	cryptogram, err := o.issuer.cryptogram(card, q.Challenge)
	if err != nil {
		o.log.Error("office: authorise a reset", "err", err)
		return protocol.ResetAuthoriseAnswer{}, &protocol.Error{Code: protocol.CodeFailed}
	}
	return protocol.ResetAuthoriseAnswer{Cryptogram: cryptogram}, nil
}

// resetDone notes what became of a start. It needs no session: the visit's
// number is known to the kiosk that made it and to nobody else, and only that
// kiosk may tell. To note it twice changes nothing.
func (o *Office) resetDone(kiosk string, ask protocol.Ask) outcome {
	at := protocol.Question(protocol.ResetDone)
	enc, sealed, err := protocol.CutEnc(at, ask.Sealed)
	if err != nil {
		return fault(ask.ID, protocol.CodeMalformed, false)
	}
	seals, err := protocol.Hear(o.keys.seal, enc, protocol.ResetDone, kiosk, ask.Session)
	if err != nil {
		return fault(ask.ID, protocol.CodeMalformed, false)
	}
	defer seals.Wipe()
	q, err := protocol.Open[protocol.ResetDoneAsk](seals, at, ask.ID, sealed)
	if err != nil || q.Visit != ask.Session {
		return fault(ask.ID, protocol.CodeMalformed, false)
	}
	if d := o.desk.slowBy(); d > 0 {
		if err := o.clock.Sleep(o.ctx, d); err != nil {
			return fault(ask.ID, protocol.CodeFailed, true)
		}
	}
	// A visit that is not known has started nothing that could be open.
	err = o.bookings.done(kiosk, q.Visit, q.Outcome, o.clock.Now())
	if err != nil && !errors.Is(err, errNotStarted) {
		o.log.Error("office: outcome of a reset", "err", err)
		return fault(ask.ID, protocol.CodeFailed, true)
	}
	answer, err := seals.Seal(protocol.Reply(protocol.ResetDone), ask.ID, protocol.ResetDoneAnswer{})
	if err != nil {
		o.log.Error("office: outcome of a reset", "err", err)
		return fault(ask.ID, protocol.CodeFailed, true)
	}
	return outcome{id: ask.ID, sealed: answer}
}
