//go:build vm

package vm_test

import (
	"strings"
	"testing"
	"time"

	"kioskd/simulator/scenario"
)

// TestMachine is a kiosk's first days: it is switched on, serves a customer,
// hangs, and loses its power five times in the middle of a visit.
func TestMachine(t *testing.T) {
	w := open(t)
	w.boot("home")
	w.picture("home")
	w.sandbox()
	w.served()
}

// sandbox shows that kioskd runs as its unit says.
func (w *world) sandbox() {
	w.t.Helper()
	if state := w.shell("systemctl is-system-running || true"); state != "running" {
		w.t.Errorf("the machine is %s: %s", state, w.shell("systemctl --failed --no-legend --plain"))
	}
	status := w.shell("cat /proc/$(systemctl show -P MainPID kioskd)/status")
	for _, want := range []string{"NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"} {
		if !strings.Contains(status, want) {
			w.t.Errorf("kioskd runs without %q:\n%s", want, status)
		}
	}
	w.say("systemd: %s", w.shell("systemd-analyze time | head -1"))
	w.say("%s", w.shell("systemd-analyze security --no-pager kioskd.service | tail -1"))
}

// served is one customer, from the first touch to the paper.
func (w *world) served() {
	w.t.Helper()
	begun := time.Now()
	err := w.play(w.t.Context(), "visit.scenario", func(l scenario.Line, d time.Duration) {
		if strings.HasPrefix(l.Text, "see ") {
			w.say("%-32s %5.1f s", l.Text, d.Seconds())
		}
		if l.Text == "see confirm fee=200 copies=1" {
			w.picture("confirm")
		}
	})
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.log())
	}
	w.say("a customer was served in %.0f s", time.Since(begun).Seconds())
}
