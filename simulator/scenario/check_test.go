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

	"golang.org/x/sync/errgroup"

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
	a := askCheck(t.Context(), k, args...)
	return a.read(t), a.code
}

// checkAnswer is what kioskd check -json printed.
type checkAnswer struct {
	out, errs string
	code      int
	err       error
}

func askCheck(ctx context.Context, k *shop.Kiosk, args ...string) (a checkAnswer) {
	a.out, a.errs, a.code, a.err = k.Command(ctx, "check", append(args, "-json")...)
	return a
}

func (a checkAnswer) read(t *testing.T) (c checked) {
	t.Helper()
	if a.err != nil {
		t.Fatal(a.err)
	}
	if err := json.Unmarshal([]byte(a.out), &c); err != nil {
		t.Fatalf("exit %d, %v: %s%s", a.code, err, a.out, a.errs)
	}
	failed := c.failed(t)
	if (a.code == 0) != (failed == "") || strings.Count(a.errs, "\n") != a.code || a.code == 1 && !strings.Contains(a.errs, failed) {
		t.Errorf("exit %d, %q failed, it says %q", a.code, failed, a.errs)
	}
	return c
}

// broken is one thing that is wrong with a kiosk, and the one line that says so.
type broken struct {
	name    string
	wrong   func(k *shop.Kiosk) error
	line    string // "" for none
	answers string // a part of what it says
	only    string // the one board that has it; "" for both
}

func config(key, value string) func(*shop.Kiosk) error {
	return func(k *shop.Kiosk) error { return k.Config(key, value) }
}

func fault(device, kind string) func(*shop.Kiosk) error {
	return func(k *shop.Kiosk) error { return k.Fault(device, kind) }
}

// brokenOff are the faults of a kiosk that is off: the check opens each device
// itself. What is "host:" is this machine's own, which has none of it.
func brokenOff() []broken {
	return []broken{
		{"nothing", func(*shop.Kiosk) error { return nil }, "", "", ""},
		{"reader unplugged", fault("reader", "unplugged"), "card reader", "not there", ""},
		{"receipt printer offline", fault("receipt-printer", "offline"), "receipt printer", "offline", ""},
		{"receipt printer without paper", fault("receipt-printer", "paper-end"), "receipt printer", "paper end", ""},
		{"receipt printer stuck", fault("receipt-printer", "flow-stuck"), "receipt printer", "does not answer", ""},
		{"no such uart", config("wiring.receipts", "UART9"), "receipt printer", `no UART "UART9"`, ""},
		{"no such uart here", config("wiring.receipts", "host:/dev/ttyKiosk9"), "receipt printer", "/dev/ttyKiosk9", ""},
		{"sheet printer offline", fault("sheet-printer", "offline"), "sheet printer", "", ""},
		{"sheet printer without paper", fault("sheet-printer", "paper-out"), "sheet printer", "media-empty", ""},
		{"nobody at the sheet printer's address", config("sheet-printer.url", "ipp://127.0.0.1:1/ipp/print"), "sheet printer", "refused", ""},
		{"touch dead", fault("touch", "dead"), "touch", "", ""},
		{"no such bus here", config("wiring.touch", "host:I2C9"), "touch", "I2C9", ""},
		{"panel dead", fault("panel", "dead"), "panel", "", ""},
		{"no such port here", config("wiring.panel", "host:SPI9.9"), "panel", "SPI9.9", shop.SPI7},
		{"no such display here", config("wiring.framebuffer", "host:/dev/fb9"), "panel", "/dev/fb9", shop.FB10},
		{"office away", config("office.url", "tls://127.0.0.1:1"), "office", "nobody answers", ""},
		{"wrong key", anotherKey, "office", "does not admit k", ""},
		{"key that others may read", func(k *shop.Kiosk) error {
			return errors.Join(anotherKey(k), os.Chmod(filepath.Join(k.Dir(), "another.nk"), 0o644))
		}, "office", "others may read it", ""},
		{"no fonts", config("fonts", "/nowhere"), "fonts", "/nowhere", ""},
		{"journal damaged", fault("disk", "damaged"), "journal", "damaged", ""},
		{"disk readonly", config("state", "/sys"), "disk", "cannot be written", ""},
		{"clock unset", fault("clock", "unset"), "clock", "not set", ""},
		{"no board", config("board", "unix:/nowhere"), "board", "", ""},
		{"coin line", config("wiring.coin-pulse", "COIN"), "coin acceptor", `"COIN"`, ""},
		{"coin line dead", fault("coins", "dead"), "coin acceptor", "does not answer", ""},
		{"hoppers", config("wiring.hopper-motor", "MOTOR_%d"), "hopper 100, hopper 50, hopper 10", `"MOTOR_`, ""},
		{"lamp", config("wiring.buzzer", "BELL"), "lamps, buzzer", `"BELL"`, ""},
		{"lamp here", config("wiring.buzzer", "host:BELL"), "lamps, buzzer", "BELL", ""},
		{"exit sensor", config("wiring.sheet-exit", "EXIT"), "exit sensor", `"EXIT"`, ""},
		{"tray sensor", config("wiring.sheet-tray", "TRAY"), "tray sensor", `"TRAY"`, ""},
		{"door", config("wiring.door", "GATE"), "door", `"GATE"`, ""},
		{"supply fails", fault("supply", "failing"), "power-fail", "fails", ""},
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

// checksAtATime is how many checks run together: most of one is a lamp's flash.
const checksAtATime = 8

// TestCheckNamesWhatIsBroken: with the kiosk off, the line of the broken thing
// fails, and no other, on both boards.
func TestCheckNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	for _, board := range []string{shop.SPI7, shop.FB10} {
		s := technicians(t, board)
		all := brokenOff()
		answers, kiosks := make([]checkAnswer, len(all)), make([]*shop.Kiosk, len(all))
		for i, b := range all { // each is new to the office, which takes its time to know it
			if b.only != "" && b.only != board {
				continue
			}
			var err error
			if kiosks[i], err = s.Kiosk(i + 1); err != nil {
				t.Fatal(err)
			}
		}
		var g errgroup.Group
		g.SetLimit(checksAtATime)
		for i, b := range all {
			if kiosks[i] == nil {
				continue
			}
			g.Go(func() error {
				if err := b.wrong(kiosks[i]); err != nil {
					return fmt.Errorf("%s: %w", b.name, err)
				}
				answers[i] = askCheck(t.Context(), kiosks[i])
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		for i, b := range all {
			if k := kiosks[i]; k != nil {
				t.Run(board+"/"+b.name, func(t *testing.T) { b.judgeOff(t, answers[i].read(t), k) })
			}
		}
	}
}

func (b broken) judgeOff(t *testing.T, said checked, k *shop.Kiosk) {
	t.Helper()
	b.judge(t, said)
	if said.Running || len(said.Wiring) < 20 || said.Kiosk != k.Name() {
		t.Errorf("running %v, %d wires, kiosk %q", said.Running, len(said.Wiring), said.Kiosk)
	}
	for _, lamp := range []string{"reader", "coins", "sheets", "attention"} {
		if k.Lamp(lamp) == "on" {
			t.Errorf("lamp %s stays lit", lamp)
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
		{"", fault("reader", "unplugged"), "card reader", "not there", ""},
		{"", fault("receipt-printer", "cover"), "receipt printer", "cover open", ""},
		{"", fault("sheet-printer", "paper-out"), "sheet printer", "media-empty", ""},
		{"", fault("clock", "unset"), "clock", "not set", ""},
		{"", fault("touch", "dead"), "touch", "", ""},
		{"", fault("panel", "dead"), "panel", "", ""},
		{"", func(*shop.Kiosk) error { s.Office().Away(); return nil }, "office", "", ""},
		{"", fault("disk", "readonly"), "disk", "cannot be written", ""},
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
