package console

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"kioskd/simulator/board"
	"kioskd/simulator/office"
	"kioskd/simulator/office/register"
	"kioskd/simulator/probe"
	"kioskd/simulator/shop"
)

// officeFlags are those of kiosksim office.
type officeFlags struct {
	common
	Dir    string   `help:"Folder of the office's keys, certificates and streams." type:"path" required:""`
	Kiosks []string `name:"kiosk" help:"Kiosks to admit: ID, or ID=KEY with the public key that kioskd identity printed." default:"k001"`
}

// probeResident is whose card an office gives to whoever probes it.
const probeResident = "adult"

// Run keeps an office open until a signal comes, and prints what a kiosk's
// configuration must say to reach it.
func (f *officeFlags) Run(s *streams, ctx bound) (err error) {
	supplies, err := shop.OpenSupplies(f.KeyCache, f.Fonts)
	if err != nil {
		return err
	}
	defer supplies.Close()
	now := time.Now()
	o, err := office.New(ctx, office.Options{
		Dir: f.Dir, Clock: board.NewClock(now), Register: register.New(now),
		Paper: supplies.Paper(), Authority: supplies.Authority(now), Log: f.log(s.err),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	for _, k := range f.Kiosks {
		k, public, own := strings.Cut(k, "=")
		key := "the kiosk's own: kioskd identity"
		if own {
			err = o.Admit(k, public)
		} else {
			key, err = o.AddKiosk(k)
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.out, "kiosk = %q\n[office]\nurl = %q\nauthority = %q\nkey = %q\npublic-key = %q\n\n",
			k, o.URL(), o.AuthorityFile(), key, o.PublicKeyFile()); err != nil {
			return err
		}
	}
	spec, err := o.CardSpec(probeResident)
	if err != nil {
		return err
	}
	card := filepath.Join(f.Dir, "card.pem")
	if err := probe.WriteCard(card, spec.UserCert, spec.UserKey); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.out, "# a card for kiosksim probe-office: %s\n# the operator's key for the nats command line: %s\n", card, o.OperatorFile()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
