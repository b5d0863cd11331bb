package soak

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"kioskd/simulator/board/coins"
	"kioskd/simulator/board/lines"
	"kioskd/simulator/board/pages"
	"kioskd/simulator/board/receipts"
	"kioskd/simulator/card"
)

// machine is the kiosk without its computer: chips, printers, coin mechanism and
// reader. It outlives every crash, and what happened in it is the truth.
type machine struct {
	clock    *worldClock
	outputs  map[string]*output
	inputs   map[string]*line
	order    []string // of their names
	acceptor *coins.Acceptor
	hoppers  *coins.Hoppers
	tray     *coins.Tray
	pages    *pages.Printer
	receipts *receipts.Printer
	serial   *serial
	reader   *card.Reader
	door     *lines.Switch
	network  *network

	mu    sync.Mutex
	skew  time.Duration
	unset bool
	laid  chan struct{} // closed when something changes on the reader
}

var hopperCoins = [...]int{100, 50, 10}

func newMachine(clock *worldClock) *machine {
	m := &machine{
		clock: clock, outputs: make(map[string]*output), inputs: make(map[string]*line),
		tray: &coins.Tray{}, reader: card.NewReader(), serial: newSerial(), laid: make(chan struct{}),
	}
	m.receipts = receipts.New(clock, receipts.Opts{})
	m.receipts.Connect(m.serial)
	m.serial.dev = m.receipts
	m.acceptor = coins.NewAcceptor(clock, m.in("COIN_PULSE", true), m.tray)
	m.out("COIN_INHIBIT", true, m.acceptor.SetInhibit)
	leaving := make(map[int]coins.Line)
	for _, yen := range hopperCoins {
		leaving[yen] = m.in(fmt.Sprintf("HOPPER_%d_COIN", yen), true)
	}
	m.hoppers = coins.NewHoppers(clock, m.tray, leaving)
	for _, yen := range hopperCoins {
		m.out(fmt.Sprintf("HOPPER_%d_MOTOR", yen), true, func(level bool) { m.hoppers.SetMotor(yen, level) })
	}
	for _, name := range []string{"reader", "coins", "sheets", "attention"} {
		m.out("LAMP_"+strings.ToUpper(name), false, nil)
	}
	m.out("BUZZER", false, nil)
	m.door = lines.NewSwitch(m.in("DOOR", false))
	m.pages = pages.New(clock, m.in("SHEET_EXIT", false), m.in("SHEET_TRAY", false), "sheet printer")
	m.network = newNetwork(m.pages)
	m.reader.OnChange(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		close(m.laid)
		m.laid = make(chan struct{})
	})
	return m
}

func (m *machine) in(name string, level bool) *line {
	l := &line{clock: m.clock, level: level}
	m.inputs[name] = l
	m.order = append(m.order, name)
	return l
}

func (m *machine) out(name string, resistor bool, f func(bool)) {
	m.outputs[name] = &output{resistor: resistor, level: resistor, f: f}
	m.order = append(m.order, name)
}

// powerCut takes the power from everything but the customer's hands.
func (m *machine) powerCut() {
	m.acceptor.PowerCut()
	m.pages.PowerCut()
	m.receipts.PowerCut()
}

// still says whether nothing in it moves by itself.
func (m *machine) still() bool {
	return m.acceptor.Idle() && m.hoppers.Idle() && m.pages.Idle()
}

func (m *machine) close() { m.network.close() }

// network is the line to the sheet printer: HTTP over pipes in memory.
type network struct {
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
	done   chan struct{}
}

func newNetwork(h http.Handler) *network {
	n := &network{conns: make(chan net.Conn), closed: make(chan struct{}), done: make(chan struct{})}
	n.server = &http.Server{Handler: h, ErrorLog: silent()}
	go func() {
		defer close(n.done)
		_ = n.server.Serve(n) // ends by close
	}()
	return n
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "printer", Net: "unix"} }

func (n *network) Close() error { return nil }

// dial connects one life of the daemon; its connections go with it.
func (n *network) dial(p *plug) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case n.conns <- there:
		case <-n.closed:
			return nil, net.ErrClosed
		case <-p.lost:
			return nil, errCut
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		c := &cutConn{Conn: here, gone: make(chan struct{})}
		go func() {
			select {
			case <-p.lost:
			case <-c.gone:
			}
			_ = here.Close() // a pipe closes without an error
		}()
		return c, nil
	}
}

// cutConn ends with its life, or when it is closed.
type cutConn struct {
	net.Conn
	once sync.Once
	gone chan struct{}
}

func (c *cutConn) Close() error {
	c.once.Do(func() { close(c.gone) })
	return c.Conn.Close()
}

func (n *network) close() {
	close(n.closed)
	_ = n.server.Close() // cuts off who is connected
	<-n.done
}
