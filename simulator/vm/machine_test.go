//go:build vm

package vm_test

import (
	"context"
	"fmt"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/simulator/scenario"
	"kioskd/simulator/shop"
	"kioskd/simulator/vm"
)

// How long a machine that is translated instruction by instruction may take.
const (
	bootsWithin = 10 * time.Minute // half a minute where nobody else computes; minutes among ten who do
	patience    = 2 * time.Minute  // for a page
	looks       = 100 * time.Millisecond
)

// world is a shop whose one kiosk is a machine.
type world struct {
	t       *testing.T
	machine *vm.Machine
	shop    *shop.Shop
	kiosk   *shop.Kiosk
	began   time.Time
	spoke   atomic.Int64 // when, in Unix's nanoseconds
}

// open makes the world; nothing runs yet.
func open(t *testing.T) *world {
	image, err := filepath.Abs("../../dist/vm")
	if err != nil {
		t.Fatal(err)
	}
	// A unix socket's path has room for about a hundred bytes.
	dir, err := os.MkdirTemp("", "vm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("what the machine's console said last is in dist/vm/console.log")
			if err := os.Rename(filepath.Join(dir, "console.log"), filepath.Join(image, "console.log")); err != nil {
				t.Error(err)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	m, err := vm.New(t.Context(), vm.Options{Image: image, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s, err := shop.New(t.Context(), shop.Options{
		Dir: filepath.Join(dir, "shop"), Board: shop.FB10, Machine: m, Log: slog.New(slog.DiscardHandler),
		Start: time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	k, err := s.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	// The lamps hang on the machine's own GPIO chip.
	if err := k.Config("wiring.lamp", "host:LAMP_%s"); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, machine: m, shop: s, kiosk: k, began: time.Now()}
	w.murmur()
	return w
}

// quiet is how long nothing is said to who waits.
const quiet = 5 * time.Second

// murmur says where it stands whenever it was quiet, until the test ends.
func (w *world) murmur() {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(time.Second); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
			}
			if time.Since(time.Unix(0, w.spoke.Load())) > quiet {
				w.say("    ... page %s; console: %s", w.shows(), strings.Join(w.machine.Console(1), ""))
			}
		}
	}()
	w.t.Cleanup(func() {
		close(done)
		<-ended
	})
}

// shows is the page of the latest tree.
func (w *world) shows() string {
	if t := w.kiosk.Tree(); t != nil {
		return t.Page
	}
	return "none"
}

// say tells who waits how far it is.
func (w *world) say(format string, args ...any) {
	w.t.Helper()
	w.spoke.Store(time.Now().UnixNano())
	w.t.Logf("%4.0f s  "+format, append([]any{time.Since(w.began).Seconds()}, args...)...)
}

// until waits until it is so.
func (w *world) until(what string, most time.Duration, so func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(most); !so(); time.Sleep(looks) {
		if time.Now().After(deadline) {
			w.picture("failed")
			w.t.Fatalf("waited %v for %s; the last page is %s; the machine: %s", most, what, w.shows(), w.log())
		}
	}
}

// page waits until the machine's own display shows one of these pages, to the
// pixel, in a tree after that number.
func (w *world) page(after int, most time.Duration, names ...string) string {
	w.t.Helper()
	var page string
	w.until("page "+strings.Join(names, " or "), most, func() bool {
		t := w.kiosk.Tree()
		if t == nil || t.Number <= after || !w.kiosk.Shows(t.Checksum) {
			return false
		}
		for _, name := range names {
			if t.Page == name {
				page = name
				return true
			}
		}
		return false
	})
	return page
}

// boot turns the machine on and waits for one of these pages.
func (w *world) boot(names ...string) string {
	w.t.Helper()
	after, begun := w.kiosk.Latest(), time.Now()
	if err := w.kiosk.PowerOn(); err != nil {
		w.t.Fatal(err)
	}
	page := w.page(after, bootsWithin, names...)
	w.say("page %s stands on the display, %.1f s after power on", page, time.Since(begun).Seconds())
	return page
}

// shell runs a script as root inside.
func (w *world) shell(script string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	out, err := w.machine.Shell(ctx, script)
	if err != nil {
		w.t.Fatalf("%s: %v", script, err)
	}
	return strings.TrimSpace(string(out))
}

// log is what the machine says of kioskd; of one that does not answer, what stands
// on its console and where its processors are.
func (w *world) log() string {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	out, err := w.machine.Shell(ctx, "systemctl list-jobs --no-pager; systemctl status kioskd --no-pager -l | head -20; journalctl --namespace=kioskd --no-pager -n 30 -o cat; journalctl -b -p warning --no-pager -n 20 -o cat")
	if err == nil {
		return string(out)
	}
	where, unknown := w.machine.Processors()
	if unknown != nil {
		where = unknown.Error()
	}
	return fmt.Sprintf("%v\n%s\n%s", err, strings.Join(w.machine.Console(consoleLines), "\n"), where)
}

// consoleLines are enough to see a kernel's last words.
const consoleLines = 60

// picture keeps what the display shows, for people.
func (w *world) picture(name string) {
	w.t.Helper()
	path := filepath.Join("../../dist/vm/pictures", name+".png")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Error(err)
		return
	}
	f, err := os.Create(path)
	if err != nil {
		w.t.Error(err)
		return
	}
	if err := png.Encode(f, w.kiosk.Picture()); err != nil {
		w.t.Error(err)
	}
	if err := f.Close(); err != nil {
		w.t.Error(err)
	}
}

// play plays a file of this folder.
func (w *world) play(ctx context.Context, file string, trace func(scenario.Line, time.Duration)) error {
	w.t.Helper()
	s, err := scenario.Load(file)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.perform(ctx, s, trace)
}

// playUntil plays the visit up to that line.
func (w *world) playUntil(ctx context.Context, last string, trace func(scenario.Line, time.Duration)) error {
	w.t.Helper()
	b, err := os.ReadFile("visit.scenario")
	if err != nil {
		w.t.Fatal(err)
	}
	before, _, found := strings.Cut(string(b), "\n"+last+"\n")
	if !found {
		w.t.Fatalf("the visit has no line %q", last)
	}
	s, err := scenario.Parse("visit.scenario", strings.NewReader(before+"\n"+last+"\n"))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.perform(ctx, s, trace)
}

func (w *world) perform(ctx context.Context, s *scenario.Script, trace func(scenario.Line, time.Duration)) error {
	return scenario.Play(ctx, s, scenario.On(w.shop), scenario.Options{Patience: patience, Pictures: "../../dist/vm/pictures", Trace: trace})
}
