package office

import (
	"context"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/x509"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kioskd/daemon/office/protocol"
)

// Bounds of what the office keeps in hand.
const (
	visitLife  = 20 * time.Minute // of the world's time; a kiosk ends a visit after 15
	nonceLife  = 15 * time.Minute // as long as a visit may take, and the PIN with it
	overLife   = 2 * visitLife    // for so long a session that is over stays over
	inHandMost = 32               // requests of one kiosk at one time
	askRate    = 200              // requests of one kiosk a second, of process time
	askBurst   = 400              // and at once: many times what a visit takes
	jobsMost   = 64               // requests of one session
)

// Audit counts what came in.
type Audit struct {
	Asked          map[protocol.Verb]int
	Repeated       int            // requests answered as before
	ForeignReply   int            // questions left alone: their reply subject is none that the server made for a kiosk
	ForeignJournal map[string]int // by kiosk: messages in its journal that it has not signed
	Malformed      int
	Busy           int // turned away because the kiosk asked too much at once
	Refused        int // persons
	Documents      int // delivered
}

// desk keeps the sessions of all kiosks.
type desk struct {
	clock Clock

	mu      sync.Mutex
	closed  bool
	visits  map[string]*visit    // by kiosk and session
	current map[string]*visit    // by kiosk: it serves one customer
	over    map[string]time.Time // sessions that ended, when
	inHand  map[string]int       // by kiosk
	pace    map[string]*rate.Limiter
	counts  Audit

	delay time.Duration
	lie   string
	last  *drawn // the copy delivered last, for the lie "replay"
	pair  *pair  // two orders of one instant, for the lie "same-instant"
}

func newDesk(c Clock) *desk {
	return &desk{
		clock: c, visits: make(map[string]*visit), current: make(map[string]*visit),
		over: make(map[string]time.Time), inHand: make(map[string]int),
		pace:   make(map[string]*rate.Limiter),
		counts: Audit{Asked: make(map[protocol.Verb]int), ForeignJournal: make(map[string]int)},
	}
}

// visit is one session.
type visit struct {
	kiosk, id string
	enc       []byte // what it began with
	seals     *protocol.Seals
	key       hpke.PublicKey // the session's
	digest    []byte         // of it
	public    []byte
	cert      *x509.Certificate
	nonce     []byte
	began     time.Time

	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	nonceOut bool // used
	resident string
	town     string
	offer    *protocol.Offer
	jobs     map[string]*job
	orders   map[string][]protocol.SealedSheet
}

// job is a request in hand or done: whoever asks again under its id gets its
// answer.
type job struct {
	verb     protocol.Verb
	question [sha256.Size]byte
	done     chan struct{}
	sealed   []byte
	err      *protocol.Error
}

// enter admits a request of this kiosk; leave ends it.
func (d *desk) enter(kiosk string, v protocol.Verb, work *sync.WaitGroup) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.counts.Asked[v]++
	pace := d.pace[kiosk]
	if pace == nil { // a kiosk that the server let in: there are only so many
		pace = rate.NewLimiter(askRate, askBurst)
		d.pace[kiosk] = pace
	}
	if d.inHand[kiosk] >= inHandMost || !pace.Allow() {
		d.counts.Busy++
		return false
	}
	d.inHand[kiosk]++
	work.Add(1)
	return true
}

// enterWork admits the office's own work, unless it is closing.
func (d *desk) enterWork(work *sync.WaitGroup) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	work.Add(1)
	return true
}

func (d *desk) leave(kiosk string, work *sync.WaitGroup) {
	d.mu.Lock()
	d.inHand[kiosk]--
	d.mu.Unlock()
	work.Done()
}

func (d *desk) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
}

// begin opens a session, or finds it when its question is asked again. A kiosk
// serves one customer: its earlier session is over, and all its work with it.
func (d *desk) begin(ctx context.Context, n *visit) *visit {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock.Now()
	key := n.kiosk + " " + n.id
	if v := d.visits[key]; v != nil {
		return v
	}
	for k, at := range d.over {
		if now.Sub(at) > overLife {
			delete(d.over, k)
		}
	}
	if _, was := d.over[key]; was {
		return nil
	}
	if old := d.current[n.kiosk]; old != nil {
		d.end(old, now)
	}
	n.began = now
	n.ctx, n.stop = context.WithCancel(ctx)
	n.jobs, n.orders = make(map[string]*job), make(map[string][]protocol.SealedSheet)
	d.visits[key], d.current[n.kiosk] = n, n
	return n
}

// end forgets a session. d.mu is held.
func (d *desk) end(v *visit, now time.Time) {
	key := v.kiosk + " " + v.id
	delete(d.visits, key)
	if d.current[v.kiosk] == v {
		delete(d.current, v.kiosk)
	}
	d.over[key] = now
	v.stop()
	v.seals.Wipe()
}

// visit finds a session; nil when there is none or its time is up.
func (d *desk) visit(kiosk, id string) *visit {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.visits[kiosk+" "+id]
	if v != nil && d.clock.Now().Sub(v.began) > visitLife {
		d.end(v, d.clock.Now())
		return nil
	}
	return v
}

func (d *desk) slow(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.delay = by
}

func (d *desk) slowBy() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.delay
}

// behave ends slowness and lies.
func (d *desk) behave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.delay, d.lie, d.pair = 0, "", nil
}

func (d *desk) count(f func(*Audit)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(&d.counts)
}

func (d *desk) audit() Audit {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.counts
	a.Asked, a.ForeignJournal = maps.Clone(a.Asked), maps.Clone(a.ForeignJournal)
	return a
}
