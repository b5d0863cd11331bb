//go:build vm

package vm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/simulator/scenario"
)

// TestMachine is a kiosk's first days: it is switched on, serves a customer, has
// cards pulled from its reader and the reader pulled from its bus, loses its touch
// chip, hangs with a customer's coins inside, and is cut off five times in the middle
// of a visit. KIOSKD_SEED repeats the moments of a run.
func TestMachine(t *testing.T) {
	w := open(t)
	w.boot("home")
	w.picture("home")
	w.sandbox()
	w.served()
	w.pulled()
	w.unplugged()
	w.untouched()
	w.hangs()
	w.cutOff()
	w.served()
}

// sandbox shows that kioskd runs as its unit says.
func (w *world) sandbox() {
	w.t.Helper()
	if state := w.shell("systemctl is-system-running --wait || true"); state != "running" {
		w.t.Errorf("the machine is %s: %s", state, w.shell("systemctl --failed --no-legend --plain"))
	}
	status := w.shell("cat /proc/$(systemctl show -P MainPID kioskd)/status")
	for _, want := range []string{"NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"} {
		if !strings.Contains(status, want) {
			w.t.Errorf("kioskd runs without %q:\n%s", want, status)
		}
	}
	w.say("%s", w.shell("systemd-analyze time | head -1"))
	w.say("%s", w.shell("systemd-analyze security --no-pager kioskd.service | tail -1"))
}

// served is one customer, from the first touch to the paper.
func (w *world) served() {
	w.t.Helper()
	was, begun, pulses := w.books(), time.Now(), w.interrupts()
	err := w.play(w.t.Context(), "visit.scenario", func(l scenario.Line, d time.Duration) {
		switch l.Text {
		case "see lay-card":
			w.lit("READER")
		case "see confirm fee=200 copies=1":
			w.picture("confirm")
		case "see pay paid=250":
			w.picture("pay")
		}
		if strings.HasPrefix(l.Text, "see ") {
			w.say("    %-32s %5.1f s", l.Text, d.Seconds())
		}
	})
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.log())
	}
	is := w.books()
	if w.agree(was, is); is.delivered != was.delivered+1 {
		w.t.Errorf("a customer was served, and yet: %v", is)
	}
	if pulses = w.interrupts() - pulses; pulses < visitTouches {
		w.t.Errorf("the machine's touch line was pulsed %d times in a visit of %d touches", pulses, visitTouches)
	}
	w.say("a customer was served in %.0f s, with %d interrupts of the touch chip: %v", time.Since(begun).Seconds(), pulses, is)
}

// visitTouches are the visit's taps and digits; each is a finger down and up.
const visitTouches = 14

// interrupts is how often the kernel of the machine heard the touch chip's line.
func (w *world) interrupts() int {
	w.t.Helper()
	total := 0
	for _, count := range strings.Fields(w.shell("sed -n 's/^ *[0-9]*:\\(.*\\) virtio-gpio .*kioskd/\\1/p' /proc/interrupts")) {
		n, err := strconv.Atoi(count)
		if err != nil {
			w.t.Fatalf("/proc/interrupts counts %q", count)
		}
		total += n
	}
	return total
}

// untouched has the touch chip acknowledge nothing for a while: the machine's bus
// says so to kioskd, which does not serve then.
func (w *world) untouched() {
	w.t.Helper()
	begun := time.Now()
	if err := w.play(w.t.Context(), "touch.scenario", nil); err != nil {
		w.t.Fatalf("%v\n%s", err, w.log())
	}
	w.say("the touch chip was dead and came back in %.0f s", time.Since(begun).Seconds())
}

// lit waits until that lamp of the machine's own GPIO chip has power. One that
// blinks has it now and then.
func (w *world) lit(lamp string) {
	w.t.Helper()
	line := map[string]string{"READER": "0", "COINS": "1", "SHEETS": "2", "ATTENTION": "3"}[lamp]
	w.until("lamp "+lamp, patience, func() bool {
		return w.shell("cat /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio"+line+"/value") == "1"
	})
}

// backWithin is the watchdog's 10 s, RestartSec's 2 s, and the start of a program
// on a slow machine that others slow down.
const backWithin = 2 * time.Minute

// hangs stops kioskd while a customer has coins inside: systemd kills it within
// WatchdogSec and starts it again, and the kiosk owes them.
func (w *world) hangs() {
	w.t.Helper()
	was := w.books()
	if err := w.playUntil(w.t.Context(), "see pay paid=250", nil); err != nil {
		w.t.Fatalf("%v\n%s", err, w.log())
	}
	pid := w.shell("systemctl show -P MainPID kioskd")
	after, begun := w.kiosk.Latest(), time.Now()
	w.shell("kill -STOP " + pid)
	w.say("kioskd (pid %s) hangs, with 250 yen inside", pid)
	w.aftermath(was, func() string {
		page := w.page(after, backWithin, "home", "settle")
		w.say("page %s stands on the display, %.1f s later", page, time.Since(begun).Seconds())
		return page
	})
	said := w.shell("journalctl --no-pager -o cat -u kioskd.service | grep -i watchdog")
	if !strings.Contains(said, "Watchdog timeout") || w.shell("systemctl show -P MainPID kioskd") == pid {
		w.t.Errorf("no watchdog: %s", said)
	}
	w.say("    systemd: %s", strings.SplitN(said, "\n", 2)[0])
}

const cuts = 5

var errCut = errors.New("the machine was cut off")

// The lines of the visit after which it may be cut off: the first time before any
// money moves, then while money and paper do.
func asking() []string {
	return []string{"see menu", "see lay-card", "tap enter", "take card", "see copies n=1", "tap go-on"}
}

func paying() []string {
	return []string{"see pay fee=200 paid=0", "see pay paid=250", "tap print", "see printing", "see take-sheets"}
}

// latest is how long after such a line: four coins take about that long.
const latest = 3 * time.Second

// cutOff cuts the machine off in the middle of visits, at drawn moments; drawn
// too is whether the board's power goes with it.
func (w *world) cutOff() {
	w.t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("KIOSKD_SEED"), 10, 64); err == nil {
		seed = given
	}
	w.say("five cuts; KIOSKD_SEED=%d draws the same moments", seed)
	draw := rand.New(rand.NewPCG(seed, 0))
	for i := range cuts {
		lines := paying()
		if i == 0 {
			lines = asking()
		}
		line := lines[draw.IntN(len(lines))]
		at := time.Duration(draw.Float64() * float64(latest))
		alone := draw.IntN(2) == 0
		was := w.books()
		w.cut(i+1, line, at, alone)
		w.aftermath(was, func() string { return w.boot("home", "settle") })
		w.picture(fmt.Sprintf("after-cut-%d", i+1))
	}
}

// cut begins a visit and cuts the machine off that long after that line.
func (w *world) cut(n int, line string, at time.Duration, alone bool) {
	w.t.Helper()
	ctx, cancel := context.WithCancelCause(w.t.Context())
	defer cancel(nil)
	var struck atomic.Bool
	done := make(chan string)
	strike := func() {
		page := "no page"
		if t := w.kiosk.Tree(); t != nil {
			page = t.Page
		}
		struck.Store(true)
		if alone {
			w.kiosk.Kill()
		} else {
			w.kiosk.PowerCut()
		}
		cancel(errCut)
		done <- page
	}
	err := w.playUntil(ctx, "take sheets", func(l scenario.Line, _ time.Duration) {
		if l.Text == line {
			time.AfterFunc(at, strike)
		}
	})
	if err != nil && !struck.Load() {
		w.t.Fatalf("before the cut: %v", err)
	}
	page, what := <-done, "machine and board"
	if alone {
		what = "the machine alone"
	}
	w.say("cut %d of %d: %s, %.1f s after %q, on page %s", n, cuts, what, at.Seconds(), line, page)
}
