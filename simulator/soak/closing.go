package soak

import (
	"os"
	"path/filepath"
	"time"

	"kioskd/daemon/journal"
)

// uploadWithin is how long the last events may take to the office once it is
// there: longer than the longest pause between two attempts.
const uploadWithin = 2 * time.Minute

// anewWithin is how long a kiosk may take to notice that its disk is well again.
const anewWithin = 5*time.Second + 641*time.Nanosecond

// closing is the end of a shift: everything is mended, the office hears of every
// event, and the file says what was committed.
func (w *world) closing() error {
	if w.violation() != nil {
		return nil
	}
	if w.isOff() {
		if err := w.restart(); err != nil {
			return err
		}
	}
	w.arm(crash{})
	w.mend()
	w.pass(anewWithin, nil)
	if w.isOff() {
		if err := w.restart(); err != nil {
			return err
		}
	}
	w.pass(uploadWithin, nil)
	w.mu.Lock()
	l := w.life
	w.mu.Unlock()
	if l == nil || l.journal == nil || w.violation() != nil {
		return nil
	}
	if have, want := len(w.stream.all()), len(w.record.all()); have != want {
		w.violate("I7", "the office has %d of %d events", have, want)
	}
	w.cut(true)
	if err := w.bury(); err != nil {
		return err
	}
	w.compareFile()
	return nil
}

// compareFile holds the journal's files to what was committed, and looks for
// secrets in their bytes.
func (w *world) compareFile() {
	for _, name := range []string{"journal.db", "journal.log"} {
		raw, err := os.ReadFile(filepath.Join(w.state, name))
		if err != nil {
			w.violate("I7", "the journal cannot be read: %v", err)
			return
		}
		w.heard(raw)
	}
	w.listen(w.who())
	j, err := journal.Open(w.state, nil)
	if err != nil {
		w.violate("I7", "the journal does not open: %v", err)
		return
	}
	report, err := j.Report()
	if closeErr := j.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		w.violate("I7", "the journal cannot be read: %v", err)
		return
	}
	want := w.record.all()
	if len(report.Events) != len(want) {
		w.violate("I7", "the journal has %d events, %d were committed", len(report.Events), len(want))
		return
	}
	for i, e := range report.Events {
		if e.Number != want[i].Number || e.Kind != want[i].Kind || e.Visit != want[i].Visit || e.Yen != want[i].Yen {
			w.violate("I7", "event %d is %s, %s was committed", i+1, e.Kind, want[i].Kind)
			return
		}
	}
}
