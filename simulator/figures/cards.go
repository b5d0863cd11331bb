package figures

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kioskd/simulator/card"
	"kioskd/simulator/pcscd"
	"kioskd/simulator/shop"
)

// A login on a card: certificate, tries left, PIN, signature. Reach, by whether
// the card knows short file identifiers.
const (
	exchangesWanted, afterPINWanted             = 10, 2
	exchangesWantedSelecting, afterPINSelecting = 13, 4
)

// cards has the production kioskd log in with a virtual card in a real pcscd, and
// OpenSC's pkcs11-tool do the same with the same card on the same reader.
func (m *meter) cards(ctx context.Context, dir string, o Options) (err error) {
	if err := m.say("logging in with a card in pcscd, beside OpenSC"); err != nil {
		return err
	}
	dir = filepath.Join(dir, "pcsc")
	d, err := pcscd.Start(ctx, pcscd.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	e := newEye()
	s, err := shop.New(ctx, shop.Options{
		Dir: filepath.Join(dir, "shop"), Start: opening(), Kioskd: o.Kioskd, Fonts: o.Fonts, KeyCache: o.KeyCache, Watch: e.saw,
		PCSC: &shop.PCSC{Address: d.Address(0, 0), Env: d.Env()},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	k, err := s.Kiosk(1)
	if err != nil {
		return err
	}
	if err := k.PowerOn(); err != nil {
		return err
	}
	c := &customer{shop: s, kiosk: k, eye: e}
	for _, of := range []struct {
		name       string
		product    card.Product
		all, after int
	}{
		{"short ids", card.Product{}, exchangesWanted, afterPINWanted},
		{"no short ids", card.Product{NoShortIDs: true}, exchangesWantedSelecting, afterPINSelecting},
	} {
		if err := s.Remake(resident, of.product); err != nil {
			return err
		}
		ours, theirs, err := c.logins(ctx, d, dir)
		if err != nil {
			return errors.Join(err, c.describe())
		}
		if err := m.logins("card login, "+of.name, ours, theirs, of.all, of.after); err != nil {
			return err
		}
	}
	return nil
}

// login is what passed for one: in all, and from the PIN on.
type login struct{ all, after card.Traffic }

// logins is kioskd's and OpenSC's with the same card.
func (c *customer) logins(ctx context.Context, d *pcscd.Daemon, dir string) (ours, theirs login, err error) {
	before, _ := c.kiosk.Traffic()
	if err := c.toPIN(ctx, resident); err != nil {
		return login{}, login{}, err
	}
	for _, digit := range pin {
		if err := c.tap(ctx, "pin", string(digit)); err != nil {
			return login{}, login{}, err
		}
	}
	if err := c.tap(ctx, "pin", "enter"); err != nil {
		return login{}, login{}, err
	}
	if err := c.page(ctx, "take-card", ""); err != nil {
		return login{}, login{}, err
	}
	// kioskd has let go of the card, and it still lies there.
	between, after := c.kiosk.Traffic()
	ours = login{between.Since(before), after}
	if err := openSC(ctx, d, dir); err != nil {
		return login{}, login{}, err
	}
	all, after := c.kiosk.Traffic()
	theirs = login{all.Since(between), after}
	c.kiosk.Take()
	if err := c.tap(ctx, "kind", "cancel"); err != nil {
		return login{}, login{}, err
	}
	return ours, theirs, c.home(ctx)
}

// openSC logs in and signs with pkcs11-tool as it is configured by itself.
func openSC(ctx context.Context, d *pcscd.Daemon, dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte("what is signed"), 0o600); err != nil {
		return err
	}
	out, err := d.Client(ctx, dir, "pkcs11-tool", "--login", "--pin", pin, "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "01",
		"--input-file", "text", "--output-file", "signature")
	if err != nil {
		return fmt.Errorf("pkcs11-tool (Debian: opensc): %w: %s", err, out)
	}
	return nil
}

func (m *meter) logins(name string, ours, theirs login, all, after int) error {
	const beside = "OpenSC's pkcs11-tool, same card and reader"
	for _, f := range []figure{
		{name: name + ": exchanges", value: float64(ours.all.Exchanges), reference: float64(theirs.all.Exchanges), unit: count, limit: float64(all)},
		{name: name + ": exchanges from the PIN on", value: float64(ours.after.Exchanges), reference: float64(theirs.after.Exchanges), unit: count, limit: float64(after)},
		{name: name + ": bytes", value: float64(ours.all.Bytes), reference: float64(theirs.all.Bytes), unit: count},
		{name: name + ": time at 106 kbit/s, modelled", value: ours.all.Time().Seconds(), reference: theirs.all.Time().Seconds()},
		{name: name + ": the same from the PIN on", value: ours.after.Time().Seconds(), reference: theirs.after.Time().Seconds()},
	} {
		f.than = beside
		if err := m.table.add(f); err != nil {
			return err
		}
	}
	return nil
}
