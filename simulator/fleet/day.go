package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The day, as the clock of the store shows it. Kiosks are open from 6:30 to
// 23:00; the hour before and after is quiet.
const (
	dawn     = 6 * time.Hour
	midnight = 24 * time.Hour
)

// dayOf is the morning of the day on which the clocks of a fleet begin.
func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 10, 0, 0, 0, time.FixedZone("JST", 9*3600))
}

// curve is how many of a hundred customers come in each hour, from 6 o'clock on:
// before work, at noon, and most after work.
func curve() []int { return []int{1, 4, 6, 5, 5, 6, 11, 8, 5, 5, 6, 9, 11, 8, 5, 3, 2, 0} }

// customers draws who comes to one kiosk, and when, in the order of their coming.
func (f *fleet) customers(random *rand.Rand) []customer {
	var hours []int // each hour as often as its weight
	for hour, weight := range curve() {
		hours = append(hours, slices.Repeat([]int{hour}, weight)...)
	}
	n := random.IntN(2*f.Customers) + 1 // a busy store and a quiet one
	all := make([]customer, n)
	for i := range all {
		hour := hours[random.IntN(len(hours))]
		all[i] = drawCustomer(random)
		all[i].comes = time.Duration(hour)*time.Hour + time.Duration(random.Int64N(int64(time.Hour)))
	}
	slices.SortFunc(all, func(a, b customer) int { return int(a.comes - b.comes) })
	return all
}

// real is how long a stretch of the day takes here.
func (f *fleet) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(f.Day) / float64(midnight-dawn))
}

// shown is what the clock of the day shows at that moment.
func (f *fleet) shown(t time.Time) time.Duration {
	return dawn + time.Duration(float64(t.Sub(f.began))*float64(midnight-dawn)/float64(f.Day))
}

// live has the customers come, the outages happen, and waits until every event
// has reached the office.
func (f *fleet) live(ctx context.Context, r *Report) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	f.began = time.Now()
	watch := make(chan struct{})
	var watching, work sync.WaitGroup
	watching.Go(func() { f.watch(r, watch) })
	var behind atomic.Int64 // how late the last customer was served
	for n, k := range f.kiosks {
		random := rand.New(rand.NewPCG(f.Seed, uint64(n)))
		work.Go(func() {
			if err := k.serve(ctx, f.customers(random), &behind); err != nil {
				cancel(fmt.Errorf("fleet: kiosk %s: %w", k.id, err))
			}
		})
	}
	work.Go(func() {
		if err := f.suffer(ctx); err != nil {
			cancel(err)
		}
	})
	work.Wait()
	r.Served = time.Since(f.began)
	r.Behind = time.Duration(behind.Load())
	drain, stop := context.WithTimeout(ctx, drainLimit)
	defer stop()
	drained := until(drain, func() bool { return f.meter.unsent() == 0 })
	r.Drained = time.Since(f.began) - r.Served
	close(watch)
	watching.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if drained != nil {
		r.complain("%d events have not reached the office %v after the last customer", f.meter.unsent(), drainLimit)
	}
	return nil
}
