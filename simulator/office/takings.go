package office

import (
	"fmt"
	"strconv"
)

// Takings are what a kiosk's events add up to, in yen and sheets.
type Takings struct{ Inserted, Returned, Kept, Sheets int }

// Add counts one event, of a journal or of the stream.
func (t *Takings) Add(kind string, yen int) {
	switch kind {
	case "coin-in":
		t.Inserted += yen
	case "coin-out":
		t.Returned += yen
	case "fee-kept":
		t.Kept += yen
	case "sheet-delivered":
		t.Sheets++
	}
}

// Takings rebuilds a kiosk's takings and sheets from the stream alone. What came
// twice counts once, what the kiosk has not signed not at all; either is told of,
// a line each, and so is whatever else is wrong with the stream.
func (o *Office) Takings(kiosk string) (t Takings, complaints []string) {
	for _, e := range o.Events(kiosk) {
		if e.Trouble != "" {
			complaints = append(complaints, fmt.Sprintf("%s: event %d at the office: %s", kiosk, e.N, e.Trouble))
		}
		if e.Trouble == duplicate {
			continue
		}
		yen, err := strconv.Atoi(e.Field("yen"))
		if err != nil && e.Field("yen") != "" {
			complaints = append(complaints, fmt.Sprintf("%s: event %d: yen %q", kiosk, e.N, e.Field("yen")))
		}
		t.Add(e.Kind, yen)
	}
	if n := o.Audit().ForeignJournal[kiosk]; n > 0 {
		complaints = append(complaints, fmt.Sprintf("%s: %d messages stand in its journal that it has not signed", kiosk, n))
	}
	return t, complaints
}
