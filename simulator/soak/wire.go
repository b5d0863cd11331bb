package soak

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

const kioskID = "k001"

var errNoWire = errors.New("soak: the line to the office is down")

// transit is how long a question is on its way. What the office then begins ends
// at no time-out of the kiosk's own, however round both are.
const transit = 1300*time.Microsecond + 389*time.Nanosecond

// wire is the line to the office for one life of the daemon: what NATS does in
// the shop. A request is sealed and signed as it is there.
type wire struct {
	w *world
	p *plug
}

func (l wire) Connected() bool { return l.p.Err() == nil && !l.w.isAway() }

func (l wire) Request(ctx context.Context, subject string, body []byte) ([]byte, error) {
	if !l.Connected() {
		return nil, errNoWire
	}
	l.w.heard(body)
	verb := protocol.Verb(strings.TrimPrefix(subject, fmt.Sprintf("kiosk.v1.%s.", kioskID)))
	if l.w.loses("question") {
		return nil, l.silence(ctx)
	}
	type answer struct {
		body []byte
		err  error
	}
	answered := make(chan answer, 1)
	l.w.errands.Go(func() {
		time.Sleep(transit)
		b, _, err := l.w.office.Answer(kioskID, verb, body)
		answered <- answer{b, err}
	})
	select {
	case a := <-answered:
		l.w.heard(a.body)
		if a.err == nil && (l.w.loses("answer") || l.w.isAway()) {
			return nil, l.silence(ctx)
		}
		if err := l.p.Err(); err != nil {
			return nil, err
		}
		return a.body, a.err
	case <-l.p.lost:
		return nil, errCut
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// silence waits for an answer that does not come.
func (l wire) silence(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.p.lost:
		return errCut
	}
}

// sessions counts what the kiosk keeps of its customers: sessions that are open,
// documents that are not wiped.
type sessions struct {
	flows.Office
	w *world
	p *plug
}

func (o sessions) Begin(ctx context.Context, certificate []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, certificate)
	if err != nil {
		return nil, err
	}
	k := &kept{Session: s, w: o.w}
	o.w.keep(k)
	return k, nil
}

func (o sessions) ReportReset(ctx context.Context, visit string, outcome flows.ResetOutcome) error {
	err := o.Office.ReportReset(ctx, visit, outcome)
	o.p.say(o.w, "report %s %v", outcome, err == nil)
	return err
}

// kept is one session that the kiosk has.
type kept struct {
	flows.Session
	w      *world
	sheets [][]byte // the memory that holds them
}

func (k *kept) Order(ctx context.Context, r flows.Request, progress func(sheet, of int)) (*flows.Document, error) {
	d, err := k.Session.Order(ctx, r, progress)
	if d != nil {
		k.w.mu.Lock()
		defer k.w.mu.Unlock()
		for _, s := range d.Sheets {
			k.sheets = append(k.sheets, s.Raster)
		}
	}
	return d, err
}

func (k *kept) Close() {
	k.Session.Close()
	k.w.letGo(k)
}
