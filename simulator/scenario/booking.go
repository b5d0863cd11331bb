package scenario

import (
	"context"
	"fmt"
	"strings"
)

func parsePhone(_ *parser, w *words, _ *Line) (step, error) {
	what := strings.Join(strings.Fields(w.rest), " ")
	w.rest = ""
	how := map[string]string{"book": "book", "book fails": "fails", "book waits": "waits"}[what]
	if how == "" {
		return nil, fmt.Errorf("phone %s: want phone book, phone book fails or phone book waits", what)
	}
	return func(_ context.Context, p *player) error {
		who, err := p.holder()
		if err != nil {
			return err
		}
		return p.floor.Phone(who, how)
	}, nil
}

func parseBooking(p *parser, w *words, _ *Line) (step, error) {
	state, err := w.need("a booking's state")
	if err != nil {
		return nil, err
	}
	if err := p.words.word("booking", state, []string{"none", "booked", "started", "unresolved", "used", "expired"}); err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error {
		who, err := p.holder()
		if err != nil {
			return err
		}
		return p.eventually(ctx, fmt.Sprintf("the booking of %s is %s", who, state), func() (bool, string, error) {
			now := p.floor.Booking(who)
			return now == state, "it is " + now + "\n" + describe(p.kiosk), nil
		})
	}, nil
}

func parsePassword(_ *parser, w *words, _ *Line) (step, error) {
	how, err := w.need("works or fails")
	if err != nil {
		return nil, err
	}
	if how != "works" && how != "fails" {
		return nil, fmt.Errorf("unknown outcome %q: want works or fails", how)
	}
	text, err := w.text()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error {
		who, err := p.holder()
		if err != nil {
			return err
		}
		p.typed[text] = true
		return p.eventually(ctx, fmt.Sprintf("the signature password %s on the card of %s", how, who), func() (bool, string, error) {
			works, err := p.floor.PasswordWorks(who, text)
			return works == (how == "works"), fmt.Sprintf("that it works is %t", works), err
		})
	}, nil
}
