// Package bench is the technician's page: one kiosk as it would stand in a shop,
// with everything on it that can be touched, laid, dropped, taken or broken, and
// beside it what went over its buses, its journal and its log.
//
// The picture of the panel is the one the virtual chip decoded from the bus, a
// click is a finger on the touch chip, and a sheet is the raster the printer was
// sent. The page knows nothing of kioskd's inside.
//
// It is served on loopback only, refuses requests for another host name or from
// another site's pages (such a page runs in the same browser and could otherwise
// work the kiosk), and has no asset from outside.
package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bench serves the page of one shop floor. Safe for concurrent use.
type Bench struct {
	floor Floor
	watch *Watch
	log   *slog.Logger

	closing chan struct{} // closed when streams are to end
	close   func()

	mu     sync.Mutex
	stands map[int]*stand
	office officeView
}

// stand is what the bench itself remembers of one kiosk.
type stand struct {
	number int
	kiosk  Kiosk
	faults faults
	record record
	touch  sync.Mutex // one finger
}

// New makes a bench on a floor. watch is the one the floor reports its changes
// to; nil means that the page looks by itself a few times a second. A nil log is
// none.
func New(floor Floor, watch *Watch, log *slog.Logger) *Bench {
	if watch == nil {
		watch = NewWatch()
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	b := &Bench{floor: floor, watch: watch, log: log, stands: make(map[int]*stand), closing: make(chan struct{})}
	b.close = sync.OnceFunc(func() { close(b.closing) })
	return b
}

// kiosksMax is how many kiosks the page can switch between.
const kiosksMax = 2

func (b *Bench) stand(n int) (*stand, error) {
	if n < 1 || n > kiosksMax {
		return nil, badRequest("kiosk: want 1 or 2, got %d", n)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.stands[n]; s != nil {
		return s, nil
	}
	k, err := b.floor.Kiosk(n)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	s := &stand{number: n, kiosk: k}
	b.stands[n] = s
	return s, nil
}

// Limits of serving.
const (
	headersWithin = 5 * time.Second
	closeWithin   = 3 * time.Second // for requests under way, such as a coin that rolls
)

// errNotLoopback says that the page would be open to the network.
var errNotLoopback = errors.New("bench: want a loopback address such as 127.0.0.1:8100")

// Listen opens a loopback address for a bench, before anything else is opened.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("bench: address %q: want one such as 127.0.0.1:8100: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%w, got %q", errNotLoopback, addr)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return l, nil
}

// Serve serves the page on l until ctx ends, and closes l. It returns the page's
// address, and a function that waits until everything has ended. Call it once.
func (b *Bench) Serve(ctx context.Context, l net.Listener) (url string, wait func() error) {
	server := &http.Server{
		Handler: b.Handler(), ReadHeaderTimeout: headersWithin,
		ErrorLog: slog.NewLogLogger(b.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	stopped := make(chan error, 1)
	go func() { stopped <- b.stopWith(ctx, server, ended) }()
	return "http://" + l.Addr().String() + "/", sync.OnceValue(func() error { return <-stopped })
}

// stopWith ends the server when ctx ends, and waits for it.
func (b *Bench) stopWith(ctx context.Context, server *http.Server, ended <-chan error) error {
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		b.close() // streams go first: Shutdown would wait for them
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer cancel()
		err = server.Shutdown(limited)
		if err != nil {
			err = errors.Join(err, server.Close())
		}
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	b.close()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}
