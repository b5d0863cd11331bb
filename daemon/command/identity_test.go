package command

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"
)

// TestIdentity: one key for a kiosk, whose private half only we may read and
// nobody is shown.
func TestIdentity(t *testing.T) {
	path, dir := file(t, "")
	var out, errs bytes.Buffer
	if code := Main([]string{"identity", "-config", path}, &out, &errs); code != ok {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	name := filepath.Join(dir, "k001.nk")
	seed, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	key, err := nkeys.FromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^for the office: k001=`+public+`$`).Match(out.Bytes()) || bytes.Contains(out.Bytes(), seed) {
		t.Errorf("it says %q", out.String())
	}
	for _, args := range [][]string{
		{"identity", "-config", path},
		{"identity", "-key", name},
		{"identity", "-key", filepath.Join(dir, "nowhere", "k.nk")},
		{"identity", "-key", name, "more"},
		{"identity", "-config", filepath.Join(dir, "none.toml")},
	} {
		out.Reset()
		errs.Reset()
		if code := Main(args, &out, &errs); code != bad || strings.Count(errs.String(), "\n") != 1 || out.Len() > 0 {
			t.Errorf("%v: exit %d, %q%q", args, code, errs.String(), out.String())
		}
	}
	if after, err := os.ReadFile(name); err != nil || !bytes.Equal(after, seed) {
		t.Errorf("the key was touched: %v", err)
	}
	if code := Main([]string{"identity", "-key", filepath.Join(dir, "other.nk")}, &out, &errs); code != ok || !strings.Contains(out.String(), "KIOSK=U") {
		t.Errorf("a named file: exit %d, %q", code, out.String())
	}
}
