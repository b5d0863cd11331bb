package fleet_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	client "kioskd/daemon/office"
	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

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
