package probe

import (
	"bytes"
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

// TestOpenHouse: a server without permissions and without an office behind it.
func TestOpenHouse(t *testing.T) {
	o, options := open(t)
	public, err := options.Key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	ns, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true,
		Nkeys: []*server.NkeyUser{{Nkey: public}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	defer ns.WaitForShutdown()
	defer ns.Shutdown()
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("no server")
	}
	open := options
	open.URL = ns.ClientURL()
	// Without TLS nothing is asked at all.
	if failed, said := run(t, open); failed != len(checks()) || !line(said, "FAILED  connects") {
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
