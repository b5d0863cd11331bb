// Package fleet runs many kiosks' lines to the office in one process: the real
// client and the real journal on one side, the simulated office on the other,
// nothing faked between. Screen, card reader, coins and printers are left out: a
// customer is a list of calls and of events.
//
// It lives through one shortened day: customers come along the curve of a store's
// day while the office restarts and lines are cut. Then it holds every kiosk's
// journal against the office's stream, event by event, and what the customers
// paid against what both add up to. It refuses to call a day good in which one
// event was lost, doubled or changed, or one yen is in dispute (I2, I7).
//
// The sheets are stand-ins of a real sheet's size: drawing them would measure the
// renderer. The residents are few, and their cards' keys are made once.
//
// It is one of the two places that may know both sides.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"kioskd/simulator/board"
	"kioskd/simulator/office"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/register"
)

// What may be asked for. A kiosk needs five file descriptors, all told.
const (
	KiosksMax    = 3000
	CustomersMax = 1000
	DayLeast     = time.Second
	DayMost      = 24 * time.Hour
)

// processors is for how many goroutines the runtime makes room. A commit to the
// disk holds its place while it waits: with as many as there are cores, a few
// kiosks at their disks would stop all the others, which in the world have disks
// of their own.
const processors = 32

// Limits of the fleet's own waiting, in process time.
const (
	connectLimit = 2 * time.Minute
	drainLimit   = 3 * time.Minute
)

// Options say how large the fleet is and how long its day.
type Options struct {
	Kiosks    int
	Day       time.Duration // process time that a day takes
	Customers int           // a kiosk and day, on average; 0 means 10
	Seed      uint64        // of who comes when
	Keys      *authority.KeyPool
	Progress  io.Writer    // a line for each hour of the day
	Log       *slog.Logger // nil: slog.Default
}

func (o Options) check() error {
	switch {
	case o.Kiosks < 1 || o.Kiosks > KiosksMax:
		return fmt.Errorf("%d kiosks: want 1 to %d", o.Kiosks, KiosksMax)
	case o.Day < DayLeast || o.Day > DayMost:
		return fmt.Errorf("a day of %v: want %v to %v", o.Day, DayLeast, DayMost)
	case o.Customers < 0 || o.Customers > CustomersMax:
		return fmt.Errorf("%d customers a kiosk: want 1 to %d", o.Customers, CustomersMax)
	}
	return nil
}

// ErrOptions says that a fleet cannot be as asked for.
var ErrOptions = errors.New("fleet")

// fleet is one run.
type fleet struct {
	Options
	clock   *board.Clock
	office  *office.Office
	cards   map[string]bearer
	cables  []*cable
	paper   *partPaper // of Compare alone
	kiosks  []*kiosk
	meter   *meter
	desks   map[string]*sync.Mutex // a resident resets at one kiosk at a time
	began   time.Time              // the day
	outages []Outage
}

// Run lives through a day and says how it was. An error means that it could not
// be lived; what went wrong in it stands in the report.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if o.Customers == 0 {
		o.Customers = 10
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	dir, err := os.MkdirTemp("", "kiosksim-fleet-")
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(processors, runtime.NumCPU())))
	f := &fleet{Options: o, meter: newMeter(), desks: make(map[string]*sync.Mutex)}
	if err := f.open(ctx, dir); err != nil {
		return nil, errors.Join(err, f.close())
	}
	defer func() { err = errors.Join(err, f.close()) }()
	report = &Report{Kiosks: o.Kiosks, Day: o.Day, Seed: o.Seed, Visits: make(map[string]int), Memory: Memory{Office: resident()}}
	if report.Connected, err = f.connect(ctx, dir); err != nil {
		return nil, err
	}
	report.Memory.Connected = resident()
	if err := f.live(ctx, report); err != nil {
		return nil, err
	}
	if err := f.audit(report); err != nil {
		return nil, err
	}
	f.measure(report)
	return report, nil
}

// open starts the office, admits the kiosks and lays the cables.
func (f *fleet) open(ctx context.Context, dir string) error {
	start := dayOf(time.Now())
	f.clock = board.NewClock(start)
	var err error
	f.office, err = office.New(ctx, office.Options{
		Dir: filepath.Join(dir, "office"), Clock: f.clock, Register: register.New(start), Paper: plainPaper{},
		Authority: authority.NewWithKeys(start, f.Keys), Log: f.Log,
	})
	if err != nil {
		return err
	}
	if f.cards, err = issue(f.office, people()...); err != nil {
		return err
	}
	for name := range f.cards {
		f.desks[name] = &sync.Mutex{}
	}
	ids := make([]string, f.Kiosks)
	for n := range ids {
		ids[n] = fmt.Sprintf("k%04d", n+1)
	}
	keys, err := f.office.AddKiosks(ids...)
	if err != nil {
		return err
	}
	for n, id := range ids {
		f.kiosks = append(f.kiosks, &kiosk{fleet: f, id: id, keyFile: keys[n], hands: newHands()})
	}
	for range min(regions, f.Kiosks) {
		c, err := lay(ctx, f.office.URL(), func() { f.meter.lines.Add(1) })
		if err != nil {
			return err
		}
		f.cables = append(f.cables, c)
	}
	return nil
}

// connect opens every kiosk and waits until all are on the line.
func (f *fleet) connect(ctx context.Context, dir string) (time.Duration, error) {
	began := time.Now()
	for n, k := range f.kiosks {
		k.cable = f.cables[n%len(f.cables)]
		if err := k.open(ctx, filepath.Join(dir, k.id)); err != nil {
			return 0, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	if err := until(ctx, func() bool { return f.onLine() == f.Kiosks }); err != nil {
		return 0, fmt.Errorf("fleet: %d of %d kiosks are on the line after %v", f.onLine(), f.Kiosks, connectLimit)
	}
	return time.Since(began), nil
}

// close ends everything. What was not opened is not closed.
func (f *fleet) close() error {
	var errs []error
	for _, k := range f.kiosks {
		errs = append(errs, k.close())
	}
	for _, c := range f.cables {
		errs = append(errs, c.close())
	}
	if f.office != nil {
		errs = append(errs, f.office.Close())
	}
	return errors.Join(errs...)
}

func (f *fleet) onLine() int {
	n := 0
	for _, k := range f.kiosks {
		if k.client.Reachable() {
			n++
		}
	}
	return n
}

// lookEvery is how often the fleet looks whether what it waits for is so.
const lookEvery = 10 * time.Millisecond

func until(ctx context.Context, f func() bool) error {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for !f() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
	}
	return nil
}
