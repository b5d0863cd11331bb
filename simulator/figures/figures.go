// Package figures measures how fast a kiosk is, and prints each figure beside
// what it is compared with, measured in the same run on the same machine.
//
// Two figures are of the board's link alone. All others are of the production
// binary, driven as a customer drives it: a finger on the virtual glass, a card
// on the virtual reader, coins in the slot; what came back is what the virtual
// panel had from its bus. Whoever runs it judges: a figure that misses what is
// wanted of it is printed like the others, and is no error.
package figures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kioskd/simulator/shop"
)

// Options say what to measure and where to tell. Zero values work but for Out.
type Options struct {
	Kioskd   string    // the binary; "" as in shop.Options
	Fonts    string    // folder of BIZ UDGothic; "" as in shop.Options
	KeyCache string    // folder of the test cards' keys; "" as in shop.Options
	Out      io.Writer // gets the table
	Progress io.Writer // hears what is being measured; nil means nobody
	Runs     Runs      // how often each is done; zero fields mean as many as DefaultRuns has
}

// Runs is how often each thing is measured. A figure is the median.
type Runs struct {
	Frames  int // full frames over the link
	Touches int // touches over the link
	Keys    int // key presses on the page pin
	Starts  int // of kioskd
	Visits  int // from the first touch to goodbye
	Commits int // of the journal

	Events   int // of the journal that is sent to the office
	Requests int // of each kind
	Fleet    int // kiosks that come back after an outage
}

// DefaultRuns takes about a minute.
func DefaultRuns() Runs {
	return Runs{Frames: 50, Touches: 200, Keys: 30, Starts: 9, Visits: 3, Commits: 100, Events: 5000, Requests: 400, Fleet: 1000}
}

func (r Runs) orDefault() Runs {
	d := DefaultRuns()
	for _, f := range []struct{ have, want *int }{
		{&r.Frames, &d.Frames}, {&r.Touches, &d.Touches}, {&r.Keys, &d.Keys}, {&r.Starts, &d.Starts}, {&r.Visits, &d.Visits}, {&r.Commits, &d.Commits}, {&r.Events, &d.Events}, {&r.Requests, &d.Requests}, {&r.Fleet, &d.Fleet},
	} {
		if *f.have == 0 {
			*f.have = *f.want
		}
	}
	return r
}

// Run measures everything and prints the table, a line a figure as it comes.
func Run(ctx context.Context, o Options) (err error) {
	o.Runs = o.Runs.orDefault()
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	dir, err := os.MkdirTemp("", "kiosksim-figures-")
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m := &meter{runs: o.Runs, table: table{out: o.Out}, progress: o.Progress}
	if err := m.table.head(); err != nil {
		return err
	}
	if err := m.link(ctx, dir); err != nil {
		return fmt.Errorf("figures: the link: %w", err)
	}
	if err := m.kiosk(ctx, dir, o); err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	if err := m.memory(ctx, filepath.Join(dir, "sheets"), o); err != nil {
		return fmt.Errorf("figures: memory: %w", err)
	}
	if err := m.cards(ctx, dir, o); err != nil {
		return fmt.Errorf("figures: cards: %w", err)
	}
	if err := m.office(ctx, o); err != nil {
		return fmt.Errorf("figures: the office: %w", err)
	}
	return nil
}

// meter is one run of all measurements.
type meter struct {
	runs     Runs
	table    table
	progress io.Writer

	touch time.Duration // across the link: what a touch to a tile is compared with
}

// say tells what is being done, where it takes long.
func (m *meter) say(format string, a ...any) error {
	if _, err := fmt.Fprintf(m.progress, format+"\n", a...); err != nil {
		return fmt.Errorf("tell the progress: %w", err)
	}
	return nil
}

// kiosk measures the production binary in a shop.
func (m *meter) kiosk(ctx context.Context, dir string, o Options) (err error) {
	if err := m.say("opening a shop (the first time it makes the test card's keys)"); err != nil {
		return err
	}
	e := newEye()
	s, err := shop.New(ctx, shop.Options{
		Dir: dir, Start: opening(), Kioskd: o.Kioskd, Fonts: o.Fonts, KeyCache: o.KeyCache, Watch: e.saw,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	k, err := s.Kiosk(1)
	if err != nil {
		return err
	}
	c := &customer{shop: s, kiosk: k, eye: e}
	if _, err := s.Card(resident); err != nil {
		return err
	}
	commits := func(ctx context.Context, c *customer) error { return m.commits(ctx, c, dir) }
	for _, measure := range []func(context.Context, *customer) error{m.starts, m.footprint, m.keys, m.visits, m.papers, commits} {
		if err := measure(ctx, c); err != nil {
			return errors.Join(err, c.describe())
		}
	}
	return nil
}

// opening is when the shop's clock starts: a weekday, within service hours.
func opening() time.Time {
	return time.Date(2026, time.November, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))
}
