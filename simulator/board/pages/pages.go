// Package pages is the sheet printer beside the simulated board: an IPP
// Everywhere page printer for A4 in black, 300 dpi, both sides, with the board's
// two sensors at its exit.
//
// It takes PWG Raster over IPP, decodes all of it, and lets paper move on the
// board's clock: side by side, past the exit, into the tray. It is as honest as
// its kind: a job is "completed" when the printer is done with it, a moment
// before the sheet lies in the tray.
//
// It refuses what it did not offer (other formats than PWG Raster and the JPEG
// that the standard wants beside; copies, compression) and has no spool: a
// document is forgotten when it is printed, cancelled or aborted. A sheet that
// has been fed cannot be called back, and one that jammed is never printed by
// itself.
//
// Source: RFC 8010, RFC 8011, PWG 5100.14 (IPP Everywhere), PWG 5102.4 (PWG
// Raster).
package pages

import (
	"slices"
	"sync"
	"time"
)

// The mechanism's times, short so that nobody waits.
const (
	sideTime = 150 * time.Millisecond
	exitTime = 120 * time.Millisecond // a sheet in the exit's light barrier
	peekTime = 60 * time.Millisecond  // it looks out between its sides
)

const (
	picturesMax = 32  // sheets remembered with their pictures
	sheetsMax   = 512 // sheets remembered at all
)

// Clock is the board's time.
type Clock interface {
	Now() time.Time
	Uptime() time.Duration
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Line is a sensor's line to the board.
type Line interface{ Set(level bool) }

// Sheet is paper that came out.
type Sheet struct {
	ID     int       // counts from 1
	Front  *Bitmap   // as printed, 2480x3508; nil when too many sheets came after it
	Back   *Bitmap   // nil also when it was printed on one side
	Raster [32]byte  // SHA-256 of the whole document it was part of
	Size   int       // of that document, in bytes: what went over the wire
	Number int       // of the sheet within that document, from 1
	Job    int       // the job's id
	At     time.Time // when it fell into the tray
}

// Printer is a page printer. Safe for concurrent use.
type Printer struct {
	clock Clock
	exit  Line // high while a sheet passes
	tray  Line // high while paper lies there
	name  string

	mu       sync.Mutex
	jobs     []*job // oldest first; those that ended, as long as they are remembered
	lastJob  int
	moving   *pass // the sheet in the paper path
	stuck    bool  // a sheet stands still in there
	fault    string
	jamIn    int // sheets until the jam; 0 when none is to come
	sheets   []Sheet
	count    int
	lying    int           // the last of sheets lie in the tray
	powered  int           // counts power cuts
	changed  time.Duration // when the printer's state last changed
	lastSeen printerState
}

// New makes a printer with paper and an empty tray. name is what it calls
// itself.
func New(clock Clock, exit, tray Line, name string) *Printer {
	p := &Printer{clock: clock, exit: exit, tray: tray, name: name, lastSeen: stateIdle}
	exit.Set(false)
	tray.Set(false)
	return p
}

// Sheets are the sheets that came out since New, oldest first: the last 512,
// the last 32 of them with pictures.
func (p *Printer) Sheets() []Sheet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sheets)
}

// Tray is what lies in the tray, oldest first.
func (p *Printer) Tray() []Sheet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inTray()
}

func (p *Printer) inTray() []Sheet {
	return slices.Clone(p.sheets[max(0, len(p.sheets)-p.lying):])
}

// Take empties the tray and gives what lay there.
func (p *Printer) Take() []Sheet {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.inTray()
	p.lying = 0
	p.tray.Set(false)
	return taken
}

// Queue counts the jobs that have not ended, and so may hold a document.
func (p *Printer) Queue() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting())
}

// Idle says whether nothing moves and nothing will move by itself.
func (p *Printer) Idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.moving == nil && (p.stopped() || p.next() == nil)
}

// PowerCut is the loss of power and its return: all jobs are gone, and so is a
// sheet inside; one that already looked out falls into the tray. A fault stays.
func (p *Printer) PowerCut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.note()
	p.powered++
	for _, j := range p.jobs {
		j.document = nil
	}
	p.jobs = nil
	s := p.moving
	if s == nil {
		return
	}
	p.moving = nil
	s.lost = true
	p.exit.Set(false)
	if s.leaving {
		p.fallen(s)
	}
}
