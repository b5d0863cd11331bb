package office

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	natsd "github.com/nats-io/nats-server/v2/server"
)

// startTimeout is how long the server may take to listen, of process time.
const startTimeout = 20 * time.Second

// embedded is a nats-server in this process.
type embedded struct {
	log   *slog.Logger
	trace func(seen []byte) // Options.Trace
	ns    *natsd.Server
	conf  string
	read  int // how often conf was read
}

func (e *embedded) start(conf string) (port int, err error) {
	e.conf = conf
	opts, err := e.options()
	if err != nil {
		return 0, err
	}
	ns, err := natsd.NewServer(opts)
	if err != nil {
		return 0, fmt.Errorf("office: server: %w", err)
	}
	ns.SetLoggerV2(serverLog{e.log, e.trace}, false, e.trace != nil, e.trace != nil)
	ns.Start()
	if !ns.ReadyForConnections(startTimeout) {
		ns.Shutdown()
		ns.WaitForShutdown()
		return 0, errors.New("office: the server does not start to listen")
	}
	e.ns = ns
	return ns.Addr().(*net.TCPAddr).Port, nil
}

func (e *embedded) reload() error {
	opts, err := e.options()
	if err != nil {
		return err
	}
	if err := e.ns.ReloadOptions(opts); err != nil {
		return fmt.Errorf("office: server: %w", err)
	}
	return nil
}

// options are those of the file, and a first user who is nobody, whom no key
// opens, and who is another each time.
//
// A server that reloads compares its users with the new ones, field by field, and
// goes from each to its living account, whose locks it does not hold: in one
// process with traffic that is a data race. Two lists whose first names differ it
// compares no further.
func (e *embedded) options() (*natsd.Options, error) {
	opts, err := natsd.ProcessConfigFile(e.conf)
	if err != nil {
		return nil, fmt.Errorf("office: server configuration: %w", err)
	}
	opts.NoSigs = true
	e.read++
	opts.Nkeys = append(opts.Nkeys, &natsd.NkeyUser{Nkey: fmt.Sprintf("-%d", e.read)})
	return opts, nil
}

func (e *embedded) stop() {
	e.ns.Shutdown()
	e.ns.WaitForShutdown()
}

// serverLog gives the server's words to our log. What it notices of clients that
// come and go is of no interest here.
type serverLog struct {
	log   *slog.Logger
	trace func(seen []byte)
}

func (l serverLog) Noticef(format string, v ...any) {
	l.log.Debug("nats: " + fmt.Sprintf(format, v...))
}

func (l serverLog) Warnf(format string, v ...any) { l.log.Info("nats: " + fmt.Sprintf(format, v...)) }

func (l serverLog) Errorf(format string, v ...any) { l.log.Warn("nats: " + fmt.Sprintf(format, v...)) }

func (l serverLog) Fatalf(format string, v ...any) { l.log.Error("nats: " + fmt.Sprintf(format, v...)) }
func (l serverLog) Debugf(string, ...any)          {}

// Tracef is called with a line of the protocol, or with a message's bytes, which
// the server would quote.
func (l serverLog) Tracef(format string, v ...any) {
	if l.trace != nil {
		l.trace(fmt.Appendf(nil, strings.ReplaceAll(format, "%q", "%s"), v...))
	}
}

var _ natsd.Logger = serverLog{}
