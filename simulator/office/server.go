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

	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
)

// server is the embedded nats-server. It reads the same kind of configuration
// file that a server of its own would be started with.
type server struct {
	dir    string
	keys   *keys
	log    *slog.Logger
	roots  *x509.CertPool
	kiosks map[string]string // id: public NKey

	mu   sync.Mutex
	port int
	ns   *natsd.Server // nil while away
}

// startTimeout is how long the server may take to listen, of process time.
const startTimeout = 20 * time.Second

func newServer(dir string, k *keys, log *slog.Logger) (*server, error) {
	if err := openTLS(dir); err != nil {
		return nil, err
	}
	root, err := os.ReadFile(filepath.Join(dir, authorityFile))
	if err != nil {
		return nil, fmt.Errorf("office: tls: %w", err)
	}
	s := &server{dir: dir, keys: k, log: log, roots: x509.NewCertPool(), kiosks: make(map[string]string)}
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
	if s.ns != nil {
		return nil
	}
	if err := s.writeConf(); err != nil {
		return err
	}
	opts, err := natsd.ProcessConfigFile(filepath.Join(s.dir, confFile))
	if err != nil {
		return fmt.Errorf("office: server configuration: %w", err)
	}
	opts.NoSigs = true
	ns, err := natsd.NewServer(opts)
	if err != nil {
		return fmt.Errorf("office: server: %w", err)
	}
	ns.SetLogger(serverLog{s.log}, false, false)
	ns.Start()
	if !ns.ReadyForConnections(startTimeout) {
		ns.Shutdown()
		ns.WaitForShutdown()
		return errors.New("office: the server does not start to listen")
	}
	s.ns = ns
	s.port = ns.Addr().(*net.TCPAddr).Port
	return nil
}

func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ns == nil {
		return
	}
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
	s.ns = nil
}

func (s *server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ns != nil
}

// addKiosk admits a kiosk, with the key in its file or a new one.
func (s *server) addKiosk(id string) (string, error) {
	file := filepath.Join(s.dir, id+".nk")
	seed, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if seed, err = newSeed(); err == nil {
			err = os.WriteFile(file, seed, 0o600)
		}
	}
	if err != nil {
		return "", fmt.Errorf("office: kiosk %s: %w", id, err)
	}
	defer clear(seed)
	key, err := nkeys.ParseDecoratedUserNKey(seed)
	if err != nil {
		return "", fmt.Errorf("office: kiosk %s: %w", id, err)
	}
	public, err := key.PublicKey()
	if err != nil {
		return "", fmt.Errorf("office: kiosk %s: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kiosks[id] == public {
		return file, nil
	}
	s.kiosks[id] = public
	return file, s.reload()
}

// reload makes the running server read its file anew. s.mu is held.
func (s *server) reload() error {
	if s.ns == nil {
		return nil // it reads it when it starts
	}
	if err := s.writeConf(); err != nil {
		return err
	}
	if err := s.ns.Reload(); err != nil {
		return fmt.Errorf("office: server: %w", err)
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

// serverLog gives the server's words to our log. What it notices of clients that
// come and go is of no interest here.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(format string, v ...any) {
	l.log.Debug("nats: " + fmt.Sprintf(format, v...))
}

func (l serverLog) Warnf(format string, v ...any) { l.log.Info("nats: " + fmt.Sprintf(format, v...)) }

func (l serverLog) Errorf(format string, v ...any) { l.log.Warn("nats: " + fmt.Sprintf(format, v...)) }

func (l serverLog) Fatalf(format string, v ...any) { l.log.Error("nats: " + fmt.Sprintf(format, v...)) }
func (l serverLog) Debugf(string, ...any)          {}
func (l serverLog) Tracef(string, ...any)          {}

var _ natsd.Logger = serverLog{}

// maxPayload leaves room for the JSON around the largest chunk.
const maxPayload = protocol.MaxMessage
