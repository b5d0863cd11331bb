//go:build cgo

package pcsc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ebfe/scard"

	"kioskd/drivers/board"
)

// plugAndPlay is the name under which PC/SC tells of readers that come and go.
const plugAndPlay = `\\?PnP?\Notification`

// view is what one Wait leaves to the next.
type view struct {
	context *scard.Context // nil: to be established
	slots   []slot
	change  uint32
	absent  bool // it was said that there is no reader
}

// slot is what pcscd last said of a reader, its count of cards that came and
// went included.
type slot struct {
	name  string
	state scard.StateFlag
}

const (
	passing  = scard.StateChanged | scard.StateExclusive | scard.StateInuse // says nothing of the card
	noReader = scard.StateUnknown | scard.StateUnavailable | scard.StateIgnore
)

func (s slot) card() bool { return s.state&scard.StatePresent != 0 }

// Wait returns what lies there as soon as it differs from last. Where there is
// no reader the first call says so at once, and the next waits for one.
func (r *Reader) Wait(ctx context.Context, last board.Presence) (board.Presence, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return last, context.Cause(ctx)
	}
	v := &r.view
	for {
		if ctx.Err() != nil {
			return last, context.Cause(ctx)
		}
		if err := r.usable(ctx, v); err != nil {
			return last, err
		}
		names, all, err := r.readers(v.context)
		if err != nil {
			r.forget(v)
			return last, absence(err)
		}
		v.keep(names)
		if v.known(names) {
			here := v.here()
			if !here && !v.absent {
				v.absent = true
				return last, fmt.Errorf("pcsc: no reader of %d fits %q and answers: %w", all, r.name, board.ErrNoReader)
			}
			if p := v.presence(); here && p != last {
				v.absent = false
				return p, nil
			}
		}
		if err := r.sleep(ctx, v, names, all); err != nil {
			if ctx.Err() != nil {
				return last, context.Cause(ctx)
			}
			r.forget(v)
			return last, absence(err)
		}
	}
}

// usable waits for calls that are out, once it has been said that the reader
// does not answer, and sees to a context.
func (r *Reader) usable(ctx context.Context, v *view) (err error) {
	if r.hung() {
		r.forget(v)
		if !v.absent {
			v.absent = true
			return fmt.Errorf("pcsc: a call is out: %w", board.ErrNoReader)
		}
		_, mended := r.trouble()
		select {
		case <-mended:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if v.context != nil {
		return nil
	}
	if v.context, err = r.establish(); err != nil {
		v.context = nil
		return absence(err)
	}
	return nil
}

// forget leaves a context in which something went wrong. What lies there then
// may be another card.
func (r *Reader) forget(v *view) {
	if v.context != nil {
		r.release(v.context)
	}
	v.context, v.slots = nil, nil
	v.change++
}

// keep forgets slots that pcscd no longer lists, as of a reader that has left the
// USB: they cannot be asked about, and so nothing would tell that they have gone.
func (v *view) keep(names []string) {
	left := slices.DeleteFunc(slices.Clone(v.slots), func(s slot) bool { return !slices.Contains(names, s.name) })
	if len(left) < len(v.slots) {
		v.slots = left
		v.change++
	}
}

// known says whether all these slots were looked at.
func (v *view) known(names []string) bool {
	return slices.EqualFunc(v.slots, names, func(s slot, name string) bool { return s.name == name })
}

// here says whether there is a slot that works.
func (v *view) here() bool {
	return slices.ContainsFunc(v.slots, func(s slot) bool { return s.state&noReader == 0 })
}

func (v *view) presence() board.Presence {
	p := board.Presence{Change: v.change}
	for _, s := range v.slots {
		if s.card() {
			p.Cards++
		}
	}
	return p
}

// sleep asks pcscd to say when something differs from what it said last; what it
// was not asked about it says at once.
func (r *Reader) sleep(ctx context.Context, v *view, names []string, all int) error {
	states := make([]scard.ReaderState, 0, len(names)+1)
	for _, n := range names {
		state := scard.StateUnaware
		if i := slices.IndexFunc(v.slots, func(s slot) bool { return s.name == n }); i >= 0 {
			state = v.slots[i].state
		}
		states = append(states, scard.ReaderState{Reader: n, CurrentState: state &^ scard.StateChanged})
	}
	states = append(states, scard.ReaderState{Reader: plugAndPlay, CurrentState: scard.StateFlag(all) << 16})
	err := r.await(ctx, v.context, states)
	var code scard.Error
	if errors.As(err, &code) && (code == scard.ErrTimeout || code == scard.ErrUnknownReader) {
		return nil // list them again
	}
	if err != nil {
		return fmt.Errorf("pcsc: wait for a card: %w", named(err))
	}
	slots := make([]slot, len(names))
	for i := range names {
		slots[i] = slot{states[i].Reader, states[i].EventState}
	}
	if !slices.EqualFunc(v.slots, slots, func(a, b slot) bool { return a.name == b.name && a.state&^passing == b.state&^passing }) {
		v.change++
	}
	v.slots = slots
	return nil
}

// await is GetStatusChange that ends with ctx, or when another call does not
// come back.
func (r *Reader) await(ctx context.Context, c *scard.Context, states []scard.ReaderState) error {
	done := make(chan error, 1)
	asked := slices.Clone(states)
	go func() { done <- c.GetStatusChange(asked, relook) }()
	trouble, _ := r.trouble()
	select {
	case err := <-done:
		copy(states, asked)
		return err
	case <-trouble:
	case <-ctx.Done():
	}
	// A cancel that comes before its call is forgotten: it is said again until
	// the call is back.
	const every = 5 * time.Millisecond
	late := time.NewTimer(callWithin)
	defer late.Stop()
	for {
		_ = simply(r, "wake", c.Cancel) // what matters is whether the call ends
		select {
		case err := <-done:
			copy(states, asked)
			return err
		case <-late.C:
			// No other such call may be made before this one is back: the library
			// keeps the readers' names in one place for all of them.
			r.away("wait for a card")
			go func() {
				r.log.Info("card reader answered after all", "err", <-done)
				r.back()
			}()
			return board.ErrHung
		case <-time.After(every):
		}
	}
}

// absence says that there is no reader, whatever the reason.
func absence(err error) error {
	if errors.Is(err, board.ErrNoReader) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", board.ErrNoReader, err)
}
