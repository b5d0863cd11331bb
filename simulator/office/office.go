// Package office is the simulated centre that speaks for the municipalities: a
// nats-server of its own, the services that kiosks ask, the residents' cards,
// and the stream that the kiosks' journals end in.
//
// It answers only into the inbox of the kiosk that asks, does once what it is
// asked twice, and tells nobody anything about a card whose holder has not
// proved to hold it. On request it lies, is slow, or goes away, so that the
// kiosk can show that it notices.
//
// It is split as the real thing should be. The front (NATS) opens and seals
// messages and holds the key of the seal; the renderer reads the register, draws
// and signs manifests, and holds the document key, which the front never has.
// The issuer answers its cards' challenges and holds the master key of cards.
// The clerk keeps settings and journals. Each has its own NATS key that may do
// that and nothing else.
//
// Source: daemon/office/protocol.
package office

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/register"
)

// Clock is the world's clock, which a scenario may move.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) (stop func() bool)
	Sleep(ctx context.Context, d time.Duration) error
}

// Paper draws records (paper.Renderer).
type Paper interface {
	Sheets(rec paper.Record, issue string) ([]paper.Sheet, error)
}

// Options say what an office is made of.
type Options struct {
	Dir       string // its files: keys, certificates, streams. Kept between two offices.
	Clock     Clock
	Register  *register.Register
	Paper     Paper
	Authority *authority.Authority
	Log       *slog.Logger // nil: slog.Default
	Reached   []net.IP     // addresses beside the loopback under which kiosks reach it, for its certificate
	// SheetLimit is how many sheets a copy may have; 0 means 10.
	SheetLimit int
	// Trace hears all that its server sees, of every account, the system's and
	// JetStream's too: each line of the protocol in and out, and each message as it
	// is, headers first. It is called by many goroutines at once and must be quick.
	// May be nil.
	Trace func(seen []byte)
}

// Office is the simulated office. It is safe for concurrent use.
type Office struct {
	dir      string
	clock    Clock
	log      *slog.Logger
	register *register.Register

	server   *server // nil: asked directly
	keys     *keys
	cards    *cards
	renderer *renderer
	desk     *desk
	settings *settings
	journals *journals
	issuer   *issuer
	bookings *bookings
	commands commands
	watchman *watchman

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // every request in hand

	workers sync.WaitGroup // who answer them
	waiting chan func()    // to one who has nothing to do

	bodies sync.Pool // *[]byte of answers that are sent

	line     sync.Mutex // Away, Back, Close, AddKiosk, Tap
	service  micro.Service
	front    *nats.Conn
	clerk    *nats.Conn
	operator *nats.Conn // commands kiosks
	auditors []*nats.Conn
	closed   bool
}

// New starts an office and returns once it would answer.
func New(ctx context.Context, o Options) (*Office, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return newOn(ctx, &embedded{log: o.Log, trace: o.Trace}, o)
}

// newOn is New with a server of another kind.
func newOn(ctx context.Context, e engine, o Options) (*Office, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	k, err := openKeys(o.Dir)
	if err != nil {
		return nil, err
	}
	srv, err := newServer(e, o, k)
	if err != nil {
		return nil, err
	}
	f, err := assemble(ctx, o, k)
	if err != nil {
		return nil, err
	}
	f.server = srv
	if err := f.open(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// assemble makes an office that nobody can reach yet.
func assemble(ctx context.Context, o Options, k *keys) (*Office, error) {
	f := &Office{
		dir: o.Dir, clock: o.Clock, log: o.Log, register: o.Register, keys: k,
		cards:    newCards(o.Authority, o.Register, o.Clock.Now()),
		settings: newSettings(k.settings, o.Register),
		journals: newJournals(),
		watchman: newWatchman(),
	}
	var err error
	if f.issuer, err = openIssuer(o.Dir); err != nil {
		return nil, err
	}
	if f.bookings, err = openBookings(o.Dir); err != nil {
		return nil, err
	}
	f.renderer = &renderer{key: k.document, clock: o.Clock, register: o.Register, paper: o.Paper, cards: f.cards, limit: o.SheetLimit}
	if f.renderer.limit == 0 {
		f.renderer.limit = sheetLimit
	}
	f.desk, f.waiting = newDesk(o.Clock), make(chan func())
	f.ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	return f, nil
}

func (o *Office) open(ctx context.Context) error {
	o.line.Lock()
	defer o.line.Unlock()
	if err := o.server.start(); err != nil {
		return err
	}
	var err error
	if o.clerk, err = o.server.connect("clerk", o.keys.clerk); err != nil {
		return err
	}
	if err := o.openStreams(ctx); err != nil {
		return err
	}
	if o.front, err = o.server.connect("front", o.keys.front); err != nil {
		return err
	}
	if o.operator, err = o.server.connect("operator", o.keys.operator); err != nil {
		return err
	}
	if err := o.watchJournals(); err != nil {
		return fmt.Errorf("office: watch the journals: %w", err)
	}
	return o.openService()
}

// URL is where kiosks connect.
func (o *Office) URL() string { return o.server.url() }

// AuthorityFile is the certificate that a kiosk must pin for URL.
func (o *Office) AuthorityFile() string { return filepath.Join(o.dir, authorityFile) }

// PublicKeyFile is the file with the office's keys that a kiosk must pin.
func (o *Office) PublicKeyFile() string { return filepath.Join(o.dir, publicFile) }

// AddKiosk admits a kiosk and returns the file with its NKey seed (mode 0600).
// A kiosk that is known keeps its key.
func (o *Office) AddKiosk(id string) (keyFile string, err error) {
	files, err := o.AddKiosks(id)
	if err != nil {
		return "", err
	}
	return files[0], nil
}

// AddKiosks admits many at once, as AddKiosk does one.
func (o *Office) AddKiosks(ids ...string) (keyFiles []string, err error) {
	o.line.Lock()
	defer o.line.Unlock()
	keys := make(map[string]string, len(ids))
	for _, id := range ids {
		if err := protocol.CheckKiosk(id); err != nil {
			return nil, fmt.Errorf("office: %w", err)
		}
		file, public, err := o.server.addKiosk(id)
		if err != nil {
			return nil, err
		}
		keys[id], keyFiles = public, append(keyFiles, file)
	}
	o.watchman.forgive(ids)
	return keyFiles, o.server.admit(keys)
}

// Admit lets a kiosk in that made its key itself; the key that it had is out.
func (o *Office) Admit(id, publicKey string) error {
	if err := protocol.CheckKiosk(id); err != nil {
		return fmt.Errorf("office: %w", err)
	}
	if !nkeys.IsValidPublicUserKey(publicKey) {
		return fmt.Errorf("office: kiosk %s: %q is no user's public NKey (U…)", id, publicKey)
	}
	o.line.Lock()
	defer o.line.Unlock()
	o.watchman.forgive([]string{id})
	return o.server.admit(map[string]string{id: publicKey})
}

// Revoke shuts a kiosk out at once, also from a line that stands.
func (o *Office) Revoke(id string) error {
	o.line.Lock()
	defer o.line.Unlock()
	return o.server.admit(map[string]string{id: ""})
}

// Away takes the office off the line: its server stops. What it knows, it keeps.
func (o *Office) Away() {
	o.line.Lock()
	defer o.line.Unlock()
	o.server.stop()
}

// Back puts it on the line again, on the same port and with the same streams,
// and ends slowness and lies. It returns once the office would answer.
func (o *Office) Back() error {
	o.line.Lock()
	defer o.line.Unlock()
	if o.closed {
		return errors.New("office: closed")
	}
	o.desk.behave()
	if err := o.server.start(); err != nil {
		return err
	}
	for _, nc := range append([]*nats.Conn{o.clerk, o.front, o.operator}, o.auditors...) {
		if err := waitLine(nc); err != nil {
			return err
		}
	}
	return o.publishSettings(o.ctx)
}

// lineTimeout is how long our own connections may take, of process time.
const lineTimeout = 10 * time.Second

// waitLine returns once the connection stands and the server has its
// subscriptions.
func waitLine(nc *nats.Conn) error {
	until := time.Now().Add(lineTimeout)
	for {
		err := nc.FlushTimeout(time.Until(until))
		if err == nil && nc.IsConnected() {
			return nil
		}
		if !time.Now().Before(until) {
			return fmt.Errorf("office: our own line does not come back: %w", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Slow makes the office take d of the world's time before it does what it is
// asked; 0 ends that. Chunks of sheets that are ready are not slowed.
func (o *Office) Slow(d time.Duration) { o.desk.slow(d) }

// Audit counts what came in.
func (o *Office) Audit() Audit { return o.desk.audit() }

// Residents are the people who may come to a kiosk.
func (o *Office) Residents() []*register.Resident { return o.register.All() }

// Close ends the office and waits for everything in it. It may be called twice.
func (o *Office) Close() error {
	o.line.Lock()
	defer o.line.Unlock()
	o.closed = true
	o.desk.close()
	o.stop()
	o.work.Wait()
	o.workers.Wait()
	var err error
	if o.service != nil {
		err = o.service.Stop()
	}
	for _, nc := range append([]*nats.Conn{o.front, o.clerk, o.operator}, o.auditors...) {
		closeLine(nc)
	}
	o.auditors = nil
	if o.server != nil {
		o.server.stop()
	}
	if err != nil {
		return fmt.Errorf("office: %w", err)
	}
	return nil
}
