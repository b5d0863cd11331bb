package office

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// server is the nats-server with its configuration: the shipped file, and beside
// it what belongs to this place.
type server struct {
	engine engine
	dir    string
	keys   *keys
	log    *slog.Logger
	roots  *x509.CertPool
	kiosks map[string]string // id: public NKey

	mu   sync.Mutex
	port int
	up   bool // false while away
}

// engine runs the server on a configuration file: in this process, or, in a
// test, as the process that a region would start.
type engine interface {
	start(conf string) (port int, err error)
	reload() error
	stop()
}

func newServer(e engine, o Options, k *keys) (*server, error) {
	dir := o.Dir
	if err := openTLS(dir, o.Reached); err != nil {
		return nil, err
	}
	root, err := os.ReadFile(filepath.Join(dir, authorityFile))
	if err != nil {
		return nil, fmt.Errorf("office: tls: %w", err)
	}
	s := &server{engine: e, dir: dir, keys: k, log: o.Log, roots: x509.NewCertPool(), kiosks: make(map[string]string)}
	if !s.roots.AppendCertsFromPEM(root) {
		return nil, fmt.Errorf("office: %s: want a certificate in PEM", authorityFile)
	}
	return s, nil
}

func (s *server) url() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "tls://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
}

// start starts the server if it is not running, on the port it had before.
func (s *server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up {
		return nil
	}
	if err := s.writeConf(); err != nil {
		return err
	}
	port, err := s.engine.start(filepath.Join(s.dir, confFile))
	if err != nil {
		return err
	}
	s.port, s.up = port, true
	return nil
}

func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.up {
		return
	}
	s.engine.stop()
	s.up = false
}

func (s *server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.up
}

// addKiosk gives a kiosk that has none a key, and says in which file it is and
// what its public half is.
func (s *server) addKiosk(id string) (file, public string, err error) {
	file = filepath.Join(s.dir, id+".nk")
	seed, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if seed, err = newSeed(); err == nil {
			err = os.WriteFile(file, seed, 0o600)
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("office: kiosk %s: %w", id, err)
	}
	defer clear(seed)
	key, err := nkeys.ParseDecoratedUserNKey(seed)
	if err != nil {
		return "", "", fmt.Errorf("office: kiosk %s: %w", id, err)
	}
	if public, err = key.PublicKey(); err != nil {
		return "", "", fmt.Errorf("office: kiosk %s: %w", id, err)
	}
	return file, public, nil
}

// admit lets these kiosks in, by id, each with its public key; "" shuts one out.
func (s *server) admit(keys map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := false
	for id, public := range keys {
		changed = changed || s.kiosks[id] != public
		s.kiosks[id] = public
		if public == "" {
			delete(s.kiosks, id)
		}
	}
	if !changed {
		return nil
	}
	return s.reload()
}

// reload makes the running server read its file anew. s.mu is held.
func (s *server) reload() error {
	if !s.up {
		return nil // it reads it when it starts
	}
	if err := s.writeConf(); err != nil {
		return err
	}
	// Twice: the first makes a new kiosk's account, the second its doors to
	// OFFICE. nats-server 2.15 opens those of an account only when it starts, or
	// when a reload finds the account there already.
	for range 2 {
		if err := s.engine.reload(); err != nil {
			return err
		}
	}
	return nil
}

// reconnectWait is the pause of our own connections, on the same machine.
const reconnectWait = 20 * time.Millisecond

// connect opens one of the office's own connections.
func (s *server) connect(name string, key nkeys.KeyPair) (*nats.Conn, error) {
	public, err := key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("office: %s: %w", name, err)
	}
	nc, err := nats.Connect(s.url(),
		nats.Name("office "+name),
		nats.Nkey(public, key.Sign),
		nats.Secure(&tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS13}),
		nats.CustomInboxPrefix(ownInbox+name),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.ReconnectBufSize(-1), // an answer that waits for the line would come to nobody
		nats.Timeout(lineTimeout),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.log.Warn("office: own line", "who", name, "err", err)
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("office: %s: %w", name, err)
	}
	return nc, nil
}

func closeLine(nc *nats.Conn) {
	if nc == nil {
		return
	}
	closed := make(chan struct{})
	if nc.IsClosed() {
		return
	}
	nc.SetClosedHandler(func(*nats.Conn) { close(closed) })
	nc.Close()
	<-closed
}
