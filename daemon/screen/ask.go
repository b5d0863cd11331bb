package screen

import (
	"context"
	"fmt"
	"image"
	"time"

	"kioskd/daemon/health"
	"kioskd/drivers/board"
	"kioskd/flows"
)

var _ flows.Screen = (*Screen)(nil)

// homeRests is how long the first page keeps a language that somebody chose and
// then went away.
const homeRests = time.Minute

const (
	eventsMax  = 16 // touches that wait while a picture is drawn; a hand is slower
	idCancel   = "cancel"
	idEnter    = "enter"
	idClear    = "clear"
	idBack     = "back"
	idLanguage = "language"
	idMoreTime = flows.PageMoreTime
)

// Show puts a page up and returns when the panel has it.
func (s *Screen) Show(ctx context.Context, p flows.Page) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	s.lapsed, s.covered, s.early = "", overNone, nil
	s.mu.Unlock()
	return s.picture(view{page: p}, nil)
}

// Ask shows a page and waits for an answer, as flows.Screen says.
func (s *Screen) Ask(ctx context.Context, p flows.Page, until <-chan struct{}) (string, error) {
	return s.ask(ctx, p, until, &question{})
}

// overlay is a page of the screen's own over the one that was asked.
type overlay int

const (
	overNone overlay = iota
	overLanguage
	overMoreTime
)

type eventKind int

const (
	fingerDown eventKind = iota
	fingerUp
	idleOver
	homeOver
	lastsOver
	revealOver
	panelAnew
)

// event is something that happened while a question waits. Its piece of work
// is put down when it has been dealt with.
type event struct {
	kind  eventKind
	at    image.Point
	armed int // which arming of the idle timer, or which reveal, it comes from
	done  func()
}

// question is one Ask under way. The goroutine that asks owns it, but for the
// queue.
type question struct {
	s      *Screen
	page   flows.Page
	pad    *pad    // nil when it is no keypad
	typing *typing // nil when it is no keyboard

	over  overlay
	under overlay // what more-time covers

	lapsed bool // it ended unanswered, with its page up
	idle   board.Timer
	lasts  board.Timer

	wake  chan struct{}
	queue []event // guarded by s.mu
	armed int     // guarded by s.mu
}

func (s *Screen) ask(ctx context.Context, p flows.Page, until <-chan struct{}, q *question) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	q.s, q.page, q.wake = s, p, make(chan struct{}, 1)
	s.mu.Lock()
	if !s.down {
		s.ring = "" // the finger left while nobody asked
	}
	s.mu.Unlock()
	// Touches count from the moment the panel has the page, not before: nobody
	// can have meant what was not there. What was there is the same page, when it
	// is only shown anew: a coin, a new notice.
	defer q.end()
	before := s.now
	s.mu.Lock()
	if s.lapsed == p.Name {
		q.over = s.covered // somebody is choosing a language
	}
	s.mu.Unlock()
	err := s.picture(q.view(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking = q
		if at := s.early; at != nil && s.lapsed == p.Name && before.hit(*at) == s.now.hit(*at) {
			q.put(event{kind: fingerDown, at: *at, done: s.o.Gauge.Begin()})
		}
		s.lapsed, s.covered, s.early = "", overNone, nil
	})
	if err != nil {
		return "", err
	}
	q.arm()
	if p.Lasts > 0 {
		q.lasts = s.o.Clock.AfterFunc(p.Lasts, func() { q.post(event{kind: lastsOver}) })
	}
	return q.wait(ctx, until)
}

// wait rests until something ends the question. What does so is followed by
// resume before its own piece of work is put down, so that the kiosk never
// looks settled between an answer and what the flow makes of it.
func (q *question) wait(ctx context.Context, until <-chan struct{}) (id string, err error) {
	resume := q.s.o.Rest()
	turn := time.NewTicker(health.Turn)
	defer turn.Stop()
	ended := false
	for {
		health.Beat(ctx)
		select {
		case <-ctx.Done():
			resume()
			return "", context.Cause(ctx)
		case <-until:
			ended = true
		case <-turn.C:
		case <-q.wake:
		}
		for {
			e, ok := q.next()
			if !ok {
				break
			}
			id, over, err := q.meet(e)
			if over || err != nil {
				resume()
				e.done()
				return id, err
			}
			e.done()
		}
		if ended { // after what was touched before
			resume()
			q.lapsed = q.over != overMoreTime
			return "", nil
		}
	}
}

// meet deals with one event; over says that the question is answered by id.
func (q *question) meet(e event) (id string, over bool, err error) {
	switch e.kind {
	case fingerDown:
		return q.press(e.at)
	case fingerUp:
		return "", false, q.s.unring()
	case lastsOver:
		return "", true, nil
	case idleOver:
		return q.idled(e.armed)
	case homeOver:
		return "", false, q.comeHome(e.armed)
	case revealOver:
		return "", false, q.revealed(e.armed)
	case panelAnew:
		return "", false, q.s.send(q.s.frame.Rect, nil)
	default:
		return "", false, nil
	}
}

// press finds the button under the finger and does what it says.
func (q *question) press(at image.Point) (id string, over bool, err error) {
	q.arm()
	id = q.s.now.hit(at)
	if id == "" {
		return "", false, nil
	}
	if q.over == overNone && (q.pad != nil || q.typing != nil) {
		own, err := q.typedKey(id)
		if err != nil {
			return "", false, fmt.Errorf("screen: %w", err)
		}
		if own {
			q.s.ring = id
			return "", false, q.redraw()
		}
	}
	if err := q.s.mark(id); err != nil {
		return "", false, err
	}
	switch {
	case q.over == overMoreTime:
		return q.moreTime(id)
	case q.over == overLanguage:
		if id != idBack {
			q.s.speak(id)
		}
		q.over = overNone
		return "", false, q.redraw()
	case id == idLanguage:
		q.over = overLanguage
		return "", false, q.redraw()
	default:
		return id, true, nil
	}
}

func (q *question) moreTime(id string) (string, bool, error) {
	if id == idMoreTime {
		q.over = q.under
		q.arm()
		return "", false, q.redraw()
	}
	for _, b := range q.page.Buttons {
		if b.ID == idCancel && !b.Disabled {
			return idCancel, true, nil
		}
	}
	// The page beneath cannot be cancelled; whoever is done ends it as silence
	// would have.
	return "", true, flows.ErrIdle
}

func (q *question) typedKey(id string) (own bool, err error) {
	if q.typing != nil {
		return q.keyboard(id)
	}
	return q.keypad(id)
}

// idled comes when nobody has touched anything for a while.
func (q *question) idled(armed int) (string, bool, error) {
	if q.stale(armed) {
		return "", false, nil
	}
	if q.over == overMoreTime {
		return "", true, flows.ErrIdle
	}
	q.under, q.over = q.over, overMoreTime
	q.arm()
	return "", false, q.redraw()
}

// comeHome gives the first page its first language back.
func (q *question) comeHome(armed int) error {
	if q.stale(armed) || q.over == overNone && q.s.Language() == q.s.first {
		return nil
	}
	q.over = overNone
	q.s.speak(q.s.first)
	return q.redraw()
}

// stale says whether a timer was armed anew after it fired.
func (q *question) stale(armed int) bool {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	return armed != q.armed
}

// arm starts the idle time anew.
func (q *question) arm() {
	kind, d := idleOver, q.page.Idle
	switch {
	case d <= 0 && q.page.Name == flows.PageHome:
		kind, d = homeOver, homeRests
	case d <= 0:
		return
	default:
		warning, last := idleWarning(d)
		d = warning
		if q.over == overMoreTime {
			d = last
		}
	}
	if q.idle != nil {
		q.idle.Stop()
	}
	q.s.mu.Lock()
	q.armed++
	armed := q.armed
	q.s.mu.Unlock()
	q.idle = q.s.o.Clock.AfterFunc(max(d, time.Millisecond), func() { q.post(event{kind: kind, armed: armed}) })
}

// view is what the question shows now.
func (q *question) view() view {
	v := view{page: q.page, over: q.over, asked: true, pad: q.pad.view(q.page.Name)}
	if q.typing != nil {
		v.entry = q.typing.entry()
	}
	return v
}

func (q *question) redraw() error { return q.s.picture(q.view(), nil) }

// end takes the question down: whatever still comes finds nobody.
func (q *question) end() {
	if q.idle != nil {
		q.idle.Stop()
	}
	if q.lasts != nil {
		q.lasts.Stop()
	}
	if q.typing != nil {
		q.typing.mask()
	}
	q.s.mu.Lock()
	q.s.asking = nil
	if q.lapsed {
		q.s.lapsed, q.s.covered = q.page.Name, q.over
	}
	left := q.queue
	q.queue = nil
	for _, e := range left {
		if e.kind == fingerDown && q.lapsed {
			q.s.early = &e.at
		}
	}
	q.s.mu.Unlock()
	for _, e := range left {
		e.done()
	}
}

// next takes the first event that waits.
func (q *question) next() (event, bool) {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	if len(q.queue) == 0 {
		return event{}, false
	}
	e := q.queue[0]
	q.queue = q.queue[1:]
	return e, true
}

// post queues an event, with a piece of work that lasts until it is dealt with.
func (q *question) post(e event) {
	e.done = q.s.o.Gauge.Begin()
	q.s.mu.Lock()
	ok := q.put(e)
	q.s.mu.Unlock()
	if !ok {
		e.done()
	}
}

// put queues e if the question still waits. Called with s.mu held.
func (q *question) put(e event) bool {
	if q.s.asking != q || len(q.queue) >= eventsMax && e.kind == fingerDown {
		return false
	}
	q.queue = append(q.queue, e)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return true
}
