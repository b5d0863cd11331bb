package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"kioskd/simulator/shop"
)

// Opening is a shop with one kiosk, powered on, and its page.
type Opening struct {
	Shop *shop.Shop
	URL  string

	stop context.CancelFunc
	wait func() error
}

// firstPageWithin bounds the start of a kiosk, and firstPageLook how often it is
// looked at meanwhile.
const (
	firstPageWithin = 30 * time.Second
	firstPageLook   = 20 * time.Millisecond
)

// Open opens a shop, starts the kiosk in it, waits for its first page, and serves
// the technician's page on l (see Listen) until Close. progress is told each step
// in a few words; it may be nil. o.Watch is the bench's own. l is closed in any
// case.
func Open(ctx context.Context, o shop.Options, l net.Listener, progress func(string)) (_ *Opening, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	if progress == nil {
		progress = func(string) {}
	}
	watch := NewWatch()
	o.Watch = watch.Changed
	progress("the office opens")
	s, err := shop.New(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	k, err := s.Kiosk(1)
	if err != nil {
		return nil, err
	}
	progress("kioskd starts")
	begun := time.Now()
	if err := k.PowerOn(); err != nil {
		return nil, err
	}
	if err := firstPage(ctx, k); err != nil {
		return nil, err
	}
	progress(fmt.Sprintf("first page after %d ms", time.Since(begun).Milliseconds()))
	serving, stop := context.WithCancel(ctx)
	url, wait := New(Shop(s), watch, o.Log).Serve(serving, l)
	return &Opening{Shop: s, URL: url, stop: stop, wait: wait}, nil
}

// firstPage waits until the kiosk shows something.
func firstPage(ctx context.Context, k *shop.Kiosk) error {
	ctx, cancel := context.WithTimeout(ctx, firstPageWithin)
	defer cancel()
	for k.Tree() == nil {
		if !k.Running() {
			return fmt.Errorf("bench: kioskd ended (%s); it said: %v", k.Ended(), k.LogTail(1))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("bench: kioskd has shown no page within %s; it said: %v", firstPageWithin, k.LogTail(1))
		case <-time.After(firstPageLook):
		}
	}
	return nil
}

// Wait returns when the page is no longer served.
func (o *Opening) Wait() error { return o.wait() }

// Close ends page, kiosk and shop, and waits for them. It may be called twice.
func (o *Opening) Close() error {
	o.stop()
	return errors.Join(o.wait(), o.Shop.Close())
}
