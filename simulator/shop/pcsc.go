package shop

import (
	"context"
	"fmt"

	"kioskd/simulator/card"
	"kioskd/simulator/card/vpcd"
)

// PCSC is a pcscd with vsmartcard's virtual reader. What lies on the first
// kiosk's reader lies there, and its kioskd is configured to look for it there.
type PCSC struct {
	Address string // where the virtual reader listens for a card
	Env     string // what kioskd's environment says to find that pcscd
}

// pcsc is the PC/SC side of this kiosk's reader, nil where the board or a machine
// has it.
func (k *Kiosk) pcsc() *PCSC {
	if k.name != kioskName(1) {
		return nil
	}
	return k.shop.opts.PCSC
}

// plugCards has what lies on the reader show at pcscd, until unplug.
func (k *Kiosk) plugCards() {
	ctx, cancel := context.WithCancel(k.shop.ctx)
	k.unplug = cancel
	p := k.pcsc()
	if p == nil {
		return
	}
	plug := vpcd.New(k.reader, p.Address, nil)
	k.work.Go(func() {
		if err := plug.Run(ctx); err != nil {
			k.shop.log.Error("card for pcscd", "kiosk", k.name, "err", err)
		}
	})
}

// Remake gives the resident a card of another product, with the same keys and
// certificates and all its tries.
func (s *Shop) Remake(resident string, p card.Product) error {
	spec, err := s.office.CardSpec(resident)
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	spec.Product = p
	c, err := card.New(spec)
	if err != nil {
		return fmt.Errorf("shop: card of %s: %w", resident, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cards[resident] = c
	return nil
}

// Traffic is what has passed between the kiosk's reader and its cards, as
// card.Reader counts it.
func (k *Kiosk) Traffic() (all, fromSecret card.Traffic) { return k.reader.Traffic() }

// OnExchange adds somebody who sees each exchange with a card on this kiosk's
// reader, secrets masked, before the kiosk hears its answer.
func (k *Kiosk) OnExchange(f func(card.Exchange)) { k.reader.OnExchange(f) }
