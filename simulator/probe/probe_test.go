package probe

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"go.uber.org/goleak"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/board"
	"kioskd/simulator/office"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/register"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// smallPaper draws a sheet of two chunks.
type smallPaper struct{}

func (smallPaper) Sheets(rec paper.Record, issue string) ([]paper.Sheet, error) {
	text := fmt.Sprintf("%s %s %+v", rec.Title, issue, rec.Persons)
	return []paper.Sheet{{Number: 1, Raster: bytes.Repeat([]byte(text), 300_000/len(text)), Text: text}}, nil
}

func open(t *testing.T) (*office.Office, Options) {
	t.Helper()
	keys, err := authority.OpenKeyPool("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	now := time.Now()
	o, err := office.New(t.Context(), office.Options{
		Dir: t.TempDir(), Clock: board.NewClock(now), Register: register.New(now), Paper: smallPaper{},
		Authority: authority.NewWithKeys(now, keys), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	file, err := o.AddKiosk("probe")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.AddKiosk("other"); err != nil {
		t.Fatal(err)
	}
	spec, err := o.CardSpec("adult")
	if err != nil {
		t.Fatal(err)
	}
	card := filepath.Join(t.TempDir(), "card.pem")
	if err := WriteCard(card, spec.UserCert, spec.UserKey); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "kioskd.toml")
	text := fmt.Sprintf("kiosk = \"probe\"\n[office]\nurl = %q\nauthority = %q\nkey = %q\npublic-key = %q\n",
		o.URL(), o.AuthorityFile(), file, o.PublicKeyFile())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := FromConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	files.Card = card
	options, err := Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return o, options
}

func run(t *testing.T, o Options) (failed int, said string) {
	t.Helper()
	var out bytes.Buffer
	failed, err := Run(t.Context(), o, &out)
	if err != nil {
		t.Fatal(err)
	}
	return failed, out.String()
}

// TestHonest: the simulated office keeps to all of it, twice, and in writing.
func TestHonest(t *testing.T) {
	_, options := open(t)
	for _, write := range []bool{false, true, true} {
		options.Write = write
		if failed, said := run(t, options); failed > 0 {
			t.Errorf("%d failed:\n%s", failed, said)
		}
	}
}

// TestLies: each way in which an office errs shows on its line.
func TestLies(t *testing.T) {
	o, options := open(t)
	for lie, want := range map[string]string{
		"bad-manifest":   "signed",
		"other-resident": "this card",
		"page-swap":      "manifest names",
		"other-session":  "this session",
	} {
		if err := o.Lie(lie); err != nil {
			t.Fatal(err)
		}
		failed, said := run(t, options)
		if failed != 1 || !line(said, "FAILED  draws a document", want) {
			t.Errorf("%s: %d failed, want the document's line with %q:\n%s", lie, failed, want, said)
		}
	}
	if err := o.Lie(""); err != nil {
		t.Fatal(err)
	}
	// A card that nobody knows, settings that somebody else has signed, a server
	// that somebody else vouches for.
	stranger := options
	spec, err := o.CardSpec("revoked")
	if err != nil {
		t.Fatal(err)
	}
	stranger.Certificate, stranger.Card = spec.UserCert, spec.UserKey
	if _, said := run(t, stranger); !line(said, "FAILED  logs a card in", "revoked") || !line(said, "FAILED  offers something", "not asked") {
		t.Errorf("a revoked card:\n%s", said)
	}
	unsigned := options
	pinned := *options.Pinned
	pinned.Settings = pinned.Document
	unsigned.Pinned = &pinned
	if failed, said := run(t, unsigned); failed != 1 || !line(said, "FAILED  has settings", "pinned key") {
		t.Errorf("strange settings: %d\n%s", failed, said)
	}
	untrusted := options
	untrusted.Authority = x509.NewCertPool()
	if failed, said := run(t, untrusted); failed != len(checks()) || !line(said, "FAILED  connects", "certificate") {
		t.Errorf("untrusted: %d\n%s", failed, said)
	}
}

func line(said string, words ...string) bool {
	for l := range strings.Lines(said) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(l, w)
		}
		if all {
			return true
		}
	}
	return false
}

// serve is a server with nobody behind it, with these users, nil for everybody,
// and this office's certificate.
func serve(t *testing.T, o *office.Office, users []*server.NkeyUser) (url string) {
	t.Helper()
	dir := filepath.Dir(o.AuthorityFile())
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	served := &server.Options{
		Nkeys: users, TLS: true, TLSTimeout: 5,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13},
	}
	if users == nil {
		served.AlwaysEnableNonce, served.CustomClientAuthentication = true, everybody{}
	}
	return listenOn(t, served)
}

// everybody comes in, whatever key he shows.
type everybody struct{}

func (everybody) Check(server.ClientAuthentication) bool { return true }

func listenOn(t *testing.T, o *server.Options) (url string) {
	t.Helper()
	o.Host, o.Port, o.NoSigs, o.NoLog = "127.0.0.1", -1, true, true
	ns, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("no server")
	}
	return "tls://" + ns.Addr().String()
}

// TestOpenHouse: servers that let a kiosk do more than it may, or nobody do
// anything. Each line that is for that fails, names what is open, and says what to
// do.
func TestOpenHouse(t *testing.T) {
	o, options := open(t)
	public, err := options.Key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	const (
		unknown = "lets no unknown key in"
		publish = "refuses another kiosk's subjects"
		listen  = "lets nobody listen to others"
		own     = "lets the kiosk be a service"
	)
	only := func(publish, subscribe []string) *server.NkeyUser {
		return &server.NkeyUser{Nkey: public, Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: publish}, Subscribe: &server.SubjectPermission{Allow: subscribe},
		}}
	}
	inbox := protocol.Inbox("probe") + ".>"
	for name, tc := range map[string]struct {
		users  []*server.NkeyUser
		failed map[string][]string // line: what it names
		ok     []string
	}{
		"everybody": {nil, map[string][]string{unknown: {"expected no entrance"}, publish: {"$SYS.REQ.SERVER.PING"}, listen: {" > ", "$SYS.>"}}, []string{own}},
		"no permissions": {
			[]*server.NkeyUser{{Nkey: public}},
			map[string][]string{publish: {"kiosk.v1.not-probe.order", "$JS.API.STREAM.PURGE.JOURNAL", "$KV.SETTINGS.rules"}, listen: {" > ", "kiosk.v1.*.inbox.>"}},
			[]string{unknown, own},
		},
		"one account for all kiosks": {
			[]*server.NkeyUser{only([]string{"kiosk.v1.>"}, []string{"kiosk.v1.>", "$SRV.>", "office.v1.settings.>"})},
			map[string][]string{
				publish: {"none for kiosk.v1.not-probe.login.begin kiosk.v1.not-probe.order kiosk.v1.not-probe.journal kiosk.v1.not-probe.health kiosk.v1.not-probe.inbox.x kiosk.v1.not-probe.command.restart kiosk.v1.probe.command.restart\n"},
				listen:  {"none for kiosk.v1.> kiosk.v1.*.inbox.> kiosk.v1.*.journal\n"},
			},
			[]string{unknown, own},
		},
		"too narrow": {
			[]*server.NkeyUser{only([]string{"kiosk.v1.probe.>"}, []string{inbox})},
			map[string][]string{publish: {"none for kiosk.v1.probe.command.restart\n"}, own: {"a permissions violation"}},
			[]string{unknown, listen},
		},
	} {
		t.Run(name, func(t *testing.T) {
			wide := options
			wide.URL = serve(t, o, tc.users)
			failed, said := run(t, wide)
			if failed < len(tc.failed) {
				t.Errorf("only %d failed", failed)
			}
			for what, names := range tc.failed {
				_, rest, found := strings.Cut(said, "FAILED  "+what)
				if !found {
					t.Errorf("not failed: %s", what)
					continue
				}
				line, todo, _ := strings.Cut(rest, "\n")
				for _, n := range names {
					if !strings.Contains(line+"\n", n) {
						t.Errorf("%s: does not name %q", what, n)
					}
				}
				if todo, _, _ = strings.Cut(todo, "\n"); !strings.HasPrefix(todo, "        ") {
					t.Errorf("%s: does not say what to do: %q", what, todo)
				}
			}
			for _, what := range tc.ok {
				if !strings.Contains(said, "ok      "+what) {
					t.Errorf("failed: %s", what)
				}
			}
			if t.Failed() {
				t.Log(said)
			}
		})
	}
	// Without TLS nothing is asked at all, nor where nobody is.
	plain := options
	plain.URL = listenOn(t, &server.Options{Nkeys: []*server.NkeyUser{{Nkey: public}}})
	if failed, said := run(t, plain); failed != len(checks()) || !line(said, "FAILED  connects") {
		t.Errorf("without TLS: %d\n%s", failed, said)
	}
	o.Away()
	if failed, said := run(t, options); failed != len(checks()) {
		t.Errorf("away: %d\n%s", failed, said)
	}
}

// TestRead: bad input is said in one line, before anything is asked.
func TestRead(t *testing.T) {
	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key, none := dir+"/key.nk", dir+"/none"
	if err := os.WriteFile(key, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(none, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range []Files{
		{URL: "nats://x", Kiosk: "probe"},
		{URL: "tls://x", Kiosk: "a.b"},
		{URL: "tls://x", Kiosk: "probe", Authority: dir + "/missing"},
		{URL: "tls://x", Kiosk: "probe", Authority: none},
	} {
		if _, err := Read(f); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
