package console

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kioskd/simulator/soak"
)

// soakFlags are those of kiosksim soak.
type soakFlags struct {
	common
	Seed      uint64 `help:"What everything is drawn from; the time of day if not given."`
	Customers int    `help:"How many come." default:"10000"`
	From      int    `help:"The first one: where a violation's replay begins."`
}

const (
	progressEvery = 5 * time.Second
	shown         = 20 // lines of what happened before a violation
)

// Run lets them come, and tells of every invariant that did not hold.
func (f *soakFlags) Run(s *streams, ctx bound) error {
	if f.Customers < 1 || f.From < 0 {
		return fmt.Errorf("soak: %d customers from %d: want one at least, from 0 or later", f.Customers, f.From)
	}
	if f.Seed == 0 {
		f.Seed = uint64(time.Now().UnixNano()) % 1e9
	}
	supplies, err := soak.OpenSupplies(f.KeyCache, f.Fonts)
	if err != nil {
		return err
	}
	defer supplies.Close()
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(s.out, format+"\n", args...) // to somebody who may be gone
	}
	say("soak: seed %d, %d customers from %d", f.Seed, f.Customers, f.From)
	var failed error
	err = soak.AsTest(func(t *testing.T) {
		if failed = f.soak(ctx, t, supplies, say); failed != nil {
			t.Fail()
		}
	})
	if failed != nil {
		return failed
	}
	return err
}

func (f *soakFlags) soak(ctx context.Context, t *testing.T, supplies *soak.Supplies, say func(string, ...any)) error {
	told := time.Now()
	r, err := soak.Run(ctx, t, soak.Options{
		Seed: f.Seed, From: f.From, Customers: f.Customers, Supplies: supplies,
		Progress: func(served int, took time.Duration) {
			if time.Since(told) > progressEvery {
				told = time.Now()
				say("soak: %d customers, %.0f a second", served, float64(served)/took.Seconds())
			}
		},
		Found: func(v *soak.Violation, again bool) {
			for _, line := range v.Trace[max(0, len(v.Trace)-shown):] {
				say("  %s", line)
			}
			how := "and again when it was replayed"
			if !again {
				how = "and another way when it was replayed"
			}
			say("%v, %s: kiosksim soak -seed %d -from %d -customers %d", v, how, v.Seed, v.Shift, v.Customer-v.Shift+1)
		},
	})
	if err != nil {
		return err
	}
	say("soak: seed %d: %d customers in %v, %.0f a second, %d violations, trace %.16s",
		f.Seed, r.Served, r.Took.Round(time.Millisecond), float64(r.Served)/r.Took.Seconds(), len(r.Violations), r.Hash)
	if len(r.Violations) > 0 {
		return fmt.Errorf("soak: %d violations", len(r.Violations))
	}
	return nil
}
