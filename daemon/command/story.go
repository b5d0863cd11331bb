package command

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kioskd/daemon/journal"
	"kioskd/flows"
)

const (
	dayAndTime = "2006-01-02 15:04:05"
	nameShown  = 8 // characters of a visit's number, as its receipt has them
)

// tale is what became of one visit.
type tale struct {
	visit     string
	begun     time.Time
	ended     time.Time
	how       string
	reset     string // what became of the password; "" for a certificate
	copies    int
	fee       int
	of        int
	in, out   []int // coins, in yen
	kept      int
	delivered int
	sheetDoor map[[2]int]string // copy and sheet: what became of it
	sheets    [][2]int
	owed      int // booked
	settled   bool
	receipt   string
	notes     []string // what went wrong, with its number
}

// tellStory writes the journal as a technician reads it: visit by visit, and what
// happened between them; at the end what is owed and what the office has not got.
func tellStory(w io.Writer, r journal.Report) error {
	var b bytes.Buffer
	if r.Failed != "" {
		fmt.Fprintf(&b, "OUT OF SERVICE: %s\n", r.Failed)
	}
	fmt.Fprintf(&b, "journal %s", r.ID)
	if r.Pruned > 0 {
		fmt.Fprintf(&b, ", events from number %d on (the office has the older ones)", r.Pruned+1)
	}
	b.WriteString("\n")
	b.WriteString("\n")
	tales := gather(r.Events)
	for _, e := range r.Events {
		t := tales[e.Visit]
		switch {
		case t == nil:
			fmt.Fprintf(&b, "%s  %s\n", e.At.Format(dayAndTime), sentence(e))
		case t.visit != "":
			t.tell(&b)
			t.visit = "" // told where it began
		}
	}
	fmt.Fprintf(&b, "\nowed %d yen\n", r.Owed)
	for _, d := range r.Debts {
		way := "the office pays: no card is known"
		if d.Card {
			way = "the same card gets it on the page \"money is waiting\" after a start, else the office pays"
		}
		fmt.Fprintf(&b, "  %d yen since %s, visit %s, incident %s: %s\n", d.Yen, d.Booked.Format(dayAndTime), short(d.Visit), d.Incident, way)
	}
	fmt.Fprintf(&b, "%d of %d events not yet at the office\n", r.Unsent, len(r.Events))
	if r.Pace.Commits > 0 {
		fmt.Fprintf(&b, "the disk took %s for a commit, %s at worst (the latest %d)\n",
			r.Pace.Median.Round(time.Microsecond), r.Pace.Worst.Round(time.Microsecond), r.Pace.Commits)
	}
	if c := r.Pace.Checkpoint; c.Took > 0 {
		fmt.Fprintf(&b, "the latest checkpoint took %s for %d events\n", c.Took.Round(time.Microsecond), c.Events)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// tellEvents writes a line an event.
func tellEvents(w io.Writer, r journal.Report) error {
	for _, e := range r.Events {
		if _, err := fmt.Fprintf(w, "%6d  %s  %-8s  %-17s %s\n",
			e.Number, e.At.Format(dayAndTime), short(e.Visit), e.Kind, strings.Join(details(e), " ")); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "owed %d yen; %d of %d events not yet at the office\n", r.Owed, r.Unsent, len(r.Events))
	return err
}

func short(visit string) string { return visit[:min(len(visit), nameShown)] }

// gather puts the events of each visit together.
func gather(events []flows.Event) map[string]*tale {
	tales := make(map[string]*tale)
	for _, e := range events {
		if e.Visit == "" {
			continue
		}
		t := tales[e.Visit]
		if t == nil {
			t = &tale{visit: e.Visit, begun: e.At, sheetDoor: make(map[[2]int]string)}
			tales[e.Visit] = t
		}
		t.hear(e)
	}
	return tales
}

func (t *tale) hear(e flows.Event) {
	sheet := [2]int{e.Copy, e.Sheet}
	switch e.Kind {
	case flows.VisitEnded:
		t.ended, t.how = e.At, e.How
	case flows.LoginRefused, flows.DocumentRefused:
		t.note(strings.ReplaceAll(e.Kind, "-", " "), e)
	case flows.OrderPlaced:
		t.copies, t.fee = e.Copies, e.Fee
	case flows.Paid:
		t.of = e.Of
	case flows.CoinIn:
		t.in = append(t.in, e.Yen)
	case flows.CoinOut:
		t.out = append(t.out, e.Yen)
	case flows.SheetIntent:
		if !slices.Contains(t.sheets, sheet) {
			t.sheets = append(t.sheets, sheet)
		}
		t.sheetDoor[sheet] = "not out"
	case flows.SheetDelivered:
		t.sheetDoor[sheet] = "delivered"
		t.delivered++
	case flows.SheetUnknown:
		t.sheetDoor[sheet] = "UNKNOWN"
	case flows.FeeKept:
		t.kept += e.Yen
	case flows.ReceiptPrinted:
		t.receipt = "printed"
	case flows.DebtBooked:
		t.owed = e.Yen
		t.note(fmt.Sprintf("%d yen owed", e.Yen), e)
	case flows.DebtSettled:
		t.settled = true
	case flows.Incident, flows.DeviceFault:
		t.note(sentence(e), flows.Event{Incident: e.Incident})
	case flows.ResetIntent:
		t.reset = "begun"
	case flows.ResetProved:
		t.reset = "set, the card has shown it"
	case flows.ResetUnchanged:
		t.reset = "not changed"
		t.note(e.Reason, flows.Event{Incident: e.Incident})
	case flows.ResetUnknown:
		t.reset = "UNKNOWN"
		t.note(e.Reason, flows.Event{Incident: e.Incident})
	}
}

func (t *tale) note(what string, e flows.Event) {
	for _, more := range []string{e.Code, e.Reason} {
		if more != "" {
			what += ": " + more
		}
	}
	if e.Incident != "" {
		what = e.Incident + "  " + what
	}
	t.notes = append(t.notes, what)
}

func (t *tale) tell(b *bytes.Buffer) {
	end := "is going on"
	if t.how != "" {
		end = fmt.Sprintf("%s after %s", t.how, t.ended.Sub(t.begun).Round(time.Second))
	}
	fmt.Fprintf(b, "%s  visit %s, %s\n", t.begun.Format(dayAndTime), short(t.visit), end)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(b, "    %-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	if t.copies > 0 {
		line("ordered", "%d x certificate for %d yen", t.copies, t.fee)
	}
	if len(t.in) > 0 {
		line("came in", "%d yen: %s", sum(t.in), coins(t.in))
	}
	if len(t.sheets) > 0 {
		line("sheets", "%d of %d delivered%s", t.delivered, max(t.copies*t.of, len(t.sheets)), t.others())
	}
	if len(t.in) > 0 {
		line("kept", "%d yen", t.kept)
	}
	if len(t.out) > 0 {
		line("returned", "%d yen: %s", sum(t.out), coins(t.out))
	}
	switch {
	case t.settled:
		line("owed", "%d yen, paid since", t.owed)
	case t.owed > 0:
		line("OWED", "%d yen", t.owed)
	}
	if t.receipt != "" {
		line("receipt", "%s", t.receipt)
	}
	if t.reset != "" {
		line("password", "%s", t.reset)
	}
	for _, n := range t.notes {
		line("!", "%s", n)
	}
}

// others names the sheets that were not delivered.
func (t *tale) others() string {
	var b strings.Builder
	for _, s := range t.sheets {
		if what := t.sheetDoor[s]; what != "delivered" {
			fmt.Fprintf(&b, "; copy %d sheet %d %s", s[0], s[1], what)
		}
	}
	return b.String()
}

func sum(yen []int) int {
	total := 0
	for _, y := range yen {
		total += y
	}
	return total
}

// coins counts them by value: 2 x 100, 1 x 50.
func coins(yen []int) string {
	values := slices.Clone(yen)
	slices.Sort(values)
	slices.Reverse(values)
	var list []string
	for _, v := range slices.Compact(slices.Clone(values)) {
		n := 0
		for _, y := range values {
			if y == v {
				n++
			}
		}
		list = append(list, fmt.Sprintf("%d x %d", n, v))
	}
	return strings.Join(list, ", ")
}

// sentence says in words what happened outside of any visit, or to a device.
func sentence(e flows.Event) string {
	var words string
	switch e.Kind {
	case flows.CashCount:
		if e.Device == flows.DeviceCashBox {
			return fmt.Sprintf("the cash box was emptied: %d yen were in it", e.Yen)
		}
		return fmt.Sprintf("the hopper for %d yen holds %d coins", e.Yen, e.Count)
	case flows.DeviceFault:
		words = e.Device + ": " + e.Reason
		if e.Yen > 0 {
			words = fmt.Sprintf("%s %d yen: %s", e.Device, e.Yen, e.Reason)
		}
		switch e.Action {
		case "clear":
			words += " (store staff can help)"
		case "maintenance":
			words += " (a technician is needed)"
		}
		return words
	case flows.Incident:
		words = "incident: " + e.Reason
		if e.Yen > 0 {
			words += fmt.Sprintf(" (%d yen)", e.Yen)
		}
		return words
	}
	return strings.TrimSpace(e.Kind + " " + strings.Join(details(e), " "))
}
