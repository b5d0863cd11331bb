package scenario_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"testing"

	"kioskd/simulator/scenario"
	"kioskd/simulator/shop"
)

// atATime is how many shops are open together: most of a visit is waiting for
// mechanics, so a few more than there are cores.
const atATime = 6

// Every visit of the folder, on the whole kiosk: the production binary as a
// process of its own, on virtual chips, with a real office.
func TestVisits(t *testing.T) {
	files, err := filepath.Glob("visits/*.scenario")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("there are only %d visits", len(files))
	}
	dir := t.TempDir()
	supplies, err := shop.OpenSupplies("", shop.DefaultFonts)
	if err != nil {
		t.Fatal(err)
	}
	defer supplies.Close()
	shops := &scenario.Shops{
		Kioskd: daemonOf(t), Fonts: shop.DefaultFonts, Supplies: supplies, Log: slog.New(slog.DiscardHandler), Logs: dir,
	}
	var out bytes.Buffer
	code := scenario.Run(t.Context(), files, shops, &out, scenario.RunOptions{
		Options: scenario.Options{Pictures: dir}, Parallel: atATime,
	})
	if code != scenario.ExitOK {
		t.Errorf("exit code %d", code)
	}
	t.Log("\n" + out.String())
}
