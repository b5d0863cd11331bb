package office

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// Probe is what an office said to one knock.
type Probe struct {
	Server string      // the address that answered
	Public string      // our identity, which it took
	Rules  flows.Rules // its settings; revision 0 means that it has none yet
}

// UnknownKioskError says that the office is the right one and does not admit this
// kiosk.
type UnknownKioskError struct {
	Kiosk, Public string
	Err           error
}

func (e *UnknownKioskError) Error() string {
	return fmt.Sprintf("office: it does not admit %s with the key %s: %v", e.Kiosk, e.Public, e.Err)
}
func (e *UnknownKioskError) Unwrap() error { return e.Err }

// Knock connects once, fetches the settings and leaves again, where Dial would go
// on trying. It changes nothing here and nothing there.
func Knock(ctx context.Context, o Options) (p Probe, err error) {
	authority, err := readAuthority(o.AuthorityFile)
	if err != nil {
		return p, err
	}
	pinned, err := readPinned(o.PublicKeyFile)
	if err != nil {
		return p, err
	}
	key, err := readKey(o.KeyFile)
	if err != nil {
		return p, err
	}
	defer key.Wipe()
	if p.Public, err = key.PublicKey(); err != nil {
		return p, fmt.Errorf("office: key: %w", err)
	}
	nc, err := nats.Connect(o.URL,
		nats.Name("kiosk "+o.Kiosk+" (check)"),
		nats.Nkey(p.Public, key.Sign),
		nats.Secure(&tls.Config{RootCAs: authority, MinVersion: tls.VersionTLS13}),
		nats.SetCustomDialer(dialer{ctx}),
		nats.Timeout(connectTimeout),
		nats.CustomInboxPrefix(protocol.Inbox(o.Kiosk)),
		nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // whoever asks gets the error
	)
	if errors.Is(err, nats.ErrAuthorization) {
		return p, &UnknownKioskError{o.Kiosk, p.Public, err}
	}
	var unknown *net.OpError
	if errors.Is(err, nats.ErrNoServers) || errors.As(err, &unknown) {
		return p, fmt.Errorf("office: nobody answers at %s: %w", o.URL, err)
	}
	if err != nil {
		return p, fmt.Errorf("office: connect to %s: %w", o.URL, err)
	}
	defer nc.Close()
	p.Server = nc.ConnectedAddr()
	m, err := directGet(ctx, nc, protocol.SettingsDirectGet())
	if err != nil {
		return p, fmt.Errorf("office: fetch the settings: %w", err)
	}
	if m == nil {
		return p, nil
	}
	r := rules{pinned: pinned.Settings}
	if p.Rules, _, err = r.read(m.Data); err != nil {
		return p, fmt.Errorf("office: settings: %w", err)
	}
	return p, nil
}
