package fleet

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// Report is how the day was.
type Report struct {
	Kiosks    int
	Day       time.Duration
	Seed      uint64
	Connected time.Duration // until all were on the line, all at once
	Served    time.Duration // until the last customer was served
	Behind    time.Duration // the longest that a customer was served late
	Drained   time.Duration // from there until the office had every event

	Visits  map[string]int // by their end
	Away    int            // turned away: no office
	Events  int            // in the kiosks' journals
	Takings int            // yen, as the office's stream adds up
	Sheets  int            // as the office's stream adds up

	Missing, Doubled, Strange int // events at the office; strange: never written so

	Reconnects int
	Outages    []Outage
	Latencies  []Latency
	Moments    []Moment
	Memory     Memory

	Complaints []string // what must not be: empty after a good day
}

// Memory is what the process used, in bytes: the office with nobody on the line,
// with every kiosk (both ends), and at most.
type Memory struct{ Office, Connected, Most int64 }

// Latency is how long one kind of request took.
type Latency struct {
	Kind           string
	Calm, Troubled Spread // outside of outages; begun in one or ended by one
}

// Spread is a distribution.
type Spread struct {
	Count          int
	P50, P99, Most time.Duration
}

// complaintsMost bounds the list: the first ones say what is wrong.
const complaintsMost = 20

func (r *Report) complain(format string, v ...any) {
	if len(r.Complaints) < complaintsMost {
		r.Complaints = append(r.Complaints, fmt.Sprintf(format, v...))
	}
}

// Good says that nothing was lost, doubled or changed, and no yen is in dispute.
func (r *Report) Good() bool {
	return len(r.Complaints) == 0 && r.Missing == 0 && r.Doubled == 0 && r.Strange == 0
}

// PerSecond is how many events a second the kiosks wrote while customers came.
func (r *Report) PerSecond() float64 { return float64(r.Events) / r.Served.Seconds() }

// Write writes the report as text.
func (r *Report) Write(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	line := func(format string, v ...any) { _, _ = fmt.Fprintf(w, format+"\n", v...) } // Flush tells of errors
	line("\n%d kiosks, a day of %v (seed %d)", r.Kiosks, r.Day, r.Seed)
	line("")
	line("all on the line at once\t%v", ms(r.Connected))
	line("customers served\t%v\t(at most %v late)", r.Served.Round(time.Millisecond), ms(r.Behind))
	line("the last event at the office after\t%v", ms(r.Drained))
	for _, how := range slices.Sorted(maps.Keys(r.Visits)) {
		line("visits %s\t%d", how, r.Visits[how])
	}
	line("turned away, no office\t%d", r.Away)
	line("events\t%d\t%.0f a second", r.Events, r.PerSecond())
	line("takings by the office's stream\t%d yen, %d sheets", r.Takings, r.Sheets)
	line("reconnects\t%d", r.Reconnects)
	line("memory\t%d MB\tthe office alone", r.Memory.Office>>20)
	line("\t%d MB\twith every kiosk on the line (both ends are in this process)", r.Memory.Connected>>20)
	line("\t%d MB\tat most", r.Memory.Most>>20)
	line("")
	line("outage\tbegan\tlasted\tall back after\treconnects")
	for _, o := range r.Outages {
		line("%s\t%v\t%v\t%v\t%d", o.What, ms(o.Began), ms(o.Ended-o.Began), ms(o.AllBack-o.Ended), o.Reconnects)
	}
	line("")
	line("request\tnumber\tp50\tp99\tmost\tin outages\tp50\tp99\tmost")
	for _, l := range r.Latencies {
		line("%s\t%d\t%v\t%v\t%v\t%d\t%v\t%v\t%v", l.Kind,
			l.Calm.Count, ms(l.Calm.P50), ms(l.Calm.P99), ms(l.Calm.Most),
			l.Troubled.Count, ms(l.Troubled.P50), ms(l.Troubled.P99), ms(l.Troubled.Most))
	}
	line("")
	line("events missing at the office\t%d", r.Missing)
	line("events doubled\t%d", r.Doubled)
	line("events that no kiosk wrote so\t%d", r.Strange)
	for _, c := range r.Complaints {
		line("WRONG: %s", c)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("fleet: report: %w", err)
	}
	return nil
}

// ms is a duration for people.
func ms(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
