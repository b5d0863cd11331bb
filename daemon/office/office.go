// Package office is the kiosk's end of the line to the office: it implements
// flows.Office over NATS and carries the journal there.
//
// It refuses rather than guesses: a document that differs from its manifest in
// anything is a flows.BadDocument, settings that are unsigned, older or
// senseless leave the last good ones in force, and a journal message goes out
// only with the sequence that the stream must have, so that a doubtful resend is
// refused and not doubled. It never listens on a socket.
//
// The line lives in process time; what a document's age is judged by is the
// kiosk's own clock.
//
// Source: package protocol; NATS client protocol 1 with NKey authentication;
// JetStream direct get (ADR-31) and expected sequences (ADR-14's headers).
package office

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// Clock is the kiosk's wall clock. trusted is false while it was never set.
type Clock interface {
	Now() (t time.Time, trusted bool)
}

// Options say where the office is and who we are.
type Options struct {
	URL           string // tls://host:port
	AuthorityFile string // PEM: the only authority that may vouch for the server
	KeyFile       string // our NKey seed, readable by us alone
	PublicKeyFile string // the office's pinned keys: protocol.PinnedFile
	StateDir      string // where the last good settings are kept
	Kiosk         string // our id
	Clock         Clock
	Log           *slog.Logger // nil: slog.Default
}

// Client is the line to the office. It is safe for concurrent use.
type Client struct {
	kiosk  string
	clock  Clock
	log    *slog.Logger
	pinned *protocol.Pinned
	rules  *rules
	tail   journalTail
	orders *orders

	given  Line // nil: NATS
	spread func(d time.Duration) time.Duration

	key     nkeys.KeyPair
	stop    context.CancelFunc
	done    chan struct{} // closed when the keeper has ended
	dialled chan struct{} // closed when the first attempt was made
	changed chan struct{} // something happened on the line

	mu          sync.Mutex
	nc          *nats.Conn // nil until the first attempt was made
	onReachable func(bool)
	onRules     func(flows.Rules)
}

var _ flows.Office = (*Client)(nil)

// maxSecretFile is the largest key or authority file that is read, in bytes.
const maxSecretFile = 64 << 10

// Dial reads the files that o names and starts to connect. It does not wait for
// the office: a kiosk also starts while that is away. The line lives until
// Close, not until ctx ends: the last events still want to go out.
func Dial(ctx context.Context, o Options) (*Client, error) {
	if err := protocol.CheckKiosk(o.Kiosk); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	if !strings.HasPrefix(o.URL, "tls://") {
		return nil, fmt.Errorf("office: url %q: want tls://host:port", o.URL)
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	authority, err := readAuthority(o.AuthorityFile)
	if err != nil {
		return nil, err
	}
	pinned, err := readPinned(o.PublicKeyFile)
	if err != nil {
		return nil, err
	}
	key, err := readKey(o.KeyFile)
	if err != nil {
		return nil, err
	}
	c := newClient(o, pinned)
	c.key = key
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	go c.keep(ctx, o.URL, &tls.Config{RootCAs: authority, MinVersion: tls.VersionTLS13})
	return c, nil
}

// newClient is a client without a line.
func newClient(o Options, pinned *protocol.Pinned) *Client {
	return &Client{
		kiosk:   o.Kiosk,
		clock:   o.Clock,
		log:     o.Log,
		pinned:  pinned,
		rules:   newRules(filepath.Join(o.StateDir, "settings.json"), pinned.Settings, o.Log),
		orders:  newOrders(filepath.Join(o.StateDir, "commands.json"), o.Log),
		spread:  anything,
		done:    make(chan struct{}),
		dialled: make(chan struct{}),
		changed: make(chan struct{}, 1),
	}
}

func readAuthority(file string) (*x509.CertPool, error) {
	data, err := readSmall(file)
	if err != nil {
		return nil, fmt.Errorf("office: authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("office: authority %s: want a certificate in PEM", file)
	}
	return pool, nil
}

func readPinned(file string) (*protocol.Pinned, error) {
	data, err := readSmall(file)
	if err != nil {
		return nil, fmt.Errorf("office: public keys: %w", err)
	}
	pinned, err := protocol.ReadPinned(data)
	if err != nil {
		return nil, fmt.Errorf("office: public keys %s: %w", file, err)
	}
	return pinned, nil
}

func readKey(file string) (nkeys.KeyPair, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("office: key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("office: key %s: others may read it (mode %04o): want 0600", file, info.Mode().Perm())
	}
	seed, err := readSmall(file)
	if err != nil {
		return nil, fmt.Errorf("office: key: %w", err)
	}
	defer clear(seed)
	key, err := nkeys.ParseDecoratedUserNKey(seed)
	if err != nil {
		return nil, fmt.Errorf("office: key %s: want a user's NKey seed: %w", file, err)
	}
	return key, nil
}

func readSmall(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxSecretFile {
		return nil, fmt.Errorf("%s: %d bytes: at most %d", file, info.Size(), maxSecretFile)
	}
	return os.ReadFile(file)
}

// Reachable says whether a request could be sent now.
func (c *Client) Reachable() bool { return c.line().Connected() }

// OnReachable has f called whenever Reachable changes, one call at a time, and
// once soon after this with what it is.
func (c *Client) OnReachable(f func(bool)) {
	c.mu.Lock()
	c.onReachable = f
	c.mu.Unlock()
	c.signal()
}

// OnRules has f called with each new revision of the rules, one call at a time.
func (c *Client) OnRules(f func(flows.Rules)) {
	c.mu.Lock()
	c.onRules = f
	c.mu.Unlock()
}

// Rules are the last good settings, and a command of out-of-service as if it were
// one of them. Revision 0 means that there never were any.
func (c *Client) Rules() flows.Rules {
	r := c.rules.now()
	r.OutOfService = r.OutOfService || c.orders.now().OutOfService
	return r
}

// Close ends the line and waits for everything on it. It may be called twice.
func (c *Client) Close() error {
	c.stop()
	<-c.done
	return nil
}

func (c *Client) conn() *nats.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nc
}

func (c *Client) signal() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// away is the error for an answer that did not come before ctx ended.
func away(ctx context.Context, what string) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("office: %s: %w: %w", what, flows.ErrOfficeAway, cause)
	}
	return fmt.Errorf("office: %s: %w", what, flows.ErrOfficeAway)
}

// dialer lets Close end an attempt to connect.
type dialer struct{ ctx context.Context }

func (d dialer) Dial(network, address string) (net.Conn, error) {
	var nd net.Dialer
	return nd.DialContext(d.ctx, network, address)
}
