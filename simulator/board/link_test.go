package board_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"kioskd/drivers/board/link"
	"kioskd/simulator/board"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is when the test's world begins.
var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("", 9*3600))

// world is a board that is served, and what its log says.
type world struct {
	*board.Board
	clock *board.Clock
	path  string
	log   *lines
	stop  func()
}

// serve plugs in what plug says and serves it on a socket until the test ends.
func serve(tb testing.TB, plug func(b *board.Board)) *world {
	tb.Helper()
	w := &world{clock: board.NewClock(start), log: &lines{}, path: filepath.Join(tb.TempDir(), "b.sock")}
	w.Board = board.New(w.clock, slog.New(slog.NewTextHandler(w.log, nil)))
	plug(w.Board)
	l, err := net.Listen("unix", w.path)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := w.Serve(ctx, l); err != nil {
			tb.Errorf("Serve: %v", err)
		}
	})
	w.stop = func() {
		cancel()
		wg.Wait()
	}
	tb.Cleanup(w.stop)
	return w
}

// dial connects a client that is closed when the test ends.
func (w *world) dial(tb testing.TB) *link.Board {
	tb.Helper()
	b, err := link.Dial(context.Background(), "unix:"+w.path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { check(tb, b.Close()) })
	return b
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// must passes a value on, or ends the test.
func must[T any](v T, err error) func(tb testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		check(tb, err)
		return v
	}
}

// soon receives what must come.
func soon[T any](tb testing.TB, c <-chan T) T {
	tb.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(5 * time.Second):
		tb.Fatal("nothing came in 5 s")
		panic("unreachable")
	}
}

// until waits for something to become so.
func until(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	for end := time.Now().Add(5 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("not so in 5 s: %s", what)
		}
	}
}

// lines keeps log lines.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	return len(p), nil
}

func (l *lines) has(part string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.all {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

// chipFunc is a chip on either bus.
type chipFunc func(w, r []byte) error

func (f chipFunc) Tx(w, r []byte) error { return f(w, r) }

// sink takes all and answers nothing.
func sink([]byte, []byte) error { return nil }

// outputs is a log of an output's levels.
func outputs() (chan bool, func(bool)) {
	c := make(chan bool, 16)
	return c, func(level bool) { c <- level }
}

// card is a reader with a card whose answers are its commands with 90 00.
type card struct {
	mu       sync.Mutex
	cards    int
	change   uint32
	onChange func()
	fail     error
	hang     chan struct{} // Transmit waits for it, if it is there
	off      int
	free     sync.Once
}

func (c *card) Presence() (int, uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cards, c.change
}

func (c *card) OnChange(f func()) { c.onChange = f }

func (c *card) lay(cards int) {
	c.mu.Lock()
	c.cards = cards
	c.change++
	c.mu.Unlock()
	c.onChange()
}

func (c *card) PowerOn() ([]byte, error) { return []byte{0x3b, 0x80}, c.failure() }

func (c *card) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fail
}

func (c *card) break_(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = err
}

func (c *card) Transmit(command []byte) ([]byte, error) {
	if c.hang != nil {
		<-c.hang
	}
	return append(append([]byte(nil), command...), 0x90, 0), c.failure()
}

func (c *card) PowerOff() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off++
	if c.hang != nil {
		c.free.Do(func() { close(c.hang) })
	}
}

func (c *card) offs() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off
}

// panel is a framebuffer that keeps its pixels.
type panel struct {
	size image.Point
	mu   sync.Mutex
	pix  []byte
	n    int // writes
}

func newPanel(w, h int) *panel { return &panel{size: image.Pt(w, h), pix: make([]byte, w*h*4)} }

func (p *panel) Bounds() image.Rectangle { return image.Rectangle{Max: p.size} }

func (p *panel) Write(r image.Rectangle, pix []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	if len(pix) != r.Dx()*r.Dy()*4 {
		return errors.New("the pixels are not the rectangle's")
	}
	if r.Min == image.Pt(7, 7) {
		return fmt.Errorf("the panel does not like %v", r)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		n := copy(p.pix[(y*p.size.X+r.Min.X)*4:], pix[:r.Dx()*4])
		pix = pix[n:]
	}
	return nil
}
