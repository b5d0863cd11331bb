package board

import (
	"errors"
	"sync"
	"time"

	"kioskd/drivers/board"
	"kioskd/drivers/board/link"
	"periph.io/x/conn/v3/gpio"
)

// output is a line the kiosk drives.
type output struct {
	unmoved
	b        *Board
	name     string
	resistor bool
	f        func(level bool)

	mu    sync.Mutex // held while f runs, so that changes arrive in order
	level bool
}

func (d *output) describe() link.Device { return link.Device{Kind: link.DeviceOutput, Name: d.name} }

func (d *output) detach() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set(d.resistor)
}

func (d *output) handle(s *session, r *request) {
	if r.kind != link.KindOut {
		s.malformed(r, d.name)
		return
	}
	m, err := link.DecodeOut(r.body)
	if err != nil {
		s.malformed(r, d.name)
		return
	}
	d.drive(s, m.Drive)
	s.reply(r, nil)
}

// drive sets the level, unless the session is over: then the line has fallen
// to its resistor, or is about to.
func (d *output) drive(s *session, to link.Drive) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.dead.Load() {
		return
	}
	switch to {
	case link.DriveLow:
		d.set(false)
	case link.DriveHigh:
		d.set(true)
	default:
		d.set(d.resistor)
	}
}

func (d *output) set(level bool) {
	if d.level == level {
		return
	}
	d.level = level
	d.b.traceText(d.name, ToDevice, gpio.Level(level).String())
	if d.f != nil {
		d.f(level)
	}
}

// Line is a line the kiosk watches, from its device's side.
type Line struct {
	unmoved
	b      *Board
	name   string
	number uint16

	mu      sync.Mutex
	level   bool
	edges   uint32
	watcher *session
	broken  bool
}

var errLine = errors.New("the line's controller does not answer")

// Break has the line's controller answer nothing any more: reading it and watching
// it fail, and its edges are lost. false mends it.
func (l *Line) Break(broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = broken
}

func (l *Line) isBroken() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

// Set changes the level now.
func (l *Line) Set(level bool) { l.SetAt(level, l.b.clock.Uptime()) }

// SetAt changes the level; the edge carries that uptime. A level that does not
// change is no edge.
func (l *Line) SetAt(level bool, at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.level == level {
		return
	}
	l.level = level
	l.edges++
	l.b.traceText(l.name, FromDevice, gpio.Level(level).String())
	if l.watcher == nil || l.broken {
		return
	}
	e := board.Edge{At: at, Level: gpio.Level(level), Number: l.edges}
	l.watcher.push(link.KindEdge, l.number, link.Edge{Edge: e})
}

// Level is the level now.
func (l *Line) Level() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level
}

func (l *Line) describe() link.Device { return link.Device{Kind: link.DeviceInput, Name: l.name} }
func (l *Line) detach()               { l.watch(nil) }

func (l *Line) watch(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s != nil && s.dead.Load() {
		return
	}
	l.watcher = s
}

func (l *Line) handle(s *session, r *request) {
	if len(r.body) != 0 {
		s.malformed(r, l.name)
		return
	}
	if l.isBroken() && (r.kind == link.KindRead || r.kind == link.KindWatch) {
		s.fail(r, errLine)
		return
	}
	switch r.kind {
	case link.KindRead:
		level := gpio.Level(l.Level())
		s.reply(r, link.Level{Level: level}.Append(nil))
	case link.KindWatch:
		l.watch(s)
		s.reply(r, nil)
	case link.KindUnwatch:
		l.watch(nil)
		s.reply(r, nil)
	default:
		s.malformed(r, l.name)
	}
}
