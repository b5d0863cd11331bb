package fleet

import (
	"fmt"
	"time"
)

// Moment is the fleet at one instant.
type Moment struct {
	At      time.Duration // since the day began
	Shown   time.Duration // what the store's clock shows
	Visits  int           // so far
	Written int           // events, so far
	Acked   int           // of them the office has
	OnLine  int           // kiosks
	Memory  int64         // bytes
}

// momentsADay is how many points the chart has.
const momentsADay = 180

// watch looks at the fleet until end is closed, and tells of each hour.
func (f *fleet) watch(r *Report, end <-chan struct{}) {
	t := time.NewTicker(max(lookEvery, f.Day/momentsADay))
	defer t.Stop()
	told := dawn - time.Hour
	for {
		now := time.Now()
		m := Moment{
			At: now.Sub(f.began), Shown: f.shown(now), Visits: int(f.meter.visits.Load()),
			Acked: int(f.meter.acked.Load()), Written: int(f.meter.written.Load()),
			OnLine: f.onLine(), Memory: resident(),
		}
		r.Moments = append(r.Moments, m)
		r.Memory.Most = max(r.Memory.Most, m.Memory)
		if hour := m.Shown.Truncate(time.Hour); hour > told && told < midnight {
			told = hour
			f.tell(m)
		}
		select {
		case <-end:
			return
		case <-t.C:
		}
	}
}

// tell prints a line of progress; nobody may be there to read it.
func (f *fleet) tell(m Moment) {
	what := fmt.Sprintf("%02d:%02d", int(m.Shown.Hours()), int(m.Shown.Minutes())%60)
	if m.Shown >= midnight {
		what = "after the day"
	}
	_, _ = fmt.Fprintf(f.Progress, "%s  visits %6d  events %7d  not yet at the office %6d  kiosks on the line %d of %d  memory %d MB\n",
		what, m.Visits, m.Written, m.Written-m.Acked, m.OnLine, f.Kiosks, m.Memory>>20)
}
