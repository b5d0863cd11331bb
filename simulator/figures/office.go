package figures

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

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
		m.table.add(figure{
			name: "request: a question, sealed both ways", value: c.Offer.Seconds(), reference: c.BareOffer.Seconds(),
			than: "a bare NATS request and HPKE's work", limit: 1.5 * c.BareOffer.Seconds(),
		}),
		m.table.add(figure{
			name: "request: a chunk of a sheet", value: c.Chunk.Seconds(), reference: c.BareChunk.Seconds(),
			than: "a bare NATS request with as long an answer", limit: 1.5 * c.BareChunk.Seconds(),
		}),
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
