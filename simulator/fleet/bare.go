package fleet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
)

// bareLine is a kiosk's line without the kiosk: the library alone.
type bareLine struct {
	*nats.Conn
	js jetstream.JetStream
}

const bareTimeout = 30 * time.Second

func trust(authorityFile string) (*tls.Config, error) {
	pem, err := os.ReadFile(authorityFile)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("fleet: %s: want a certificate in PEM", authorityFile)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, nil
}

// bare connects with a kiosk's key.
func (f *fleet) bare(k *kiosk) (*bareLine, error) {
	conf, err := trust(f.office.AuthorityFile())
	if err != nil {
		return nil, err
	}
	seed, err := os.ReadFile(k.keyFile)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	defer clear(seed)
	key, err := nkeys.ParseDecoratedUserNKey(seed)
	if err != nil {
		return nil, fmt.Errorf("fleet: %s: %w", k.keyFile, err)
	}
	public, err := key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("fleet: %s: %w", k.keyFile, err)
	}
	nc, err := nats.Connect(f.office.URL(), nats.Nkey(public, key.Sign), nats.Secure(conf),
		nats.CustomInboxPrefix(protocol.Inbox(k.id)), nats.Timeout(bareTimeout))
	if err != nil {
		return nil, fmt.Errorf("fleet: bare line: %w", err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("fleet: bare line: %w", err)
	}
	return &bareLine{nc, js}, nil
}

func (b *bareLine) publish(ctx context.Context, subject string, data []byte) error {
	if _, err := b.js.Publish(ctx, subject, data); err != nil {
		return fmt.Errorf("fleet: bare publisher: %w", err)
	}
	return nil
}

// bareServer is a nats-server without accounts, rights or streams, and somebody
// who answers with as many bytes as he is asked for.
type bareServer struct {
	ns            *natsd.Server
	asker, echoer *nats.Conn
}

const howMuch = "Bytes" // header of a request: how many to answer with

func newBareServer(officeDir string) (*bareServer, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(officeDir, "server.pem"), filepath.Join(officeDir, "server.key"))
	if err != nil {
		return nil, fmt.Errorf("fleet: bare server: %w", err)
	}
	ns, err := natsd.NewServer(&natsd.Options{
		Host: "127.0.0.1", Port: natsd.RANDOM_PORT, NoSigs: true, NoLog: true, MaxPayload: protocol.MaxMessage,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}, TLSTimeout: 5,
	})
	if err != nil {
		return nil, fmt.Errorf("fleet: bare server: %w", err)
	}
	ns.Start()
	b := &bareServer{ns: ns}
	if !ns.ReadyForConnections(bareTimeout) {
		b.close()
		return nil, errors.New("fleet: the bare server does not start")
	}
	conf, err := trust(filepath.Join(officeDir, "authority.pem"))
	if err == nil {
		b.echoer, err = nats.Connect(ns.ClientURL(), nats.Secure(conf))
	}
	if err == nil {
		b.asker, err = nats.Connect(ns.ClientURL(), nats.Secure(conf))
	}
	if err == nil {
		_, err = b.echoer.Subscribe("ask", func(m *nats.Msg) {
			// Who asks is ours, and what is not answered is seen as an error there.
			n, _ := strconv.Atoi(m.Header.Get(howMuch))
			_ = m.Respond(make([]byte, n))
		})
	}
	if err == nil {
		err = b.echoer.Flush()
	}
	if err != nil {
		b.close()
		return nil, fmt.Errorf("fleet: bare server: %w", err)
	}
	return b, nil
}

func (b *bareServer) ask(ctx context.Context, body []byte, bytes int) error {
	m := nats.NewMsg("ask")
	m.Data = body
	m.Header.Set(howMuch, strconv.Itoa(bytes))
	answer, err := b.asker.RequestMsgWithContext(ctx, m)
	if err != nil {
		return fmt.Errorf("fleet: bare request: %w", err)
	}
	if len(answer.Data) != bytes {
		return fmt.Errorf("fleet: bare request: %d bytes came, want %d", len(answer.Data), bytes)
	}
	return nil
}

func (b *bareServer) close() {
	for _, nc := range []*nats.Conn{b.asker, b.echoer} {
		if nc != nil {
			nc.Close()
		}
	}
	b.ns.Shutdown()
	b.ns.WaitForShutdown()
}
