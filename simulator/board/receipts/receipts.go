// Package receipts is the receipt printer of the simulated board: an ESC/POS
// printer with an 80 mm roll (576 dots) at the other end of a UART.
//
// It has a receive buffer that fills while the printer cannot print, stops the
// host by flow control, answers real-time commands at arrival and all others
// when the buffer reaches them, and prints dots on paper. Each cut makes a Slip.
//
// It has no font: a character prints as a block, as a stream that has lost its
// place prints rubbish. It knows the length of the commands it does not carry
// out, so that they do not shift what follows.
//
// Source: Epson ESC/POS command reference (TM series); Citizen CT-S310 manual
// 5.3 for the patterns of the status bytes; TM-T88II manual for buffer and flow.
package receipts

import (
	"image"
	"slices"
	"sync"
	"time"
)

const (
	bufferSize = 4096
	// A real printer stops the host at 16 bytes of room; the UART here hands
	// over up to 64 at a time, as one with a FIFO does.
	busyBelow  = 128
	readyAbove = 256
	slipsMax   = 64 // that are remembered with their picture
)

// Clock is the board's time.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Port is the printer's end of the serial line. It must not call the printer
// back before it returns.
type Port interface {
	Send(p []byte)
	SetBusy(busy bool) // true asks the host to stop
}

// Opts says what printer it is. Zero values work.
type Opts struct {
	RowTime time.Duration // to print one row of dots; 0 means none at all
}

// Slip is what a cut let fall.
type Slip struct {
	ID       int         // counts from 1
	Image    *image.Gray // 576 dots wide; 0 black, 255 paper
	Checksum uint32      // CRC-32 of the dots, from the first to the last row that has any
	At       time.Time   // of the cut
	Torn     bool        // no cut: what hung out when the power went
}

// Printer is a receipt printer. Safe for concurrent use.
type Printer struct {
	clock Clock
	opts  Opts
	port  Port // nil until Connect

	telling sync.Mutex // one tells the port at a time; taken before mu

	mu       sync.Mutex
	buffer   []byte
	scan     scanner
	parse    parser
	paper    paper
	resting  bool // the head prints what it has
	wake     func() bool
	busy     bool
	asb      byte    // what GS a asked for
	reported [4]byte // the last automatic status
	fault    string
	slips    []Slip
	count    int
	outbox   []func() // what the port must hear, in order
}

// New makes a printer that is ready, with a full roll.
func New(clock Clock, o Opts) *Printer {
	return &Printer{clock: clock, opts: o}
}

// Connect plugs the printer into its port. Once, before anything else.
func (p *Printer) Connect(port Port) { p.port = port }

// Receive takes bytes from the host. What finds no room is lost.
func (p *Printer) Receive(b []byte) {
	p.mu.Lock()
	for _, c := range b {
		if len(p.buffer) == bufferSize {
			p.consume()
		}
		if len(p.buffer) == bufferSize {
			break
		}
		p.buffer = append(p.buffer, c)
		if a, ok := p.scan.next(c); ok {
			p.realTime(a)
		}
	}
	p.consume()
	p.flow()
	p.mu.Unlock()
	p.flush()
}

// consume carries out what stands in the buffer, as far as the printer can.
func (p *Printer) consume() {
	for len(p.buffer) > 0 && !p.resting && !p.stopped() {
		n := p.step(p.buffer)
		if n == 0 {
			return // the rest of a command has not come yet
		}
		p.buffer = append(p.buffer[:0], p.buffer[n:]...)
		p.rest()
	}
}

// rest lets the time pass that the head needs for the rows it was given.
func (p *Printer) rest() {
	rows := p.paper.unpaid
	p.paper.unpaid = 0
	if rows == 0 || p.opts.RowTime == 0 {
		return
	}
	p.resting = true
	p.wake = p.clock.AfterFunc(time.Duration(rows)*p.opts.RowTime, p.rested)
}

func (p *Printer) rested() {
	p.mu.Lock()
	p.resting = false
	p.consume()
	p.flow()
	p.mu.Unlock()
	p.flush()
}

// flow stops the host while there is little room, and lets it go on later.
func (p *Printer) flow() {
	room := bufferSize - len(p.buffer)
	busy := p.busy
	if room < busyBelow {
		busy = true
	}
	if room > readyAbove {
		busy = false
	}
	busy = busy || p.fault == faultFlow
	if busy == p.busy {
		return
	}
	p.busy = busy
	p.outbox = append(p.outbox, func() { p.port.SetBusy(busy) })
}

func (p *Printer) send(b ...byte) {
	p.outbox = append(p.outbox, func() { p.port.Send(b) })
}

// flush tells the port what it must hear, in order, and returns when it has
// heard: a host that sends on although it was to stop loses bytes.
func (p *Printer) flush() {
	p.telling.Lock()
	defer p.telling.Unlock()
	p.mu.Lock()
	outbox := p.outbox
	p.outbox = nil
	p.mu.Unlock()
	for _, f := range outbox {
		f()
	}
}

// cut ends the slip, if there is paper out.
func (p *Printer) cut(torn bool) {
	if p.paper.rows() == 0 {
		return
	}
	p.count++
	p.slips = append(p.slips, Slip{
		ID:       p.count,
		Image:    p.paper.picture(),
		Checksum: p.paper.checksum(),
		At:       p.clock.Now(),
		Torn:     torn,
	})
	if len(p.slips) > slipsMax {
		p.slips = slices.Delete(p.slips, 0, len(p.slips)-slipsMax)
	}
	p.paper.clear()
}

// Slips are the last slips, oldest first, at most 64.
func (p *Printer) Slips() []Slip {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.slips)
}

// Idle says whether nothing moves: the buffer is empty, or the printer waits
// for somebody.
func (p *Printer) Idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.resting && (len(p.buffer) == 0 || p.stopped())
}

// Buffered counts the bytes that wait to be carried out.
func (p *Printer) Buffered() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.buffer)
}

// PowerCut is the loss of power and its return: buffer and settings are gone,
// and somebody tears off what hung out.
func (p *Printer) PowerCut() {
	p.mu.Lock()
	if p.resting {
		p.wake()
		p.resting = false
	}
	p.buffer, p.scan, p.parse, p.asb = nil, scanner{}, parser{}, 0
	p.cut(true)
	p.flow()
	p.mu.Unlock()
	p.flush()
}
