package soak

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"
)

const (
	// shiftLen is how many customers one world serves. A replay begins with the
	// first of them.
	shiftLen = 100
	// completeEvery is how often a customer has a world of their own with nothing
	// left out: sheets as the office draws them, a disk that syncs.
	completeEvery = 1000
	// twiceEvery is how often a shift is served twice, to compare the traces.
	twiceEvery = 50 * shiftLen
)

// Options say what is simulated.
type Options struct {
	Seed      uint64
	From      int    // the first customer; a shift's first
	Customers int    // how many
	Dir       string // where complete customers' journals lie: on a disk; "" is the system's folder
	Supplies  *Supplies
	// Progress hears of every shift that is over. May be nil.
	Progress func(served int, took time.Duration)
	// Found hears of every violation, once it was replayed. May be nil.
	Found func(v *Violation, again bool)

	once     bool // a violation is not replayed
	sabotage sabotage
	only     habits
}

// Report is what came of it.
type Report struct {
	Served     int
	Took       time.Duration
	Hash       string // over all shifts
	Violations []*Violation
}

// Run serves customers, shift by shift, until all were served or ctx ends.
func Run(ctx context.Context, t *testing.T, o Options) (Report, error) {
	begun := time.Now()
	var r Report
	sum := newSum()
	for at := o.From; at < o.From+o.Customers && ctx.Err() == nil; {
		n, complete := shiftAt(at)
		n = min(n, o.From+o.Customers-at)
		first, err := o.shift(t, at, n, complete)
		if err != nil {
			return r, fmt.Errorf("soak: seed %d, customers from %d: %w", o.Seed, at, err)
		}
		if first.found != nil && o.once {
			r.Violations = append(r.Violations, first.found)
			o.Found(first.found, false)
			break
		}
		if !o.once && (first.found != nil || at%twiceEvery == 0) {
			if err := o.again(t, at, n, complete, first, &r); err != nil {
				return r, err
			}
		}
		sum.add(first.hash)
		r.Served += n
		at += n
		r.Took = time.Since(begun)
		if o.Progress != nil {
			o.Progress(r.Served, r.Took)
		}
	}
	r.Hash = sum.hex()
	return r, nil
}

// shiftAt is how many customers the shift that begins there has, and whether it
// is one complete customer.
func shiftAt(first int) (n int, complete bool) {
	if (first+1)%completeEvery == 0 {
		return 1, true
	}
	n = shiftLen - first%shiftLen
	if (first+n)%completeEvery == 0 {
		n--
	}
	return n, false
}

// outcome is what one shift came to.
type outcome struct {
	found *Violation
	hash  string
	lines []string
}

// again serves the shift a second time: a violation must come again, and so must
// the trace.
func (o Options) again(t *testing.T, at, n int, complete bool, first outcome, r *Report) error {
	second, err := o.shift(t, at, n, complete)
	if err != nil {
		return err
	}
	v, same := first.found, first.hash == second.hash
	if !same && v == nil {
		v = &Violation{
			Invariant: "trace", What: "the same seed has two traces: " + firstDifference(first.lines, second.lines),
			Seed: o.Seed, Shift: at, Customer: at,
		}
	}
	if v == nil {
		return nil
	}
	r.Violations = append(r.Violations, v)
	if o.Found != nil {
		o.Found(v, same)
	}
	return nil
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q or %q", a[i], b[i])
		}
	}
	return fmt.Sprintf("%d or %d lines", len(a), len(b))
}

// shift serves one, in a folder that is gone afterwards.
func (o Options) shift(t *testing.T, at, n int, complete bool) (out outcome, err error) {
	base := memoryFolder()
	if complete {
		base = o.Dir
	}
	dir, err := os.MkdirTemp(base, "soak-")
	if err != nil {
		return outcome{}, fmt.Errorf("soak: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return runShift(t, shift{
		seed: o.Seed, number: at, customers: n, complete: complete, dir: dir,
		supplies: o.Supplies, sabotage: o.sabotage, only: o.only,
	})
}

// memoryFolder is where nothing has to be synced to a disk; "" where there is no
// such folder.
func memoryFolder() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return ""
}

// runShift serves the customers of one shift within a bubble.
func runShift(t *testing.T, o shift) (out outcome, err error) {
	err = bubble(t, func() (err error) {
		w, err := newWorld(o)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.close()) }()
		for n := o.number; n < o.number+o.customers && w.violation() == nil; n++ {
			c, err := w.newCustomer(n)
			if err != nil {
				return err
			}
			if err := w.serve(c); err != nil {
				return err
			}
			w.refill()
			w.pass(time.Duration(w.rng.Int64N(int64(20*time.Second)))+1, nil)
		}
		if err := w.closing(); err != nil {
			return err
		}
		out = outcome{w.violation(), w.trace.hash(), w.trace.last()}
		return nil
	})
	return out, err
}

// refill fills the hoppers while nobody is there, when they run low.
func (w *world) refill() {
	w.mu.Lock()
	l, off := w.life, w.off
	w.mu.Unlock()
	if off || l == nil || l.tape == nil || w.violation() != nil {
		return
	}
	for _, yen := range hopperCoins {
		full := fullHopper(yen)
		if w.machine.hoppers.Level(yen) > full/2 || !w.machine.still() {
			continue
		}
		if w.machine.hoppers.Refill(yen, full) == nil && l.count(yen) != nil {
			return // the disk is full, or the power has gone: the next start counts
		}
	}
}

// fullHopper is how many coins of that value a hopper begins with.
func fullHopper(yen int) int { return map[int]int{100: 30, 50: 20, 10: 40}[yen] }
