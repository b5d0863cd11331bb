//go:build long

package soak

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestHundredThousand serves a hundred thousand customers of one seed.
func TestHundredThousand(t *testing.T) {
	told := time.Now()
	r, err := Run(context.WithoutCancel(t.Context()), t, Options{
		Seed: 1, Customers: 100_000, Dir: t.TempDir(), Supplies: supplies(t),
		Progress: func(served int, took time.Duration) {
			if time.Since(told) > time.Minute {
				told = time.Now()
				t.Logf("%d customers, %.0f a second", served, float64(served)/took.Seconds())
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		t.Errorf("%v: kiosksim soak -seed %d -from %d -customers %d\n%s",
			v, v.Seed, v.Shift, v.Customer-v.Shift+1, strings.Join(v.Trace, "\n"))
	}
	t.Logf("%d customers, %.0f a second", r.Served, float64(r.Served)/r.Took.Seconds())
}
