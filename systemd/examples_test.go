package systemd_test

import (
	"path/filepath"
	"strings"
	"testing"

	"kioskd/daemon/config"
)

// What the package ships as an example must be a configuration, and no line of a
// real board may be given away twice.
func TestExamplesAreConfigurations(t *testing.T) {
	files, err := filepath.Glob("examples/*.toml")
	if err != nil || len(files) < 3 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, f := range files {
		c, err := config.Load(f)
		if err != nil {
			t.Error(err)
			continue
		}
		taken := make(map[string]string)
		for name, at := range c.Host.Names {
			if other := taken[at]; other != "" {
				t.Errorf("%s: %s and %s are both %s", f, name, other, at)
			}
			taken[at] = name
		}
		if c.Board == "host" && len(taken) < 19 {
			t.Errorf("%s names only %d of the board's things", f, len(taken))
		}
	}
	for _, board := range onBoards() {
		if c, err := config.Load(filepath.Join("examples", board)); err != nil || c.Board != "host" || !strings.Contains(board, c.Model) {
			t.Errorf("%s: %s on %s, %v", board, c.Model, c.Board, err)
		}
	}
}
