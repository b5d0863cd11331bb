package office

import (
	"context"
	"crypto/hpke"
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/paper"
)

// The lies, as the scenario language names them.
const (
	lieOtherSession  = "other-session"
	lieOtherResident = "other-resident"
	liePageSwap      = "page-swap"
	lieBadManifest   = "bad-manifest"
	lieReplay        = "replay"
	lieStale         = "stale"
	lieSameInstant   = "same-instant"
	lieLate          = "late"
	lieTwice         = "twice"
)

var lies = []string{
	lieOtherSession, lieOtherResident, liePageSwap, lieBadManifest, lieReplay,
	lieStale, lieSameInstant, lieLate, lieTwice,
	lieUnsigned, lieOlder, lieNonsense,
}

const (
	lateBy   = 31 * time.Second // of the world's time: after a kiosk's limit.fetch
	staleBy  = time.Hour        // that the record is older than it may be
	pairWait = 3 * time.Second  // of the world's time, for an order of another kiosk
)

// Lie makes the office lie in one way, in place of any other; "" ends that.
func (o *Office) Lie(kind string) error {
	if kind != "" && !slices.Contains(lies, kind) {
		return fmt.Errorf("office: lie %q: want one of %s", kind, strings.Join(lies, ", "))
	}
	o.desk.mu.Lock()
	before := o.desk.lie
	o.desk.lie, o.desk.pair = kind, nil
	o.desk.mu.Unlock()
	return o.lieOfSettings(o.ctx, kind, before)
}

func (d *desk) lying(kind string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lie == kind
}

func (d *desk) liar() (kind string, last *drawn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lie, d.last
}

func (d *desk) delivered(c *drawn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts.Documents++
	if d.lie == "" { // only what was right once is worth replaying
		d.last = c
	}
}

// drawAs has the order drawn: as it should be, or as the lie of the day has it.
// The renderer stays honest, as the real one would: it is what lies between it
// and the kiosk that goes wrong.
func (o *Office) drawAs(ctx context.Context, v *visit, w work) (*drawn, error) {
	kind, last := o.desk.liar()
	switch kind {
	case lieOtherResident:
		other, err := o.somebodyElse(w.resident)
		if err != nil {
			return nil, err
		}
		w.resident = other
		w.ask = protocol.OrderAsk{Scope: protocol.ScopeSelf, Copies: w.ask.Copies, Fee: w.ask.Fee}
		return o.renderer.draw(w)
	case liePageSwap:
		return o.swapped(w)
	case lieBadManifest:
		d, err := o.renderer.draw(w)
		if err != nil {
			return nil, err
		}
		d.manifest.Signature[0] ^= 1
		return d, nil
	case lieReplay:
		if last != nil {
			return last, nil
		}
		w.order, w.session = protocol.NewID(), protocol.NewID()
		return o.renderer.draw(w)
	case lieStale:
		w.aged = dataAge + staleBy
		return o.renderer.draw(w)
	case lieSameInstant:
		return o.sameInstant(ctx, v, w)
	}
	return o.renderer.draw(w)
}

// somebodyElse is a resident who may have a certificate today.
func (o *Office) somebodyElse(than string) (string, error) {
	for _, r := range o.register.All() {
		if r.Name == than {
			continue
		}
		if _, code := o.register.Offer(r.Name, o.clock.Now()); code == "" {
			return r.Name, nil
		}
	}
	return "", errNobody
}

// swapped is the right document with somebody else's last sheet in it.
func (o *Office) swapped(w work) (*drawn, error) {
	d, err := o.renderer.draw(w)
	if err != nil {
		return nil, err
	}
	if w.resident, err = o.somebodyElse(w.resident); err != nil {
		return nil, err
	}
	w.ask = protocol.OrderAsk{Scope: protocol.ScopeSelf, Copies: w.ask.Copies, Fee: w.ask.Fee}
	theirs, err := o.renderer.draw(w)
	if err != nil {
		return nil, err
	}
	n := len(d.sheets)
	d.sheets = append(d.sheets[:n-1:n-1], paper.Sheet{
		Number: n, Raster: theirs.sheets[0].Raster, Text: theirs.sheets[0].Text,
	})
	return d, nil
}

// pair are two orders in one tick of the clock, whose files are named by the
// second: the later one writes over the earlier one's.
type pair struct {
	at     time.Time
	met    chan struct{} // closed when the second order is there
	both   chan struct{} // closed when both have drawn
	drew   int
	files  map[string]*drawn
	joined bool
}

// sameInstant holds an order until a second one comes, and then has both drawn
// into the same file. Alone, an order is drawn as it should be.
func (o *Office) sameInstant(ctx context.Context, _ *visit, w work) (*drawn, error) {
	p, second := o.desk.join()
	if !second {
		alone := make(chan struct{})
		stop := o.clock.AfterFunc(pairWait, func() { close(alone) })
		defer stop()
		select {
		case <-p.met:
		case <-alone:
			if o.desk.part(p) {
				return o.renderer.draw(w)
			}
		case <-ctx.Done():
			if o.desk.part(p) {
				return nil, context.Cause(ctx)
			}
		}
	}
	d, err := o.renderer.draw(w)
	name := p.at.Format("20060102150405")
	o.desk.file(p, name, d)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.both:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return o.desk.read(p, name), nil
}

// join makes a pair or completes the one that waits.
func (d *desk) join() (p *pair, second bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.pair; p != nil {
		d.pair = nil
		p.joined = true
		close(p.met)
		return p, true
	}
	d.pair = &pair{
		at: d.clock.Now(), met: make(chan struct{}), both: make(chan struct{}), files: make(map[string]*drawn),
	}
	return d.pair, false
}

// part takes back a pair that nobody has joined.
func (d *desk) part(p *pair) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p.joined {
		return false
	}
	if d.pair == p {
		d.pair = nil
	}
	return true
}

func (d *desk) file(p *pair, name string, c *drawn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c != nil {
		p.files[name] = c
	}
	p.drew++
	if p.drew == 2 {
		close(p.both)
	}
}

func (d *desk) read(p *pair, name string) *drawn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return p.files[name]
}

// sealTo is whom the sheets are sealed for: the session, or with the lie
// other-session somebody else.
func (o *Office) sealTo(v *visit) (hpke.PublicKey, error) {
	if !o.desk.lying(lieOtherSession) {
		return v.key, nil
	}
	stranger, err := protocol.NewKey()
	if err != nil {
		return nil, err
	}
	return stranger.PublicKey(), nil
}
