// Package flows is the procedure at the counter: what happens between a
// customer's first touch and the blank screen after, as straight-line
// functions that can be read aloud.
//
// It knows cards, paper, coins and an office, each as a small interface of what
// the procedure needs of it. It knows no hardware, no network and no pixels.
//
// Two rules hold everywhere. What moves money, paper or a try is written to the
// journal before and after. And a context ends waiting, never an act that has
// begun: a command that went to the card, a motor that runs, a refund that is
// owed are seen through.
package flows

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
)

// Counter is what a customer stands in front of. All exported fields but
// Technician and Lock are required.
type Counter struct {
	Kiosk        string
	Municipality string  // where the machine stands: its hours decide the gate
	Contact      Contact // the desk of that municipality, until the office names the customer's

	Screen  Screen
	Reader  Reader
	Cash    Cash
	Sheets  SheetPrinter
	Slips   SlipPrinter
	Signals Signals
	Office  Office
	Journal Journal
	Clock   Clock
	Service Service
	Limits  Limits
	Log     *slog.Logger
	// Technician opens the maintenance page; nil where no code was set, and then
	// there is none.
	Technician *Technician
	// Lock is held while a customer is served; nil where nobody changes the kiosk
	// under way.
	Lock Lock

	reporting turn // one Report at a time
	standing  sync.Mutex
	stand     map[string]string // of each device, as it was booked last
	unbooked  upkeep            // wrong codes that the journal did not take
}

// The ways a question ends that are not an answer.
var (
	errCancelled = errors.New("the customer cancelled")
	errHome      = errors.New("back to the first page")
	errVisitOver = errors.New("the visit took too long")
)

// Serve puts up the first page, serves the customer who touches it, and returns
// when the kiosk is ready for the next one. The error is one after which nobody
// may be served: a journal that does not write, a panel that is gone, the end
// of ctx.
func (c *Counter) Serve(ctx context.Context) error {
	c.Screen.Clear()
	if err := c.clearTray(ctx); err != nil {
		return err
	}
	if reason := c.Service.OutOfService(); reason != "" {
		return c.outOfService(ctx, reason)
	}
	if err := c.home(ctx); err != nil {
		return c.left(ctx, err)
	}
	defer c.release()
	for {
		id, err := c.menu(ctx)
		if err != nil {
			return c.left(ctx, err)
		}
		switch id {
		case ErrandCertificate:
			err = c.certificate(ctx)
		case ErrandReset:
			err = c.reset(ctx)
		}
		if !errors.Is(err, errAgain) {
			return c.left(ctx, err)
		}
		c.release()
	}
}

// menu asks what somebody came for. A kiosk that goes out of service meanwhile
// says so here, before anything is begun.
func (c *Counter) menu(ctx context.Context) (errand string, err error) {
	for {
		id, err := c.ask(ctx, Page{
			Name:    PageMenu,
			Buttons: buttons("certificate", "reset", "help", "language", "cancel"),
			Idle:    c.Limits.Idle,
		}, c.Service.Changed())
		if err != nil || id != "" {
			return id, err
		}
		if c.Service.OutOfService() != "" {
			return "", errHome
		}
	}
}

// hold takes the kiosk for a customer, unless somebody is changing it.
func (c *Counter) hold() bool { return c.Lock == nil || c.Lock.Take() }

func (c *Counter) release() {
	if c.Lock != nil {
		c.Lock.Release()
	}
}

// What a customer can come for, as the menu's buttons and the office's settings
// name it.
const (
	ErrandCertificate = "certificate"
	ErrandReset       = "reset"
)

// errAgain leads back to the menu.
var errAgain = errors.New("back to the menu")

// left turns the ways to leave a page into the end of this customer.
func (c *Counter) left(ctx context.Context, err error) error {
	switch {
	case isJournal(err):
		return err // whatever else was: nothing may be said to be done that is not booked
	case err == nil, errors.Is(err, errHome), errors.Is(err, ErrIdle):
		return c.cardBack(ctx)
	case errors.Is(err, errCancelled):
		return c.cancelled(ctx, "")
	default:
		return err
	}
}

// cancelled says that nothing was done and nothing is kept, and sees that the
// card does not stay.
func (c *Counter) cancelled(ctx context.Context, errand string) error {
	p := Page{Name: PageCancelled, Keys: keys("card", yes(c.Reader.Present()))}
	p.Keys = append(p.Keys, errandKey(errand)...)
	if err := c.lasting(ctx, p); err != nil {
		return err
	}
	return c.cardBack(ctx)
}

// lasting shows a page that ends by itself after limit.end, and returns coins
// that come late.
func (c *Counter) lasting(ctx context.Context, p Page) error {
	showing, cancel := c.Clock.WithTimeout(ctx, c.Limits.End, errPageOver)
	defer cancel()
	for {
		id, err := c.Screen.Ask(showing, p, c.Cash.Pending())
		if errors.Is(err, errPageOver) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.returnStray(ctx); err != nil {
			return err
		}
		if id != "" {
			return nil
		}
	}
}

var errPageOver = errors.New("the page has been up long enough")

// cardBack waits until no card lies on the reader: first friendly, after
// limit.card with the alarm. Nobody is served before.
func (c *Counter) cardBack(ctx context.Context) error {
	if !c.Reader.Present() {
		return nil
	}
	_, err := c.takeCard(ctx)
	return err
}

// takeCard asks for the card and waits until it is gone. late says that it was
// forgotten: the customer may no longer be here.
func (c *Counter) takeCard(ctx context.Context) (late bool, err error) {
	c.Signals.Blink(LampReader)
	defer c.Signals.Off(LampReader)
	c.Signals.Beep()
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	gone := c.Reader.Gone(waiting)
	p := Page{Name: PageTakeCard, Buttons: buttons("help", "language"), Lasts: c.Limits.Card}
	for {
		id, err := c.Screen.Ask(ctx, p, gone)
		if err != nil {
			return false, err
		}
		if id != "help" {
			break
		}
		// Whichever way the help is left, the card comes first.
		if err := c.guidance(ctx, "where", c.Contact); err != nil && !errors.Is(err, errHome) && !errors.Is(err, ErrIdle) {
			return false, err
		}
	}
	if !c.Reader.Present() {
		return false, nil
	}
	return true, c.forgotten(ctx, "card", gone)
}

// forgotten alarms until what lies there is taken.
func (c *Counter) forgotten(ctx context.Context, what string, taken <-chan struct{}) error {
	c.Signals.On(LampAttention)
	defer c.Signals.Off(LampAttention)
	c.Signals.Alarm()
	_, err := c.Screen.Ask(ctx, Page{Name: PageForgotten, Keys: keys("what", what), Contact: &c.Contact}, taken)
	return err
}

// clearTray lets no customer begin while somebody's paper lies in the tray
// (I9). It is what a start after a power cut meets as well.
func (c *Counter) clearTray(ctx context.Context) error {
	if !c.Sheets.Lying() {
		return nil
	}
	c.Signals.Blink(LampSheets)
	defer c.Signals.Off(LampSheets)
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	return c.forgotten(ctx, "sheets", c.Sheets.Clear(waiting))
}

// ask is a question on a page before money: help and cancel mean the same on
// all of them.
func (c *Counter) ask(ctx context.Context, p Page, until <-chan struct{}) (string, error) {
	for {
		id, err := c.Screen.Ask(ctx, p, until)
		if err != nil {
			return "", err
		}
		switch id {
		case "cancel":
			return "", errCancelled
		case "help":
			if err := c.guidance(ctx, "where", c.contact(p)); err != nil {
				return "", err
			}
		default:
			return id, nil
		}
	}
}

func (c *Counter) contact(p Page) Contact {
	if p.Contact != nil {
		return *p.Contact
	}
	return c.Contact
}

// any is closed when one of several things has happened; stop ends the wait.
func (c *Counter) any(ctx context.Context, a, b, d <-chan struct{}) (<-chan struct{}, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-a:
		case <-b:
		case <-d:
		case <-ctx.Done():
		}
	}()
	return done, func() { cancel(); <-done }
}

// number makes a random name: 128 bits and no clock in it, so that two visits
// in the same instant cannot share one (incident D2).
func number() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(fmt.Sprintf("flows: the system has no random numbers: %v", err)) // crypto/rand never returns one
	}
	return hex.EncodeToString(b[:])
}

// incidentNumber is short enough to read to somebody on the telephone.
func incidentNumber() string {
	n := number()
	return fmt.Sprintf("%s-%s", n[:4], n[4:8])
}

func buttons(ids ...string) []Button {
	list := make([]Button, len(ids))
	for i, id := range ids {
		list[i] = Button{ID: id}
	}
	return list
}

func keys(pairs ...string) []Key {
	var list []Key
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, Key{pairs[i], pairs[i+1]})
	}
	return list
}

func yen(n int) string { return strconv.Itoa(n) }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
