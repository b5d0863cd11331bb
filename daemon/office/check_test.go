package office

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

type fixedClock struct {
	at    time.Time
	unset bool
}

func (c fixedClock) Now() (time.Time, bool) { return c.at, !c.unset }

// TestCheck: each field of a manifest against what the kiosk knows itself.
func TestCheck(t *testing.T) {
	now := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	owner, digest := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	issue := protocol.NewID()
	for _, tc := range []struct {
		name  string
		spoil func(*protocol.Manifest, *fixedClock, *int)
		why   string
	}{
		{"right", func(*protocol.Manifest, *fixedClock, *int) {}, ""},
		{"order", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.Order = "o2" }, "another order"},
		{"kiosk", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.Kiosk = "b" }, "for kiosk b"},
		{"session", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.Session = "s2" }, "another session"},
		{"key", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.SessionKey = owner }, "another session key"},
		{"card", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.Certificate = digest }, "another card"},
		{"fee", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.Fee = 500 }, "500 yen"},
		{"copies", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.Copies = 1 }, "1 copies"},
		{"sheets", func(_ *protocol.Manifest, _ *fixedClock, n *int) { *n = 3 }, "3 come"},
		{"subject", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.Sheets[1].Subject = owner }, "sheet 2 was drawn from another record"},
		{"issue", func(m *protocol.Manifest, _ *fixedClock, _ *int) { m.Issue = protocol.NewID() }, "sheet 1 was drawn from another record"},
		{"old by 1 s", func(_ *protocol.Manifest, c *fixedClock, _ *int) { c.at = now.Add(121 * time.Second) }, "2m1s old"},
		{"just fresh", func(_ *protocol.Manifest, c *fixedClock, _ *int) { c.at = now.Add(120 * time.Second) }, ""},
		{"a little ahead", func(_ *protocol.Manifest, c *fixedClock, _ *int) { c.at = now.Add(-maxAhead) }, ""},
		{"ahead", func(_ *protocol.Manifest, c *fixedClock, _ *int) { c.at = now.Add(-maxAhead - time.Second) }, "ahead"},
		{"no clock", func(_ *protocol.Manifest, c *fixedClock, _ *int) { c.unset = true }, "clock is not set"},
	} {
		subject := protocol.SheetSubject(owner, issue)
		m := protocol.Manifest{
			Order: "o1", Issue: issue, Kiosk: "a", Session: "s1", SessionKey: digest, Certificate: owner,
			DataTime: now, MaxAge: 120, Fee: 400, Copies: 2,
			Sheets: []protocol.ManifestSheet{{Number: 1, Subject: subject}, {Number: 2, Subject: subject}},
		}
		clock, parcels := fixedClock{at: now}, 2
		tc.spoil(&m, &clock, &parcels)
		s := &session{c: &Client{kiosk: "a", clock: clock}, id: "s1", digest: digest, owner: owner}
		err := s.check(m, flows.Request{ID: "o1", Copies: 2, Fee: 400}, parcels)
		var bad *flows.BadDocument
		if tc.why == "" && err == nil {
			continue
		}
		if tc.why == "" || !errors.As(err, &bad) || !strings.Contains(bad.Why, tc.why) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.why)
		}
	}
}

// TestDialRefuses: a file that is wrong is said at once, not when a customer
// stands there.
func TestDialRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, want string
		o          Options
	}{
		{"kiosk", "kiosk id", Options{Kiosk: "a.b"}},
		{"url", "want tls://", Options{Kiosk: "a", URL: "nats://x"}},
		{"authority", "authority", Options{Kiosk: "a", URL: "tls://x", AuthorityFile: write("none.pem", "none", 0o600)}},
		{"missing", "no such file", Options{Kiosk: "a", URL: "tls://x", AuthorityFile: filepath.Join(dir, "nowhere")}},
	} {
		if _, err := Dial(t.Context(), tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if _, err := readKey(write("open.nk", string(seed), 0o644)); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("key that others may read: %v", err)
	}
	if _, err := readKey(write("bad.nk", "S", 0o600)); err == nil {
		t.Error("a key that is none was taken")
	}
	if _, err := readPinned(write("office.pub", `{"seal":""}`, 0o600)); err == nil {
		t.Error("pinned keys that are none were taken")
	}
	if _, err := readPinned(write("big.pub", strings.Repeat(" ", maxSecretFile+1), 0o600)); err == nil {
		t.Error("a file without end was read")
	}
}

func TestOldRevision(t *testing.T) {
	r := newRules(filepath.Join(t.TempDir(), "settings.json"), nil, slog.New(slog.DiscardHandler))
	if _, changed, err := r.take([]byte(`{"body":"e30=","signature":""}`)); err == nil || changed {
		t.Errorf("unsigned settings: %v, %v", changed, err)
	}
	if r.now().Revision != 0 {
		t.Error("unsigned settings are in force")
	}
}

// TestRefusedSettings: a revision that is no good is told of once, however often
// it is read, and the last good one stays.
func TestRefusedSettings(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{
		kiosk: "a", log: log, rules: newRules(filepath.Join(dir, "settings.json"), []ed25519.PublicKey{public}, log),
		orders: newOrders(filepath.Join(dir, "commands.json"), log),
	}
	sign := func(key ed25519.PrivateKey, revision uint64) []byte {
		signed, err := protocol.SignSettings(key, protocol.Settings{Version: protocol.Version, Revision: revision})
		if err != nil {
			t.Fatal(err)
		}
		data, err := protocol.Encode(signed)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.takeRules(sign(key, 5))
	twin, err := protocol.SignSettings(key, protocol.Settings{Version: protocol.Version, Revision: 5, OutOfService: true})
	if err != nil {
		t.Fatal(err)
	}
	other, err := protocol.Encode(twin)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{sign(stranger, 6), sign(stranger, 6), sign(key, 4), []byte("{}"), sign(key, 5), other} {
		c.takeRules(data)
	}
	var h protocol.Health
	c.Standing(&h)
	if h.Settings != 5 || h.Refused.Settings != 4 || !strings.Contains(h.Refused.SettingsWhy, "other content under the number") || c.Rules().OutOfService {
		t.Errorf("after four that are strange, old, none, or another of the same number: %+v", h)
	}
}
