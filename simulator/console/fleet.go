package console

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kioskd/simulator/fleet"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/shop"
)

// fleetFlags are those of kiosksim fleet.
type fleetFlags struct {
	Kiosks    int    `help:"How many." default:"100"`
	Day       int    `help:"Seconds that the day takes." default:"60"`
	Customers int    `help:"Customers a kiosk, on average." default:"10"`
	Seed      uint64 `help:"Who comes when." default:"1"`
	Chart     string `help:"File of the chart: .svg or .png." default:"fleet.svg" type:"path"`
	KeyCache  string `help:"Folder of the test cards' keys; the user's cache folder if not given." type:"path"`
	Verbose   bool   `short:"v" help:"Say more."`
}

// Run lives through the day; a day on which something was lost ends with exit
// code 1.
func (f *fleetFlags) Run(s *streams, ctx bound) error {
	if err := fleet.CheckChart(f.Chart); err != nil {
		return exitCode(complain(s.err, err))
	}
	if info, err := os.Stat(filepath.Dir(f.Chart)); err != nil || !info.IsDir() {
		return exitCode(complain(s.err, fmt.Errorf("-chart %s: want a file in a folder that exists", f.Chart)))
	}
	if f.Customers < 1 {
		return exitCode(complain(s.err, fmt.Errorf("-customers %d: want 1 to %d", f.Customers, fleet.CustomersMax)))
	}
	keys, err := authority.OpenKeyPool(shop.KeyCache(f.KeyCache))
	if err != nil {
		return err
	}
	defer keys.Close()
	// What a client warns of in an outage is what the outage is for.
	level := slog.LevelError
	if f.Verbose {
		level = slog.LevelWarn
	}
	report, err := fleet.Run(ctx, fleet.Options{
		Kiosks: f.Kiosks, Day: time.Duration(f.Day) * time.Second, Customers: f.Customers, Seed: f.Seed,
		Keys: keys, Progress: s.err, Log: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level})),
	})
	if errors.Is(err, fleet.ErrOptions) {
		return exitCode(complain(s.err, err))
	}
	if err != nil {
		return err
	}
	if err := report.Write(s.out); err != nil {
		return err
	}
	if err := report.Chart(f.Chart); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.out, "\nchart: %s\n", f.Chart); err != nil {
		return err
	}
	if !report.Good() {
		return errors.New("fleet: the day was not good: see WRONG above")
	}
	return nil
}
