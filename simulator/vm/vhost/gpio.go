package vhost

import (
	"encoding/binary"
	"sync"
)

// GPIO is a virtio GPIO chip whose lines are driven from outside: the guest reads
// them and hears their edges. It refuses to have one driven by the guest, and
// interrupts by level.
type GPIO struct {
	mu    sync.Mutex
	lines []*Line
}

// Line is a line of the chip. Safe for concurrent use.
type Line struct {
	chip *GPIO
	name string

	level   bool
	edges   byte     // that the guest wants to hear of
	waiting *Request // its ear: to be answered with the next edge
	missed  bool     // there was an edge while it had none
}

// NewGPIO makes a chip without lines.
func NewGPIO() *GPIO { return &GPIO{} }

// Add gives the chip a line of that name; all of them before it serves.
func (g *GPIO) Add(name string, level bool) *Line {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := &Line{chip: g, name: name, level: level}
	g.lines = append(g.lines, l)
	return l
}

// A request is type, line, and a value; its answer a status and a value, or the
// names (clause 5.18.6).
const (
	gpioRequest = 8

	gpioNames        = 1
	gpioDirection    = 2
	gpioSetDirection = 3
	gpioValue        = 4
	gpioEdges        = 6

	gpioOK    = 0
	gpioError = 1

	gpioIn  = 2 // a direction
	gpioOut = 1

	gpioRising  = 1 // edges to hear of; 0 for none
	gpioFalling = 2
)

// The queues, and what an ear is told: that there was an edge, or that nobody
// listens any more.
const (
	gpioRequests = 0
	gpioEars     = 1

	gpioDeaf = 0
	gpioEdge = 1
)

// Features says that there are interrupts.
func (*GPIO) Features() uint64 { return 1 << 0 }

// Queues is 2: requests, and ears for edges.
func (*GPIO) Queues() int { return 2 }

// Config is how many lines there are and how many bytes their names take.
func (g *GPIO) Config() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(g.lines)))
	return binary.LittleEndian.AppendUint32(append(b, 0, 0), uint32(len(g.names())))
}

// names are the lines', each with a zero.
func (g *GPIO) names() []byte {
	var b []byte
	for _, l := range g.lines {
		b = append(append(b, l.name...), 0)
	}
	return b
}

// Reset has nobody listen.
func (g *GPIO) Reset(int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.lines {
		l.edges, l.waiting, l.missed = 0, nil, false
	}
}

// Serve does one request.
func (g *GPIO) Serve(queue int, r *Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if queue == gpioEars {
		g.listen(r)
		return
	}
	r.Reply(g.answer(r))
}

// answer is what is said to a request, as long as there is room for.
func (g *GPIO) answer(r *Request) []byte {
	answer := make([]byte, r.Room)
	if len(answer) == 0 {
		return nil
	}
	answer[0] = gpioError
	if len(r.Out) != gpioRequest {
		return answer
	}
	le := binary.LittleEndian
	kind, n, value := le.Uint16(r.Out), int(le.Uint16(r.Out[2:])), le.Uint32(r.Out[4:])
	if kind == gpioNames {
		if copy(answer[1:], g.names()) == len(answer)-1 {
			answer[0] = gpioOK
		}
		return answer
	}
	if n >= len(g.lines) || len(answer) != 2 {
		return answer
	}
	answer[1], answer[0] = g.lines[n].do(kind, value)
	return answer
}

// do does one request of a line.
func (l *Line) do(kind uint16, value uint32) (answer, status byte) {
	switch kind {
	case gpioDirection:
		return gpioIn, gpioOK
	case gpioSetDirection:
		if value == gpioOut {
			return 0, gpioError
		}
	case gpioValue:
		if l.level {
			return 1, gpioOK
		}
	case gpioEdges:
		if value > gpioRising|gpioFalling {
			return 0, gpioError
		}
		l.edges, l.missed = byte(value), false
		if l.edges == 0 {
			l.tell(gpioDeaf)
		}
	default:
		return 0, gpioError
	}
	return 0, gpioOK
}

// listen takes an ear for a line.
func (g *GPIO) listen(r *Request) {
	line := len(g.lines)
	if len(r.Out) == 2 && r.Room == 1 {
		line = int(binary.LittleEndian.Uint16(r.Out))
	}
	if line >= len(g.lines) || g.lines[line].edges == 0 || g.lines[line].waiting != nil {
		r.Reply(make([]byte, min(r.Room, 1))) // gpioDeaf
		return
	}
	l := g.lines[line]
	l.waiting = r
	if l.missed {
		l.tell(gpioEdge)
	}
}

// tell answers who listens, if anybody does.
func (l *Line) tell(what byte) {
	if l.waiting == nil {
		l.missed = what == gpioEdge
		return
	}
	l.waiting.Reply([]byte{what})
	l.waiting, l.missed = nil, false
}

// Set changes the level.
func (l *Line) Set(level bool) {
	l.chip.mu.Lock()
	defer l.chip.mu.Unlock()
	if l.level == level {
		return
	}
	l.level = level
	edge := byte(gpioFalling)
	if level {
		edge = gpioRising
	}
	if l.edges&edge != 0 {
		l.tell(gpioEdge)
	}
}
