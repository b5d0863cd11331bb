// Package shop is a shop floor with kiosks: the technician's bench and the
// scenarios stand on it.
//
// A shop has one clock and one office. Each kiosk has its own board with
// virtual chips, printers, coin mechanism and card reader, and a kioskd of its
// own: the production binary as a child process, with a configuration file, a
// state folder and a board at the other end of a unix socket. The shop starts
// it, kills it, and starts it again as systemd would when it ends unasked. The first
// kiosk may instead be a Machine, a computer of its own with its own systemd.
//
// It knows nothing of kioskd's inside. What it tells of a kiosk is what somebody
// in front of it could know: the picture the panel decoded from the bus, the
// trays, the lamps, and what kioskd says of itself on the board's link and
// through its commands.
package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"kioskd/simulator/board"
	"kioskd/simulator/card"
	"kioskd/simulator/office"
	"kioskd/simulator/office/register"
)

// DefaultFonts is where Debian's package fonts-bizud-gothic has them.
const DefaultFonts = "/usr/share/fonts/truetype/bizud-gothic"

// Options say what a shop is made of. Zero values work but for Dir and Start.
type Options struct {
	Dir      string       // its files, kept between two openings
	Start    time.Time    // of its clock; residents' dates count from here
	Board    string       // of its kiosks: SPI7 or FB10; "" means SPI7
	Kioskd   string       // the binary; "" means kioskd beside this program, else in the path
	Fonts    string       // folder of BIZ UDGothic; "" means DefaultFonts
	Log      *slog.Logger // of the simulator itself; nil means none
	KeyCache string       // folder for RSA keys, which are slow to make; "" means the user's cache folder
	Supplies *Supplies    // shared with other shops; nil means its own from Fonts and KeyCache
	// Inside runs a kioskd within this process until ctx ends, in place of the
	// binary, for tests that look for what it leaves behind. Such a kioskd has no
	// commands, and cannot be killed: Kill ends its ctx and waits. May be nil.
	Inside func(ctx context.Context, configFile string) error
	// Machine runs the first kiosk's kioskd, in place of a child process; its board
	// is FB10. nil means a child process.
	Machine Machine
	// PCSC leaves the card reader of the first kiosk to pcscd; nil leaves it to the
	// board.
	PCSC *PCSC
	// SheetLimit is the office's, for a document of as many sheets as any may have; 0
	// means the usual one.
	SheetLimit int
	// Watch hears of everything that changes at a kiosk, for the bench; it must be
	// quick and hold nothing up. May be nil.
	Watch func(kiosk, what string)
	// Trace hears all that the office's server sees (office.Options). May be nil.
	Trace func(seen []byte)
}

// Shop is the floor. Safe for concurrent use.
type Shop struct {
	opts     Options
	log      *slog.Logger
	clock    *board.Clock
	office   *office.Office
	supplies *Supplies
	own      bool // supplies are ours to close
	heard    heard

	ctx  context.Context // ends with Close
	stop context.CancelFunc

	mu     sync.Mutex
	kiosks map[int]*Kiosk
	cards  map[string]*card.Card // by resident
	closed bool
}

// kiosksMax bounds the kiosks of a shop.
const kiosksMax = 99

// New opens a shop: its office answers, no kiosk stands in it yet.
func New(ctx context.Context, o Options) (*Shop, error) {
	if o.Dir == "" || o.Start.IsZero() {
		return nil, errors.New("shop: want a folder and a start of the clock")
	}
	if o.Board == "" {
		o.Board = SPI7
	}
	if o.Board != SPI7 && o.Board != FB10 {
		return nil, fmt.Errorf("shop: board %q: want %s or %s", o.Board, SPI7, FB10)
	}
	if o.Machine != nil && o.Board != FB10 {
		return nil, fmt.Errorf("shop: board %q: a machine has a display of its own, as only %s has", o.Board, FB10)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	o.Dir = dir
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Fonts == "" {
		o.Fonts = DefaultFonts
	}
	if o.Inside == nil && o.Machine == nil {
		if o.Kioskd, err = findKioskd(o.Kioskd); err != nil {
			return nil, err
		}
	}
	s := &Shop{
		opts: o, log: o.Log, clock: board.NewClock(o.Start), supplies: o.Supplies,
		kiosks: make(map[int]*Kiosk), cards: make(map[string]*card.Card),
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if s.supplies == nil {
		if s.supplies, err = OpenSupplies(o.KeyCache, o.Fonts); err != nil {
			s.stop()
			return nil, err
		}
		s.own = true
	}
	s.office, err = office.New(ctx, office.Options{
		Dir: filepath.Join(dir, "office"), Clock: s.clock, Register: register.New(o.Start),
		Paper: s.supplies.paper, Authority: s.supplies.Authority(o.Start), Log: o.Log, Reached: s.reached(),
		SheetLimit: o.SheetLimit, Trace: o.Trace,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("shop: %w", err), s.Close())
	}
	if err := s.office.Tap(s.heard.take); err != nil {
		return nil, errors.Join(fmt.Errorf("shop: %w", err), s.Close())
	}
	return s, nil
}

// reached are addresses under which kiosks reach the office beside the loopback.
func (s *Shop) reached() []net.IP {
	if s.opts.Machine == nil {
		return nil
	}
	return []net.IP{s.opts.Machine.Gateway()}
}

// findKioskd is the binary beside this program, or the one in the path.
func findKioskd(path string) (string, error) {
	if path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", fmt.Errorf("shop: %w", err)
		}
		if _, err := os.Stat(abs); err != nil {
			return "", fmt.Errorf("shop: no kioskd there: %w", err)
		}
		return abs, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), "kioskd")
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	found, err := exec.LookPath("kioskd")
	if err != nil {
		return "", fmt.Errorf("shop: no kioskd beside this program nor in the path: build it with `go build ./daemon/kioskd`: %w", err)
	}
	return filepath.Abs(found)
}

// Kiosk is kiosk n, from 1; it is set up, powered off, when first asked for.
func (s *Shop) Kiosk(n int) (*Kiosk, error) {
	if n < 1 || n > kiosksMax {
		return nil, fmt.Errorf("shop: no kiosk %d: they are numbered from 1 to %d", n, kiosksMax)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	if k := s.kiosks[n]; k != nil {
		return k, nil
	}
	k, err := newKiosk(s, kioskName(n))
	if err != nil {
		return nil, err
	}
	s.kiosks[n] = k
	return k, nil
}

func kioskName(n int) string { return fmt.Sprintf("k%03d", n) }

var errClosed = errors.New("shop: closed")

// Kioskd is the binary its kiosks run.
func (s *Shop) Kioskd() string { return s.opts.Kioskd }

// Clock is the world's clock.
func (s *Shop) Clock() *board.Clock { return s.clock }

// Office is the office of all its kiosks.
func (s *Shop) Office() *office.Office { return s.office }

// Now is the world's time.
func (s *Shop) Now() time.Time { return s.clock.Now() }

// Advance moves the world's clock, firing what falls due on the way.
func (s *Shop) Advance(d time.Duration, settled func()) { s.clock.Advance(d, settled) }

// Pace has the world wait for the kiosks: settled is called after each thing that
// happens by the clock, and the next waits for it. nil ends this.
func (s *Shop) Pace(settled func()) { s.clock.Pace(settled) }

// SetWall moves only the time of day.
func (s *Shop) SetWall(t time.Time) { s.clock.SetWall(t) }

// All are the kiosks set up so far.
func (s *Shop) All() []*Kiosk {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*Kiosk, 0, len(s.kiosks))
	for _, k := range s.kiosks {
		list = append(list, k)
	}
	return list
}

// Close ends every kioskd, the office and everything else, and waits for all of
// it. It may be called twice.
func (s *Shop) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	for _, k := range s.All() {
		k.close()
	}
	s.stop()
	var err error
	if s.office != nil {
		err = s.office.Close()
	}
	if s.own {
		s.supplies.Close()
	}
	return err
}
