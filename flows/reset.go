package flows

import (
	"context"
	"errors"

	"kioskd/flows/secret"
)

// reset is the other errand: a resident who booked on the phone sets the
// password of the signature certificate anew.
//
//	gate → what this is → booked? → terms → card → PIN → booking →
//	new password, twice → intent → challenge, issuer's answer, new password →
//	proof → result → card back
//
// It is free of charge: nothing here lets a coin in. The card stays on the reader
// from the PIN to the proof, on one uninterrupted connection, so that a card that
// was swapped ends it. The 4-digit PIN cannot be set anew here: asking for it
// shows where it can be.
func (c *Counter) reset(ctx context.Context) error {
	v, err := c.begin(ctx, ErrandReset)
	if err != nil {
		return err
	}
	defer v.forget()
	err = v.end(ctx, v.runReset(ctx))
	if errors.Is(err, errCancelled) && !isJournal(err) {
		return c.cancelled(ctx, ErrandReset)
	}
	return err
}

// runReset is the errand itself. Once the write has begun it has no limit but
// its steps' own.
func (v *visit) runReset(ctx context.Context) error {
	before, cancel := v.c.Clock.WithTimeout(ctx, v.c.Limits.Visit, errVisitOver)
	defer cancel()
	if err := v.aboutReset(before); err != nil {
		return err
	}
	card, err := v.identify(before)
	if err != nil {
		return err
	}
	defer card.Close()
	if err := v.startBooking(before); err != nil {
		v.giveBooking(ctx)
		return err
	}
	password, err := v.newPassword(before)
	if err != nil {
		v.giveBooking(ctx)
		return err
	}
	defer password.Wipe()
	cancel()
	return v.setPassword(ctx, card, password)
}

// aboutReset says what this is and what it is not, and asks for the booking that
// it takes.
func (v *visit) aboutReset(ctx context.Context) error {
	for {
		id, err := v.ask(ctx, v.page(PageResetAbout, "next", "four-digit-pin"), nil)
		if err != nil {
			return err
		}
		if id == "next" {
			break
		}
		if err := v.c.guidance(ctx, "four-digit-pin", v.contact); err != nil {
			return err
		}
	}
	id, err := v.ask(ctx, v.page(PageBooked, "yes", "no"), nil)
	if err != nil || id == "yes" {
		return err
	}
	if _, err := v.ask(ctx, v.page(PageHowToBook, "next"), nil); err != nil {
		return err
	}
	return errHome
}

// hasSignature refuses a card without a signature certificate before the PIN is
// asked for, and gives no reason about the person (S12).
func (v *visit) hasSignature(ctx context.Context, card Card) error {
	has, err := card.HasSignature()
	switch {
	case errors.Is(err, ErrCardGone):
		return v.cardGone(ctx)
	case err != nil:
		return v.failed(ctx, "list of certificates not read", err)
	case !has:
		return v.refused(ctx, "no-signature-certificate")
	}
	return nil
}

// startBooking has the office judge signature certificate and booking, and
// start the booking: from now on no other kiosk can.
func (v *visit) startBooking(ctx context.Context) error {
	v.booked = true // from here on also where no answer comes
	var err error
	if ended := v.asking(ctx, v.page(PageChecking), func(ctx context.Context) {
		err = v.session.BeginReset(ctx, v.id)
	}); ended != nil {
		return ended
	}
	var refused *Refused
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		v.booked = false
		return v.refused(ctx, refused.Code)
	case errors.Is(err, ErrOfficeAway):
		v.c.Log.Warn("reset.begin", "visit", v.id, "err", err)
		return v.c.unavailable(ctx, v.errand, "office", v.contact)
	default:
		return v.failed(ctx, "the booking could not be started", err)
	}
}

// giveBooking gives a started booking back that nothing was done with. Where the
// office cannot hear it, the booking lapses there by itself.
func (v *visit) giveBooking(ctx context.Context) {
	if !v.booked {
		return
	}
	v.booked = false
	telling, cancel := v.c.Clock.WithTimeout(context.WithoutCancel(ctx), reportPatience, ErrOfficeAway)
	defer cancel()
	if err := v.c.Office.ReportReset(telling, v.id, OutcomeUnchanged); err != nil {
		v.c.Log.Warn("booking not given back", "visit", v.id, "err", err)
	}
}

// newPassword asks for the new password until it was typed twice the same.
// Nothing of it leaves the kiosk but to the card.
func (v *visit) newPassword(ctx context.Context) (*secret.Text, error) {
	for {
		password, err := v.typePassword(ctx, v.page(PageNewPassword, "show"))
		if err != nil {
			return nil, err
		}
		again, err := v.typePassword(ctx, v.page(PageAgain))
		if err != nil {
			password.Wipe()
			return nil, err
		}
		same := password.Equal(again)
		again.Wipe()
		if same {
			return password, nil
		}
		password.Wipe()
		if err := v.whileCard(ctx, v.page(PageMismatch, "next")); err != nil {
			return nil, err
		}
	}
}

// typePassword is one page of typing, while the card lies there.
func (v *visit) typePassword(ctx context.Context, p Page) (*secret.Text, error) {
	for {
		waiting, cancel := context.WithCancel(ctx)
		password, id, err := v.c.Screen.AskPassword(waiting, p, v.c.Reader.Gone(waiting))
		cancel()
		if err != nil || password != nil {
			return password, err
		}
		if id == "" {
			return nil, v.cardGone(ctx)
		}
		if err := v.common(ctx, id); err != nil {
			return nil, err
		}
	}
}

// setPassword is the write, from the intent in the journal to the result on the
// panel. Never "done" without the proof, never "not changed" where nobody knows.
func (v *visit) setPassword(ctx context.Context, card Card, password *secret.Text) error {
	if err := v.c.Screen.Show(ctx, Page{Name: PageWriting}); err != nil {
		v.giveBooking(ctx)
		return err
	}
	if err := v.write(Event{Kind: ResetIntent}); err != nil {
		return err
	}
	v.booked = false // what becomes of it now is an outcome
	outcome, why := v.unblock(ctx, card, password)
	password.Wipe()
	card.Close() // what was verified, and what was granted, goes with the power
	if err := v.outcome(outcome, why); err != nil {
		return err
	}
	v.c.reported(ctx) // or it is told later; the result is true either way
	return v.resetResult(ctx, outcome)
}

// unblock is what passes between issuer and card. A command that went to the
// card is waited for, and none is sent a second time.
func (v *visit) unblock(ctx context.Context, card Card, password *secret.Text) (ResetOutcome, error) {
	challenge, err := card.Challenge()
	if err != nil {
		return OutcomeUnchanged, err
	}
	asking, cancel := v.c.Clock.WithTimeout(ctx, v.c.Limits.Fetch, ErrOfficeAway)
	defer cancel()
	cryptogram, err := v.session.AuthoriseReset(asking, v.id, challenge)
	if err != nil {
		return OutcomeUnchanged, err
	}
	if err := card.Authorise(cryptogram); err != nil {
		return OutcomeUnchanged, err
	}
	// Once more a question that changes nothing: a card that has gone by now has
	// its old password for certain.
	if _, err := card.PasswordTries(); err != nil {
		return OutcomeUnchanged, err
	}
	err = card.SetPassword(password)
	var not *NotReset
	switch {
	case errors.As(err, &not):
		return OutcomeUnchanged, err
	case err != nil:
		return OutcomeUnknown, err
	}
	if err := card.ProvePassword(password); err != nil {
		return OutcomeUnknown, err
	}
	return OutcomeProved, nil
}

// outcome books what became of it.
func (v *visit) outcome(o ResetOutcome, why error) error {
	if o == OutcomeProved {
		v.how = HowDone
		return v.write(Event{Kind: ResetProved})
	}
	v.how = HowFailed
	v.incident = incidentNumber()
	v.c.Log.Error("reset without proof", "visit", v.id, "outcome", o, "err", why)
	if o == OutcomeUnchanged {
		return v.write(Event{Kind: ResetUnchanged, Incident: v.incident, Reason: resetReason(why)})
	}
	if err := v.write(Event{Kind: ResetUnknown, Incident: v.incident, Reason: resetReason(why)}); err != nil {
		return err
	}
	return v.write(Event{Kind: Incident, Incident: v.incident, Reason: "a password was set without proof"})
}

// resetReason says in a few words, for the journal, why there is no proof.
func resetReason(err error) string {
	switch {
	case errors.Is(err, ErrCardGone):
		return "the card left"
	case errors.Is(err, ErrOfficeAway):
		return "the office gave no answer"
	default:
		return "the card or the office refused"
	}
}

// resetResult shows the truth about what happened, until the customer presses
// next or takes the card; then the card goes back, if it still lies there.
func (v *visit) resetResult(ctx context.Context, o ResetOutcome) error {
	p := Page{Buttons: buttons("next", "language"), Contact: &v.contact, Lasts: v.c.Limits.Card}
	switch o {
	case OutcomeProved:
		p.Name = PageResetDone
	case OutcomeUnchanged:
		p.Name, p.Keys = PageResetUnchanged, keys("incident", v.incident)
	default:
		p.Name, p.Keys = PageResetUnknown, keys("incident", v.incident)
	}
	v.c.Signals.Beep()
	if o == OutcomeUnknown {
		v.c.Signals.On(LampAttention)
		defer v.c.Signals.Off(LampAttention)
		if err := v.c.Screen.Show(ctx, p); err != nil {
			return err
		}
		p.Keys = append(p.Keys, keys("slip", yes(v.printSlip(ctx, Slip{Kind: "reset"})))...)
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	var gone <-chan struct{} // nil, for ever, where the card has gone already
	if v.c.Reader.Present() {
		gone = v.c.Reader.Gone(waiting)
	}
	if _, err := v.c.Screen.Ask(ctx, p, gone); err != nil {
		return err
	}
	late, err := v.c.takeCard(ctx)
	if err != nil {
		return err
	}
	if late {
		return errHome
	}
	return v.c.lasting(ctx, Page{Name: PageGoodbye, Keys: errandKey(v.errand)})
}
