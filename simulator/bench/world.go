package bench

import (
	"context"
	"slices"
	"time"

	"kioskd/simulator/shop"
)

// How far the world's clock may be moved, and how long the kiosk gets to settle
// after each thing that fell due.
const (
	advanceMax   = 24 * time.Hour
	settleWithin = time.Second
	settleLook   = 10 * time.Millisecond
	slowMax      = 10 * time.Minute
)

func (b *Bench) officeAway(context.Context, *stand, act) error {
	if err := b.floor.Away(); err != nil {
		return err
	}
	b.setOffice(func(o *officeView) { o.Away = true })
	return nil
}

func (b *Bench) officeBack(context.Context, *stand, act) error {
	if err := b.floor.Back(); err != nil {
		return err
	}
	b.setOffice(func(o *officeView) { *o = officeView{Said: o.Said} })
	return nil
}

func (b *Bench) officeSlow(_ context.Context, _ *stand, a act) error {
	d, err := time.ParseDuration(a.For)
	if err != nil || d < 0 || d > slowMax {
		return badRequest("slow %q: want a duration such as 5s, at most %s", clip(a.For), slowMax)
	}
	if err := b.floor.Slow(d); err != nil {
		return err
	}
	b.setOffice(func(o *officeView) {
		o.Slow = ""
		if d > 0 {
			o.Slow = d.String()
		}
	})
	return nil
}

func (b *Bench) officeLies(_ context.Context, _ *stand, a act) error {
	if a.Kind != "" && !slices.ContainsFunc(lies(), func(k kind) bool { return k.ID == a.Kind }) {
		return badRequest("lie %q: want one of the office's, such as page-swap, or nothing", clip(a.Kind))
	}
	if err := b.floor.Lies(a.Kind); err != nil {
		return err
	}
	b.setOffice(func(o *officeView) { o.Lies = a.Kind })
	return nil
}

func (b *Bench) setOffice(f func(*officeView)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(&b.office)
}

func (b *Bench) clockAdvance(ctx context.Context, _ *stand, a act) error {
	d, err := time.ParseDuration(a.For)
	if err != nil || d <= 0 || d > advanceMax {
		return badRequest("advance by %q: want a duration such as 1m, at most %s", clip(a.For), advanceMax)
	}
	b.floor.Advance(d, func() { b.settle(ctx) })
	return nil
}

// clockSet moves the world forward to a time with everything that falls due on
// the way, or its time of day back.
func (b *Bench) clockSet(ctx context.Context, _ *stand, a act) error {
	to, err := time.Parse(time.RFC3339, a.To)
	if err != nil {
		return badRequest("clock %q: want a time such as 2026-11-24T10:00:00+09:00", clip(a.To))
	}
	d := to.Sub(b.floor.Now())
	if d > advanceMax || d <= 0 {
		// Further than a day: timers of the kiosk are not what somebody wants to
		// see then, but another date is.
		b.floor.SetWall(to)
		return nil
	}
	b.floor.Advance(d, func() { b.settle(ctx) })
	return nil
}

// settle waits until no kiosk has work in hand, but not for ever.
func (b *Bench) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	b.mu.Lock()
	var kiosks []Kiosk
	for _, s := range b.stands {
		kiosks = append(kiosks, s.kiosk)
	}
	b.mu.Unlock()
	for _, k := range kiosks {
		settled(ctx, k)
	}
}

// settled waits for two answers in a row that say so, with nothing done between
// them and no device in mid-action.
func settled(ctx context.Context, k Kiosk) {
	var last shop.State
	for k.Connected() {
		now, err := k.State(ctx)
		if err == nil && now.Settled && now == last && !k.Busy() {
			return
		}
		last = now
		select {
		case <-ctx.Done():
			return
		case <-time.After(settleLook):
		}
	}
}
