package figures_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"kioskd/simulator/figures"
)

// TestRun measures everything once: each figure has a value, something beside
// it, and their ratio. How fast it was is not judged here.
func TestRun(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	kioskd := filepath.Join(t.TempDir(), "kioskd")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", kioskd, "kioskd/daemon/kioskd").CombinedOutput(); err != nil {
		t.Fatalf("build kioskd: %v\n%s", err, out)
	}
	var table bytes.Buffer
	err := figures.Run(t.Context(), figures.Options{
		Kioskd: kioskd, Out: &table,
		Runs: figures.Runs{Frames: 2, Touches: 4, Keys: 2, Starts: 1, Visits: 1, Commits: 5, Events: 1000, Requests: 3, Fleet: 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	lines := strings.Split(strings.TrimSpace(table.String()), "\n")
	if len(lines) != 38 {
		t.Errorf("%d lines, want a head and 37 figures", len(lines))
	}
	line := regexp.MustCompile(`^\S.* {2,}[0-9.]+( (µs|ms|s|%|MiB))? {2,}[0-9.]+( (µs|ms|s|%|MiB))?, \S.* {2,}[0-9.]+ {2,}(-|at most .*: (met|MISSED))$`)
	for _, l := range lines[1:] {
		if !line.MatchString(l) {
			t.Errorf("not a figure: %q", l)
		}
	}
}
