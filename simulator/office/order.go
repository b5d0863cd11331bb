package office

import (
	"context"
	"errors"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/register"
)

// offer tells what the resident may have. The fee is frozen with the first one.
func (o *Office) offer(_ context.Context, v *visit, _ string, _ protocol.OfferAsk) (protocol.OfferAnswer, *protocol.Error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.resident == "" {
		return protocol.OfferAnswer{}, &protocol.Error{Code: protocol.CodeSequence}
	}
	if v.offer != nil {
		return protocol.OfferAnswer{Offer: v.offer}, nil
	}
	now := o.clock.Now()
	may, code := o.register.Offer(v.resident, now)
	if code != "" {
		o.desk.count(func(a *Audit) { a.Refused++ })
		return protocol.OfferAnswer{Refused: code}, nil
	}
	fee, ok := o.settings.fee(v.town, now)
	if !ok {
		return protocol.OfferAnswer{}, &protocol.Error{Code: protocol.CodeFailed}
	}
	offer := &protocol.Offer{Fee: fee, CopiesMax: protocol.MaxCopies, Alone: may.Alone, Items: may.Items}
	for _, m := range may.Members {
		offer.Members = append(offer.Members, protocol.Member{ID: m.ID, Name: m.Name})
	}
	v.offer = offer
	return protocol.OfferAnswer{Offer: offer}, nil
}

// ordered takes an order. The lie "late" keeps the answer back until the kiosk
// has long given up.
func (o *Office) ordered(kiosk string, ask protocol.Ask) outcome {
	out := handleSealed(o, protocol.AskOrder, kiosk, ask, o.order)
	if out.err == nil && o.desk.lying(lieLate) {
		if err := o.clock.Sleep(o.ctx, lateBy); err != nil {
			return fault(ask.ID, protocol.CodeFailed, false)
		}
	}
	return out
}

func (o *Office) order(ctx context.Context, v *visit, id string, q protocol.OrderAsk) (protocol.OrderAnswer, *protocol.Error) {
	v.mu.Lock()
	offer, resident := v.offer, v.resident
	v.mu.Unlock()
	if offer == nil {
		return protocol.OrderAnswer{}, &protocol.Error{Code: protocol.CodeSequence}
	}
	if q.Fee != offer.Fee*q.Copies {
		return protocol.OrderAnswer{}, &protocol.Error{Code: protocol.CodeNotOffered}
	}
	d, err := o.drawAs(ctx, v, work{
		resident: resident, ask: q, order: id, kiosk: v.kiosk, session: v.id, sessionKey: v.digest,
	})
	if code := refusal(err); code != "" {
		o.desk.count(func(a *Audit) { a.Refused++ })
		return protocol.OrderAnswer{Refused: code}, nil
	}
	switch {
	case errors.Is(err, register.ErrChoice):
		return protocol.OrderAnswer{}, &protocol.Error{Code: protocol.CodeNotOffered}
	case err != nil:
		o.log.Error("office: draw a document", "err", err)
		return protocol.OrderAnswer{}, &protocol.Error{Code: protocol.CodeFailed}
	}
	return o.pack(v, id, d)
}

// pack seals the sheets for the session and keeps them until they are fetched.
func (o *Office) pack(v *visit, id string, d *drawn) (protocol.OrderAnswer, *protocol.Error) {
	to, err := o.sealTo(v)
	if err != nil {
		return protocol.OrderAnswer{}, &protocol.Error{Code: protocol.CodeFailed}
	}
	answer := protocol.OrderAnswer{Manifest: &d.manifest}
	var sealed []protocol.SealedSheet
	for _, s := range d.sheets {
		place := protocol.Place{Kiosk: v.kiosk, Session: v.id, Request: id, Key: v.digest}
		sheet, err := protocol.SealSheet(to, place, s.Number, s.Raster)
		if err != nil {
			o.log.Error("office: seal a sheet", "err", err)
			return protocol.OrderAnswer{}, &protocol.Error{Code: protocol.CodeFailed}
		}
		sealed = append(sealed, sheet)
		answer.Parcels = append(answer.Parcels, protocol.Parcel{
			Enc: sheet.Enc, Size: len(s.Raster), Chunks: len(sheet.Chunks),
		})
	}
	v.mu.Lock()
	v.orders[id] = sealed
	v.mu.Unlock()
	o.desk.delivered(d)
	return answer, nil
}

// sheet gives out one chunk. It is sealed already, for the session that ordered.
func (o *Office) sheet(kiosk string, ask protocol.Ask) outcome {
	v, q, no := hear[protocol.SheetAsk](o, protocol.AskSheet, kiosk, ask)
	if no != nil {
		return outcome{id: ask.ID, err: no}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	sheets := v.orders[q.Order]
	if q.Sheet > len(sheets) || q.Chunk >= len(sheets[q.Sheet-1].Chunks) {
		return fault(ask.ID, protocol.CodeSequence, false)
	}
	return outcome{id: ask.ID, sealed: sheets[q.Sheet-1].Chunks[q.Chunk]}
}
