package figures

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/fleet"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/shop"
)

// office measures the line to the office beside what NATS does by itself.
func (m *meter) office(ctx context.Context, o Options) error {
	if err := m.say("the line to the office: a journal of %d events, then %d kiosks after an outage", m.runs.Events, m.runs.Fleet); err != nil {
		return err
	}
	keys, err := authority.OpenKeyPool(shop.KeyCache(o.KeyCache))
	if err != nil {
		return err
	}
	defer keys.Close()
	c, err := fleet.Compare(ctx, fleet.CompareOptions{
		Kiosks: m.runs.Fleet, Events: m.runs.Events, Requests: m.runs.Requests, Keys: keys, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	kiosks := fmt.Sprintf("%d kiosks", m.runs.Fleet)
	return errors.Join(
		m.table.add(figure{
			name: fmt.Sprintf("journal of %d events to the office", m.runs.Events), value: c.Drain.Seconds(), reference: c.BareDrain.Seconds(),
			than: "a bare JetStream publisher, same messages and server", limit: 2 * c.BareDrain.Seconds(),
		}),
		m.requests(c),
		m.table.add(figure{
			name: "after an outage, until all of " + kiosks + " are served", value: c.Back.Seconds(), reference: c.BareBack.Seconds(),
			than: "as many bare lines connect and ask once",
		}),
		m.table.add(figure{
			name: "requests of a kiosk until it was served then, x100", value: 100 * c.PerKiosk, reference: 100,
			than: "one each", unit: count, limit: 300,
		}),
	)
}

// requests shows what a request costs beside a bare one of its size, asked by the
// same kiosk of the same office: same server, same TLS, same doors between the
// accounts. What makes or takes a hybrid key, or writes to a disk, is not asked to
// be as fast.
func (m *meter) requests(c fleet.Compared) error {
	var errs []error
	for _, r := range []struct {
		verb   protocol.Verb
		name   string
		wanted bool
	}{
		{protocol.AskOffer, "offer", true},
		{protocol.AskOrder, "order (refused for its sheets)", true},
		{protocol.AskSheet, "a chunk of a sheet, opened", true},
		{protocol.ResetBegin, "reset.begin (refused: no certificate)", true},
		{protocol.LoginBegin, "login.begin (a key made, one hybrid KEM)", false},
		{protocol.LoginFinish, "login.finish (one hybrid KEM)", false},
		{protocol.ResetDone, "reset.done (one hybrid KEM, a disk)", false},
	} {
		b := c.Requests[r.verb]
		f := figure{
			name: "request: " + r.name, value: b.Took.Seconds(), reference: b.Bare.Seconds(),
			than: "a bare NATS request of its size, same office",
		}
		if r.wanted {
			f.limit = 1.5 * b.Bare.Seconds()
		}
		errs = append(errs, m.table.add(f))
	}
	return errors.Join(append(errs, m.table.add(figure{
		name: "a document: order and sheet, opened and checked", value: c.Document.Took.Seconds(), reference: c.Document.Bare.Seconds(),
		than: "two bare NATS requests of their sizes",
	}))...)
}
