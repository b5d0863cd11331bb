package flows

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// enterPIN asks until the card accepts a PIN. Each enter is one VERIFY, never a
// second for any reason (I5); the last try is asked for twice, and "stop" is
// what the page proposes.
func (v *visit) enterPIN(ctx context.Context, card Card) error {
	tries := card.Tries()
	for {
		if tries == 1 {
			if err := v.lastTry(ctx); err != nil {
				return err
			}
		}
		left, err := v.onePIN(ctx, card, tries)
		if err != nil {
			return err
		}
		if left == tries {
			return nil
		}
		tries = left
		if err := v.wrongPIN(ctx, tries); err != nil {
			return err
		}
		if tries == 0 {
			return v.deadEnd(ctx, PageBlocked, "four-digit-pin")
		}
	}
}

// lockedShown is how long a customer reads that the last try was wrong, before
// what to do about it comes by itself.
const lockedShown = 2 * time.Second

// wrongPIN says so, and how many tries are left.
func (v *visit) wrongPIN(ctx context.Context, tries int) error {
	p := v.page(PageWrongPIN, "next")
	p.Keys = append(p.Keys, keys("tries", strconv.Itoa(tries))...)
	if tries == 0 {
		p.Idle, p.Lasts = 0, lockedShown
		_, err := v.ask(ctx, p, nil)
		return err
	}
	return v.whileCard(ctx, p)
}

// onePIN is one confirmation and its VERIFY. It returns the tries that are left:
// the same number when the PIN was right.
func (v *visit) onePIN(ctx context.Context, card Card, tries int) (int, error) {
	gone, cancel := context.WithCancel(ctx)
	defer cancel()
	p := v.page(PagePIN)
	p.Keys = append(p.Keys, keys("tries", strconv.Itoa(tries))...)
	pin, id, err := v.c.Screen.AskPIN(gone, p, v.c.Reader.Gone(gone))
	if err != nil {
		return 0, err
	}
	if pin == nil {
		if id == "" {
			return 0, v.cardGone(ctx)
		}
		if err := v.common(ctx, id); err != nil {
			return 0, err
		}
		return v.onePIN(ctx, card, tries)
	}
	defer pin.Wipe()
	if tries == 1 {
		if err := v.lastTry(ctx); err != nil {
			return 0, err
		}
	}
	if err := v.c.Screen.Show(ctx, v.page(PageChecking)); err != nil {
		return 0, err
	}
	err = card.Verify(pin)
	pin.Wipe()
	var wrong *WrongPIN
	switch {
	case err == nil:
		return tries, nil
	case errors.As(err, &wrong):
		return wrong.Left, nil
	case errors.Is(err, ErrCardGone):
		return 0, v.cardGone(ctx)
	default:
		// The card's answer was lost or makes no sense: whether a try was spent
		// is unknown, and nothing is sent again.
		return 0, v.failed(ctx, "PIN check without an answer", err)
	}
}

// lastTry warns that a lock also stops the portal and the health insurance card
// (S9), and goes on only when told so.
func (v *visit) lastTry(ctx context.Context) error {
	gone, cancel := context.WithCancel(ctx)
	defer cancel()
	id, err := v.ask(ctx, v.page(PageLastTry, "stop", "go-on"), v.c.Reader.Gone(gone))
	if err != nil {
		return err
	}
	switch id {
	case "go-on":
		return nil
	case "stop":
		if _, err := v.c.takeCard(ctx); err != nil {
			return err
		}
		return errCancelled
	default:
		return v.cardGone(ctx)
	}
}

// whileCard shows a page that ends with next, or with the card leaving.
func (v *visit) whileCard(ctx context.Context, p Page) error {
	id, err := v.askUntil(ctx, p, v.c.Reader.Gone)
	if err != nil {
		return err
	}
	if id == "" {
		return v.cardGone(ctx)
	}
	return nil
}
