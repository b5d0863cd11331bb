package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	Twice     bool   `help:"Serve everybody twice, with one processor and with more, and compare the traces."`
	Sabotage  string `help:"A mistake for the kiosk to have, to see its invariant bite: ${saboteurs}."`
}

const (
	progressEvery = 5 * time.Second
	shown         = 20 // lines of what happened before a violation
)

// saboteurs are the names of mistakes, for people.
func saboteurs() string {
	var names []string
	for _, b := range soak.Saboteurs() {
		names = append(names, b.Name)
	}
	return strings.Join(names, ", ")
}

// Validate implements kong.Validatable.
func (f *soakFlags) Validate() error {
	if f.Customers < 1 || f.From < 0 {
		return fmt.Errorf("%d customers from %d: want one at least, from 0 or later", f.Customers, f.From)
	}
	if _, ok := f.saboteur(); !ok {
		return fmt.Errorf("sabotage %q: want one of %s", f.Sabotage, saboteurs())
	}
	return nil
}

// saboteur is the one that is asked for; nil for none.
func (f *soakFlags) saboteur() (b *soak.Saboteur, ok bool) {
	if f.Sabotage == "" {
		return nil, true
	}
	all := soak.Saboteurs()
	i := slices.IndexFunc(all, func(b soak.Saboteur) bool { return b.Name == f.Sabotage })
	if i < 0 {
		return nil, false
	}
	return &all[i], true
}

// Run lets them come, and tells of every invariant that did not hold.
func (f *soakFlags) Run(s *streams, ctx bound) error {
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
	o := soak.Options{
		Seed: f.Seed, From: f.From, Customers: f.Customers, Supplies: supplies, Twice: f.Twice,
		Progress: func(served int, took time.Duration) {
			if time.Since(told) > progressEvery {
				told = time.Now()
				say("soak: %d customers, %.0f a second", served, float64(served)/took.Seconds())
			}
		},
		Found: func(v *soak.Violation, again bool) { f.found(v, again, say) },
	}
	if o.Saboteur, _ = f.saboteur(); o.Saboteur != nil {
		say("soak: this kiosk has a mistake: %s", o.Saboteur.What)
		o.Violations = 1
	}
	r, err := soak.Run(ctx, t, o)
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

// found tells of a violation in one line, with the command that shows it again,
// and before it what had happened.
func (f *soakFlags) found(v *soak.Violation, again bool, say func(string, ...any)) {
	for _, line := range v.Trace[max(0, len(v.Trace)-shown):] {
		say("  %s", line)
	}
	how := "and again when it was replayed"
	switch {
	case v.Hung:
		how = "the run ends here"
	case !again:
		how = "and another way when it was replayed"
	}
	replay := fmt.Sprintf("kiosksim soak -seed %d -from %d -customers %d", v.Seed, v.Shift, v.Customer-v.Shift+1)
	if f.Sabotage != "" {
		replay += " -sabotage " + f.Sabotage
	}
	if v.Twice {
		replay += " -twice"
	}
	say("%v, %s: %s", v, how, replay)
}
