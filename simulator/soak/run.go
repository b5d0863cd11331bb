package soak

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
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
	// violationsMost is after how many a run ends, if Options do not say.
	violationsMost = 10
	// manyProcs is how many goroutines run at once when a shift is served a second
	// time: another scheduler than the first time's, on any machine.
	manyProcs = 4
)

// Options say what is simulated.
type Options struct {
	Seed       uint64
	From       int    // the first customer; a shift's first
	Customers  int    // how many
	Dir        string // where complete customers' journals lie: on a disk; "" is the system's folder
	Supplies   *Supplies
	Saboteur   *Saboteur     // a mistake the kiosk then has; nil for none
	Twice      bool          // every shift is served twice, to compare the traces
	Violations int           // after how many the run ends; 0 means 10
	Hang       time.Duration // real time in which a customer must get on; 0 means a minute
	// Progress hears of every shift that is over. May be nil.
	Progress func(served int, took time.Duration)
	// Found hears of every violation, once it was replayed; again says whether it
	// came again, with the same trace. May be nil.
	Found func(v *Violation, again bool)
}

// Report is what came of it.
type Report struct {
	Served     int
	Took       time.Duration
	Hash       string // over all shifts
	Violations []*Violation
}

// Run serves customers, shift by shift, until all were served, ctx ends, enough
// was found, or a customer hangs: that one's goroutines are left behind, for
// nothing can end them.
func Run(ctx context.Context, t *testing.T, o Options) (Report, error) {
	if o.Violations == 0 {
		o.Violations = violationsMost
	}
	begun := time.Now()
	var r Report
	sum := newSum()
	for at := o.From; at < o.From+o.Customers && ctx.Err() == nil && len(r.Violations) < o.Violations; {
		n, complete := shiftAt(at)
		n = min(n, o.From+o.Customers-at)
		first, err := o.shift(ctx, t, at, n, complete)
		if err != nil {
			return r, fmt.Errorf("soak: seed %d, customers from %d: %w", o.Seed, at, err)
		}
		if first.found != nil && first.found.Hung {
			r.note(o, first.found, false)
			break
		}
		if first.found != nil || o.Twice || o.Saboteur != nil && o.Saboteur.Compared() || at%twiceEvery == 0 {
			if err := o.again(ctx, t, at, n, complete, first, &r); err != nil {
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
	r.Hash, r.Took = sum.hex(), time.Since(begun)
	return r, nil
}

// note takes down a violation and tells of it.
func (r *Report) note(o Options, v *Violation, again bool) {
	r.Violations = append(r.Violations, v)
	if o.Found != nil {
		o.Found(v, again)
	}
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

// again serves the shift a second time, with more goroutines or fewer at once: a
// violation must come again, and so must the trace.
func (o Options) again(ctx context.Context, t *testing.T, at, n int, complete bool, first outcome, r *Report) error {
	procs := manyProcs
	if runtime.GOMAXPROCS(0) == procs {
		procs = 1
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	second, err := o.shift(ctx, t, at, n, complete)
	if err != nil {
		return err
	}
	v, same := first.found, first.hash == second.hash
	if !same && v == nil {
		line, what := firstDifference(first.lines, second.lines)
		v = &Violation{
			Invariant: traces, What: "the same seed has two traces: " + what,
			Seed: o.Seed, Shift: at, Customer: at + n - 1, Twice: true, Trace: first.lines[max(0, line-traceShown):line],
		}
	}
	if v != nil {
		r.note(o, v, same)
	}
	return nil
}

// firstDifference says in which line two traces part, and how.
func firstDifference(a, b []string) (line int, what string) {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i, fmt.Sprintf("%q or %q", a[i], b[i])
		}
	}
	return min(len(a), len(b)), fmt.Sprintf("%d or %d lines", len(a), len(b))
}

// shift serves one, in a folder that is gone afterwards. It does not wait for one
// that hangs.
func (o Options) shift(ctx context.Context, t *testing.T, at, n int, complete bool) (out outcome, err error) {
	base := memoryFolder()
	if complete {
		base = o.Dir
	}
	dir, err := os.MkdirTemp(base, "soak-")
	if err != nil {
		return outcome{}, fmt.Errorf("soak: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := shift{seed: o.Seed, number: at, customers: n, complete: complete, dir: dir, supplies: o.Supplies}
	if o.Saboteur != nil {
		s.sabotage = o.Saboteur.make(ctx)
	}
	s.guard = newGuard(at, o.Hang)
	return s.guard.watch(s, func() (outcome, error) { return runShift(t, s) })
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
			if err := w.maintain(); err != nil {
				return err
			}
			w.pass(time.Duration(w.rng.Int64N(int64(20*time.Second)))+1, nil)
		}
		o.guard.next(o.number+o.customers-1, w.trace)
		if err := w.closing(); err != nil {
			return err
		}
		out = outcome{found: w.violation(), hash: w.trace.hash(), lines: w.trace.all()}
		return nil
	})
	return out, err
}
