package soak

import (
	"bytes"
	"fmt"
	"testing"
	"text/tabwriter"
	"time"
)

// hangsFor is for how long those that hang are looked at: longer than a customer
// takes on a busy machine.
const hangsFor = 8 * time.Second

// caughtWithin is how many customers a saboteur may serve.
const caughtWithin = 10_000

// bitesEarly are the seeds with which saboteurs are caught soon; 1 for the others.
var bitesEarly = map[string]uint64{"late-document": 9, "glitch-is-money": 4, "reprint-unknown": 11, "event-twice": 2, "jam-is-delivered": 11}

// TestSaboteurs: each invariant bites, and each violation comes again when it is
// replayed.
func TestSaboteurs(t *testing.T) {
	s := supplies(t)
	var table bytes.Buffer
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, b := range Saboteurs() {
		t.Run(b.Name, func(t *testing.T) {
			o := Options{Seed: max(1, bitesEarly[b.Name]), Customers: caughtWithin, Dir: t.TempDir(), Supplies: s, Saboteur: &b, Violations: 1}
			if b.Invariant == hangs {
				o.Hang = hangsFor
			}
			o.Found = func(v *Violation, again bool) {
				if !again && !v.Hung && !v.Twice {
					t.Error("a replay goes another way")
				}
			}
			r, err := Run(t.Context(), t, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Violations) == 0 {
				t.Fatalf("not caught within %d customers", r.Served)
			}
			v := r.Violations[0]
			if v.Invariant != b.Invariant {
				t.Errorf("caught by %s, want %s: %s", v.Invariant, b.Invariant, v.What)
			}
			if _, err := fmt.Fprintf(tw, "%s\t%s\tseed %d, customer %d\t%s\n", v.Invariant, b.What, o.Seed, v.Customer+1, v.What); err != nil {
				t.Error(err)
			}
		})
	}
	if err := tw.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", table.String())
}
