package scenario

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kioskd/simulator/shop"
)

// How the player waits, in real time.
const (
	pollEvery    = 5 * time.Millisecond
	settleWithin = 5 * time.Second
	// Where the office holds its answers back by the world's clock, a kiosk
	// that waits for one does not settle; it is then given only so long.
	settleWithinSlow = 200 * time.Millisecond
	keepUpLooks      = 3                // at a kiosk that has work in hand, pollEvery apart
	startWithin      = 20 * time.Second // from power on to the first page
	strikeWithin     = 60 * time.Second // of an armed power cut, at power on
	noticeWithin     = 30 * time.Second // of the office's absence or return
)

// Options are how to play. The zero value works.
type Options struct {
	Pictures string                           // folder for pictures of the panel; "" means the system's for temporary files
	Patience time.Duration                    // the least that a line waits for what it wants to see, for a slow machine
	Trace    func(line Line, d time.Duration) // hears of each line that held; may be nil
}

// Mismatch says that a line did not hold (exit 1).
type Mismatch struct {
	File    string
	Line    int
	Text    string
	Want    string
	Got     string
	Picture string // a file; "" if none could be saved
}

func (e *Mismatch) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: %s\n  expected: %s\n  there was: %s", e.File, e.Line, e.Text, e.Want, strings.ReplaceAll(e.Got, "\n", "\n             "))
	if e.Picture != "" {
		fmt.Fprintf(&b, "\n  panel: %s", e.Picture)
	}
	return b.String()
}

func mismatch(want, got string) error { return &Mismatch{Want: want, Got: got} }

// player is one file being played.
type player struct {
	script  *Script
	floor   Floor
	opts    Options
	kiosk   Kiosk // the one the current line speaks of
	number  int
	within  time.Duration
	slow    bool       // the office holds answers back by the world's clock
	seats   sync.Mutex // guards kiosks against the clock's goroutine
	kiosks  map[int]*seat
	known   string          // the resident named last, at any kiosk
	named   map[string]bool // every resident of the file
	typed   map[string]bool // every text typed
	present *seat
	falling sync.WaitGroup // coins on their way
}

// seat is what the player remembers of one kiosk.
type seat struct {
	kiosk    Kiosk
	powered  bool
	resident string
	mark     *mark
	sheets   int // counted by `sheets`
	batch    int // first sheet of the last `sheets`
	returned int // counted by `coins out`
	sounded  int
	pulled   bool // a fault may have pulled the card
}

// mark is the moment from which on a page counts as shown since the line before.
type mark struct {
	after int        // the tree's number
	tree  *shop.Tree // what was shown then; nil if nothing was
}

// Play plays a script on a floor of its own. The error is a *Mismatch, a
// *NotYetError, or says what of the floor itself failed.
func Play(ctx context.Context, s *Script, floor Floor, o Options) error {
	p := &player{
		script: s, floor: floor, opts: o,
		kiosks: map[int]*seat{}, named: map[string]bool{}, typed: map[string]bool{},
	}
	if err := p.turnTo(1); err != nil {
		return err
	}
	floor.Pace(func() { p.keepUp(ctx) })
	defer floor.Pace(nil)
	defer p.falling.Wait()
	for _, l := range s.Lines {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		begun := time.Now()
		if err := p.line(ctx, l); err != nil {
			return p.explain(l, err)
		}
		if o.Trace != nil {
			o.Trace(l, time.Since(begun))
		}
	}
	return nil
}

func (p *player) line(ctx context.Context, l Line) error {
	p.within = max(l.within, p.opts.Patience)
	if !p.present.powered && (l.phase == live || l.phase == power) {
		if l.phase == live {
			if err := p.start(ctx); err != nil {
				return err
			}
		}
		p.present.powered = true
	}
	if l.acts() {
		p.present.remember()
	}
	return l.do(ctx, p)
}

// acts says whether a line does something to the kiosk, so that pages shown
// after it began are its consequences. Looking changes nothing, and neither do
// the things a technician prepares.
func (l *Line) acts() bool {
	verb, rest, _ := strings.Cut(l.Text, " ")
	switch verb {
	case "tap", "press", "drag", "type", "lay", "take", "wait", "clock", "language", "power", "cut", "kill":
		return true
	case "coins":
		what := strings.TrimSpace(rest)
		return strings.HasPrefix(what, "in") || strings.HasPrefix(what, "fall")
	case "office":
		what := strings.TrimSpace(rest)
		return what == "away" || what == "back"
	}
	return false
}

func (s *seat) remember() { s.mark = &mark{after: s.kiosk.Latest(), tree: s.kiosk.Tree()} }

// turnTo has the following lines speak of kiosk n.
func (p *player) turnTo(n int) error {
	s, ok := p.kiosks[n]
	if !ok {
		k, err := p.floor.Kiosk(n)
		if err != nil {
			return err
		}
		// Whoever stood here before has had his.
		s = &seat{kiosk: k, sheets: len(k.Sheets()), returned: k.Returned(), sounded: k.Sounded()}
		s.remember()
		p.seats.Lock()
		p.kiosks[n] = s
		p.seats.Unlock()
	}
	p.present, p.kiosk, p.number = s, s.kiosk, n
	return nil
}

// explain puts file, line and a picture to an error.
func (p *player) explain(l Line, err error) error {
	var m *Mismatch
	var later *NotYetError
	switch {
	case errors.As(err, &later):
		later.File, later.Line = p.script.Name, l.Number
		return later
	case errors.As(err, &m):
		m.File, m.Line, m.Text = p.script.Name, l.Number, l.Text
		m.Picture = p.picture(l)
		return m
	}
	return fmt.Errorf("%s:%d: %s: %w", p.script.Name, l.Number, l.Text, err)
}

// picture saves what the panel shows; a failure to do so leaves only the words.
func (p *player) picture(l Line) string {
	dir := p.opts.Pictures
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "kiosksim-pictures")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return ""
	}
	base := strings.TrimSuffix(filepath.Base(p.script.Name), filepath.Ext(p.script.Name))
	path := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", base, l.Number, p.kiosk.Name()))
	if err := savePNG(path, p.kiosk.Picture()); err != nil {
		return ""
	}
	return path
}

func savePNG(path string, img image.Image) error {
	if img == nil {
		return errors.New("scenario: the panel shows nothing")
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, img), f.Close())
}

// eventually waits until ok holds and still does when the kiosk has settled.
// got says what is there, for the person who reads that it did not.
func (p *player) eventually(ctx context.Context, want string, check func() (ok bool, got string, err error)) error {
	deadline := time.Now().Add(p.within)
	for {
		ok, got, err := check()
		if err != nil {
			return err
		}
		if ok {
			p.settle(ctx, settleWithin)
			if ok, got, err = check(); err != nil {
				return err
			}
			if ok {
				return nil
			}
		}
		if time.Now().After(deadline) {
			return mismatch(want, got)
		}
		if err := pause(ctx, 2*pollEvery); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// settle waits until every kiosk of the file that runs has no work in hand and
// no device is in mid-action. It says whether they came to that in time.
func (p *player) settle(ctx context.Context, most time.Duration) bool {
	return p.rest(ctx, most, true)
}

func (p *player) rest(ctx context.Context, most time.Duration, devices bool) bool {
	if p.slow {
		most = min(most, settleWithinSlow)
	}
	deadline := time.Now().Add(most)
	for _, s := range p.kiosks {
		for !p.resting(ctx, s.kiosk, devices) {
			if time.Now().After(deadline) || pause(ctx, pollEvery) != nil {
				return false
			}
		}
	}
	return true
}

// keepUp holds the world until the kiosks have taken in what just happened. One
// that still works then waits for something itself, as for a hopper's next coin.
func (p *player) keepUp(ctx context.Context) {
	p.seats.Lock()
	all := slices.Collect(maps.Values(p.kiosks))
	p.seats.Unlock()
	for _, s := range all {
		for range keepUpLooks {
			if !s.kiosk.Running() {
				break
			}
			looking, cancel := context.WithTimeout(ctx, settleWithinSlow)
			st, err := s.kiosk.State(looking)
			cancel()
			if err != nil || st.Settled || st.Booting || pause(ctx, pollEvery) != nil {
				break
			}
		}
	}
}

// resting asks twice: two answers with the same turn mean that nothing happened
// in between.
func (p *player) resting(ctx context.Context, k Kiosk, devices bool) bool {
	if devices && k.Busy() {
		return false
	}
	if !k.Running() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	first, err := k.State(ctx)
	if err != nil || !first.Settled || first.Booting {
		return false
	}
	if pause(ctx, pollEvery/2) != nil {
		return false
	}
	second, err := k.State(ctx)
	return err == nil && second.Settled && second.Turn == first.Turn && (!devices || !k.Busy())
}
