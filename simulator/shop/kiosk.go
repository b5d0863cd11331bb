package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"kioskd/simulator/board"
	"kioskd/simulator/board/coins"
	"kioskd/simulator/board/lines"
	"kioskd/simulator/board/pages"
	"kioskd/simulator/board/receipts"
	"kioskd/simulator/card"
)

// Kiosk is one kiosk: its electronics, and the kioskd that drives them. Safe for
// concurrent use.
type Kiosk struct {
	shop *Shop
	name string
	dir  string

	board    *board.Board
	glass    touchpad
	panel    Display
	receipts *receipts.Printer
	pages    *pages.Printer
	acceptor *coins.Acceptor
	pulse    *board.Line // the acceptor's
	hoppers  *coins.Hoppers
	tray     *coins.Tray
	reader   *card.Reader
	lamps    map[string]*lines.Lamp
	buzzer   *lines.Buzzer
	door     *lines.Switch
	supply   *lines.Switch

	stop       context.CancelFunc // of the board
	unplug     context.CancelFunc // of the card reader from pcscd
	printerOff context.CancelFunc
	printerAt  string // host:port
	work       sync.WaitGroup

	config  config
	process process
	shown   shown
	trace   trace
	log     journalOfLines

	mu      sync.Mutex
	sounded int
	armed   bool
	disk    diskFault
	skew    skew
}

// The kiosk's lamps, by the names scenarios use, and their lines.
func lampLines() map[string]string {
	return map[string]string{
		"reader": "LAMP_READER", "coins": "LAMP_COINS", "sheets": "LAMP_SHEETS", "attention": "LAMP_ATTENTION",
	}
}

// hopperCoins are the coins that can be paid out, in yen.
func hopperCoins() []int { return []int{100, 50, 10} }

// newKiosk sets a kiosk up, powered off.
func newKiosk(s *Shop, name string) (*Kiosk, error) {
	k := &Kiosk{
		shop: s, name: name, dir: filepath.Join(s.opts.Dir, name),
		tray: &coins.Tray{}, reader: card.NewReader(), buzzer: &lines.Buzzer{}, lamps: make(map[string]*lines.Lamp),
	}
	if err := os.MkdirAll(filepath.Join(k.dir, "state"), 0o700); err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	key, err := s.office.AddKiosk(name)
	if err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	k.wire()
	if err := k.plugSheetPrinter(); err != nil {
		return nil, err
	}
	l, err := k.listen(key)
	if err != nil {
		k.printerOff()
		k.work.Wait()
		return nil, err
	}
	k.config = k.defaults(key, l.Addr())
	k.serve(l)
	k.plugCards()
	return k, nil
}

// wire plugs every device into the board, as the drawing of the board says.
func (k *Kiosk) wire() {
	b := board.New(k.shop.clock, k.shop.log.With("kiosk", k.name))
	k.board = b
	clock := k.shop.clock

	k.wireFront(b)

	k.receipts = receipts.New(clock, receipts.Opts{})
	k.receipts.Connect(b.AddUART("UART0", k.receipts))

	k.pulse = b.AddInput("COIN_PULSE", true)
	k.acceptor = coins.NewAcceptor(clock, k.pulse, k.tray)
	b.AddOutput("COIN_INHIBIT", true, k.acceptor.SetInhibit)
	leaving := make(map[int]coins.Line)
	for _, yen := range hopperCoins() {
		leaving[yen] = b.AddInput(fmt.Sprintf("HOPPER_%d_COIN", yen), true)
	}
	k.hoppers = coins.NewHoppers(clock, k.tray, leaving)
	for _, yen := range hopperCoins() {
		b.AddOutput(fmt.Sprintf("HOPPER_%d_MOTOR", yen), true, func(level bool) { k.hoppers.SetMotor(yen, level) })
	}

	for name, line := range lampLines() {
		lamp := &lines.Lamp{}
		k.lamps[name] = lamp
		b.AddOutput(line, false, func(level bool) { lamp.Set(level); k.changed("lamps") })
	}
	b.AddOutput("BUZZER", false, k.buzz)
	k.door = lines.NewSwitch(b.AddInput("DOOR", false))
	k.supply = lines.NewSwitch(b.AddInput("POWER_FAIL", false))

	if m := k.machine(); m != nil {
		m.PlugReader(k.reader)
	} else if k.pcsc() == nil {
		b.AddReader("reader", k.reader)
	}
	k.reader.OnChange(func() { k.changed("reader") })
	k.reader.OnExchange(k.exchange)

	b.OnTrace(k.traced)
	b.OnTree(k.treeCame)
	b.AskTrees(true)
}

// listen makes the board's end of the link.
func (k *Kiosk) listen(officeKey string) (net.Listener, error) {
	if m := k.machine(); m != nil {
		l, err := k.listenTCP(m, officeKey)
		if err != nil {
			return nil, fmt.Errorf("shop: the board on the network: %w", err)
		}
		return l, nil
	}
	path := filepath.Join(k.dir, "board.sock")
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("shop: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("shop: the board's socket: %w", err)
	}
	return l, nil
}

// serve lets a kioskd connect to the board, until close.
func (k *Kiosk) serve(l net.Listener) {
	ctx, stop := context.WithCancel(k.shop.ctx)
	k.stop = stop
	k.work.Go(func() {
		if err := k.board.Serve(ctx, l); err != nil && ctx.Err() == nil {
			k.shop.log.Error("board", "kiosk", k.name, "err", err)
		}
	})
}

// changed tells whoever watches the shop.
func (k *Kiosk) changed(what string) {
	if f := k.shop.opts.Watch; f != nil {
		f(k.name, what)
	}
}

func (k *Kiosk) buzz(level bool) {
	k.buzzer.Set(level)
	if level {
		k.mu.Lock()
		k.sounded++
		k.mu.Unlock()
	}
	k.changed("buzzer")
}

// Name is the kiosk's name at the office: k001.
func (k *Kiosk) Name() string { return k.name }

// Board is its board, for the technician.
func (k *Kiosk) Board() *board.Board { return k.board }

// State asks kioskd how it stands.
func (k *Kiosk) State(ctx context.Context) (State, error) {
	b, err := k.board.State(ctx)
	if err != nil {
		return State{}, fmt.Errorf("shop: %s: state: %w", k.name, err)
	}
	var s State
	if err := json.Unmarshal(b, &s); err != nil {
		return State{}, fmt.Errorf("shop: %s: state: %w", k.name, err)
	}
	return s, nil
}

// Busy says whether a device is in mid-action: paper, coins or a touch that the
// kiosk has not read yet.
func (k *Kiosk) Busy() bool {
	return !k.pages.Idle() || !k.receipts.Idle() || !k.acceptor.Idle() || !k.hoppers.Idle()
}

// Lamp is off, on or blink.
func (k *Kiosk) Lamp(name string) string {
	lamp, ok := k.lamps[name]
	if !ok {
		return "not there"
	}
	return string(lamp.State())
}

// Sounded counts how often the buzzer began to sound.
func (k *Kiosk) Sounded() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sounded
}

// Sounding says whether the buzzer sounds at this moment.
func (k *Kiosk) Sounding() bool { return k.buzzer.Sounding() }

// close ends kioskd and the board, and waits for both.
func (k *Kiosk) close() {
	k.Kill()
	k.stop()
	k.unplug()
	k.printerOff()
	k.board.PowerCut()
	k.work.Wait()
}
