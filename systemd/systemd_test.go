// Package systemd_test asks systemd itself what it thinks of the units.
package systemd_test

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kioskd/daemon/config"
	"kioskd/daemon/sandbox"
)

// exposureMax is what systemd-analyze may say of the unit with devices, pcscd's
// socket and an office's address.
const exposureMax = 1.2

// root is a file system with what the unit names: the units as the package
// installs them, a kiosk's drop-in, and programs for what they start.
func root(t *testing.T, dropin string) string {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{
		"kioskd.service":           "etc/systemd/system/kioskd.service",
		"kioskd-attention.service": "etc/systemd/system/kioskd-attention.service",
	} {
		install(t, from, filepath.Join(dir, to), 0o644)
	}
	write(t, filepath.Join(dir, "etc/systemd/system/kioskd.service.d/devices.conf"), []byte(dropin), 0o644)
	program := filepath.Join(dir, "usr/bin/kioskd")
	write(t, program, []byte("#!/bin/sh\n"), 0o755)
	// systemd's own units, for what ours stand on, and pcscd's as Debian has them.
	units := filepath.Join(dir, "usr/lib/systemd/system")
	if err := os.CopyFS(units, os.DirFS("/lib/systemd/system")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func install(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, b, mode)
}

func write(t *testing.T, path string, b []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, mode); err != nil {
		t.Fatal(err)
	}
}

func analyze(t *testing.T, args ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("systemd-analyze", args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("systemd-analyze %v: %v\n%s", args, err, out.Bytes())
	}
	return out.Bytes()
}

var overall = regexp.MustCompile(`Overall exposure level for kioskd\.service: ([0-9.]+)`)

// inTokyo resolves every name to an address for examples (RFC 5737).
type inTokyo struct{}

func (inTokyo) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
}

// dropIn is what kioskd devices prints for an example.
func dropIn(t *testing.T, example string) string {
	t.Helper()
	c, err := config.Load(filepath.Join("examples", example))
	if err != nil {
		t.Fatal(err)
	}
	text, err := sandbox.DropIn(t.Context(), c, func(string) (string, bool) { return "", false }, inTokyo{})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// onBoards are the examples of real boards.
func onBoards() []string { return []string{"raspberry-pi-4-spi7.toml", "pine-a64-lts-fb10.toml"} }

// Reach of the issue: at most 1.2, with the devices of either board.
func TestTheUnitIsLittleExposed(t *testing.T) {
	for _, example := range onBoards() {
		t.Run(example, func(t *testing.T) {
			text := dropIn(t, example)
			if !strings.Contains(text, "DeviceAllow=/dev/gpiochip0 rw") || !strings.Contains(text, "IPAddressAllow=192.0.2.1") {
				t.Errorf("the drop-in lacks the lines or the office:\n%s", text)
			}
			out := analyze(t, "security", "--offline=yes", "--no-pager", "--root="+root(t, text), "kioskd.service")
			m := overall.FindSubmatch(out)
			if m == nil {
				t.Fatalf("no verdict in:\n%s", out)
			}
			got, err := strconv.ParseFloat(string(m[1]), 64)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("exposure %.1f", got)
			if got > exposureMax {
				t.Fatalf("exposure %.1f, want at most %.1f:\n%s", got, exposureMax, out)
			}
		})
	}
}

func TestTheUnitsAreWellFormed(t *testing.T) {
	for _, example := range onBoards() {
		dir := root(t, dropIn(t, example))
		for _, unit := range []string{"kioskd.service", "kioskd-attention.service"} {
			if out := analyze(t, "verify", "--man=no", "--root="+dir, unit); len(out) > 0 {
				t.Errorf("%s: systemd-analyze verify %s says:\n%s", example, unit, out)
			}
		}
	}
}
