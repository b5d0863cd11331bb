package flows

import (
	"context"
	"errors"
	"strconv"
)

// errLate is a document that did not come in time. The whole order ends: no
// lock is let go while its job could still arrive (incident D1).
var errLate = errors.New("the document did not come in time")

// fetch brings the document into memory, whole and checked. Nothing has been
// paid yet, so everything that is not right ends the order here.
func (v *visit) fetch(ctx context.Context) error {
	if err := v.write(Event{Kind: OrderPlaced, Copies: v.request.Copies, Fee: v.request.Fee}); err != nil {
		return err
	}
	document, err := v.await(ctx)
	var refused *Refused
	var bad *BadDocument
	switch {
	case err == nil:
	case errors.Is(err, errCancelled), errors.Is(err, errHome), errors.Is(err, errVisitOver), errors.Is(err, ErrIdle):
		return err
	case errors.As(err, &refused):
		return v.refusedAs(ctx, DocumentRefused, refused.Code)
	case errors.As(err, &bad):
		if err := v.write(Event{Kind: DocumentRefused, Reason: bad.Why}); err != nil {
			return err
		}
		return v.failed(ctx, "the document is not what was asked for", err)
	default:
		return v.failed(ctx, "no document from the office", err)
	}
	v.document = document
	return v.write(Event{Kind: DocumentComplete, Issue: document.Issue, Of: len(document.Sheets)})
}

// await asks for the document while the customer sees it come, and may still
// cancel. Whatever ends the page ends the request, and is waited for.
func (v *visit) await(ctx context.Context) (*Document, error) {
	asking, cancel := v.c.Clock.WithTimeout(ctx, v.c.Limits.Fetch, errLate)
	defer cancel()
	type progress struct{ sheet, of int }
	steps := make(chan progress, 1)
	type answer struct {
		document *Document
		err      error
	}
	answered := make(chan answer, 1)
	moved := newBell()
	go func() {
		d, err := v.session.Order(asking, v.request, func(sheet, of int) {
			select {
			case <-steps: // only the newest counts
			default:
			}
			steps <- progress{sheet, of}
			moved.ring()
		})
		answered <- answer{d, err}
		moved.ring()
	}()
	at := progress{0, 1}
	for {
		p := v.page(PageFetching)
		p.Idle = 0
		p.Keys = keys("sheet", strconv.Itoa(at.sheet), "of", strconv.Itoa(at.of))
		_, err := v.ask(asking, p, moved.next())
		select {
		case at = <-steps:
		default:
		}
		select {
		case a := <-answered:
			if err != nil {
				a.document.Wipe()
				return nil, err
			}
			return a.document, a.err
		default:
		}
		if err != nil {
			cancel()
			a := <-answered
			a.document.Wipe()
			return nil, err
		}
	}
}
