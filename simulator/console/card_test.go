package console_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kioskd/simulator/pcscd"
)

// world is a pcscd with a card that kiosksim has plugged into it.
type world struct {
	*pcscd.Daemon
	dir  string
	said *said
}

// said is what kiosksim writes.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// until waits until it has said so, so often.
func (s *said) until(t *testing.T, what string, times int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); strings.Count(s.String(), what) < times; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never said %q for the %d. time:\n%s", what, times, s)
		}
	}
}

// insert runs kiosksim card with these flags.
func insert(t *testing.T, flags ...string) world {
	t.Helper()
	dir, err := os.MkdirTemp("", "card") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	bin := filepath.Join(dir, "kiosksim")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "kioskd/simulator/kiosksim").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	d, err := pcscd.Start(t.Context(), pcscd.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	w := world{d, dir, &said{}}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, bin, append([]string{"card", "-reader", d.Address(0, 0)}, flags...)...)
	cmd.Stdout, cmd.Stderr = w.said, w.said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != 0 {
			t.Errorf("kiosksim card: %v", err)
		}
	})
	w.seen(t, 1)
	return w
}

// seen waits until pcscd has seen the card, in this of its lives.
func (w world) seen(t *testing.T, life int) {
	t.Helper()
	w.said.until(t, "the card lies on the reader", life)
	if err := w.Await(t.Context(), true); err != nil {
		t.Fatalf("%v\n%s", err, w.said)
	}
}

// tool runs a PC/SC program.
func (w world) tool(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	return w.Client(t.Context(), w.dir, name, args...)
}

func (w world) must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := w.tool(t, name, args...)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s\n%s", name, args, err, out, w.said)
	}
	return out
}

// OpenSC, which knows nothing of this project, takes the virtual card for a My
// Number Card: it reads it, logs in and signs, and openssl agrees.
func TestOpenSC(t *testing.T) {
	w := insert(t, "-resident", "adult")
	if out := w.must(t, "opensc-tool", "-n"); !strings.Contains(out, "jpki") {
		t.Errorf("opensc-tool says %q", out)
	}
	out := w.must(t, "pkcs15-tool", "--list-certificates", "--list-pins")
	for _, want := range []string{
		"User Authentication Certificate]", "Digital Signature Certificate]", "User Authentication Certificate CA]", "Digital Signature Certificate CA]",
		"User Authentication PIN]", "Digital Signature PIN]", "Tries left     : 3", "Tries left     : 5",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in what pkcs15-tool lists:\n%s", want, out)
		}
	}
	if err := os.WriteFile(filepath.Join(w.dir, "text"), []byte("what is signed"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.must(t, "pkcs11-tool", "--login", "--pin", "1234", "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "01",
		"--input-file", "text", "--output-file", "signature")
	w.must(t, "pkcs15-tool", "--read-certificate", "01", "--output", "certificate.pem")
	key := w.must(t, "openssl", "x509", "-in", "certificate.pem", "-noout", "-pubkey")
	if err := os.WriteFile(filepath.Join(w.dir, "key.pem"), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := w.must(t, "openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "text"); !strings.Contains(out, "Verified OK") {
		t.Errorf("openssl says %q", out)
	}
	if out, err := w.tool(t, "pkcs11-tool", "--login", "--pin", "9876", "--list-objects"); err == nil {
		t.Errorf("a wrong PIN logs in:\n%s", out)
	}
	if out := w.must(t, "pkcs15-tool", "--list-pins"); !strings.Contains(out, "Tries left     : 2") {
		t.Errorf("after a wrong PIN:\n%s", out)
	}
	printed := w.said.String()
	for _, want := range []string{"VERIFY                   00200080 [masked] > 9000", "VERIFY                   00200080 [masked] > 63C2", "SIGN"} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in what kiosksim prints:\n%s", want, printed)
		}
	}
	if found := regexp.MustCompile(`(?i)31323334|39383736|1234 |9876`).FindString(printed); found != "" {
		t.Errorf("%q is printed", found)
	}
}

// Counters live in the card and not in the reader: they outlast pcscd. So does
// the plug.
func TestCardOutlastsPcscd(t *testing.T) {
	w := insert(t, "-product", "no-short-ids+blocked-6984")
	if out, err := w.tool(t, "pkcs11-tool", "--login", "--pin", "9876", "--list-objects"); err == nil {
		t.Errorf("a wrong PIN logs in:\n%s", out)
	}
	w.Kill()
	w.said.until(t, "tries left: PIN 2", 1)
	if err := w.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.seen(t, 2)
	if out := w.must(t, "pkcs15-tool", "--list-pins"); !strings.Contains(out, "Tries left     : 2") {
		t.Errorf("after pcscd was started anew:\n%s", out)
	}
}

func TestCardRefuses(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "kiosksim")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "kioskd/simulator/kiosksim").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	for _, args := range [][]string{{"-resident", "nobody"}, {"-product", "golden"}, {"-product", "late:2s+garbage"}, {"-product", ""}} {
		cmd := exec.CommandContext(t.Context(), bin, append([]string{"card"}, args...)...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%q: exit code %d, says %q", args, cmd.ProcessState.ExitCode(), out)
		}
	}
}
