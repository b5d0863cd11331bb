package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
)

// cable carries the lines of some kiosks to the office, and can break.
type cable struct {
	to   string // host:port
	up   func() // a line reaches the office
	l    net.Listener
	work sync.WaitGroup

	mu     sync.Mutex
	broken bool
	silent chan struct{} // closed when nothing is held back any more; nil: nothing is
	ends   map[net.Conn]struct{}
}

// lay makes a cable to that office. up hears of each line that reaches it.
func lay(ctx context.Context, url string, up func()) (*cable, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fleet: cable: %w", err)
	}
	c := &cable{to: strings.TrimPrefix(url, "tls://"), up: up, l: l, ends: make(map[net.Conn]struct{})}
	c.work.Go(c.accept)
	return c, nil
}

func (c *cable) url() string { return "tls://" + c.l.Addr().String() }

func (c *cable) accept() {
	for {
		kiosk, err := c.l.Accept()
		if err != nil {
			return
		}
		c.work.Go(func() { c.join(kiosk) })
	}
}

// join connects one kiosk, unless the cable is broken or the office away.
func (c *cable) join(kiosk net.Conn) {
	defer hangUp(kiosk)
	if !c.hold(kiosk) {
		return
	}
	defer c.drop(kiosk)
	office, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer hangUp(office)
	if !c.hold(office) {
		return
	}
	defer c.drop(office)
	c.up()
	var ways sync.WaitGroup
	for _, way := range [][2]net.Conn{{office, kiosk}, {kiosk, office}} {
		ways.Go(func() {
			c.carry(way[0], way[1])
			hangUp(kiosk)
			hangUp(office)
		})
	}
	ways.Wait()
}

// hangUp ends a connection. That it was ended before is no matter.
func hangUp(conn net.Conn) { _ = conn.Close() }

// carry copies until either end is gone. What comes over a silent cable is held
// back, and lost when the cable is mended: its lines end then.
func (c *cable) carry(to io.Writer, from io.Reader) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			c.mu.Lock()
			silent := c.silent
			c.mu.Unlock()
			if silent != nil {
				<-silent
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (c *cable) hold(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return false
	}
	c.ends[conn] = struct{}{}
	return true
}

func (c *cable) drop(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.ends, conn)
}

// cut ends every line, and lets no new one through.
func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
	c.hangUpAll()
}

// silence lets nothing through any more and tells nobody.
func (c *cable) silence() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = make(chan struct{})
}

// mend makes the cable good. The lines of a silent one end: what was on its way
// is lost.
func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = false
	if c.silent != nil {
		c.hangUpAll()
		close(c.silent)
		c.silent = nil
	}
}

// hangUpAll ends every line. c.mu is held.
func (c *cable) hangUpAll() {
	for conn := range c.ends {
		hangUp(conn)
	}
}

func (c *cable) close() error {
	err := c.l.Close()
	c.cut()
	c.mend()
	c.cut() // whoever came in between
	c.work.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("fleet: cable: %w", err)
	}
	return nil
}
