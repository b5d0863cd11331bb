package flows

import (
	"context"
	"errors"
)

// home waits for somebody. Coins that come while nobody is asked for money go
// straight back. A door that opens is the technician's.
func (c *Counter) home(ctx context.Context) error {
	for {
		open := c.doorOpen()
		p := Page{
			Name:    PageHome,
			Buttons: buttons("start", "help", "language"),
			Notice:  c.Office.Rules().Notice,
		}
		id, err := c.atHome(ctx, p)
		if errors.Is(err, errPageOver) {
			return errHome // which has the card taken first
		}
		if err != nil {
			return err
		}
		if err := c.returnStray(ctx); err != nil {
			return err
		}
		if id == "maintenance" || !open && c.doorOpen() {
			if err := c.maintenance(ctx); err != nil {
				return err
			}
			return errHome // what the technician did may have changed everything
		}
		if c.Service.OutOfService() != "" {
			return errHome
		}
		switch id {
		case "start":
			return nil
		case "help":
			if err := c.guidance(ctx, "where", c.Contact); err != nil {
				return err
			}
		}
	}
}

// atHome shows the first page. A card that lies there for limit.card, left by a
// power cut or laid and forgotten, ends it with errPageOver.
func (c *Counter) atHome(ctx context.Context, p Page) (string, error) {
	if c.Reader.Present() {
		ctx, cancel := c.Clock.WithTimeout(ctx, c.Limits.Card, errPageOver)
		defer cancel()
		return c.waiting(ctx, p, c.Cash.Pending())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	woken, stop := c.any(ctx, c.Cash.Pending(), c.Reader.Laid(ctx), nil)
	defer stop()
	return c.waiting(ctx, p, woken)
}

// waiting shows a page on which nobody's visit is open, until it is answered or
// something else happens: the service's state, the door, or what until tells of.
// While the door is open, the way to the technician's page is on it.
func (c *Counter) waiting(ctx context.Context, p Page, until <-chan struct{}) (string, error) {
	if c.doorOpen() {
		p.Buttons = append(p.Buttons, Button{ID: "maintenance"})
	}
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	woken, stop := c.any(asking, c.Service.Changed(), until, c.doorMoves(asking))
	defer stop()
	return c.Screen.Ask(ctx, p, woken)
}

// outOfService shows why, until it is no longer so.
func (c *Counter) outOfService(ctx context.Context, reason string) error {
	open := c.doorOpen()
	id, err := c.waiting(ctx, Page{
		Name: PageOutOfService, Keys: keys("reason", reason), Contact: &c.Contact,
	}, nil)
	if err != nil {
		return err
	}
	if id == "maintenance" || !open && c.doorOpen() {
		return c.maintenance(ctx)
	}
	return nil
}
