package scenario_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/shop"
)

// A kiosk with a damaged journal waits for a technician, who asks the running
// daemon for a new one: it starts anew by itself, the office hears of it, and the
// old file lies beside the new.
func TestATechnicianBeginsANewJournal(t *testing.T) {
	dir := t.TempDir()
	kioskd := filepath.Join(dir, "kioskd")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", kioskd, "kioskd/daemon/kioskd").CombinedOutput(); err != nil {
		t.Fatalf("build kioskd: %v\n%s", err, out)
	}
	s, err := shop.New(t.Context(), shop.Options{
		Dir: dir, Kioskd: kioskd, Start: time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	k, err := s.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	page := func(want string) {
		t.Helper()
		for until := time.Now().Add(20 * time.Second); ; time.Sleep(shopperLooks) {
			tree := k.Tree()
			if tree != nil && tree.Page == want && k.Shows(tree.Checksum) {
				return
			}
			if time.Now().After(until) {
				t.Fatalf("no page %s: %+v\n%s", want, tree, strings.Join(k.LogTail(5), "\n"))
			}
		}
	}
	turn := func(do func() error) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	turn(k.PowerOn)
	page("home")
	k.PowerCut()
	turn(func() error { return k.Fault("disk", "damaged") })
	turn(k.PowerOn)
	page("out-of-service")
	tell := func(args ...string) string {
		args = append([]string{"journal", "-config", filepath.Join(dir, "k001", "kioskd.toml")}, args...)
		out, err := exec.CommandContext(t.Context(), kioskd, args...).CombinedOutput()
		if err != nil && !strings.Contains(string(out), "damaged") {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if said := tell(); !strings.Contains(said, "-begin-anew") {
		t.Errorf("of a damaged journal it says %q", said)
	}
	if said := tell("-begin-anew"); !strings.Contains(said, "journal.kept-1.db") {
		t.Errorf("the answer is %q", said)
	}
	page("home")
	if kept, err := filepath.Glob(filepath.Join(dir, "k001", "state", "journal.kept-*.db")); err != nil || len(kept) != 1 {
		t.Errorf("kept aside are %v, %v", kept, err)
	}
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(shopperLooks) {
		events := s.Office().Events(k.Name())
		if n := len(events); n > 0 && strings.Contains(events[n-1].Field("reason"), "journal begun anew") {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("the office has not heard of it: %d events", len(events))
		}
	}
}
