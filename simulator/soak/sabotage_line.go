package soak

import (
	"context"
	"encoding/json"
	"runtime"
	"sync"

	"kioskd/daemon/journal"
	"kioskd/flows"
)

// droppingLine loses an event now and then.
type droppingLine struct {
	journal.Office
	sent int
}

func (l *droppingLine) PublishJournal(ctx context.Context, first uint64, id string, events []json.RawMessage) error {
	if l.sent += len(events); l.sent > 20 && len(events) > 1 {
		events = append(events[:0:0], events[1:]...)
	}
	return l.Office.PublishJournal(ctx, first, id, events)
}

// swappingLine sends the last two of a message the other way round.
type swappingLine struct{ journal.Office }

func (l *swappingLine) PublishJournal(ctx context.Context, first uint64, id string, events []json.RawMessage) error {
	if n := len(events); n > 1 {
		events = append(events[:0:0], events...)
		events[n-1], events[n-2] = events[n-2], events[n-1]
	}
	return l.Office.PublishJournal(ctx, first, id, events)
}

// doublingLine sends a message again that was not acknowledged, under new
// numbers.
type doublingLine struct{ journal.Office }

func (l *doublingLine) PublishJournal(ctx context.Context, first uint64, id string, events []json.RawMessage) error {
	err := l.Office.PublishJournal(ctx, first, id, events)
	if err != nil {
		_, last, _, lastErr := l.LastJournal(ctx)
		if lastErr == nil {
			return l.Office.PublishJournal(ctx, last+1, id, events)
		}
	}
	return err
}

// racingOffice has two write into the journal before each customer's session.
type racingOffice struct {
	flows.Office
	c *flows.Counter
}

func (o *racingOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	var both sync.WaitGroup
	for _, who := range []string{"one", "other"} {
		both.Go(func() { _ = o.c.Journal.Write(flows.Event{Kind: flows.DeviceFault, Device: who}) })
	}
	both.Wait()
	return o.Office.Begin(ctx, cert)
}

// lockedOffice keeps its lock when an order fails.
type lockedOffice struct {
	flows.Office
	mu sync.Mutex
}

func (o *lockedOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, cert)
	return &lockedSession{s, &o.mu}, err
}

type lockedSession struct {
	flows.Session
	mu *sync.Mutex
}

func (s *lockedSession) Order(ctx context.Context, r flows.Request, progress func(int, int)) (*flows.Document, error) {
	s.mu.Lock()
	d, err := s.Session.Order(ctx, r, progress)
	if err == nil {
		s.mu.Unlock()
	}
	return d, err
}

// busyOffice loops when an order has failed, until the whole run is over.
type busyOffice struct {
	flows.Office
	run context.Context
}

func (o *busyOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, cert)
	return &busySession{s, o.run}, err
}

type busySession struct {
	flows.Session
	run context.Context
}

func (s *busySession) Order(ctx context.Context, r flows.Request, progress func(int, int)) (*flows.Document, error) {
	d, err := s.Session.Order(ctx, r, progress)
	for err != nil && s.run.Err() == nil {
		runtime.Gosched()
	}
	return d, err
}
