package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// start switches the kiosk on and waits for its first page.
func (p *player) start(ctx context.Context) error {
	if err := p.kiosk.PowerOn(); err != nil {
		return err
	}
	p.present.powered = true
	deadline := time.Now().Add(startWithin)
	for p.kiosk.Running() && time.Now().Before(deadline) {
		if s, err := p.kiosk.State(ctx); err == nil && !s.Booting && p.kiosk.Tree() != nil {
			return nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil // what is wrong, the next line that looks will see
}

func (p *player) powerOn(ctx context.Context) error {
	deadline := time.Now().Add(strikeWithin)
	for p.kiosk.Armed() {
		if time.Now().After(deadline) {
			return mismatch("the armed power cut strikes within 60s", "the kiosk still runs\n"+describe(p.kiosk))
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	if p.kiosk.Running() {
		return nil
	}
	return p.start(ctx)
}

func (p *player) kill(context.Context) error {
	p.kiosk.Kill()
	return nil
}

// wait moves the clock; what falls due on the way happens in order.
func (p *player) wait(ctx context.Context, d time.Duration) error {
	p.advance(ctx, d)
	p.settle(ctx, settleWithin)
	return context.Cause(ctx)
}

// advance moves the clock, and lets the kiosks take in each thing that happens
// on the way.
func (p *player) advance(ctx context.Context, d time.Duration) {
	patience := settleWithin
	if p.slow {
		patience = settleWithinSlow
	}
	p.takeIn(ctx, &patience, settleWithin)
	p.floor.Advance(d, func() { p.takeIn(ctx, &patience, stillFor) })
}

// stillFor is how long a kiosk with work in hand may show no progress on the way
// through an advance: then it waits for something that time itself will bring.
const stillFor = 300 * time.Millisecond

// takeIn waits until every kiosk has settled. One that cannot, because it waits
// for a device in mid-action or for time to pass, is given up on: soon for a
// device, else when it has made no progress for so long or all patience is spent.
func (p *player) takeIn(ctx context.Context, patience *time.Duration, still time.Duration) {
	for _, s := range p.kiosks {
		begun := time.Now()
		since, turn := begun, uint64(0)
		for looks := 0; !p.resting(ctx, s.kiosk, false); looks++ {
			now := time.Now()
			if st, err := s.kiosk.State(ctx); err == nil && st.Turn != turn {
				since, turn = now, st.Turn
			}
			if looks >= keepUpLooks && (s.kiosk.Busy() || now.Sub(since) > still || now.Sub(begun) > *patience) {
				break
			}
			if pause(ctx, pollEvery) != nil {
				return
			}
		}
		*patience = max(0, *patience-time.Since(begun))
	}
}

// longest is more than any limit of a kiosk: after it, nothing that was in hand
// is.
const longest = 20 * time.Minute

// setClock sets the world's clock. Forward, everything that is in hand runs
// into its limits as it would have; the days in between, in which nothing can
// be in hand any more, are skipped. Backward, only the time of day moves.
func (p *player) setClock(ctx context.Context, t time.Time) error {
	ahead := t.Sub(p.floor.Now())
	if ahead <= 0 {
		p.floor.SetWall(t)
		p.settle(ctx, settleWithin)
		return context.Cause(ctx)
	}
	if ahead > longest {
		p.floor.SetWall(t.Add(-longest))
		ahead = longest
	}
	return p.wait(ctx, ahead)
}

func (p *player) inHand(resident string) error {
	if !p.floor.Known(resident) {
		return notYet("resident " + resident)
	}
	p.present.resident = resident
	p.known = resident
	p.named[resident] = true
	return nil
}

// holder is whose card this line speaks of.
func (p *player) holder() (string, error) {
	switch {
	case p.present.resident != "":
		return p.present.resident, nil
	case p.known != "":
		return p.known, nil
	}
	return "", mismatch("a card in hand (resident NAME)", "nobody was named")
}

func (p *player) expires(certificate string, t time.Time) error {
	who, err := p.holder()
	if err != nil {
		return err
	}
	return p.floor.Expires(who, certificate, t)
}

func (p *player) reissue(context.Context) error {
	who, err := p.holder()
	if err != nil {
		return err
	}
	return p.floor.Reissue(who)
}

// handLasts is what a hand with a card takes, in real time: no card is taken and
// laid again within a blink.
const handLasts = 80 * time.Millisecond

func (p *player) lay(ctx context.Context, two bool) error {
	who, err := p.holder()
	if err != nil {
		return err
	}
	put := p.kiosk.Lay
	if two {
		put = p.kiosk.LayTwo
	}
	if err := put(who); err != nil {
		return err
	}
	return pause(ctx, handLasts)
}

func (p *player) tries(ctx context.Context, which string, n int) error {
	who, err := p.holder()
	if err != nil {
		return err
	}
	return p.eventually(ctx, fmt.Sprintf("%d tries of the %s of %s", n, which, who), func() (bool, string, error) {
		left, err := p.floor.Tries(who, which)
		return left == n, fmt.Sprintf("%d tries", left), err
	})
}

// takeCard takes what lies there. After a card was pulled it is in hand already.
func (p *player) takeCard(ctx context.Context) error {
	if len(p.kiosk.Take()) == 0 && !p.present.pulled {
		return mismatch("a card on the reader", "none lies there")
	}
	p.present.pulled = false
	return pause(ctx, handLasts)
}

func (p *player) fault(device, kind string) error {
	if device == "reader" && strings.HasPrefix(kind, "pulled") {
		p.present.pulled = true
	}
	return p.kiosk.Fault(device, kind)
}

// mendLasts is how long, in real time, whoever mends a device stands before it:
// longer than a kiosk takes to look at it again.
const mendLasts = 700 * time.Millisecond

func (p *player) mend(ctx context.Context, device string) error {
	if err := p.kiosk.Clear(device); err != nil {
		return err
	}
	if !p.kiosk.Running() {
		return nil
	}
	return pause(ctx, mendLasts)
}

func (p *player) takeSheets(ctx context.Context) error {
	// A hand does not reach for paper that is still on its way.
	deadline := time.Now().Add(p.within)
	for p.kiosk.Busy() && time.Now().Before(deadline) {
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	p.kiosk.TakeSheets()
	return nil
}

// officeAway returns when every kiosk that runs has noticed.
func (p *player) officeAway(ctx context.Context) error {
	if err := p.floor.Away(); err != nil {
		return err
	}
	return p.noticed(ctx, false)
}

func (p *player) officeBack(ctx context.Context) error {
	p.slow = false
	if err := p.floor.Back(); err != nil {
		return err
	}
	return p.noticed(ctx, true)
}

func (p *player) noticed(ctx context.Context, connected bool) error {
	deadline := time.Now().Add(max(noticeWithin, p.within))
	for _, s := range p.kiosks {
		for s.kiosk.Running() {
			if st, err := s.kiosk.State(ctx); err == nil && st.Office == connected {
				break
			}
			if time.Now().After(deadline) {
				return mismatch(fmt.Sprintf("%s notices within %s that the office is away or back", s.kiosk.Name(), noticeWithin), "it did not")
			}
			if err := pause(ctx, pollEvery); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *player) officeSlow(d time.Duration) error {
	p.slow = d > 0
	return p.floor.Slow(d)
}

func (p *player) officeLies(kind string) error {
	p.slow = p.slow || kind == "late"
	return p.floor.Lies(kind)
}
