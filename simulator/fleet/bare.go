package fleet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

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
