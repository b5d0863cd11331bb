package office

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"go.uber.org/goleak"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/board"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/register"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600))

type noPaper struct{}

func (noPaper) Sheets(paper.Record, string) ([]paper.Sheet, error) {
	return nil, errors.New("no paper in this test")
}

func newOffice(t *testing.T, dir string) *Office {
	t.Helper()
	return newOfficeOn(t, dir, &embedded{log: slog.New(slog.DiscardHandler)})
}

func newOfficeOn(t *testing.T, dir string, e engine) *Office {
	t.Helper()
	keys, err := authority.OpenKeyPool("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	o, err := newOn(t.Context(), e, Options{
		Dir: dir, Clock: board.NewClock(start), Register: register.New(start), Paper: noPaper{},
		Authority: authority.NewWithKeys(start, keys), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// thief is a connection with a kiosk's real key and no manners.
type thief struct {
	*nats.Conn
	key     nkeys.KeyPair
	refused chan string
}

func steal(t *testing.T, o *Office, kiosk string) thief {
	t.Helper()
	file, err := o.AddKiosk(kiosk)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := nkeys.FromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	th := thief{key: key, refused: make(chan string, 64)}
	th.Conn, err = nats.Connect(o.URL(), nats.Nkey(public, key.Sign),
		nats.Secure(&tls.Config{RootCAs: o.server.roots, MinVersion: tls.VersionTLS13}),
		nats.CustomInboxPrefix(protocol.Inbox(kiosk)),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { th.refused <- err.Error() }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLine(th.Conn) })
	return th
}

// wantRefused waits for the server to refuse what was just tried.
func (th thief) wantRefused(t *testing.T, what string) {
	t.Helper()
	if err := th.Flush(); err != nil {
		t.Fatal(err)
	}
	select {
	case why := <-th.refused:
		if !strings.Contains(strings.ToLower(why), "permissions violation") {
			t.Errorf("%s: %s", what, why)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("%s was not refused", what)
	}
}
