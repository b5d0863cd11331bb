package fleet

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	client "kioskd/daemon/office"
	"kioskd/daemon/office/protocol"
	"kioskd/flows"
	"kioskd/simulator/office/paper"
)

// Beside is what something took, and what bare NATS requests took that are as
// long, asked by the same kiosk of the same office over the same server.
type Beside struct{ Took, Bare time.Duration }

// Who asks for what: each is answered in full, with the least work of the office
// behind it.
const (
	offered   = "adult"
	tooMany   = "too-big" // whose order is refused: for the sheets
	noReset   = "child"   // who has no signature certificate
	aRound    = 40        // requests of a kind of one session
	documents = 5         // a round
	manyParts = 9         // chunks of a long sheet
)

// part is a sheet that fills a chunk, in bytes.
const part = protocol.MaxChunk - 16

// partPaper draws one sheet of so many full chunks.
type partPaper struct{ parts atomic.Int64 }

func (p *partPaper) Sheets(rec paper.Record, issue string) ([]paper.Sheet, error) {
	n := int(max(p.parts.Load(), 1))
	return []paper.Sheet{{Number: 1, Raster: make([]byte, n*part), Text: rec.Title + issue}}, nil
}

// watches are the times of one kind, the real ones and the bare ones.
type watches struct{ real, bare []time.Duration }

type stopwatch map[string]*watches

func (s stopwatch) of(what string) *watches {
	if s[what] == nil {
		s[what] = &watches{}
	}
	return s[what]
}

func timed(to *[]time.Duration, f func() error) error {
	begun := time.Now()
	err := f()
	*to = append(*to, time.Since(begun))
	return err
}

func middle(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// document is timed beside the verbs: an order and its sheet, opened and checked.
const document = "document"

// asked measures requests of customers at kiosks, and bare ones in turn with them,
// so that whatever else the machine does slows both.
func (f *fleet) asked(ctx context.Context, dir string, times int, c *Compared) error {
	rounds := min(max(1, times/aRound), len(f.kiosks)-2)
	sizes, err := f.weigh(ctx, f.kiosks[1])
	if err != nil {
		return err
	}
	answers := make(map[protocol.Verb]int)
	for v, s := range sizes {
		answers[v] = s.answer
	}
	took := make(stopwatch)
	for _, k := range f.kiosks[2 : 2+rounds] {
		if err := f.realRound(ctx, k, filepath.Join(dir, k.id), min(times, aRound), took); err != nil {
			return err
		}
		if err := f.chunks(ctx, k, took); err != nil {
			return err
		}
		back, err := f.office.Echo(answers)
		if err == nil {
			err = f.bareRound(ctx, k, min(times, aRound), sizes, took)
		}
		if back != nil {
			err = errors.Join(err, back())
		}
		if err != nil {
			return err
		}
	}
	c.Requests = make(map[protocol.Verb]Beside)
	for v := range sizes {
		w := took.of(string(v))
		c.Requests[v] = Beside{middle(w.real), middle(w.bare)}
	}
	c.Document = Beside{
		middle(took.of(document).real), c.Requests[protocol.AskOrder].Bare + c.Requests[protocol.AskSheet].Bare,
	}
	return nil
}

// realRound serves customers at one kiosk of the production client.
func (f *fleet) realRound(ctx context.Context, k *kiosk, dir string, times int, took stopwatch) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	if err := k.dial(ctx, dir); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, k.client.Close())
		k.client = nil
	}()
	if err := until(ctx, k.client.Reachable); err != nil {
		return err
	}
	return f.served(ctx, k, times, took)
}

// served is three customers at one kiosk.
func (f *fleet) served(ctx context.Context, k *kiosk, times int, took stopwatch) error {
	for _, who := range []struct {
		name string
		asks func(flows.Session) error
	}{
		{offered, func(s flows.Session) error { return f.offers(ctx, s, times, took) }},
		{tooMany, func(s flows.Session) error { return f.orders(ctx, s, times, took) }},
		{noReset, func(s flows.Session) error { return f.resets(ctx, k, s, times, took) }},
	} {
		s, err := f.timedLogin(ctx, k.client, who.name, took)
		if err != nil {
			return err
		}
		runtime.GC() // what others have thrown away is not this one's
		err = who.asks(s)
		s.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *fleet) timedLogin(ctx context.Context, c *client.Client, name string, took stopwatch) (s flows.Session, err error) {
	card := f.cards[name]
	err = timed(&took.of(string(protocol.LoginBegin)).real, func() (err error) {
		s, err = c.Begin(ctx, card.certificate)
		return err
	})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(s.Message())
	signature, err := card.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("fleet: sign: %w", err)
	}
	return s, timed(&took.of(string(protocol.LoginFinish)).real, func() error {
		_, err := s.Prove(ctx, signature)
		return err
	})
}

func (f *fleet) offers(ctx context.Context, s flows.Session, times int, took stopwatch) error {
	var fee int
	for range times {
		err := timed(&took.of(string(protocol.AskOffer)).real, func() error {
			o, err := s.Offer(ctx)
			fee = o.Fee
			return err
		})
		if err != nil {
			return err
		}
	}
	return f.documents(ctx, s, fee, 1, &took.of(document).real)
}

// documents orders one and fetches it a few times over. It is drawn and sealed the
// first time, and answered from memory then.
func (f *fleet) documents(ctx context.Context, s flows.Session, fee, parts int, took *[]time.Duration) error {
	f.paper.parts.Store(int64(parts))
	runtime.GC()
	r := flows.Request{ID: protocol.NewID(), Scope: flows.ScopeSelf, Copies: 1, Fee: fee}
	whole := func() error { doc, err := s.Order(ctx, r, nil); doc.Wipe(); return err }
	if err := whole(); err != nil {
		return err
	}
	for range documents {
		if err := timed(took, whole); err != nil {
			return err
		}
	}
	return nil
}

// refusedAs takes a refusal of the person for the answer that it is.
func refusedAs(err error) error {
	var no *flows.Refused
	if errors.As(err, &no) {
		return nil
	}
	return errors.Join(errors.New("fleet: not refused"), err)
}

func (f *fleet) orders(ctx context.Context, s flows.Session, times int, took stopwatch) error {
	o, err := s.Offer(ctx)
	if err != nil {
		return err
	}
	// To count the sheets costs the office more than to be asked; asked again, it
	// knows its answer.
	r := flows.Request{ID: protocol.NewID(), Scope: flows.ScopeAll, Copies: 1, Fee: o.Fee}
	if _, err := s.Order(ctx, r, nil); refusedAs(err) != nil {
		return err
	}
	for range times {
		err := timed(&took.of(string(protocol.AskOrder)).real, func() error { _, err := s.Order(ctx, r, nil); return refusedAs(err) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *fleet) resets(ctx context.Context, k *kiosk, s flows.Session, times int, took stopwatch) error {
	for range times {
		err := timed(&took.of(string(protocol.ResetBegin)).real, func() error { return refusedAs(s.BeginReset(ctx, protocol.NewID())) })
		if err != nil {
			return err
		}
	}
	for range documents {
		err := timed(&took.of(string(protocol.ResetDone)).real, func() error {
			return k.client.ReportReset(ctx, protocol.NewID(), flows.OutcomeUnchanged)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bareRound asks as many times and as many bytes as a real one, and nobody reads
// them.
func (f *fleet) bareRound(ctx context.Context, k *kiosk, times int, sizes map[protocol.Verb]size, took stopwatch) error {
	b, err := f.bare(k)
	if err != nil {
		return err
	}
	defer b.Close()
	for v, s := range sizes {
		body := make([]byte, s.ask)
		runtime.GC()
		for range times {
			err := timed(&took.of(string(v)).bare, func() error {
				m, err := b.RequestWithContext(ctx, protocol.Subject(k.id, v), body)
				if err == nil && len(m.Data) != s.answer {
					err = fmt.Errorf("%d bytes came, want %d", len(m.Data), s.answer)
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("fleet: bare %s: %w", v, err)
			}
		}
	}
	return nil
}

// size is how long a request and its answer are, in bytes.
type size struct{ ask, answer int }

// watched has the production client on a bare line that is watched.
func (f *fleet) watched(k *kiosk, then func(*client.Client, *watched) error) error {
	b, err := f.bare(k)
	if err != nil {
		return err
	}
	defer b.Close()
	pinned, err := f.office.Pinned()
	if err != nil {
		return err
	}
	l := &watched{nc: b.Conn, kiosk: k.id, sizes: make(map[protocol.Verb]size)}
	c, err := client.On(l, pinned, client.Options{Kiosk: k.id, Clock: clock{f.clock}, Log: f.Log}, func(d time.Duration) time.Duration { return d })
	if err != nil {
		return err
	}
	return then(c, l)
}

// weigh goes once through all that is measured.
func (f *fleet) weigh(ctx context.Context, k *kiosk) (sizes map[protocol.Verb]size, err error) {
	return sizes, f.watched(k, func(c *client.Client, l *watched) error {
		k.client = c
		defer func() { k.client = nil }()
		sizes = l.sizes
		return f.served(ctx, k, 1, make(stopwatch))
	})
}

// chunks fetches long sheets. A chunk takes from one question to the next: asking,
// the way, opening.
func (f *fleet) chunks(ctx context.Context, k *kiosk, took stopwatch) error {
	return f.watched(k, func(c *client.Client, l *watched) error {
		s, err := f.timedLogin(ctx, c, offered, make(stopwatch))
		if err != nil {
			return err
		}
		defer s.Close()
		o, err := s.Offer(ctx)
		if err != nil {
			return err
		}
		var whole []time.Duration
		if err := f.documents(ctx, s, o.Fee, manyParts, &whole); err != nil {
			return err
		}
		to := took.of(string(protocol.AskSheet))
		to.real = append(to.real, l.between...)
		return nil
	})
}

// watched is a line that weighs what it carries, and times from one question for a
// chunk to the next.
type watched struct {
	nc      *nats.Conn
	kiosk   string
	sizes   map[protocol.Verb]size // of each verb's last
	last    protocol.Verb
	asked   time.Time
	between []time.Duration
}

func (l *watched) Connected() bool { return l.nc.IsConnected() }

func (l *watched) Request(ctx context.Context, subject string, body []byte) ([]byte, error) {
	v, now := protocol.Verb(subject[len(protocol.Subject(l.kiosk, "")):]), time.Now()
	if v == protocol.AskSheet && l.last == v {
		l.between = append(l.between, now.Sub(l.asked))
	}
	l.last, l.asked = v, now
	m, err := l.nc.RequestWithContext(ctx, subject, body)
	if err != nil {
		return nil, err
	}
	l.sizes[v] = size{len(body), len(m.Data)}
	return m.Data, nil
}
