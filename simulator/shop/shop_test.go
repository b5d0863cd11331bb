package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain runs the tests, or stands in for kioskd where a shop of theirs has
// started this binary as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[2] == "-config" {
		os.Exit(standIn(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// open opens a shop whose kioskd is this test's binary.
func open(t *testing.T) *Shop {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A unix socket's path has room for about a hundred bytes.
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s, err := New(t.Context(), Options{
		Dir: dir, Start: time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("", 9*3600)), Kioskd: self, KeyCache: filepath.Join(dir, "keys"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

func kiosk(t *testing.T, s *Shop) *Kiosk {
	t.Helper()
	k, err := s.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// soon waits for what another process does.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	until := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(until) {
			t.Fatalf("%s: it did not come to that", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func on(t *testing.T, k *Kiosk) {
	t.Helper()
	if err := k.PowerOn(); err != nil {
		t.Fatal(err)
	}
	soon(t, "a first page", func() bool { return k.Tree() != nil })
}

func TestAKioskFromPowerOnToPowerCut(t *testing.T) {
	s := open(t)
	k := kiosk(t, s)
	if k.Running() || k.Tree() != nil {
		t.Error("it runs before it was started")
	}
	if err := k.Config("limit.idle", "30s"); err != nil {
		t.Error(err)
	}
	if err := k.Config("hopper.50", "7"); err != nil {
		t.Error(err)
	}
	on(t, k)
	if err := k.Config("limit.idle", "40s"); !errors.Is(err, errStarted) {
		t.Errorf("configured while it runs: %v", err)
	}
	if n := k.HopperLevel(50); n != 7 {
		t.Errorf("%d coins of 50, want 7", n)
	}
	// The stand-in claims the picture of a black panel, and that is what it has.
	first := k.Tree()
	if first.Page != "home" || !first.Matched || !k.Shows(first.Checksum) {
		t.Errorf("first page %+v", first)
	}
	st, err := k.State(t.Context())
	if err != nil || !st.Settled || st.Page != "home" {
		t.Errorf("state %+v, %v", st, err)
	}
	j, err := k.Journal(t.Context())
	if err != nil || j.Owed != 300 || len(j.Events) != 1 || j.Events[0].Kind() != "visit-begun" || j.Events[0].Field("n") != "1" {
		t.Errorf("journal %+v, %v", j, err)
	}
	if err := k.Refill(t.Context(), 100, 12); err != nil || k.HopperLevel(100) != 12 {
		t.Errorf("refill: %v, %d coins", err, k.HopperLevel(100))
	}
	if err := k.Refill(t.Context(), 100, 99); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("a refill that kioskd refuses: %v", err)
	}
	if limit, err := k.CoreLimit(); err != nil || limit == "" {
		t.Errorf("core limit %q, %v", limit, err)
	}
	soon(t, "the log", func() bool { return strings.Contains(k.Log(), "limit.idle 30s") })

	k.PowerCut()
	if k.Running() || k.Tree() != nil || k.Board().Connected() {
		t.Error("it runs without power")
	}
	on(t, k)
	if k.Tree().Number <= first.Number || len(k.Trees(0)) != k.Latest() {
		t.Errorf("tree %d after %d of %d", k.Tree().Number, first.Number, k.Latest())
	}
	found := slices.ContainsFunc(k.Residue(), func(r Residue) bool { return r.Where == "journal" && strings.Contains(string(r.Bytes), "visit-begun") })
	if !found {
		t.Error("the journal is not among what it has said")
	}
}

// TestUnaskedEnd: kioskd is started again when it ends by itself, and stays off
// when it was killed.
func TestUnaskedEnd(t *testing.T) {
	s := open(t)
	k := kiosk(t, s)
	on(t, k)
	for _, device := range []string{"die"} {
		before := k.Latest()
		if err := os.WriteFile(filepath.Join(k.dir, device), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		soon(t, "another start", func() bool { return k.Latest() > before && k.Tree() != nil })
	}
	if !strings.Contains(k.Log(), "ended unasked: exit status 3") {
		t.Errorf("log: %s", k.Log())
	}
	k.Kill()
	if k.Running() || k.Ended() == "" {
		t.Errorf("running %t, ended %q", k.Running(), k.Ended())
	}
	before := k.Latest()
	time.Sleep(2 * restartAfter)
	if k.Latest() != before {
		t.Error("it came back after it was killed")
	}
	on(t, k)
}

// TestBadConfiguration: what would end the same way again is not started again.
func TestBadConfiguration(t *testing.T) {
	s := open(t)
	k := kiosk(t, s)
	if err := k.Config("language", "klingon"); err != nil {
		t.Fatal(err)
	}
	if err := k.PowerOn(); err != nil {
		t.Fatal(err)
	}
	soon(t, "its end", func() bool { return !k.Running() })
	if k.Ended() != "exit status 2" {
		t.Errorf("ended %q", k.Ended())
	}
}

func TestArmedCut(t *testing.T) {
	s := open(t)
	k := kiosk(t, s)
	k.ArmCut("after", "paid")
	on(t, k)
	if !k.Armed() {
		t.Fatal("not armed")
	}
	if err := os.WriteFile(filepath.Join(k.dir, "pay"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	soon(t, "the strike", func() bool { return !k.Armed() })
	if k.Running() {
		t.Error("it runs without power")
	}
	if log := k.Log(); !strings.Contains(log, "paying") || strings.Contains(log, "paid") {
		t.Errorf("log: %s", log)
	}
}

// TestDiskThatTakesNothing: a write that kioskd tries fails while the fault
// lasts, also over a start.
func TestDiskThatTakesNothing(t *testing.T) {
	s := open(t)
	k := kiosk(t, s)
	writes := func() bool {
		t.Helper()
		answer := filepath.Join(k.dir, "wrote")
		if err := os.WriteFile(filepath.Join(k.dir, "write"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		soon(t, "an attempt", func() bool {
			_, err := os.Stat(filepath.Join(k.dir, "write"))
			return errors.Is(err, os.ErrNotExist)
		})
		b, err := os.ReadFile(answer)
		return err == nil && len(b) > 0
	}
	on(t, k)
	if !writes() {
		t.Error("a whole disk takes nothing")
	}
	for _, kind := range []string{"full", "readonly"} {
		if err := k.Fault("disk", kind); err != nil {
			t.Fatal(err)
		}
		if writes() {
			t.Errorf("%s: it was written", kind)
		}
	}
	k.Kill()
	on(t, k)
	if writes() {
		t.Error("after a start it was written")
	}
	if err := k.Clear("disk"); err != nil {
		t.Fatal(err)
	}
	if !writes() {
		t.Error("mended, it takes nothing")
	}
	file := filepath.Join(k.dir, "state", "journal.db")
	if err := os.WriteFile(file, []byte("all is well"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.Fault("disk", "damaged"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(b), "damaged") {
		t.Errorf("damaged: %.20q, %v", b, err)
	}
	if err := k.Clear("disk"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "all is well" || !k.Running() {
		t.Errorf("mended: %.20q, %v, running %t", b, err, k.Running())
	}
}

func TestHandAndFaults(t *testing.T) {
	s := open(t)
	k := kiosk(t, s)
	if err := k.Lay("adult"); err != nil {
		t.Fatal(err)
	}
	two, err := s.Kiosk(2)
	if err != nil {
		t.Fatal(err)
	}
	if err := two.Lay("adult"); err == nil {
		t.Error("one card lies in two places")
	}
	if got := k.Take(); !slices.Equal(got, []string{"adult"}) {
		t.Errorf("took %v", got)
	}
	if err := two.LayTwo("adult"); err != nil || len(two.Laid()) != 2 {
		t.Errorf("two cards: %v, %v", err, two.Laid())
	}
	if n, err := s.Tries("adult", "pin"); err != nil || n != 3 {
		t.Errorf("%d tries, %v", n, err)
	}
	if err := s.Expires("adult", "user", s.Now()); err != nil {
		t.Error(err)
	}
	if s.Known("nobody") || !s.Known("head") {
		t.Error("who is known")
	}
	if got := s.Secrets("adult"); !slices.Equal(got, []string{"1234", "ABC123"}) {
		t.Errorf("secrets %v", got)
	}
	// Nobody allows coins: they come back.
	if err := k.Insert(100); err != nil || k.Returned() != 100 || k.TakeCoins() != 100 {
		t.Errorf("a coin: %v, %d back", err, k.Returned())
	}
	for device, kinds := range map[string][]string{
		"reader": {"unplugged", "hangs", "garbage", "pulled:2"}, "door": {"open"}, "supply": {"failing"}, "touch": {"dead", "ghost"}, "panel": {"dead"},
		"sheet-printer":   {"paper-out", "jam:1", "cover", "offline", "toner-low", "sensor-silent", "duplex-peek"},
		"receipt-printer": {"paper-end", "near-end", "cover", "cutter", "offline", "flow-stuck"},
		"coins":           {"jam", "rejects", "glitch"}, "hopper": {"empty", "short:1", "jam"}, "clock": {"unset", "jump:-2h"},
	} {
		for _, kind := range kinds {
			if err := k.Fault(device, kind); err != nil {
				t.Errorf("%s %s: %v", device, kind, err)
			}
		}
		if err := k.Fault(device, "boredom"); err == nil {
			t.Errorf("%s can be bored", device)
		}
		if err := k.Clear(device); err != nil {
			t.Errorf("clear %s: %v", device, err)
		}
	}
	if err := k.Fault("toaster", "burnt"); !errors.Is(err, errDevice) {
		t.Errorf("a toaster: %v", err)
	}
	if _, err := s.Kiosk(0); err == nil {
		t.Error("there is a kiosk 0")
	}
}

// TestEverythingIsWaitedFor: after Close no kioskd is left.
func TestEverythingIsWaitedFor(t *testing.T) {
	s := open(t)
	k := kiosk(t, s)
	on(t, k)
	pid, _ := k.pid()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(fmt.Sprint("/proc/", pid)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("process %d is left: %v", pid, err)
	}
	if _, err := s.Kiosk(3); !errors.Is(err, errClosed) {
		t.Errorf("a closed shop has a kiosk: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{
		{},
		{Dir: t.TempDir()},
		{Dir: t.TempDir(), Start: time.Now(), Kioskd: "/nowhere/kioskd"},
		{Dir: t.TempDir(), Start: time.Now(), Kioskd: os.Args[0], Fonts: "/nowhere", KeyCache: t.TempDir()},
	} {
		s, err := New(t.Context(), o)
		if err == nil {
			t.Errorf("%+v: opened", o)
			_ = s.Close()
		}
	}
}

// TestSlipsArePaper: a slip that kioskd tells of counts as printed only when
// such dots came out.
func TestSlipsArePaper(t *testing.T) {
	k := kiosk(t, open(t))
	b, err := json.Marshal(map[string]any{"slip": "receipt", "lines": []string{"領収書"}, "checksum": "00000000"})
	if err != nil {
		t.Fatal(err)
	}
	k.treeCame(b)
	if s := k.Slips(); len(s) != 1 || s[0].Printed || s[0].Text() != "領収書" {
		t.Errorf("slips %+v", s)
	}
	k.treeCame([]byte("not a tree"))
	if k.Tree() != nil {
		t.Error("that was no tree")
	}
}
