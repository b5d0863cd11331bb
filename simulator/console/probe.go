package console

import (
	"kioskd/simulator/probe"
	"kioskd/simulator/scenario"
)

// probeFlags are those of kiosksim probe-office.
type probeFlags struct {
	URL       string `help:"tls://HOST:PORT of the office."`
	Authority string `help:"PEM of the authority that vouches for it." type:"path"`
	Key       string `help:"NKey seed of the kiosk." type:"path"`
	PublicKey string `help:"The office's public keys, as a kiosk pins them." type:"path"`
	Kiosk     string `help:"The kiosk's name at the office: one at which no customer stands." default:"k001"`
	Config    string `help:"A kiosk's configuration file, in place of the five above." type:"path"`
	Card      string `help:"PEM of a card's user-verification certificate and key; kiosksim office writes one." type:"path" required:""`
	Write     bool   `help:"Write to the kiosk's journal too: for a name that no kiosk in a shop has."`
}

// Run asks the office; a line that failed ends with exit code 1, bad input with 2.
func (f *probeFlags) Run(s *streams, ctx bound) error {
	files := probe.Files{URL: f.URL, Authority: f.Authority, Key: f.Key, PublicKey: f.PublicKey, Kiosk: f.Kiosk}
	if f.Config != "" {
		var err error
		if files, err = probe.FromConfig(f.Config); err != nil {
			return exitCode(complain(s.err, err))
		}
	}
	files.Card = f.Card
	o, err := probe.Read(files)
	if err != nil {
		return exitCode(complain(s.err, err))
	}
	failed, err := probe.Run(ctx, o, s.out)
	if err != nil {
		return err
	}
	if failed > 0 {
		return exitCode(scenario.ExitMismatch)
	}
	return nil
}
