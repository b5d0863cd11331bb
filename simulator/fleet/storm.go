package fleet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// returned takes the office away from a fleet whose every kiosk has a customer
// waiting, and brings it back.
func (f *fleet) returned(ctx context.Context, dir string, c *Compared) error {
	for _, k := range f.kiosks[:f.Kiosks] {
		if k.client != nil {
			continue
		}
		k.cable = f.cables[0]
		if err := k.dial(ctx, filepath.Join(dir, k.id)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	if err := until(ctx, func() bool { return f.onLine() == f.Kiosks }); err != nil {
		return fmt.Errorf("fleet: %d of %d kiosks are on the line after %v", f.onLine(), f.Kiosks, connectLimit)
	}
	f.office.Away()
	if err := until(ctx, func() bool { return f.onLine() == 0 }); err != nil {
		return errors.New("fleet: the outage is not noticed")
	}
	before := f.office.Audit().Asked[protocol.LoginBegin]
	certificate := f.cards["adult"].certificate
	var customers errgroup.Group
	for _, k := range f.kiosks[:f.Kiosks] {
		customers.Go(func() error {
			s, err := k.client.Begin(ctx, certificate)
			// A line that stays down is said soon, and who wants something asks again.
			for errors.Is(err, flows.ErrOfficeAway) && ctx.Err() == nil {
				s, err = k.client.Begin(ctx, certificate)
			}
			if err == nil {
				s.Close()
			}
			return err
		})
	}
	begun := time.Now()
	if err := f.office.Back(); err != nil {
		return errors.Join(err, customers.Wait())
	}
	if err := customers.Wait(); err != nil {
		return err
	}
	c.Back = time.Since(begun)
	c.PerKiosk = float64(f.office.Audit().Asked[protocol.LoginBegin]-before) / float64(f.Kiosks)
	begun = time.Now()
	var bare errgroup.Group
	for _, k := range f.kiosks[:f.Kiosks] {
		bare.Go(func() error {
			b, err := f.bare(k)
			if err != nil {
				return err
			}
			defer b.Close()
			_, err = b.RequestWithContext(ctx, protocol.SettingsDirectGet(), nil)
			return err
		})
	}
	if err := bare.Wait(); err != nil {
		return fmt.Errorf("fleet: bare lines: %w", err)
	}
	c.BareBack = time.Since(begun)
	return nil
}
