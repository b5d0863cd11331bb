package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/daemon/journal"
	client "kioskd/daemon/office"
	"kioskd/flows"
	"kioskd/simulator/board"
)

// kiosk is a client and a journal, and what its customers hold in their hands.
type kiosk struct {
	fleet   *fleet
	id      string
	keyFile string
	cable   *cable

	client  *client.Client
	journal *journal.Journal
	sending sync.WaitGroup
	stop    context.CancelFunc
	outbox  error // how sending ended; read after sending

	hands   hands
	written int // events
	acked   atomic.Int64
}

// hands is what the customers of a kiosk gave and got, as they would tell it.
type hands struct {
	paid   int // yen, less what came back
	sheets int
	how    map[string]int // visits by their end
	away   int            // turned away at the start page: the office was not reachable
}

func newHands() hands { return hands{how: make(map[string]int)} }

// clock is the world's clock as a kiosk has it: set, and right.
type clock struct{ *board.Clock }

func (c clock) Now() (time.Time, bool) { return c.Clock.Now(), true }

func (k *kiosk) open(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	f := k.fleet
	var err error
	k.journal, err = journal.Open(dir, nil)
	if err != nil {
		return err
	}
	if err := k.dial(ctx, dir); err != nil {
		return err
	}
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	k.stop = stop
	k.sending.Go(func() { k.outbox = k.journal.Send(sending, outbox{k}, f.Log) })
	return nil
}

// dial opens the line alone, without a cable straight to the office.
func (k *kiosk) dial(ctx context.Context, dir string) (err error) {
	f := k.fleet
	url := f.office.URL()
	if k.cable != nil {
		url = k.cable.url()
	}
	k.client, err = client.Dial(ctx, client.Options{
		URL: url, AuthorityFile: f.office.AuthorityFile(), KeyFile: k.keyFile,
		PublicKeyFile: f.office.PublicKeyFile(), StateDir: dir, Kiosk: k.id, Clock: clock{f.clock}, Log: f.Log,
	})
	return err
}

// close ends the kiosk. It may be called twice.
func (k *kiosk) close() error {
	var errs []error
	if k.stop != nil {
		k.stop()
		k.sending.Wait()
		errs = append(errs, k.outbox)
	}
	if k.client != nil {
		errs = append(errs, k.client.Close())
	}
	if k.journal != nil {
		errs = append(errs, k.journal.Close())
	}
	return errors.Join(errs...)
}

// outbox is the client as the journal has it, with a watch on how long it takes
// and how far it has come.
type outbox struct{ k *kiosk }

func (o outbox) LastJournal(ctx context.Context) (string, uint64, json.RawMessage, error) {
	id, last, event, err := o.k.client.LastJournal(ctx)
	if err == nil && id == o.k.journal.ID() {
		o.reached(last)
	}
	return id, last, event, err
}

func (o outbox) PublishJournal(ctx context.Context, first uint64, id string, events []json.RawMessage) error {
	err := o.k.fleet.meter.time("journal", func() error { return o.k.client.PublishJournal(ctx, first, id, events) })
	if err == nil {
		o.reached(first + uint64(len(events)) - 1)
	}
	return err
}

func (o outbox) reached(last uint64) {
	if was := o.k.acked.Swap(int64(last)); int64(last) > was {
		o.k.fleet.meter.acked.Add(int64(last) - was)
	}
}

// write commits an event, as a kiosk does before and after each outward act.
func (k *kiosk) write(e flows.Event) error {
	e.At = k.fleet.began.Add(k.fleet.shown(time.Now()) - dawn)
	k.fleet.meter.written.Add(1)
	k.written++
	return k.journal.Write(e)
}

// serve takes the customers one after the other. Who comes while another is
// served waits.
func (k *kiosk) serve(ctx context.Context, customers []customer, behind *atomic.Int64) error {
	for _, c := range customers {
		due := k.fleet.began.Add(k.fleet.real(c.comes))
		if !sleep(ctx, time.Until(due)) {
			return nil
		}
		for late := int64(time.Since(due)); ; {
			was := behind.Load()
			if late <= was || behind.CompareAndSwap(was, late) {
				break
			}
		}
		if !k.client.Reachable() {
			k.hands.away++
			continue
		}
		if err := k.visit(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
