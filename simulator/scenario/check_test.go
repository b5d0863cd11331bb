package scenario_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/shop"
)

// technicians opens a shop for a technician's tests.
func technicians(t *testing.T, board string) *shop.Shop {
	t.Helper()
	dir, err := os.MkdirTemp("", "check") // a unix socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	s, err := shop.New(t.Context(), shop.Options{
		Dir: dir, Board: board, Kioskd: daemonOf(t), Fonts: shop.DefaultFonts,
		Start: time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("", 9*3600)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return s
}

// checked is what kioskd check -json says.
type checked struct {
	Kiosk   string              `json:"kiosk"`
	Running bool                `json:"running"`
	Wiring  []map[string]string `json:"wiring"`
	Lines   []struct{ Device, State, Tried, Answer, Todo string }
}

func (c checked) failed(t *testing.T) string {
	t.Helper()
	var names []string
	for _, l := range c.Lines {
		if l.Tried == "" || l.Answer == "" || (l.State == "failed") != (l.Todo != "") {
			t.Errorf("not a whole line: %+v", l)
		}
		if l.State == "failed" {
			names = append(names, l.Device)
		}
	}
	return strings.Join(names, ", ")
}

func runCheck(t *testing.T, k *shop.Kiosk, args ...string) (c checked, code int) {
	t.Helper()
	out, errs, code, err := k.Command(t.Context(), "check", append(args, "-json")...)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
	}
	if failed := c.failed(t); (code == 0) != (failed == "") || strings.Count(errs, "\n") != code || code == 1 && !strings.Contains(errs, failed) {
		t.Errorf("exit %d, %q failed, it says %q", code, failed, errs)
	}
	return c, code
}

// broken is one thing that is wrong with a kiosk, and the one line that says so.
type broken struct {
	name    string
	wrong   func(k *shop.Kiosk) error
	line    string // "" for none
	answers string // a part of what it says
	fb10    bool   // on that board too
}

func config(key, value string) func(*shop.Kiosk) error {
	return func(k *shop.Kiosk) error { return k.Config(key, value) }
}

func fault(device, kind string) func(*shop.Kiosk) error {
	return func(k *shop.Kiosk) error { return k.Fault(device, kind) }
}

// brokenOff are the faults of a kiosk that is off: the check opens each device
// itself.
func brokenOff() []broken {
	return []broken{
		{"nothing", func(*shop.Kiosk) error { return nil }, "", "", true},
		{"reader unplugged", fault("reader", "unplugged"), "card reader", "not there", false},
		{"receipt printer offline", fault("receipt-printer", "offline"), "receipt printer", "offline", false},
		{"receipt printer without paper", fault("receipt-printer", "paper-end"), "receipt printer", "paper end", false},
		{"no such uart", config("wiring.receipts", "UART9"), "receipt printer", `no UART "UART9"`, false},
		{"sheet printer offline", fault("sheet-printer", "offline"), "sheet printer", "", false},
		{"sheet printer without paper", fault("sheet-printer", "paper-out"), "sheet printer", "media-empty", false},
		{"nobody at the sheet printer's address", config("sheet-printer.url", "ipp://127.0.0.1:1/ipp/print"), "sheet printer", "refused", false},
		{"touch dead", fault("touch", "dead"), "touch", "", true},
		{"panel dead", fault("panel", "dead"), "panel", "", true},
		{"office away", config("office.url", "tls://127.0.0.1:1"), "office", "nobody answers", false},
		{"wrong key", anotherKey, "office", "does not admit k", false},
		{"key that others may read", func(k *shop.Kiosk) error {
			return errors.Join(anotherKey(k), os.Chmod(filepath.Join(k.Dir(), "another.nk"), 0o644))
		}, "office", "others may read it", false},
		{"no fonts", config("fonts", "/nowhere"), "fonts", "/nowhere", false},
		{"journal damaged", fault("disk", "damaged"), "journal", "damaged", false},
		{"disk readonly", config("state", "/sys"), "disk", "cannot be written", false},
		{"clock unset", fault("clock", "unset"), "clock", "not set", false},
		{"no board", config("board", "unix:/nowhere"), "board", "", true},
		{"coin line", config("wiring.coin-pulse", "COIN"), "coin acceptor", `"COIN"`, false},
		{"lamp", config("wiring.buzzer", "BELL"), "lamps, buzzer", `"BELL"`, false},
		{"exit sensor", config("wiring.sheet-exit", "EXIT"), "exit sensor", `"EXIT"`, false},
		{"tray sensor", config("wiring.sheet-tray", "TRAY"), "tray sensor", `"TRAY"`, false},
		{"door", config("wiring.door", "GATE"), "door", `"GATE"`, false},
		{"supply fails", fault("supply", "failing"), "power-fail", "fails", false},
	}
}

// anotherKey gives the kiosk an identity that no office has heard of.
func anotherKey(k *shop.Kiosk) error {
	key := filepath.Join(k.Dir(), "another.nk")
	if err := k.Config("office.key", key); err != nil {
		return err
	}
	// The configuration is written with the first command; this one needs none.
	return exec.Command(k.Kioskd(), "identity", "-key", key).Run()
}

// TestCheckNamesWhatIsBroken: with the kiosk off, the line of the broken thing
// fails, and no other.
func TestCheckNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	for _, board := range []string{shop.SPI7, shop.FB10} {
		s := technicians(t, board)
		n := 0
		for _, b := range brokenOff() {
			if board == shop.FB10 && !b.fb10 {
				continue
			}
			n++
			k, err := s.Kiosk(n)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(board+"/"+b.name, func(t *testing.T) {
				t.Parallel()
				if err := b.wrong(k); err != nil {
					t.Fatal(err)
				}
				said, _ := runCheck(t, k)
				b.judge(t, said)
				if said.Running || len(said.Wiring) < 20 || said.Kiosk != k.Name() {
					t.Errorf("running %v, %d wires, kiosk %q", said.Running, len(said.Wiring), said.Kiosk)
				}
				for _, lamp := range []string{"reader", "coins", "sheets", "attention"} {
					if k.Lamp(lamp) == "on" {
						t.Errorf("lamp %s stays lit", lamp)
					}
				}
			})
		}
	}
}

func (b broken) judge(t *testing.T, said checked) {
	t.Helper()
	if got := said.failed(t); got != b.line {
		t.Errorf("failed: %q, want %q: %+v", got, b.line, said.Lines)
	}
	for _, l := range said.Lines {
		if l.State == "failed" && !strings.Contains(l.Answer, b.answers) {
			t.Errorf("%s answers %q, want %q in it", l.Device, l.Answer, b.answers)
		}
	}
}

// TestCheckOfAKioskThatRuns asks the daemon that has the devices: what breaks
// while it runs, one thing after the other, and nothing else.
func TestCheckOfAKioskThatRuns(t *testing.T) {
	t.Parallel()
	s, k := openKiosk(t)
	said, code := runCheck(t, k)
	if code != 0 || !said.Running {
		t.Fatalf("all is well: exit %d, %+v", code, said)
	}
	for _, b := range []broken{
		{"", fault("reader", "unplugged"), "card reader", "not there", false},
		{"", fault("receipt-printer", "cover"), "receipt printer", "cover open", false},
		{"", fault("sheet-printer", "paper-out"), "sheet printer", "media-empty", false},
		{"", fault("clock", "unset"), "clock", "not set", false},
		{"", fault("touch", "dead"), "touch", "", false},
		{"", fault("panel", "dead"), "panel", "", false},
		{"", func(*shop.Kiosk) error { s.Office().Away(); return nil }, "office", "", false},
		{"", fault("disk", "readonly"), "disk", "cannot be written", false},
	} {
		t.Log(b.line)
		if err := b.wrong(k); err != nil {
			t.Fatal(err)
		}
		// The kiosk finds out by itself, each thing in its own time.
		for until := time.Now().Add(15 * time.Second); ; {
			if said, code = runCheck(t, k); code == 1 || time.Now().After(until) {
				break
			}
		}
		b.judge(t, said)
		if !said.Running {
			t.Error("it was asked of the devices, not of the daemon")
		}
		for _, device := range []string{"reader", "receipt-printer", "sheet-printer", "clock", "touch", "panel", "disk"} {
			if err := k.Clear(device); err != nil {
				t.Error(err)
			}
		}
		if b.line == "office" {
			if err := s.Office().Back(); err != nil {
				t.Fatal(err)
			}
		}
		for until := time.Now().Add(15 * time.Second); ; {
			if said, code = runCheck(t, k); code == 0 || time.Now().After(until) {
				break
			}
		}
		if code != 0 {
			t.Fatalf("%s was mended: %+v", b.line, said)
		}
	}
}

// TestCheckForAPerson: the words, the wiring, one test sheet and no more.
func TestCheckForAPerson(t *testing.T) {
	t.Parallel()
	s := technicians(t, shop.FB10)
	k, err := s.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	out, errs, code, err := k.Command(t.Context(), "check", "-wiring")
	if err != nil || code != 0 || errs != "" || !strings.Contains(out, "FT5x06 at 0x38") || !strings.Contains(out, "HOPPER_50_MOTOR") {
		t.Errorf("wiring: exit %d, %v: %s%s", code, err, out, errs)
	}
	wiring := out
	out, errs, code, err = k.Command(t.Context(), "check", "-sheet")
	if err != nil || code != 0 || errs != "" || !strings.Contains(out, wiring) || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d, %v: %s%s", code, err, out, errs)
	}
	for _, line := range []string{"ok      touch ", "ok      office ", "ok      test sheet "} {
		if !strings.Contains(out, "\n"+line) {
			t.Errorf("no line %q in:\n%s", line, out)
		}
	}
	if sheets := k.TakeSheets(); len(sheets) != 1 || sheets[0].Back == nil {
		t.Errorf("%d sheets", len(sheets))
	}
	if yen := k.TakeCoins(); yen != 0 || len(k.Papers()) != 0 {
		t.Errorf("%d yen and %d slips came out", yen, len(k.Papers()))
	}
	for _, args := range [][]string{{"-sheets"}, {"now"}, {"-key", "x"}, {"-begin-anew"}} {
		out, errs, code, err := k.Command(t.Context(), "check", args...)
		if err != nil || code != 2 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: exit %d, %v: %s%s", args, code, err, out, errs)
		}
	}
}

// TestAttention: the lamp is lit for as long as the command lasts.
func TestAttention(t *testing.T) {
	t.Parallel()
	for _, board := range []string{shop.SPI7, shop.FB10} {
		s := technicians(t, board)
		k, err := s.Kiosk(1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan string, 1)
		go func() {
			_, errs, code, err := k.Command(ctx, "attention")
			done <- fmt.Sprint(errs, code, err)
		}()
		lamp(t, k, "on")
		end()
		if got := <-done; got != "0 <nil>" {
			t.Errorf("it ended with %s", got)
		}
		lamp(t, k, "off")
	}
}

func lamp(t *testing.T, k *shop.Kiosk, want string) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); k.Lamp("attention") != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("the attention lamp is %s, want %s", k.Lamp("attention"), want)
		}
	}
}
