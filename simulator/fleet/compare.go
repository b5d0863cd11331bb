package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
	"kioskd/simulator/board"
	"kioskd/simulator/office"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/register"
)

// CompareOptions say how much is measured.
type CompareOptions struct {
	Kiosks   int // that come back after the outage
	Events   int // of the drained journal
	Requests int // of each kind; the result is the median
	Keys     *authority.KeyPool
	Log      *slog.Logger // nil: slog.Default
}

// Compared is the line to the office beside what NATS does by itself, on the same
// machine in the same run.
type Compared struct {
	Drain, BareDrain time.Duration // all events: the outbox, and a JetStream publisher with the same messages
	Requests         map[protocol.Verb]Beside
	Document         Beside        // an order and its sheet of a chunk, opened and checked; two bare requests
	Back, BareBack   time.Duration // from the office's return until every kiosk is served; bare lines connect and ask once
	PerKiosk         float64       // requests that a kiosk sent until it was served
}

// Compare measures.
func Compare(ctx context.Context, o CompareOptions) (c Compared, err error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	dir, err := os.MkdirTemp("", "kiosksim-compare-")
	if err != nil {
		return c, fmt.Errorf("fleet: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	start := dayOf(time.Now())
	drawer := &partPaper{}
	f := &fleet{paper: drawer, Options: Options{Kiosks: o.Kiosks, Log: o.Log, Keys: o.Keys}, clock: board.NewClock(start), meter: newMeter()}
	f.office, err = office.New(ctx, office.Options{
		Dir: filepath.Join(dir, "office"), Clock: f.clock, Register: register.New(start), Paper: drawer,
		Authority: authority.NewWithKeys(start, o.Keys), Log: o.Log,
	})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	var ids []string
	for n := range max(o.Kiosks, kiosksLeast) {
		ids = append(ids, fmt.Sprintf("k%04d", n+1))
	}
	files, err := f.office.AddKiosks(ids...)
	if err != nil {
		return c, err
	}
	for n, id := range ids {
		f.kiosks = append(f.kiosks, &kiosk{fleet: f, id: id, keyFile: files[n], hands: newHands()})
	}
	if f.cards, err = issue(f.office, offered, tooMany, noReset); err != nil {
		return c, err
	}
	l, err := lay(ctx, f.office.URL(), func() {})
	if err != nil {
		return c, err
	}
	f.cables = []*cable{l}
	if err := f.drained(ctx, dir, o.Events, &c); err != nil {
		return c, err
	}
	if err := f.asked(ctx, dir, o.Requests, &c); err != nil {
		return c, err
	}
	return c, f.returned(ctx, dir, &c)
}

// drained writes a journal without a line, then has it sent.
func (f *fleet) drained(ctx context.Context, dir string, events int, c *Compared) error {
	k := f.kiosks[0]
	k.cable = f.cables[0]
	if err := k.open(ctx, filepath.Join(dir, k.id)); err != nil {
		return err
	}
	if err := until(ctx, k.client.Reachable); err != nil {
		return err
	}
	f.office.Away()
	for range events {
		if err := k.journal.Write(flows.Event{Kind: flows.CoinIn, Visit: k.id, Yen: 100}); err != nil {
			return err
		}
	}
	if err := f.office.Back(); err != nil {
		return err
	}
	// The clock runs from the first message that is through: how long the outbox
	// paused before is the outage's, not the drain's.
	if err := until(ctx, func() bool { return k.acked.Load() > 0 }); err != nil {
		return err
	}
	begun, had := time.Now(), int(k.acked.Load())
	if err := until(ctx, func() bool { return int(k.acked.Load()) == events }); err != nil {
		return err
	}
	if had == events {
		return fmt.Errorf("fleet: %d events are too few to measure", events)
	}
	c.Drain = time.Since(begun) * time.Duration(events) / time.Duration(events-had)
	report, err := k.journal.Report()
	if err != nil {
		return err
	}
	var raw []json.RawMessage
	for _, e := range report.Events {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		raw = append(raw, b)
	}
	bare, err := f.bare(f.kiosks[1])
	if err != nil {
		return err
	}
	defer bare.Close()
	begun = time.Now()
	for n, batch := range slices.Collect(slices.Chunk(raw, outboxBatch)) {
		data, err := protocol.Encode(protocol.JournalBatch{Version: protocol.Version, Journal: "bare", First: uint64(n*outboxBatch + 1), Events: batch})
		if err != nil {
			return err
		}
		if err := bare.publish(ctx, protocol.JournalSubject(f.kiosks[1].id), data); err != nil {
			return err
		}
	}
	c.BareDrain = time.Since(begun)
	return nil
}

// kiosksLeast are one for the journal, one to weigh, one to measure.
const kiosksLeast = 3

// outboxBatch is how many events the kiosk's outbox puts into one message.
const outboxBatch = 64
