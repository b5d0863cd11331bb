package attendant

import (
	"context"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/contact"
)

// Door is flows' door: open while its contact is high, as it also is when its
// wire is cut.
type Door struct {
	contact *contact.Dev
	rest    *Rest
	waiters waiters
}

// NewDoor is a door whose contact is told by SetContact; its changes come by
// Changed.
func NewDoor(rest *Rest) *Door { return &Door{rest: rest} }

// SetContact says which contact it is.
func (d *Door) SetContact(c *contact.Dev) { d.contact = c }

// Changed is told of each change of the contact's level.
func (d *Door) Changed(gpio.Level, time.Duration) { d.waiters.changed(d.rest.Up) }

// Open says whether it is.
func (d *Door) Open() bool { return bool(d.contact.Level()) }

// Opened is closed as soon as it is open.
func (d *Door) Opened(ctx context.Context) <-chan struct{} { return d.waiters.when(ctx, d.Open) }

// Shut is closed as soon as it is not.
func (d *Door) Shut(ctx context.Context) <-chan struct{} {
	return d.waiters.when(ctx, func() bool { return !d.Open() })
}

// Wait returns when the contact has that level, as contact.Dev does.
func (d *Door) Wait(ctx context.Context, level gpio.Level) error { return d.contact.Wait(ctx, level) }

// Halt ends the watch. It may be called twice.
func (d *Door) Halt() error { return d.contact.Halt() }
