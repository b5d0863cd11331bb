package fleet

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Outage is one disturbance of the day.
type Outage struct {
	What       string
	Began      time.Duration // since the day began, process time
	Ended      time.Duration // what was wrong is right again
	AllBack    time.Duration // every kiosk is on the line again
	Reconnects int           // lines made anew
}

// regions is how many cables the kiosks share.
const regions = 4

// planned is an outage as the day has it.
type planned struct {
	at, lasts time.Duration // of the store's clock
	what      string
	cables    func(f *fleet) []*cable // whose lines all end
	begin     func(f *fleet)
	end       func(f *fleet) error
}

// plan: the office restarts before noon and in the evening's rush, lines break,
// and once they fall silent, so that what was acknowledged on them is lost.
func plan() []planned {
	region := func(f *fleet) []*cable { return f.cables[:1] }
	all := func(f *fleet) []*cable { return f.cables }
	restart := func(at, lasts time.Duration) planned {
		return planned{at, lasts, "office restarts", all, func(f *fleet) { f.office.Away() }, func(f *fleet) error { return f.office.Back() }}
	}
	lines := func(at, lasts time.Duration, what string, which func(*fleet) []*cable, sever func(*cable)) planned {
		return planned{
			at, lasts, what, which,
			func(f *fleet) {
				for _, c := range which(f) {
					sever(c)
				}
			},
			func(f *fleet) error {
				for _, c := range which(f) {
					c.mend()
				}
				return nil
			},
		}
	}
	return []planned{
		restart(9*time.Hour+30*time.Minute, 30*time.Minute),
		lines(12*time.Hour+15*time.Minute, 45*time.Minute, "one region's lines cut", region, (*cable).cut),
		lines(14*time.Hour+30*time.Minute, 30*time.Minute, "one region's lines silent", region, (*cable).silence),
		restart(18*time.Hour, 30*time.Minute),
		lines(20*time.Hour, 30*time.Minute, "all lines cut", all, (*cable).cut),
	}
}

// suffer has the outages happen, one after the other.
func (f *fleet) suffer(ctx context.Context) error {
	for _, p := range plan() {
		if !sleep(ctx, time.Until(f.began.Add(f.real(p.at-dawn)))) {
			return nil
		}
		before := f.meter.lines.Load()
		o := Outage{What: p.what, Began: time.Since(f.began)}
		p.begin(f)
		sleep(ctx, f.real(p.lasts))
		if err := p.end(f); err != nil {
			return fmt.Errorf("fleet: %s: %w", p.what, err)
		}
		o.Ended = time.Since(f.began)
		anew := before + int64(f.on(p.cables(f)))
		back, cancel := context.WithTimeout(ctx, connectLimit)
		err := until(back, func() bool { return f.meter.lines.Load() >= anew && f.onLine() == f.Kiosks })
		cancel()
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("fleet: %s: %d of %d kiosks are back after %v", p.what, f.onLine(), f.Kiosks, connectLimit)
		}
		o.AllBack = time.Since(f.began)
		o.Reconnects = int(f.meter.lines.Load() - before)
		f.outages = append(f.outages, o)
	}
	return nil
}

// on is how many kiosks are on these cables.
func (f *fleet) on(cables []*cable) int {
	n := 0
	for _, k := range f.kiosks {
		if slices.Contains(cables, k.cable) {
			n++
		}
	}
	return n
}

// sleep returns false when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(max(0, d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
