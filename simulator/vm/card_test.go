//go:build vm

package vm_test

import (
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
