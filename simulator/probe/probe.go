// Package probe asks an office, the simulated one or a real one, what a kiosk
// would ask, and says line by line whether it keeps to the protocol.
//
// It knows no more than a kiosk is given: an address, an authority, a key, the
// office's public keys; and a card. It opens sessions, so no customer may stand at
// the kiosk whose name it borrows, and it orders a document that nobody pays.
// Into the journal it writes only when told to, for what stands there stays. What
// reaches another kiosk it cannot see: that a reply subject leads nowhere else, the
// tests of the server's configuration show.
//
// Source: daemon/office/protocol/PROTOCOL.md.
package probe

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
)

// Options are what a kiosk is given, and a card.
type Options struct {
	URL       string
	Authority *x509.CertPool
	Key       nkeys.KeyPair
	Pinned    *protocol.Pinned
	Kiosk     string
	// Certificate (DER) and Card are a resident's user-verification certificate
	// and key.
	Certificate []byte
	Card        crypto.Signer
	// Write also appends to the kiosk's journal and tells a health: for a name
	// that no kiosk in a shop has.
	Write bool
}

// within is how long one answer may take.
const within = 5 * time.Second

// errSkip is a check that could not be made because an earlier one failed.
var errSkip = errors.New("not asked: it needs what failed above")

// wrong is what an office did in place of what it should.
func wrong(want string, got any) error { return fmt.Errorf("expected %s, came %v", want, got) }

// check is one line, and what to do where it fails.
type check struct {
	what, do string
	ask      func(context.Context, *probe) error
}

// probe is one run's state: what later checks need of earlier ones.
type probe struct {
	o       Options
	nc      *nats.Conn
	refused chan struct{} // the server has said something without being asked
	visit   *visit
	offer   *protocol.Offer
	tail    uint64
}

// Run makes all checks, writes a line for each and under one that failed what to
// do, and returns how many failed.
func Run(ctx context.Context, o Options, out io.Writer) (failed int, err error) {
	p := &probe{o: o, refused: make(chan struct{}, 1)}
	defer func() {
		if p.nc != nil {
			p.nc.Close()
		}
	}()
	checks := checks()
	if o.Write {
		checks = append(checks, writing()...)
	}
	for _, c := range checks {
		line := "ok      " + c.what
		if p.nc == nil && c.what != connects {
			err = errSkip
		} else {
			err = c.ask(ctx, p)
		}
		if err != nil {
			failed++
			line = fmt.Sprintf("FAILED  %s: %v", c.what, err)
			if !errors.Is(err, errSkip) {
				line += "\n        " + c.do
			}
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return failed, fmt.Errorf("probe: %w", err)
		}
		if ctx.Err() != nil {
			return failed, context.Cause(ctx)
		}
	}
	return failed, nil
}

const connects = "connects by TLS 1.3 under the pinned authority, with the kiosk's key"

func (p *probe) dial(key nkeys.KeyPair) (*nats.Conn, error) {
	public, err := key.PublicKey()
	if err != nil {
		return nil, err
	}
	return nats.Connect(p.o.URL,
		nats.Name("probe of "+p.o.Kiosk), nats.Nkey(public, key.Sign), nats.NoReconnect(), nats.Timeout(within),
		nats.Secure(&tls.Config{RootCAs: p.o.Authority, MinVersion: tls.VersionTLS13}),
		nats.CustomInboxPrefix(protocol.Inbox(p.o.Kiosk)),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {
			select {
			case p.refused <- struct{}{}:
			default:
			}
		}))
}

func connect(_ context.Context, p *probe) error {
	nc, err := p.dial(p.o.Key)
	if err != nil {
		return wrong("a connection", err)
	}
	p.nc = nc
	return nil
}

func stranger(_ context.Context, p *probe) error {
	key, err := nkeys.CreateUser()
	if err != nil {
		return err
	}
	nc, err := p.dial(key)
	if err == nil {
		nc.Close()
		return wrong("no entrance for a key that nobody knows", "a connection")
	}
	return nil
}

// violated does something and says whether the server refused it: whatever it has
// to say of it comes before its answer to a ping.
func (p *probe) violated(do func() error) (bool, error) {
	before := p.nc.LastError()
	if err := do(); err != nil {
		return false, err
	}
	if err := p.nc.FlushTimeout(within); err != nil {
		return false, err
	}
	said := p.nc.LastError()
	return said != before && errors.Is(said, nats.ErrPermissionViolation), nil
}

func foreignPublish(_ context.Context, p *probe) error {
	other := "not-" + p.o.Kiosk
	if len(other) > 32 {
		other = "another"
	}
	var open []string
	for _, subject := range []string{
		protocol.Subject(other, protocol.LoginBegin), protocol.Subject(other, protocol.AskOrder), protocol.JournalSubject(other),
		protocol.HealthSubject(other), protocol.JournalDirectGet(other), protocol.Inbox(other) + ".x", protocol.CommandSubject(other, protocol.CommandRestart),
		protocol.CommandSubject(p.o.Kiosk, protocol.CommandRestart), protocol.SettingsTopic + protocol.SettingsKey, "$KV." + protocol.Bucket + "." + protocol.SettingsKey,
		"$JS.API.STREAM.NAMES", "$JS.API.STREAM.PURGE." + protocol.Stream, "$SYS.REQ.SERVER.PING",
	} {
		no, err := p.violated(func() error { return p.nc.Publish(subject, nil) })
		if err != nil {
			return err
		}
		if !no {
			open = append(open, subject)
		}
	}
	return isShut(open)
}

// isShut is no error where nothing is open that must not be.
func isShut(open []string) error {
	if len(open) == 0 {
		return nil
	}
	return wrong("permissions violations", "none for "+strings.Join(open, " "))
}

func foreignSubscribe(_ context.Context, p *probe) error {
	var open []string
	for _, subject := range []string{">", "kiosk.v1.>", "kiosk.v1.*.inbox.>", protocol.JournalSubject("*"), "$SYS.>", "$JS.API.>"} {
		var sub *nats.Subscription
		no, err := p.violated(func() (err error) { sub, err = p.nc.SubscribeSync(subject); return err })
		if sub != nil {
			_ = sub.Unsubscribe() // the server may have refused it already
		}
		if err != nil {
			return err
		}
		if !no {
			open = append(open, subject)
		}
	}
	return isShut(open)
}

func ownService(_ context.Context, p *probe) error {
	no, err := p.violated(func() error {
		for _, subject := range []string{
			protocol.CommandSubject(p.o.Kiosk, protocol.CommandStatus), "$SRV.PING", "$SRV.PING." + protocol.ServiceName,
			"$SRV.INFO." + protocol.ServiceName + ".x", protocol.SettingsTopic + protocol.SettingsKey,
		} {
			sub, err := p.nc.SubscribeSync(subject)
			if err != nil {
				return err
			}
			defer func() { _ = sub.Unsubscribe() }() // the server may have refused it already
		}
		return p.nc.FlushTimeout(within)
	})
	if err == nil && no {
		err = wrong("to be let listen on its commands, $SRV and the settings", "a permissions violation")
	}
	return err
}

func settings(ctx context.Context, p *probe) error {
	m, err := p.request(ctx, protocol.SettingsDirectGet(), nil)
	if err != nil {
		return wrong("the settings", err)
	}
	signed, err := protocol.Decode[protocol.SignedSettings](m.Data, protocol.MaxMessage)
	if err != nil {
		return wrong("signed settings", err)
	}
	if _, err := signed.Verify(p.o.Pinned.Settings); err != nil {
		return wrong("settings that a pinned key has signed", err)
	}
	return nil
}

func (p *probe) request(ctx context.Context, subject string, data []byte) (*nats.Msg, error) {
	ctx, done := p.heeding(ctx)
	defer done()
	m, err := p.nc.RequestWithContext(ctx, subject, data)
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	return m, err
}

// heeding is for one exchange: it ends when the server refuses something, for no
// answer comes then, with that as its cause.
func (p *probe) heeding(ctx context.Context) (_ context.Context, done func()) {
	before := p.nc.LastError()
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("no answer in %v", within))
	ctx, refuse := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-p.refused:
				if said := p.nc.LastError(); said != before {
					refuse(said)
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() { cancel(); <-ended; refuse(nil) }
}
