package soak

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"kioskd/drivers/board"
	"kioskd/flows"
	"kioskd/flows/secret"
)

// The screen's own buttons and page.
const (
	tapEnter    = "enter"
	tapClear    = "clear"
	tapLanguage = "language"
	tapMore     = flows.PageMoreTime
	tapCancel   = "cancel"
)

const (
	firstLanguage = "ja"
	pinDigits     = 4
	tapsMax       = 16 // that wait
)

// sight is what somebody in front of the kiosk sees.
type sight struct {
	flows.Page
	asked bool // there is somebody to hear a touch
	turn  int  // counts the pages
}

func (s sight) key(name string) string {
	for _, k := range s.Keys {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// has says whether the button is there and may be pressed.
func (s sight) has(id string) bool {
	return slices.ContainsFunc(s.Buttons, func(b flows.Button) bool { return b.ID == id && !b.Disabled })
}

// face is the screen without pixels: flows' pages on one side, a finger on the
// other. Idle times and the page more-time are as on the real one.
type face struct {
	p *plug
	w *world

	mu       sync.Mutex
	now      sight
	begins   string // the language in which the start page came up
	said     int    // the last turn in the trace
	language string
	taps     chan string // nil: nobody asks
	changed  chan struct{}
	typed    []*secret.Text // that were handed out
}

func newFace(w *world, p *plug) *face {
	return &face{w: w, p: p, language: firstLanguage, changed: make(chan struct{})}
}

// sees is what is there now, and a channel that is closed at the next page.
func (f *face) sees() (sight, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now, f.changed
}

// tap is a finger on a button, or on nothing.
func (f *face) tap(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case f.taps <- id:
	default: // nobody asks, or too fast
	}
}

func (f *face) put(p flows.Page, taps chan string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.p.dead() {
		return
	}
	// Before anybody can touch it, and not when somebody comes back to it from help.
	if was := f.now.Name; p.Name == flows.PageHome {
		if f.begins = firstLanguage; was != flows.PageHome && was != flows.PageGuidance {
			f.begins = f.language
		}
	}
	f.now = sight{Page: p, asked: taps != nil, turn: f.now.turn + 1}
	f.taps = taps
	f.change()
	f.w.atPage(f.now)
}

func (f *face) change() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// dark is what somebody sees when it is cut off: at once, whether or not another
// page came at the same instant.
func (f *face) dark() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change()
}

// say writes what is there now into the trace, once. Pages that came and went in
// one instant nobody has seen.
func (f *face) say() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now.turn == f.said {
		return
	}
	f.said = f.now.turn
	var keys []string
	for _, k := range f.now.Keys {
		if k.Name != "incident" { // a random name
			keys = append(keys, k.Name+"="+k.Value)
		}
	}
	f.w.trace.add("page %s %s", f.now.Name, strings.Join(keys, " "))
}

func (f *face) ready(ctx context.Context) error {
	if err := f.p.Err(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// Show implements flows.Screen.
func (f *face) Show(ctx context.Context, p flows.Page) error {
	if err := f.ready(ctx); err != nil {
		return err
	}
	f.put(p, nil)
	return f.p.Err()
}

// Clear implements flows.Screen.
func (f *face) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.language = firstLanguage
}

// Ask implements flows.Screen.
func (f *face) Ask(ctx context.Context, p flows.Page, until <-chan struct{}) (string, error) {
	return f.ask(ctx, p, until, func(string) bool { return false })
}

// AskPIN implements flows.Screen.
func (f *face) AskPIN(ctx context.Context, p flows.Page, until <-chan struct{}) (*secret.Text, string, error) {
	return f.typing(ctx, p, until, "0123456789", pinDigits, func(t *secret.Text) bool { return t.Len() == pinDigits })
}

// AskPassword implements flows.Screen.
func (f *face) AskPassword(ctx context.Context, p flows.Page, until <-chan struct{}) (*secret.Text, string, error) {
	return f.typing(ctx, p, until, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", secret.Max, func(t *secret.Text) bool {
		return t.Password().Holds()
	})
}

// AskDigits implements flows.Pad.
func (f *face) AskDigits(ctx context.Context, p flows.Page, least, most int, until <-chan struct{}) (*secret.Text, string, error) {
	return f.typing(ctx, p, until, "0123456789", most, func(t *secret.Text) bool { return t.Len() >= least })
}

func (f *face) typing(ctx context.Context, p flows.Page, until <-chan struct{}, keys string, most int, whole func(*secret.Text) bool) (*secret.Text, string, error) {
	t, err := secret.New()
	if err != nil {
		return nil, "", err
	}
	f.mu.Lock()
	f.typed = append(f.typed, t)
	f.mu.Unlock()
	own := func(id string) bool {
		switch {
		case id == tapClear:
			t.Clear()
		case len(id) == 1 && strings.Contains(keys, id):
			if t.Len() < most {
				_ = t.Append(id[0]) // there is room
			}
		case id == tapEnter:
			return !whole(t)
		default:
			return id == "show"
		}
		return true
	}
	for _, k := range append(strings.Split(keys, ""), tapClear, tapEnter) {
		p.Buttons = append(p.Buttons, flows.Button{ID: k})
	}
	id, err := f.ask(ctx, p, until, own)
	if err != nil || id != tapEnter {
		t.Wipe()
		return nil, id, err
	}
	return t, "", nil
}

// ask is one question: until an answer, the end of until, of the page or of ctx.
func (f *face) ask(ctx context.Context, p flows.Page, until <-chan struct{}, own func(id string) bool) (string, error) {
	if err := f.ready(ctx); err != nil {
		return "", err
	}
	taps := make(chan string, tapsMax)
	f.put(p, taps)
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.taps, f.now.asked = nil, false
	}()
	clock := f.p.clock(partFace)
	var over chan struct{}
	if p.Lasts > 0 {
		over = make(chan struct{})
		defer clock.AfterFunc(p.Lasts, func() { close(over) }).Stop()
	}
	more := false
	idle := newIdle(clock, p)
	defer func() { idle.stop() }()
	for {
		select {
		case <-f.p.lost:
			return "", errCut
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-until:
			return "", f.p.Err()
		case <-over:
			return "", nil
		case <-idle.c:
			if more {
				return "", flows.ErrIdle
			}
			more = true
			f.put(flows.Page{Name: tapMore, Buttons: []flows.Button{{ID: tapMore}, {ID: tapCancel}}}, taps)
			idle.set(min(flows.MoreTime, p.Idle/2))
		case id := <-taps:
			idle.stop()
			idle = newIdle(clock, p)
			if more {
				more = false
				if id == tapCancel {
					if (sight{Page: p}).has(tapCancel) {
						return tapCancel, nil
					}
					return "", flows.ErrIdle
				}
				f.put(p, taps)
				continue
			}
			if !(sight{Page: p}).has(id) || own(id) {
				continue
			}
			if id == tapLanguage {
				f.mu.Lock()
				f.language = "en"
				f.mu.Unlock()
				continue
			}
			return id, nil
		}
	}
}

// idle rings when nobody has touched anything for so long.
type idle struct {
	clock boardClock
	c     chan struct{} // nil: never
	timer board.Timer
}

func newIdle(clock boardClock, p flows.Page) *idle {
	i := &idle{clock: clock}
	if p.Idle > 0 {
		i.set(max(p.Idle-flows.MoreTime, p.Idle/2))
	}
	return i
}

func (i *idle) set(d time.Duration) {
	c := make(chan struct{})
	i.c = c
	i.timer = i.clock.AfterFunc(d, func() { close(c) })
}

func (i *idle) stop() {
	if i.timer != nil {
		i.timer.Stop()
	}
}
