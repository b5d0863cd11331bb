package fleet

import (
	"context"
	"crypto"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
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
	Chunk, BareChunk time.Duration // a chunk of a sheet, and a request answered with as many bytes
	Offer, BareOffer time.Duration // a question, and a request of its size with HPKE's work both ways
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
	f := &fleet{Options: Options{Kiosks: o.Kiosks, Log: o.Log, Keys: o.Keys}, clock: board.NewClock(start), meter: newMeter()}
	f.office, err = office.New(ctx, office.Options{
		Dir: filepath.Join(dir, "office"), Clock: f.clock, Register: register.New(start), Paper: plainPaper{},
		Authority: authority.NewWithKeys(start, o.Keys), Log: o.Log,
	})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	var ids []string
	for n := range max(o.Kiosks, 2) {
		ids = append(ids, fmt.Sprintf("k%04d", n+1))
	}
	files, err := f.office.AddKiosks(ids...)
	if err != nil {
		return c, err
	}
	for n, id := range ids {
		f.kiosks = append(f.kiosks, &kiosk{fleet: f, id: id, keyFile: files[n], hands: newHands()})
	}
	if f.cards, err = issue(f.office); err != nil {
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

// outboxBatch is how many events the kiosk's outbox puts into one message.
const outboxBatch = 64

// asked measures requests of a customer who is logged in.
func (f *fleet) asked(ctx context.Context, dir string, times int, c *Compared) error {
	k, card := f.kiosks[0], f.cards["adult"]
	s, err := k.client.Begin(ctx, card.certificate)
	if err != nil {
		return err
	}
	defer s.Close()
	sum := sha256.Sum256(s.Message())
	signature, err := card.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return fmt.Errorf("fleet: sign: %w", err)
	}
	if _, err := s.Prove(ctx, signature); err != nil {
		return err
	}
	offer, err := s.Offer(ctx)
	if err != nil {
		return err
	}
	if c.Offer, err = median(min(times, jobsASession), func() error { _, err := s.Offer(ctx); return err }); err != nil {
		return err
	}
	r := flows.Request{ID: protocol.NewID(), Scope: flows.ScopeSelf, Copies: 1, Fee: offer.Fee}
	// The order is answered from memory after the first time: what is left is the
	// way of its answer and of its chunks.
	whole := func() error { doc, err := s.Order(ctx, r, nil); doc.Wipe(); return err }
	if err := whole(); err != nil {
		return err
	}
	bare, err := newBareServer(filepath.Join(dir, "office"))
	if err != nil {
		return err
	}
	defer bare.close()
	doc, err := s.Order(ctx, r, nil)
	if err != nil {
		return err
	}
	size := len(doc.Sheets[0].Raster)
	doc.Wipe()
	chunks := (size + protocol.MaxChunk - 1) / protocol.MaxChunk
	all, err := median(times, whole)
	if err != nil {
		return err
	}
	c.Chunk = all / time.Duration(chunks+1) // and the order's own answer
	per := base64Size(size / chunks)
	if c.BareChunk, err = median(times, func() error { return bare.ask(ctx, make([]byte, 256), per) }); err != nil {
		return err
	}
	seal, err := newSeal()
	if err != nil {
		return err
	}
	c.BareOffer, err = median(times, func() error {
		if err := seal.roundTrip(); err != nil {
			return err
		}
		return bare.ask(ctx, make([]byte, sealedAsk), sealedAsk)
	})
	return err
}

// sealing is HPKE as the protocol uses it, without the protocol.
type sealing struct{ key hpke.PrivateKey }

func newSeal() (*sealing, error) {
	key, err := protocol.NewKey()
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return &sealing{key}, nil
}

// roundTrip seals and opens a question and its answer.
func (s *sealing) roundTrip() error {
	for range 2 {
		sealed, err := hpke.Seal(s.key.PublicKey(), hpke.HKDFSHA256(), hpke.AES256GCM(), nil, make([]byte, 256))
		if err != nil {
			return fmt.Errorf("fleet: seal: %w", err)
		}
		if _, err := hpke.Open(s.key, hpke.HKDFSHA256(), hpke.AES256GCM(), nil, sealed); err != nil {
			return fmt.Errorf("fleet: open: %w", err)
		}
	}
	return nil
}

const (
	jobsASession = 40   // the office answers so many different questions of one session, and some more
	sealedAsk    = 2000 // bytes of a short question as it travels
)

// base64Size is what so many bytes are in JSON.
func base64Size(n int) int { return (n + 2) / 3 * 4 }

func median(times int, f func() error) (time.Duration, error) {
	var took []time.Duration
	for range times {
		begun := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
