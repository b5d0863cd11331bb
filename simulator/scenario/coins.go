package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"kioskd/simulator/board/coins"
)

func parseCoins(_ *parser, w *words, _ *Line) (step, error) {
	way, err := w.need("in, fall or out")
	if err != nil {
		return nil, err
	}
	switch way {
	case "in":
		var values []int
		for word, ok := w.next(); ok; word, ok = w.next() {
			yen, err := coinValue(word)
			if err != nil {
				return nil, err
			}
			values = append(values, yen)
		}
		if len(values) == 0 {
			return nil, fmt.Errorf("coins in: want at least one coin")
		}
		return func(ctx context.Context, p *player) error { return p.coinsIn(ctx, values) }, nil
	case "fall":
		word, err := w.need("a coin")
		if err != nil {
			return nil, err
		}
		yen, err := coinValue(word)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, p *player) error { return p.coinFalls(ctx, yen) }, nil
	case "out":
		yen, err := count(w, "an amount in yen")
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, p *player) error { return p.coinsOut(ctx, yen) }, nil
	}
	return nil, fmt.Errorf("coins %s: want coins in YEN…, coins fall YEN or coins out YEN", way)
}

func coinValue(word string) (int, error) {
	yen, err := strconv.Atoi(word)
	if err != nil || !slices.Contains([]int{1, 5, 10, 50, 100, 500}, yen) {
		return 0, fmt.Errorf("coins: there is no coin of %s yen: want 1, 5, 10, 50, 100 or 500", word)
	}
	return yen, nil
}

// coinsIn puts one coin after the other into the slot, as a hand does: the next
// when the last has gone through.
func (p *player) coinsIn(ctx context.Context, values []int) error {
	for _, yen := range values {
		err := p.kiosk.Insert(yen)
		if errors.Is(err, coins.ErrPowerCut) {
			return nil // an armed cut struck: what became of the coin, later lines ask
		}
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// coinFalls puts one coin into the slot and returns while it is on its way: the
// next line happens meanwhile. Whoever plays waits for it in the end.
func (p *player) coinFalls(ctx context.Context, yen int) error {
	through := make(chan error, 1)
	kiosk := p.kiosk
	p.falling.Go(func() {
		err := kiosk.Insert(yen)
		if errors.Is(err, coins.ErrPowerCut) {
			err = nil
		}
		through <- err
	})
	for !kiosk.Busy() {
		select {
		case err := <-through:
			return err // it came straight back
		default:
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil
}
