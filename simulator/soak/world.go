package soak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing/synctest"
	"time"

	virtual "kioskd/simulator/board"
	"kioskd/simulator/card"
	"kioskd/simulator/office"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/register"
)

// world is one shift: a kiosk on a machine, an office, and the customers who come
// one after the other. Everything in it is drawn from its own seed.
type world struct {
	o        shift
	rng      *rand.Rand // of the world's and the customers' acts
	clock    *worldClock
	machine  *machine
	office   *office.Office
	pinned   []byte
	stream   *stream
	record   *record
	trace    *trace
	language language
	books    *books
	state    string // folder of the kiosk
	looked   int    // the last page looked at
	temp     string // where a program puts what it should not keep
	log      *slog.Logger
	errands  sync.WaitGroup // requests in hand at the office

	mu       sync.Mutex
	life     *life // nil: off
	customer *customer
	logged   lockedBuffer
	said     [][]byte // that passed the line since it was last looked at
	drawn    map[[sha256.Size]byte]drawn
	open     []*kept
	away     bool
	loss     map[string]int // questions, answers to lose
	disk     disk
	dead     map[string]bool // devices that nobody can be served without
	ghost    func() bool     // ends the touches that nobody makes
	crash    crash
	off      bool // it was cut
	found    *Violation
	// of the pauses before something is sent again
	requestRests, journalRests *rand.Rand
}

// shift says what one world is made of.
type shift struct {
	seed      uint64
	number    int // of its first customer
	customers int
	complete  bool // sheets as the office draws them, a disk that syncs
	dir       string
	supplies  *Supplies
	sabotage  sabotage
	guard     *guard
}

// lockedBuffer takes the daemon's log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take empties it.
func (l *lockedBuffer) take() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := bytes.Clone(l.b.Bytes())
	l.b.Reset()
	return b
}

// streams of random numbers of one shift.
const (
	streamActs     = 1
	streamRequests = 2
	streamJournal  = 3
)

// newWorld opens a shift. The power is on when it returns.
func newWorld(o shift) (*world, error) {
	seed := o.seed ^ uint64(o.number)*0x9E3779B97F4A7C15
	w := &world{
		o: o, rng: rand.New(rand.NewPCG(seed, streamActs)),
		requestRests: rand.New(rand.NewPCG(seed, streamRequests)), journalRests: rand.New(rand.NewPCG(seed, streamJournal)),
		record: &record{}, drawn: make(map[[sha256.Size]byte]drawn), loss: make(map[string]int), dead: make(map[string]bool), language: newLanguage(),
	}
	start := drawStart(w.rng)
	w.clock = virtual.NewClock(start)
	w.trace = newTrace(w.clock)
	w.machine = newMachine(w.clock)
	w.stream = &stream{w: w}
	w.books = newBooks(w)
	w.log = slog.New(slog.NewTextHandler(&w.logged, nil))
	w.state, w.temp = filepath.Join(o.dir, "state"), filepath.Join(o.dir, "tmp")
	for _, dir := range []string{w.state, w.temp} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("soak: %w", err)
		}
	}
	draws := easel{w: w}
	if o.complete {
		draws.real = o.supplies.paper
	}
	var err error
	w.office, err = office.NewDirect(context.Background(), office.Options{
		Dir: filepath.Join(o.dir, "office"), Clock: w.clock, Register: register.New(start), Paper: draws,
		Authority: authority.NewWithKeys(start, o.supplies.keys), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	if w.pinned, err = w.office.Pinned(); err != nil {
		return nil, err
	}
	w.machine.reader.OnExchange(func(e card.Exchange) { w.books.exchange(e) })
	for _, yen := range hopperCoins {
		if err := w.machine.hoppers.Refill(yen, fullHopper(yen)); err != nil {
			return nil, err
		}
	}
	if err := w.powerOn(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	w.settle()
	return w, nil
}

// drawStart is a day and a time of day in opening hours, mostly.
func drawStart(r *rand.Rand) time.Time {
	jst := time.FixedZone("JST", 9*60*60)
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, jst).AddDate(0, 0, r.IntN(400))
	return day.Add(6*time.Hour + 20*time.Minute + time.Duration(r.Int64N(int64(8*time.Hour))))
}

// pauses and retries draw how long, below d, the kiosk's two ways to the office
// rest after a failure. Each has its own draws: they may fail at one instant.
func (w *world) pauses(d time.Duration) time.Duration  { return w.spread(w.journalRests, d) }
func (w *world) retries(d time.Duration) time.Duration { return w.spread(w.requestRests, d) }

func (w *world) spread(r *rand.Rand, d time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(r.Int64N(int64(d)))
}

// pass lets time pass until d is over or a page comes, and everything has settled.
// It says whether one came.
func (w *world) pass(d time.Duration, changed <-chan struct{}) (came bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
		came = true
	}
	w.settle()
	return came
}

// settle waits until everything is blocked, and looks at the books.
func (w *world) settle() {
	synctest.Wait()
	if f := w.face(); f != nil {
		f.say()
	}
	w.books.check()
}

// cut ends the daemon at once, from wherever it is called: the link and the
// journal are dead before anything else can happen. kill leaves the machine its
// power.
func (w *world) cut(kill bool) {
	w.mu.Lock()
	l := w.life
	if l == nil || w.off {
		w.mu.Unlock()
		return
	}
	w.off = true
	w.mu.Unlock()
	w.trace.add("cut kill=%v", kill)
	w.books.cut()
	l.p.cut()
	l.face.dark()
	if !kill {
		w.machine.powerCut()
	}
	l.cancel()
}

// bury waits until nothing of a life that was cut is left.
func (w *world) bury() error {
	w.mu.Lock()
	l := w.life
	w.mu.Unlock()
	if l == nil {
		return nil
	}
	err := l.end()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.life, w.open = nil, nil
	return err
}

// restart brings the power back.
func (w *world) restart() error {
	if err := w.bury(); err != nil {
		return err
	}
	w.books.buried()
	w.looked = 0
	w.mu.Lock()
	w.off = false
	w.crash = crash{}
	w.mu.Unlock()
	if err := w.changeDisk(); err != nil {
		return err
	}
	w.trace.add("power on")
	if err := w.powerOn(); err != nil {
		return err
	}
	w.settle()
	return nil
}

func (w *world) isOff() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.off
}

// face is what somebody in front of the kiosk sees; nil while it is off.
func (w *world) face() *face {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life == nil || w.off {
		return nil
	}
	return w.life.face
}

func (w *world) isAway() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.away
}

func (w *world) setAway(away bool) {
	w.mu.Lock()
	w.away = away
	w.mu.Unlock()
	w.tellSettings()
}

// tellSettings brings the office's settings to the kiosk, if it can hear them.
func (w *world) tellSettings() {
	w.mu.Lock()
	l, away := w.life, w.away
	w.mu.Unlock()
	if l == nil || away {
		return
	}
	settings, err := w.office.Settings()
	if err != nil {
		w.violate("I10", "the office has no settings: %v", err)
		return
	}
	l.client.Take(settings)
}

// loses says whether the next of that kind is lost on the line.
func (w *world) loses(what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loss[what] == 0 {
		return false
	}
	w.loss[what]--
	return true
}

// broken is what nobody can be served without, and is dead.
func (w *world) broken() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, device := range []string{"panel", "touch"} {
		if w.dead[device] {
			return device
		}
	}
	return ""
}

func (w *world) setBroken(device string, dead bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead[device] = dead
}

// heard keeps what passed the line, for I4.
func (w *world) heard(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, b)
}

func (w *world) keep(k *kept) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, k)
}

// letGo forgets a session, but not sheets that were not wiped.
func (w *world) letGo(k *kept) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, o := range w.open {
		if o == k {
			w.open = append(w.open[:i:i], w.open[i+1:]...)
			break
		}
	}
	for _, s := range k.sheets {
		if len(bytes.Trim(s, "\x00")) > 0 {
			w.open = append(w.open, &kept{w: w, sheets: k.sheets})
			break
		}
	}
}

// close ends the shift and waits for everything in it.
func (w *world) close() error {
	w.cut(true)
	err := w.bury()
	w.machine.reader.Clear()
	err = errors.Join(err, w.office.Close())
	w.errands.Wait()
	w.machine.close()
	return err
}
