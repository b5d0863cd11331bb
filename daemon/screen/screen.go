// Package screen turns the flows' pages into pixels and touches into answers.
//
// It draws in pure Go, sends the panel only the tiles that changed, and takes
// a touch where the finger came down: rolling off the button or a long press
// still counts, once. Language and idle time-out are decided here. Each
// picture has an accessibility tree; what was typed is in neither.
//
// It refuses to start without its fonts, and to draw a page with more buttons
// than fit at 15 mm.
//
// Besides the keys of the scenario language these keys are understood:
// confirm: scope, items (ids, separated by spaces), members (how many);
// take-sheets: change (yen); printing: copies; expired and notice: until (the
// certificate's last day, YYYY-MM-DD). A page's contact shows only on pages
// that end in asking somebody.
//
// Source: EN 301 549 and WCAG 2.2 (time, contrast, targets), JIS X 8341-5; the
// wording is that of municipalities' pages.
package screen

import (
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/daemon/activity"
	"kioskd/daemon/screen/draw"
	"kioskd/daemon/screen/words"
	"kioskd/drivers/board"
	"kioskd/flows"
)

// Panel is what the screen needs of a display.
type Panel interface {
	Bounds() image.Rectangle
	// Update puts the dirty parts of frame on the glass and returns when they
	// are there. After an error the screen takes it that nothing is.
	Update(frame *Frame, dirty []image.Rectangle) error
}

// Options say what a screen works with. They are copied.
type Options struct {
	Panel    Panel
	Format   Format          // how the panel keeps a pixel; the zero value is RGB565
	Bounds   image.Rectangle // 800x480 or 1280x800; empty means the panel's
	Fonts    string          // folder of the BIZ UD fonts
	Clock    board.Clock
	Language string          // "" means ja
	Gauge    *activity.Gauge // nil means that nobody asks whether the screen is busy
	Watched  board.Watched   // nil on a board that nobody looks at
	Log      *slog.Logger    // nil means the default
	// Rest is called by the asking flow when it begins to wait: it puts down the
	// work in hand, and resume takes it up again, before Ask returns. nil means
	// that there is none.
	Rest func() (resume func())
}

// sizes are the panels the pages are made for.
func sized(p image.Point) bool {
	return p == image.Pt(800, 480) || p == image.Pt(1280, 800)
}

// Screen is the panel with the finger on it. Show, Ask, AskPIN, AskPassword and Clear are
// called by one goroutine at a time; Finger, Page, Language, Forget, Renew and Slip by any.
type Screen struct {
	o     Options
	fonts *draw.Fonts
	first string // the language for the next customer

	turn   sync.Mutex // held by whoever draws or asks
	canvas *draw.Canvas
	frame  *Frame
	known  bool        // the panel has frame
	stale  atomic.Bool // the panel has lost it meanwhile
	book   *words.Book
	books  map[string]*words.Book
	now    *scene // what the panel shows
	ring   string // id of the button with a ring around it

	mu       sync.Mutex // guards what follows
	language string
	page     string // name of the page shown
	seq      int    // pictures and slips sent
	down     bool   // a finger is on the glass
	asking   *question
	lapsed   string       // page that stands though its question ended unanswered, or ""
	covered  overlay      // what lay over it
	early    *image.Point // finger that came down on it
}

// New makes a screen. Nothing is drawn yet.
func New(o Options) (*Screen, error) {
	if o.Panel == nil || o.Clock == nil {
		return nil, errors.New("screen: needs a panel and a clock")
	}
	if o.Bounds.Empty() {
		o.Bounds = o.Panel.Bounds()
	}
	if !sized(o.Bounds.Size()) {
		return nil, fmt.Errorf("screen: panel is %v, want 800x480 or 1280x800", o.Bounds.Size())
	}
	if o.Language == "" {
		o.Language = "ja"
	}
	book := words.Of(o.Language)
	if book == nil {
		return nil, fmt.Errorf("screen: no language %q (there is ja, en)", o.Language)
	}
	if o.Gauge == nil {
		o.Gauge = &activity.Gauge{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Rest == nil {
		o.Rest = func() func() { return func() {} }
	}
	fonts, err := draw.OpenFonts(o.Fonts)
	if err != nil {
		return nil, fmt.Errorf("screen: %w", err)
	}
	r := image.Rectangle{Max: o.Bounds.Size()}
	return &Screen{
		o: o, fonts: fonts, first: o.Language, language: o.Language,
		canvas: draw.New(r.Max, fonts), frame: newFrame(r, o.Format),
		book: book, books: map[string]*words.Book{o.Language: book},
	}, nil
}

// Close gives the fonts back. It may be called twice.
func (s *Screen) Close() error { return s.fonts.Close() }

// Language is the one that the customer reads now.
func (s *Screen) Language() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.language
}

// Page is the name of the page that the panel shows, "" before the first.
func (s *Screen) Page() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page
}

// Clear forgets the last customer: the language is the first one again, and no
// ring is left around a button. What was typed is wiped by AskPIN itself.
func (s *Screen) Clear() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.speak(s.first)
	s.ring = ""
}

// speak changes the language. Called with turn held.
func (s *Screen) speak(language string) {
	book := s.books[language]
	if book == nil {
		book = words.Of(language)
		s.books[language] = book
	}
	s.book = book
	s.mu.Lock()
	s.language = language
	s.mu.Unlock()
}

// picture draws what is to be seen and sends the panel what changed. ready is
// called when the panel has it, before anybody is told of it. Called with turn
// held.
func (s *Screen) picture(v view, ready func()) error {
	sc, err := s.compose(v)
	if err != nil {
		return err
	}
	if s.ring != "" {
		if s.now == nil || s.now.name != sc.name || !sc.rings(s.canvas, s.ring) {
			s.ring = ""
		}
	}
	s.now = sc
	return s.send(s.frame.Rect, ready)
}

// send brings what is in r from the canvas to the panel.
func (s *Screen) send(r image.Rectangle, ready func()) error {
	if s.stale.Swap(false) {
		s.known = false
	}
	all := !s.known
	if all {
		r = s.frame.Rect
	}
	dirty := s.frame.take(s.canvas.Img, r, all)
	if len(dirty) > 0 {
		s.known = false
		if err := s.o.Panel.Update(s.frame, dirty); err != nil {
			return fmt.Errorf("screen: page %s: %w", s.now.name, err)
		}
		s.known = true
	}
	s.mu.Lock()
	s.page = s.now.name
	s.mu.Unlock()
	if ready != nil {
		ready()
	}
	return s.tell()
}

// Forget says that the panel has lost its picture: it was set up anew. It gets
// the picture again by Renew.
func (s *Screen) Forget() { s.stale.Store(true) }

// Renew brings a picture that was lost to the panel again, whole: by the
// question that is being asked, or else at once. Where somebody is drawing just
// then nothing may happen: whoever looks after the panel calls it again and
// again.
func (s *Screen) Renew() error {
	if !s.stale.Load() {
		return nil
	}
	s.mu.Lock()
	if q := s.asking; q != nil {
		e := event{kind: panelAnew, done: s.o.Gauge.Begin()}
		if !q.put(e) {
			e.done()
		}
		s.mu.Unlock()
		return nil
	}
	s.mu.Unlock()
	if !s.turn.TryLock() {
		return nil
	}
	defer s.turn.Unlock()
	if s.now == nil {
		return nil
	}
	return s.send(s.frame.Rect, nil)
}

// idleWarning is when the page more-time comes, and how long it then waits.
func idleWarning(idle time.Duration) (until, last time.Duration) {
	if idle <= flows.MoreTime {
		return idle / 2, idle - idle/2
	}
	return idle - flows.MoreTime, flows.MoreTime
}
