package console

import (
	"fmt"
	"io"
	"sync"
	"time"

	"kioskd/simulator/card"
	"kioskd/simulator/card/vpcd"
	"kioskd/simulator/office"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/shop"
)

// cardFlags are those of kiosksim card.
type cardFlags struct {
	Resident string `help:"Whose card." default:"adult"`
	Product  string `help:"What sort of card, and what is wrong with it; + between several: plain, no-short-ids, extended, first-fails, blocked-63c0, blocked-6983, blocked-6984, much-filler; pulled:N, lost:N, late:D, garbage, hangs." default:"plain"`
	Slow     bool   `help:"As slow as a card: 106 kbit/s, frames of 256 bytes, a quarter of a second for a signature."`
	Reader   string `help:"Where pcscd's virtual reader listens." default:"${vpcd}"`
	KeyCache string `help:"Folder of the test cards' keys; the user's cache folder if not given." type:"path"`
}

// Run plugs a card into pcscd's virtual reader until a signal comes.
func (f *cardFlags) Run(s *streams, ctx bound) error {
	product, fault, err := card.ParseProduct(f.Product)
	if err != nil {
		return exitCode(complain(s.err, err))
	}
	c, err := f.make(product)
	if err != nil {
		return exitCode(complain(s.err, err))
	}
	say := &lines{out: s.out}
	reader := card.NewReader()
	reader.OnExchange(say.exchange)
	if f.Slow {
		t := card.TypeB()
		reader.SetTiming(&t)
	}
	reader.Lay(c)
	if fault != "" {
		if err := reader.Fault(fault); err != nil {
			return err
		}
	}
	say.line("card of %s (%s) for pcscd's virtual reader at %s", f.Resident, f.Product, f.Reader)
	plug := vpcd.New(reader, f.Reader, func(connected bool) {
		if connected {
			say.line("the card lies on the reader")
			return
		}
		say.line("the reader has let go of the card; tries left: PIN %d, password %d", c.Tries(card.PIN), c.Tries(card.Password))
	})
	patience := time.AfterFunc(waitAtFirst, func() {
		if !plug.Connected() {
			say.line("nobody takes the card: is pcscd running, with vsmartcard-vpcd installed? Waiting")
		}
	})
	defer patience.Stop()
	return plug.Run(ctx)
}

// waitAtFirst is when somebody who forgot pcscd is told.
const waitAtFirst = time.Second

// make makes the resident's card.
func (f *cardFlags) make(p card.Product) (*card.Card, error) {
	keys, err := authority.OpenKeyPool(shop.KeyCache(f.KeyCache))
	if err != nil {
		return nil, err
	}
	defer keys.Close()
	now := time.Now()
	spec, err := office.CardOf(f.Resident, authority.NewWithKeys(now, keys), now)
	if err != nil {
		return nil, err
	}
	spec.Product = p
	return card.New(spec)
}

// lines writes whole lines from any goroutine, to a person who may be gone.
type lines struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *lines) line(format string, a ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.out, "kiosksim: "+format+"\n", a...)
}

func (l *lines) exchange(e card.Exchange) {
	answer := e.Answer
	if e.Err != nil {
		answer = e.Err.Error()
	}
	l.line("%3d %-24s %s > %s", e.Number, e.Name, e.Command, answer)
}
