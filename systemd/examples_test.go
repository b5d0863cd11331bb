package systemd_test

import (
	"path/filepath"
	"testing"

	"kioskd/daemon/config"
)

// What the package ships as an example must be a configuration.
func TestExamplesAreConfigurations(t *testing.T) {
	files, err := filepath.Glob("examples/*.toml")
	if err != nil || len(files) < 2 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, f := range files {
		if _, err := config.Load(f); err != nil {
			t.Error(err)
		}
	}
}
