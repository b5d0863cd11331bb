// Package board is the kiosk's board as the outside sees it: the other end of
// the link (package drivers/board/link), with buses, lines, a card reader and a
// clock that virtual devices are plugged into.
//
// It forgets what a real board forgets: edges and bytes nobody listens for are
// lost, and when the client is gone, for whatever reason, outputs fall to their
// resistor's level, its timers are dropped and what its UARTs had not yet sent
// is gone. It serves one client at a time, refuses another in words, and cuts
// off a client that does not keep to the protocol, with one line in the log.
//
// It knows no device: those are in the folders below and in simulator/card.
package board

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/drivers/board/link"
)

// ErrNoClient says that no kioskd is connected.
var ErrNoClient = errors.New("board: no client is connected")

// ErrNoState says that kioskd is connected but has nothing to tell yet.
var ErrNoState = errors.New("board: the client has no state yet")

// I2CChip is a chip at an address of an I2C bus: W is written, then r is read.
// The slices are the caller's again once Tx returns. An error is a chip that
// does not acknowledge.
type I2CChip interface{ Tx(w, r []byte) error }

// SPIChip is a chip on an SPI port. One Tx is one frame of chip select; r is
// empty, or as long as w. The slices are the caller's again once Tx returns.
type SPIChip interface{ Tx(w, r []byte) error }

// UARTDevice is what hangs on a UART. Receive is called on the UART's own
// goroutine; p is the caller's again once it returns.
type UARTDevice interface{ Receive(p []byte) }

// FrameSink is a panel the kernel drives. Pix is 4 bytes a pixel, B G R X, row
// by row, and the caller's again once Write returns.
type FrameSink interface {
	Bounds() image.Rectangle
	Write(r image.Rectangle, pix []byte) error
}

// CardReader is a contactless reader. Errors of package drivers/board (ErrNoCard
// and so on) arrive at the client as themselves.
type CardReader interface {
	// Presence is the number of cards on it, negative when the reader itself is
	// not there, and a number that counts the changes.
	Presence() (cards int, change uint32)
	// OnChange has f called after each change, from any goroutine that holds no
	// lock Presence needs.
	OnChange(f func())
	// PowerOn and Transmit are called one at a time.
	PowerOn() (atr []byte, err error)
	Transmit(command []byte) ([]byte, error)
	// PowerOff may be called at any time, also without power. A Transmit that
	// hangs ends with it.
	PowerOff()
}

// Board is one kiosk's board. Plug everything in before Serve.
type Board struct {
	clock  *Clock
	log    *slog.Logger
	pacing atomic.Bool
	slot   chan struct{} // holds the one session

	devices []device
	names   map[string]bool

	trace    atomic.Pointer[func(TraceEntry)]
	onTree   atomic.Pointer[func([]byte)]
	onCommit atomic.Pointer[func(when, kind string) bool]

	mu      sync.Mutex
	session *session
	asked   bool
	armed   map[link.Commit]func()
	trusted bool
	skew    time.Duration // of this board's wall clock from the world's
}

// device is the board's side of something plugged in.
type device interface {
	describe() link.Device
	// handle does one request and replies, on the device's worker.
	handle(s *session, r *request)
	// attach is called when a client has come.
	attach(s *session)
	// detach is called when it has gone, perhaps while the worker is still busy.
	detach()
	// rest is the worker's last act for a client.
	rest()
}

// unmoved is a device that clients come to and go from unnoticed.
type unmoved struct{}

func (unmoved) attach(*session) {}
func (unmoved) detach()         {}
func (unmoved) rest()           {}

// New returns an empty board that follows the clock.
func New(clock *Clock, log *slog.Logger) *Board {
	return &Board{
		clock: clock, log: log, trusted: true,
		slot:  make(chan struct{}, 1),
		names: make(map[string]bool),
		armed: make(map[link.Commit]func()),
	}
}

// SetPacing makes each bus as slow as its wire: I2C 400 kHz, SPI at most
// 20 MHz, UARTs their baud rate.
func (b *Board) SetPacing(on bool) { b.pacing.Store(on) }

// add plugs a device in and returns its number. A name that is taken is a
// mistake in the program.
func (b *Board) add(d device) uint16 {
	v := d.describe()
	key := fmt.Sprint(v.Kind, " ", v.Name)
	if b.names[key] || v.Name == "" || len(v.Name) > link.NameMax || len(b.devices) == link.DevicesMax {
		panic(fmt.Sprintf("board: cannot add %s %q: the name is taken, empty or too long, or the board is full", v.Kind, v.Name))
	}
	b.names[key] = true
	b.devices = append(b.devices, d)
	return uint16(len(b.devices) - 1)
}

// AddI2C puts a chip at an address of the bus of that name.
func (b *Board) AddI2C(name string, addr uint16, chip I2CChip) {
	for _, d := range b.devices {
		if bus, ok := d.(*i2cBus); ok && bus.name == name {
			bus.add(addr, chip)
			return
		}
	}
	bus := &i2cBus{b: b, name: name, chips: make(map[uint16]I2CChip)}
	bus.add(addr, chip)
	b.add(bus)
}

// AddSPI puts a chip on the port of that name.
func (b *Board) AddSPI(name string, chip SPIChip) {
	b.add(&spiPort{b: b, name: name, chip: chip, hertz: spiHertzMax})
}

// AddUART hangs a device on the UART of that name. The result is the device's
// end of it.
func (b *Board) AddUART(name string, dev UARTDevice) *UART {
	u := newUART(b, name, dev)
	u.number = b.add(u)
	return u
}

// AddOutput adds a line the kiosk drives. f is called on each change of its
// level, also when the client is gone (level is then the resistor's); it must
// not call the board's PowerCut.
func (b *Board) AddOutput(name string, resistor bool, f func(level bool)) {
	b.add(&output{b: b, name: name, resistor: resistor, level: resistor, f: f})
}

// AddInput adds a line the kiosk watches, at its first level.
func (b *Board) AddInput(name string, level bool) *Line {
	l := &Line{b: b, name: name, level: level}
	l.number = b.add(l)
	return l
}

// AddReader connects a card reader.
func (b *Board) AddReader(name string, r CardReader) {
	d := &reader{b: b, name: name, r: r}
	d.number = b.add(d)
	r.OnChange(d.push)
}

// AddFramebuffer connects a panel the kernel drives.
func (b *Board) AddFramebuffer(name string, fb FrameSink) {
	b.add(&framebuffer{b: b, name: name, sink: fb})
}

// Connected says whether a client is served.
func (b *Board) Connected() bool { return b.current() != nil }

func (b *Board) current() *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.session
}

// PowerCut drops the client at once; outputs fall to their resistor's level
// before it returns, and no chip is spoken to any more, unless one takes more
// than a second for what it is at. The caller also ends the process.
func (b *Board) PowerCut() {
	s := b.current()
	if s == nil {
		return
	}
	s.abort(errPowerCut)
	b.release(s)
	select {
	case <-s.idle:
	case <-time.After(powerCutWithin):
	}
}

// powerCutWithin is how long a power cut waits for a chip's transaction.
const powerCutWithin = time.Second

var errPowerCut = errors.New("power cut")

// release takes the board back from a session that was aborted. It may be
// called twice.
func (b *Board) release(s *session) {
	b.mu.Lock()
	mine := b.session == s
	if mine {
		b.session = nil
	}
	b.mu.Unlock()
	if !mine {
		return
	}
	s.dropTimers()
	for _, d := range b.devices {
		d.detach()
	}
}

// SetClockTrusted says whether the board's wall clock was ever set.
func (b *Board) SetClockTrusted(trusted bool) {
	b.mu.Lock()
	b.trusted = trusted
	b.mu.Unlock()
	b.pushClock()
}

// JumpClock moves this board's wall clock, not the world's.
func (b *Board) JumpClock(d time.Duration) {
	b.mu.Lock()
	b.skew += d
	b.mu.Unlock()
	b.pushClock()
}

func (b *Board) pushClock() {
	if s := b.current(); s != nil {
		s.pushClock()
	}
}

// clockState is what the board's own clocks say.
func (b *Board) clockState() link.Clock {
	b.mu.Lock()
	skew, trusted := b.skew, b.trusted
	b.mu.Unlock()
	b.clock.mu.Lock()
	defer b.clock.mu.Unlock()
	up := b.clock.uptime()
	wall := b.clock.wall.Add(up + skew)
	_, offset := wall.Zone()
	return link.Clock{Wall: wall.UnixNano(), Offset: int32(offset), Uptime: up, Trusted: trusted}
}

// AskTrees says whether the client is to send a tree for each picture.
func (b *Board) AskTrees(on bool) {
	b.mu.Lock()
	b.asked = on
	s := b.session
	b.mu.Unlock()
	if s != nil {
		s.pushAsk()
	}
}

// OnTree has f called with each tree, on the link's own goroutine before any
// later message is handled, so that the panel still holds that picture. f must
// not wait for anything the client does. It may keep the slice.
func (b *Board) OnTree(f func(json []byte)) { b.onTree.Store(&f) }

// State asks the client for its state, which is JSON.
func (b *Board) State(ctx context.Context) ([]byte, error) {
	s := b.current()
	if s == nil {
		return nil, ErrNoClient
	}
	return s.askState(ctx)
}

// ArmCut has strike called, once, when the client reports that commit point
// (when is "before" or "after"). The client is then never answered, so nothing
// it does can follow. A nil strike disarms. strike must not wait for Serve.
func (b *Board) ArmCut(when, kind string, strike func()) {
	point := link.Commit{After: when == "after", Kind: kind}
	b.mu.Lock()
	if strike == nil {
		delete(b.armed, point)
	} else if len(b.armed) < link.ArmedMax {
		b.armed[point] = strike
	}
	s := b.session
	b.mu.Unlock()
	if s != nil {
		s.pushArmed()
	}
}

// OnCommit has f hear of every commit point, on the link's own goroutine. f says
// whether it strikes: the client is then never answered. nil ends this.
func (b *Board) OnCommit(f func(when, kind string) (strikes bool)) {
	b.onCommit.Store(&f)
	b.mu.Lock()
	for _, after := range []bool{false, true} {
		point := link.Commit{After: after, Kind: link.EveryKind}
		if f == nil {
			delete(b.armed, point)
		} else {
			b.armed[point] = nil
		}
	}
	s := b.session
	b.mu.Unlock()
	if s != nil {
		s.pushArmed()
	}
}

// heard tells OnCommit's function of a commit point.
func (b *Board) heard(p link.Commit) (strikes bool) {
	f := b.onCommit.Load()
	if f == nil || *f == nil {
		return false
	}
	when := "before"
	if p.After {
		when = "after"
	}
	return (*f)(when, p.Kind)
}

// struck takes the strike of a commit point, nil if it is not armed.
func (b *Board) struck(p link.Commit) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.armed[p]
	delete(b.armed, p)
	return f
}
