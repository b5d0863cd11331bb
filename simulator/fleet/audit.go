package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"

	"kioskd/flows"
	"kioskd/simulator/office"
)

// audit holds each kiosk's journal against the office's stream and against what
// the customers would tell.
func (f *fleet) audit(r *Report) error {
	for _, k := range f.kiosks {
		own, err := k.journal.Report()
		if err != nil {
			return err
		}
		there := f.office.Events(k.id)
		r.Events += len(own.Events)
		if err := r.compare(k.id, own.Events, there); err != nil {
			return err
		}
		var mine office.Takings
		for _, e := range own.Events {
			mine.Add(e.Kind, e.Yen)
		}
		theirs, complaints := f.office.Takings(k.id)
		for _, c := range complaints {
			r.complain("%s", c)
		}
		if mine != theirs {
			r.complain("%s: the journal adds up to %+v, the office's stream to %+v", k.id, mine, theirs)
		}
		if mine.Kept != k.hands.paid || mine.Inserted-mine.Returned != k.hands.paid || mine.Sheets != k.hands.sheets {
			r.complain("%s: the customers left %d yen and took %d sheets, the journal adds up to %+v", k.id, k.hands.paid, k.hands.sheets, mine)
		}
		if owed := own.Owed; owed != 0 {
			r.complain("%s: %d yen are owed", k.id, owed)
		}
		r.Takings += theirs.Kept
		r.Sheets += theirs.Sheets
		r.Away += k.hands.away
		for how, n := range k.hands.how {
			r.Visits[how] += n
		}
	}
	r.Reconnects = int(f.meter.lines.Load()) - f.Kiosks
	return nil
}

// compare goes through both lists, event by event.
func (r *Report) compare(kiosk string, own []flows.Event, there []office.Event) error {
	seen := make(map[uint64]int)
	for _, e := range there {
		seen[e.N]++
		if seen[e.N] > 1 {
			r.Doubled++
		}
		if e.N < 1 || e.N > uint64(len(own)) {
			r.Strange++
			continue
		}
		want, err := json.Marshal(own[e.N-1])
		if err != nil {
			return fmt.Errorf("fleet: %w", err)
		}
		if !bytes.Equal(want, e.Raw) {
			r.Strange++
		}
	}
	for _, e := range own {
		if seen[e.Number] == 0 {
			r.Missing++
		}
	}
	return nil
}
