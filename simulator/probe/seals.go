package probe

import (
	"context"

	"github.com/nats-io/nats.go/micro"

	"kioskd/daemon/office/protocol"
)

// malformed asks what nobody understands, and what a kiosk of version 1 would.
func malformed(ctx context.Context, p *probe) error {
	for _, body := range []string{
		"good morning", `{"version":1,"id":"a","session":"b","sealed":"AAAA"}`, "1 a b\nsealed", "3 a b\nsealed", "2 a b\n", "",
	} {
		m, err := p.request(ctx, protocol.Subject(p.o.Kiosk, protocol.LoginBegin), []byte(body))
		if err != nil {
			return wrong("the code malformed", err)
		}
		if got := m.Header.Get(micro.ErrorCodeHeader); got != string(protocol.CodeMalformed) {
			return wrong("the code malformed in the header "+micro.ErrorCodeHeader, got)
		}
	}
	return nil
}

// otherContext begins a session that is known with a context of somebody else's.
func otherContext(ctx context.Context, p *probe) error {
	v, _, err := p.begin(ctx)
	if err != nil {
		return wrong("a nonce", err)
	}
	other := *v
	if other.seals, other.enc, err = protocol.Call(p.o.Pinned.Seal, protocol.LoginBegin, p.o.Kiosk, v.id); err != nil {
		return err
	}
	q := protocol.BeginAsk{Certificate: p.o.Certificate, Key: v.public}
	return refuses(ctx, p, &other, protocol.LoginBegin, protocol.NewID(), q, protocol.CodeConflict)
}

// elsewhere asks with what was sealed for another place.
func elsewhere(ctx context.Context, p *probe) error {
	if p.visit == nil {
		return errSkip
	}
	v, id := p.visit, protocol.NewID()
	sealed, err := v.seals.Seal(protocol.Question(protocol.AskOffer), id, protocol.OfferAsk{})
	if err != nil {
		return err
	}
	for what, a := range map[string]struct {
		verb protocol.Verb
		id   string
	}{
		"another request": {protocol.AskOffer, protocol.NewID()},
		"another verb":    {protocol.AskOrder, id},
	} {
		body, err := protocol.EncodeAsk(protocol.Ask{ID: a.id, Session: v.id, Sealed: sealed})
		if err != nil {
			return err
		}
		m, err := p.request(ctx, protocol.Subject(p.o.Kiosk, a.verb), body)
		if err != nil {
			return wrong("the code malformed for "+what, err)
		}
		if got := m.Header.Get(micro.ErrorCodeHeader); got != string(protocol.CodeMalformed) {
			return wrong("the code malformed for "+what, got)
		}
	}
	return nil
}
