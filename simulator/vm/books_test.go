//go:build vm

package vm_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/simulator/shop"
)

const (
	fee      = 200 // yen, of the visit
	coinMost = 100 // yen, of the coins that go in and come out
)

// books is what lies in the machine and in the customer's hand, and what journal
// and office say of it.
type books struct {
	in, kept, returned, owed     int // yen
	physical, delivered, unknown int // sheets
	begun, ended                 int // visits
	events                       int
	incidents                    []string // their reasons
}

// unwitnessed is what nobody has booked; below 0 it is the house's loss.
func (b books) unwitnessed() int { return b.in - b.kept - b.returned - b.owed }

func (b books) String() string {
	return fmt.Sprintf("%d yen in = %d kept + %d returned + %d owed + %d unwitnessed; %d sheets out, %d delivered, %d unknown; %d events",
		b.in, b.kept, b.returned, b.owed, b.unwitnessed(), b.physical, b.delivered, b.unknown, b.events)
}

// books reads them, once the office has everything, and compares the kiosk's
// journal with the office's event by event.
func (w *world) books() books {
	w.t.Helper()
	var journal shop.Journal
	w.until("the office to have every event", patience, func() bool {
		var err error
		if journal, err = w.kiosk.Journal(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		return journal.Unsent == 0
	})
	b := books{in: w.kiosk.Inserted(), returned: w.kiosk.Returned(), owed: journal.Owed, physical: len(w.kiosk.Sheets())}
	there := w.shop.Events(w.kiosk.Name())
	if b.events = len(there); b.events != len(journal.Events) {
		w.t.Errorf("the journal has %d events, the office %d", len(journal.Events), b.events)
	}
	for i, e := range there {
		if e.Field("n") != fmt.Sprint(i+1) || i < len(journal.Events) && journal.Events[i].Kind() != e.Kind() {
			w.t.Errorf("event %d at the office: number %s, %s", i+1, e.Field("n"), e.Kind())
		}
		switch e.Kind() {
		case "visit-begun":
			b.begun++
		case "visit-ended":
			b.ended++
		case "sheet-delivered":
			b.delivered++
		case "sheet-unknown":
			b.unknown++
		case "incident":
			b.incidents = append(b.incidents, e.Field("reason"))
		case "fee-kept":
			yen := 0
			if _, err := fmt.Sscan(e.Field("yen"), &yen); err != nil {
				w.t.Errorf("a fee of %q yen", e.Field("yen"))
			}
			b.kept += yen
		}
	}
	return b
}

// agree says whether the books are true, given what they were before one crash.
func (w *world) agree(was, is books) {
	w.t.Helper()
	news := is.incidents[len(was.incidents):]
	has := func(reason string) bool {
		return slices.ContainsFunc(news, func(s string) bool { return strings.Contains(s, reason) })
	}
	switch un := is.unwitnessed() - was.unwitnessed(); {
	case un == 0:
	case un < 0 && has("hopper overran"):
	case un > 0 && un <= coinMost && (has("coins were let in") || has("coin in motion")):
	default:
		w.t.Errorf("%d yen are nobody's, with the incidents %q: %v", un, news, is)
	}
	if is.kept != fee*is.delivered {
		w.t.Errorf("%d yen were kept for %d copies delivered", is.kept, is.delivered)
	}
	if is.delivered > is.physical || is.physical > is.delivered+is.unknown || is.unknown > was.unknown+1 {
		w.t.Errorf("sheets: %v", is)
	}
	if is.begun != is.ended {
		w.t.Errorf("%d visits were begun and %d ended", is.begun, is.ended)
	}
}

// aftermath has what is under way come to rest and takes everything that belongs
// to the customer, then lets the machine boot: it must say what is true, and pay
// what it owes when the same card is laid.
func (w *world) aftermath(was books, page func() string) {
	w.t.Helper()
	w.until("the devices to rest", patience, func() bool { return !w.kiosk.Busy() })
	w.kiosk.Take()
	w.kiosk.TakeSheets()
	w.kiosk.TakeCoins()
	shows := page()
	is := w.books()
	w.agree(was, is)
	if owes := is.owed != 0; owes != (shows == "settle") {
		w.t.Errorf("the page is %s, and %d yen are owed", shows, is.owed)
	}
	w.say("    %v %q", is, is.incidents[len(was.incidents):])
	if shows != "settle" {
		return
	}
	begun := time.Now()
	if err := w.play(w.t.Context(), "settle.scenario", nil); err != nil {
		w.t.Fatalf("%v\n%s", err, w.log())
	}
	w.kiosk.TakeCoins()
	paid := w.books()
	w.agree(was, paid)
	w.say("    the debt was paid in %.0f s: %d yen returned since", time.Since(begun).Seconds(), paid.returned-is.returned)
	if paid.returned-is.returned < is.owed {
		w.t.Errorf("of %d yen owed %d came", is.owed, paid.returned-is.returned)
	}
}
