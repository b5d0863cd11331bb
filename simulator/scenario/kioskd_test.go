package scenario_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// kioskd and raced are the production binary, built once for all tests, and the
// same with the race detector.
var kioskd, raced func() (string, error)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	// Most of a visit is waiting: for mechanics, for pcscd that looks every 400 ms.
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atATime)); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "kioskd")
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	kioskd = sync.OnceValues(func() (string, error) { return built(filepath.Join(dir, "plain")) })
	raced = sync.OnceValues(func() (string, error) { return built(filepath.Join(dir, "raced"), "-race") })
	return m.Run()
}

func built(dir string, flags ...string) (string, error) {
	path := filepath.Join(dir, "kioskd")
	args := append(append([]string{"build"}, flags...), "-o", path, "kioskd/daemon/kioskd")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build kioskd: %w\n%s", err, out)
	}
	return path, nil
}

// daemonOf is the kioskd for a test whose time is not short: with the race
// detector it takes three times as long, and is for make test-long.
func daemonOf(t *testing.T) string {
	t.Helper()
	build := kioskd
	if os.Getenv("KIOSKD_LONG") != "" {
		build = raced
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
