package shop

import (
	"context"

	"kioskd/simulator/card/vpcd"
)

// PCSC is a pcscd with vsmartcard's virtual reader. What lies on the first
// kiosk's reader lies there, and its kioskd is configured to look for it there.
type PCSC struct {
	Address string // where the virtual reader listens for a card
	Env     string // what kioskd's environment says to find that pcscd
}

// pcsc is the PC/SC side of this kiosk's reader, nil where the board has it.
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
