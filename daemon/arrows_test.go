package daemon_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrow says what a room of the house may import of ours, and why not more.
type arrow struct {
	room string
	may  []string // import paths below kioskd; a trailing * takes all below
	why  string
}

// The first room that fits a package decides.
var arrows = []arrow{
	{"flows/secret", nil, "a leaf: everybody may hold a secret, so it may know nobody"},
	{"flows", []string{"flows/secret"}, "the procedure at the counter outlives every chip, network and panel"},
	{"drivers/board", []string{"drivers/board*"}, "the board is below all drivers"},
	{"drivers", []string{"drivers/board", "drivers/board/alarm", "flows/secret", "@self"}, "a driver knows its chip and no kiosk; each can be taken out alone"},
	{"daemon", []string{"daemon*", "drivers*", "flows*"}, "production code never reaches into the simulator"},
	{"simulator/soak", []string{"simulator*", "daemon*", "drivers*", "flows*"}, "the soak runs the whole kiosk in one process"},
	{"simulator/fleet", []string{"simulator*", "daemon*", "drivers*", "flows*"}, "the fleet runs many kiosks in one process"},
	{"systemd", []string{"daemon/config", "daemon/sandbox"}, "files as they are shipped; its tests read the examples as configurations"},
	{"simulator", []string{"simulator*", "drivers/board", "drivers/board/link", "daemon/office/protocol", "flows/secret", "systemd/office"}, "the simulator plays the outside: what it knew of the inside it would agree with, and prove nothing"},
}

var forbidden = []string{"util", "utils", "common", "helpers", "types", "misc"}

type goPackage struct {
	ImportPath           string
	Imports, TestImports []string
}

func TestImportArrows(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports", "kioskd/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		seen++
		check(t, p)
	}
	if seen < 20 {
		t.Errorf("only %d packages were looked at", seen)
	}
}

func check(t *testing.T, p goPackage) {
	path := strings.TrimPrefix(p.ImportPath, "kioskd/")
	for _, word := range strings.Split(path, "/") {
		if slices.Contains(forbidden, word) {
			t.Errorf("%s: a package named %q is a room for leftovers", path, word)
		}
	}
	i := slices.IndexFunc(arrows, func(a arrow) bool { return path == a.room || strings.HasPrefix(path, a.room+"/") })
	if i < 0 {
		t.Errorf("%s lies in no room of the house", path)
		return
	}
	// Tests of the package foo_test are free: they hold both sides of a plug to
	// each other.
	for _, imported := range slices.Concat(p.Imports, p.TestImports) {
		other, ours := strings.CutPrefix(imported, "kioskd/")
		if ours && other != path && !allowed(arrows[i].may, path, other) {
			t.Errorf("%s must not import %s: %s", path, other, arrows[i].why)
		}
	}
}

func allowed(may []string, path, other string) bool {
	return slices.ContainsFunc(may, func(m string) bool {
		if m == "@self" { // packages of the same device
			device := strings.Join(strings.Split(path, "/")[:2], "/")
			return other == device || strings.HasPrefix(other, device+"/")
		}
		prefix, below := strings.CutSuffix(m, "*")
		return other == m || below && (other == prefix || strings.HasPrefix(other, prefix+"/"))
	})
}
