package serving

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestOneCustomerOrOneWhoChangesTheKiosk(t *testing.T) {
	path := Path(filepath.Join(t.TempDir(), "control"))
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("the lock is there from the start:", err)
	}
	taken := func(want bool) {
		t.Helper()
		if ok, err := l.Take(); ok != want || err != nil {
			t.Errorf("taken: %v, %v, want %v", ok, err, want)
		}
	}
	taken(true)
	if _, err := Alone(path); !errors.Is(err, ErrServed) {
		t.Errorf("alone beside a customer: %v", err)
	}
	for range 2 {
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	}
	release, err := Alone(path)
	if err != nil {
		t.Fatal(err)
	}
	taken(false)
	if err := release(); err != nil {
		t.Error(err)
	}
	taken(true)

	// What the package's scripts do: flock(1) gets it as soon as it is given back.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	flock := exec.CommandContext(ctx, "flock", "--exclusive", "--timeout", "10", path, "true")
	if err := flock.Start(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(ctx, "flock", "--exclusive", "--nonblock", path, "true").CombinedOutput(); err == nil {
		t.Errorf("flock got it beside a customer: %s", out)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := flock.Wait(); err != nil {
		t.Errorf("flock after the customer: %v", err)
	}
	taken(false)
}
