package scenario_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
)

// canaryPassword is nobody's and in no dictionary: wherever it shows, it was
// typed.
const canaryPassword = "QX7Z93KDW5"

// resetVisit sets a blocked password anew; NEW is the new one.
const (
	typedOnce = `
		resident blocked-password
		phone book
		see home
		tap start
		tap reset
		see reset-about
		tap next
		see booked
		tap yes
		see terms
		tap agree
		see lay-card
		lay card
		see pin tries=3
		type 1234
		tap enter
		see new-password
		type NEW
		tap show
		`
	resetVisit = typedOnce + `
		tap enter
		see again
		type NEW
		tap enter
		see reset-done
		password works NEW
		tap next
		see take-card
		take card
		see goodbye
		wait 30s
		see home
		canary`
)

// forms is how a secret might lie in a file or in memory.
func forms(secret string) map[string][]byte {
	var little, big []byte
	for _, u := range utf16.Encode([]rune(secret)) {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	all := map[string][]byte{
		"plain": []byte(secret), "UTF-16LE": little, "UTF-16BE": big,
		"hex": []byte(hex.EncodeToString([]byte(secret))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))),
		"reversed": reversed(secret),
	}
	for shift := range 3 {
		// What stands in a longer base64 text, whatever stands before and after.
		code := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), secret...))
		from, to := (shift*8+5)/6, (shift+len(secret))*8/6
		all[fmt.Sprintf("base64 at %d", shift)] = []byte(code[from:to])
	}
	return all
}

func reversed(s string) []byte {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return b
}

func find(t *testing.T, where string, in []byte, secret string) {
	t.Helper()
	for form, bytesOf := range forms(secret) {
		if at := bytes.Index(in, bytesOf); at >= 0 {
			t.Errorf("the secret is in %s, %s, at byte %d of %d", where, form, at, len(in))
		}
	}
}

// pid is the kiosk's kioskd.
func (h *hall) pid(t *testing.T) int {
	t.Helper()
	config := filepath.Join(h.dir, "k001", "kioskd.toml")
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		b, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(b, []byte(config)) || bytes.Contains(b, []byte("journal")) {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(name, "/proc/%d/cmdline", &pid); err == nil {
			return pid
		}
	}
	t.Fatal("kioskd does not run")
	return 0
}

// memory is what a process can write to, of its own.
func memory(t *testing.T, pid int) []byte {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = maps.Close() }()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mem.Close() }()
	var all []byte
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var rights string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") {
			continue
		}
		const most = 512 << 20 // of a region; the runtime reserves more than it uses
		b := make([]byte, min(to-from, most))
		if n, err := mem.ReadAt(b, from); n > 0 && (err == nil || errors.Is(err, syscall.EIO)) {
			all = append(all, b[:n]...)
		}
	}
	if len(all) < 1<<20 {
		t.Fatalf("only %d bytes of memory could be read", len(all))
	}
	return all
}

// A password is set anew and a PIN typed: neither is in anything that kioskd has
// said or written, in nothing that has crossed the office's server, in no picture
// of the screen as its tree tells it; nor, after the customer has gone, in its
// memory.
func TestSecretsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	h.play(t, strings.ReplaceAll(resetVisit, "NEW", canaryPassword))
	for _, r := range h.kiosk.Residue() {
		find(t, "kioskd's "+r.Where, r.Bytes, canaryPassword)
	}
	for _, m := range h.shop.Overheard() {
		find(t, "a message", m, canaryPassword)
	}
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Base(path) == "kioskd" {
			return err
		}
		b, err := os.ReadFile(path)
		find(t, path, b, canaryPassword)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	find(t, "kioskd's memory", memory(t, h.pid(t)), canaryPassword)
}

// kioskd is made to die as a crash would have it, in the middle of a password and
// of a PIN: it says much, writes no core file, and says no secret.
func TestCrashSaysNoSecret(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	h.play(t, strings.ReplaceAll(typedOnce, "NEW", canaryPassword))
	pid := h.pid(t)
	// While it is typed it is in memory, or the other test looks in vain.
	if !bytes.Contains(memory(t, pid), []byte(canaryPassword)) {
		t.Error("the password is not found where it must be")
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max core file size 0 0") {
		t.Errorf("core files may be written: %v\n%s", err, limits)
	}
	if err := syscall.Kill(pid, syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(h.kiosk.Log(), "SIGABRT"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not crash:\n%s", h.kiosk.Log())
		}
	}
	find(t, "what it said", []byte(h.kiosk.Log()), canaryPassword)
}
