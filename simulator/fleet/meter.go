package fleet

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/simulator/office/paper"
)

// meter counts what happens, and times it.
type meter struct {
	visits, lines  atomic.Int64 // lines that reached the office, ever
	written, acked atomic.Int64 // events

	mu      sync.Mutex
	samples map[string][]sample // by kind of request
	strange []string            // errors that no outage explains
}

// sample is one request: when it was asked, and how long it took.
type sample struct {
	at   time.Time
	took time.Duration
}

func newMeter() *meter { return &meter{samples: make(map[string][]sample)} }

// strangeMost is how many unexpected errors are told.
const strangeMost = 10

func (m *meter) unsent() int64 { return m.written.Load() - m.acked.Load() }

func (m *meter) time(kind string, f func() error) error {
	began := time.Now()
	err := f()
	took := time.Since(began)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.samples[kind] = append(m.samples[kind], sample{began, took})
	return err
}

func (m *meter) unexpected(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.strange) < strangeMost {
		m.strange = append(m.strange, err.Error())
	}
}

// kinds are the requests in the order in which a visit makes them.
func kinds() []string {
	return []string{
		"login.begin", "login.finish", "offer", "order, sheets",
		"reset.begin", "reset.authorise", "reset.done", "journal",
	}
}

// measure fills in the latencies: apart, what was asked while an outage lasted.
func (f *fleet) measure(r *Report) {
	f.meter.mu.Lock()
	defer f.meter.mu.Unlock()
	r.Outages = f.outages
	for _, kind := range kinds() {
		var calm, troubled []time.Duration
		for _, s := range f.meter.samples[kind] {
			if f.calm(s) {
				calm = append(calm, s.took)
			} else {
				troubled = append(troubled, s.took)
			}
		}
		r.Latencies = append(r.Latencies, Latency{Kind: kind, Calm: spread(calm), Troubled: spread(troubled)})
	}
	for _, s := range slices.Sorted(maps.Keys(f.meter.samples)) {
		if !slices.Contains(kinds(), s) {
			r.complain("requests of unknown kind %q", s)
		}
	}
	for _, s := range f.meter.strange {
		r.complain("a visit failed without an outage to blame: %s", s)
	}
}

// calm says that no outage touched the request.
func (f *fleet) calm(s sample) bool {
	from := s.at.Sub(f.began)
	for _, o := range f.outages {
		if from < o.AllBack && from+s.took > o.Began {
			return false
		}
	}
	return true
}

func spread(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	at := func(percent int) time.Duration { return all[min(len(all)-1, len(all)*percent/100)] }
	return Spread{Count: len(all), P50: at(50), P99: at(99), Most: all[len(all)-1]}
}

// resident is the memory that this process has in use, in bytes; 0 where the
// system does not tell.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// sheetSize is the usual size of a real sheet, in bytes.
const sheetSize = 200_000

// plainPaper stands in for the renderer: what it draws costs nothing.
type plainPaper struct{}

func (plainPaper) Sheets(rec paper.Record, issue string) ([]paper.Sheet, error) {
	var sheets []paper.Sheet
	for n := range paper.Count(rec) {
		text := fmt.Sprintf("%s %s %d", rec.Title, issue, n+1)
		raster := make([]byte, sheetSize)
		copy(raster, text)
		sheets = append(sheets, paper.Sheet{Number: n + 1, Raster: raster, Text: text})
	}
	return sheets, nil
}
