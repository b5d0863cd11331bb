//go:build vm

package vm_test

import (
	"strings"
	"time"

	"kioskd/simulator/scenario"
)

// pulled has cards leave too early: the machine's own pcscd sees them go.
func (w *world) pulled() {
	w.t.Helper()
	begun := time.Now()
	err := w.play(w.t.Context(), "pulled.scenario", func(l scenario.Line, d time.Duration) {
		if l.Text == "see card-gone" {
			w.say("    %-32s %5.1f s", l.Text, d.Seconds())
		}
	})
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.log())
	}
	w.say("cards were pulled, one in the middle of VERIFY, and the next customer was served, in %.0f s", time.Since(begun).Seconds())
}

// unplugged takes the reader off the machine's USB and plugs it in again.
func (w *world) unplugged() {
	w.t.Helper()
	readers := func() string { return w.shell("grep -l 08e6 /sys/bus/usb/devices/*/idVendor || true") }
	if len(strings.Fields(readers())) != 1 {
		w.t.Fatalf("the machine has these card readers: %q", readers())
	}
	missed, found := w.told("false"), w.told("true")
	if err := w.kiosk.Fault("reader", "unplugged"); err != nil {
		w.t.Fatal(err)
	}
	w.until("the reader to leave the bus", patience, func() bool { return readers() == "" })
	w.until("the kiosk to miss its reader", patience, func() bool { return w.told("false") > missed })
	if err := w.play(w.t.Context(), "unplugged.scenario", nil); err != nil {
		w.t.Fatalf("%v\n%s", err, w.log())
	}
	if err := w.kiosk.Clear("reader"); err != nil {
		w.t.Fatal(err)
	}
	w.until("the kiosk to find its reader", patience, func() bool { return readers() != "" && w.told("true") > found })
	w.say("the reader was unplugged from the machine's USB, the kiosk said so, and it is back")
}

// told is how often the kiosk has said that its reader works, or does not.
func (w *world) told(works string) int {
	w.t.Helper()
	return strings.Count(w.shell("journalctl --namespace=kioskd --no-pager -o cat"), `msg="card reader" working=`+works)
}
