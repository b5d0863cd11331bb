//go:build cgo

package pcsc

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ebfe/scard"

	"kioskd/drivers/board"
)

// call runs f on a goroutine of its own and gives it d. Where f is not back by
// then the result is board.ErrHung, the reader counts as not there until f is,
// and late is given what f brings in the end.
func call[T any](r *Reader, step string, d time.Duration, f func() (T, error), late func(T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var (
		mu           sync.Mutex
		over, gaveUp bool
		done         = make(chan result, 1)
	)
	go func() {
		v, err := f()
		mu.Lock()
		over = true
		awaited := !gaveUp
		mu.Unlock()
		if awaited {
			done <- result{v, err}
			return
		}
		late(v, err)
		r.back()
	}()
	timer := time.NewTimer(d)
	defer timer.Stop()
	var got result
	select {
	case got = <-done:
	case <-timer.C:
		mu.Lock()
		gaveUp = !over
		mu.Unlock()
		if gaveUp {
			r.away(step)
			var none T
			return none, fmt.Errorf("pcsc: %s: %w", step, board.ErrHung)
		}
		got = <-done
	}
	if got.err != nil {
		return got.value, fmt.Errorf("pcsc: %s: %w", step, named(got.err))
	}
	return got.value, nil
}

// simply is call for what brings nothing.
func simply(r *Reader, step string, f func() error) error {
	_, err := call(r, step, callWithin, func() (struct{}, error) { return struct{}{}, f() }, func(struct{}, error) {})
	return err
}

// named says in the board's words what PC/SC said in its own. What has no word
// there is returned as it is.
func named(err error) error {
	var code scard.Error
	if !errors.As(err, &code) {
		return err
	}
	var word error
	switch code {
	case scard.ErrNoSmartcard:
		word = board.ErrNoCard
	case scard.ErrRemovedCard:
		word = board.ErrRemoved
	case scard.ErrUnresponsiveCard, scard.ErrUnpoweredCard, scard.ErrUnsupportedCard, scard.ErrInvalidAtr:
		word = board.ErrUnpowered
	case scard.ErrSharingViolation:
		return fmt.Errorf("%w: %w", errShared, err)
	case scard.ErrProtoMismatch:
		return fmt.Errorf("%w: %w", board.ErrUnpowered, errProtocol)
	case scard.ErrUnknownReader, scard.ErrReaderUnavailable, scard.ErrNoReadersAvailable,
		scard.ErrNoService, scard.ErrServiceStopped, scard.ErrInvalidHandle, scard.ErrShutdown, scard.ErrServerTooBusy,
		scard.ErrCommError: // of the library with pcscd, not of the reader with the card
		word = board.ErrNoReader
	default:
		return err
	}
	return fmt.Errorf("%w: %w", word, err)
}
