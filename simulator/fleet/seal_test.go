package fleet_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	client "kioskd/daemon/office"
	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// TestNothingReadablePasses: whoever runs the NATS servers and keeps all that
// passes finds nobody in it. All that a kiosk's account has comes from OFFICE or
// goes there, so one ear in OFFICE hears it.
func TestNothingReadablePasses(t *testing.T) {
	w := newWorld(t)
	var heard sync.Mutex
	var passed bytes.Buffer
	subjects := make(map[string]int)
	if err := w.office.Tap(func(subject string, data []byte) {
		heard.Lock()
		defer heard.Unlock()
		fmt.Fprintf(&passed, "%s\n%s\n", subject, data)
		kind, _, _ := strings.Cut(subject, ".")
		subjects[kind]++
	}); err != nil {
		t.Fatal(err)
	}
	c := w.kiosk("k001")
	s, signature := w.begin(c, "head")
	if _, err := s.Prove(t.Context(), signature); err != nil {
		t.Fatal(err)
	}
	r := w.choose(s, flows.ScopeAll)
	r.Items = []string{"my-number"}
	doc, err := s.Order(t.Context(), r, nil)
	doc.Wipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.office.Phone("head", "book"); err != nil {
		t.Fatal(err)
	}
	visit := protocol.NewID()
	if err := s.BeginReset(t.Context(), visit); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AuthoriseReset(t.Context(), visit, make([]byte, protocol.ChallengeSize)); err != nil {
		t.Fatal(err)
	}
	if err := c.ReportReset(t.Context(), visit, flows.OutcomeProved); err != nil {
		t.Fatal(err)
	}
	if err := c.PublishJournal(t.Context(), 1, "j1", events(1, 5)); err != nil {
		t.Fatal(err)
	}
	spec, err := w.office.CardSpec("head")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(spec.UserCert)
	if err != nil {
		t.Fatal(err)
	}
	heard.Lock()
	defer heard.Unlock()
	if passed.Len() < 400_000 || subjects["kiosk"] < 9 || subjects["_R_"] < 9 {
		t.Fatalf("only %d bytes were heard, of %v", passed.Len(), subjects)
	}
	private := map[string][]byte{
		"certificate": spec.UserCert[:64], "its middle": spec.UserCert[len(spec.UserCert)/2:][:32],
		"its serial": cert.SerialNumber.Bytes(), "signature": signature[:32], "an item": []byte("my-number"),
	}
	for _, p := range w.office.Residents() {
		for what, text := range map[string]string{
			"name": p.FullName, "number": p.Number, "address": p.Address,
			"birth": p.Born.Format("2006-01-02"), "birth, short": p.Born.Format("20060102"), "birth, spoken": p.Born.Format("2006年1月2日"),
		} {
			if text != "" {
				private[p.Name+"'s "+what] = []byte(text)
			}
		}
	}
	for what, secret := range private {
		for form, bytesOf := range map[string][]byte{
			"plain": secret, "hex": fmt.Appendf(nil, "%x", secret), "base64": []byte(base64.StdEncoding.EncodeToString(secret[:len(secret)/3*3])),
		} {
			if len(bytesOf) > 5 && bytes.Contains(passed.Bytes(), bytesOf) {
				t.Errorf("%s passed the server (%s)", what, form)
			}
		}
	}
}

// TestPinnedKeysFollowEachOther: while the renderer's key and that of the
// settings change, a kiosk pins two of each, in whatever order; a key that it has
// not pinned signs nothing for it.
func TestPinnedKeysFollowEachOther(t *testing.T) {
	w := newWorld(t)
	data, err := os.ReadFile(w.office.PublicKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		keys  func(own []byte) [][]byte
		wrong bool
	}{
		"before":  {func(own []byte) [][]byte { return [][]byte{own} }, false},
		"both":    {func(own []byte) [][]byte { return [][]byte{own, other} }, false},
		"changed": {func(own []byte) [][]byte { return [][]byte{other, own} }, false},
		"after":   {func([]byte) [][]byte { return [][]byte{other} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			var f protocol.PinnedFile
			if err := json.Unmarshal(data, &f); err != nil {
				t.Fatal(err)
			}
			f.Document, f.Settings = tc.keys(f.Document[0]), tc.keys(f.Settings[0])
			pinned, err := protocol.Encode(f)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "office.pub")
			if err := os.WriteFile(file, pinned, 0o600); err != nil {
				t.Fatal(err)
			}
			key, err := w.office.AddKiosk("k001")
			if err != nil {
				t.Fatal(err)
			}
			c, err := client.Dial(t.Context(), client.Options{
				URL: w.office.URL(), AuthorityFile: w.office.AuthorityFile(), KeyFile: key, PublicKeyFile: file,
				StateDir: t.TempDir(), Kiosk: "k001", Clock: kioskClock{w.clock}, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}()
			w.eventually("the line", c.Reachable)
			if !tc.wrong {
				w.eventually("the settings", func() bool { return c.Rules().Revision > 0 })
			}
			s := w.login(c, "adult")
			defer s.Close()
			doc, err := s.Order(t.Context(), w.choose(s, flows.ScopeSelf), nil)
			doc.Wipe()
			var bad *flows.BadDocument
			if errors.As(err, &bad) != tc.wrong || !tc.wrong && err != nil {
				t.Errorf("a document: %v", err)
			}
			if tc.wrong && c.Rules().Revision != 0 {
				t.Error("settings signed by nobody we know are in force")
			}
		})
	}
}
