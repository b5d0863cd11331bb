package scenario

import (
	"context"
	"fmt"
	"image"
	"maps"
	"slices"
	"time"

	"kioskd/simulator/shop"
)

const (
	touchLasts  = 30 * time.Millisecond   // of a tap, in real time
	takenWithin = 1500 * time.Millisecond // for the kiosk to act on a touch
	readWithin  = 2 * time.Second         // for the touch chip to be read
	calmWithin  = time.Second             // for the page to be at rest before a finger comes
	disabledFor = time.Second             // before a disabled button is touched all the same
	rollSteps   = 4                       // of a finger that rolls off a button
)

// button waits until the page on the panel has that button and it may be
// pressed. One that stays disabled while everything is at rest is what the
// customer touches all the same: it does nothing, and the next line sees that.
func (p *player) button(ctx context.Context, id string) (*shop.Tree, shop.Node, error) {
	deadline := time.Now().Add(p.within)
	var still time.Time // since when nothing has moved while it was disabled
	for {
		rested := p.rest(ctx, calmWithin, false) && !p.kiosk.Busy()
		t := p.kiosk.Tree()
		n, ok := shop.Node{}, false
		if t != nil && p.kiosk.Shows(t.Checksum) {
			n, ok = t.Button(id)
		}
		now := time.Now()
		switch {
		case ok && n.State != "disabled":
			return t, n, nil
		case !ok || !rested:
			still = time.Time{}
		case still.IsZero():
			still = now
		case now.Sub(still) > disabledFor:
			return t, n, nil
		}
		if now.After(deadline) {
			return nil, shop.Node{}, mismatch(fmt.Sprintf("a button %s", id), describe(p.kiosk))
		}
		if err := pause(ctx, pollEvery); err != nil {
			return nil, shop.Node{}, err
		}
	}
}

// touch puts a finger on a button, has something done while it is down, lifts it
// and waits until the kiosk has taken notice.
func (p *player) touch(ctx context.Context, id string, meanwhile func(shop.Node) error) error {
	t, n, err := p.button(ctx, id)
	if err != nil {
		return err
	}
	before, _ := p.kiosk.State(ctx) // a kiosk that cannot answer now is asked again below
	at := n.Middle()
	p.kiosk.Down(at.X, at.Y)
	err = p.read(ctx)
	if err == nil {
		err = meanwhile(n)
	}
	p.kiosk.Up()
	if err != nil {
		return err
	}
	if err := p.read(ctx); err != nil {
		return err
	}
	return p.taken(ctx, t, before.Turn)
}

// read waits until the touch chip was read. A chip that is broken, or a kiosk
// that died, will not read it: then the time is over and the next line sees.
func (p *player) read(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	if err := p.kiosk.Touched(limited); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

// taken waits until the touch had a consequence one can see, or none is to come.
func (p *player) taken(ctx context.Context, before *shop.Tree, turn uint64) error {
	deadline := time.Now().Add(takenWithin)
	for p.kiosk.Running() && time.Now().Before(deadline) {
		if now := p.kiosk.Tree(); now != nil && changed(before, now) {
			return nil
		}
		if s, err := p.kiosk.State(ctx); err == nil && s.Settled && s.Turn > turn && p.resting(ctx, p.kiosk, false) {
			return nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil
}

// changed says whether the page is another, or says something else.
func changed(a, b *shop.Tree) bool {
	if a.Page != b.Page || a.Language != b.Language || !maps.Equal(a.Keys, b.Keys) {
		return true
	}
	return !slices.Equal(a.Nodes, b.Nodes)
}

func (p *player) tap(ctx context.Context, id string) error {
	return p.touch(ctx, id, func(shop.Node) error { return pause(ctx, touchLasts) })
}

func (p *player) press(ctx context.Context, id string, d time.Duration) error {
	return p.touch(ctx, id, func(shop.Node) error {
		p.advance(ctx, d)
		return context.Cause(ctx)
	})
}

// drag rolls the finger off the button while it is down.
func (p *player) drag(ctx context.Context, id string) error {
	return p.touch(ctx, id, func(n shop.Node) error {
		from, to := n.Middle(), offside(n, p.kiosk.Tree())
		for i := 1; i <= rollSteps; i++ {
			p.kiosk.Move(from.X+(to.X-from.X)*i/rollSteps, from.Y+(to.Y-from.Y)*i/rollSteps)
			if err := p.read(ctx); err != nil {
				return err
			}
			if err := pause(ctx, touchLasts/rollSteps); err != nil {
				return err
			}
		}
		return nil
	})
}

// offside is a point just outside a button and inside the panel.
func offside(n shop.Node, t *shop.Tree) image.Point {
	const beside = 12 // pixels
	at := n.Middle()
	if t != nil && n.Bounds[3]+beside >= t.Size[1] {
		at.Y = max(n.Bounds[1]-beside, 0)
		return at
	}
	at.Y = n.Bounds[3] + beside
	return at
}

func (p *player) typeText(ctx context.Context, text string) error {
	p.typed[text] = true
	for _, c := range text {
		if err := p.tap(ctx, string(c)); err != nil {
			return err
		}
	}
	return nil
}

// language opens the page of languages and chooses.
func (p *player) language(ctx context.Context, lang string) error {
	if err := p.tap(ctx, "language"); err != nil {
		return err
	}
	if err := p.tap(ctx, lang); err != nil {
		return err
	}
	deadline := time.Now().Add(p.within)
	for {
		if t := p.kiosk.Tree(); t != nil && t.Language == lang && t.Page != "language" && p.kiosk.Shows(t.Checksum) {
			return nil
		}
		if time.Now().After(deadline) {
			return mismatch("the page in "+lang, describe(p.kiosk))
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}
