package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// The exit codes of playing.
const (
	ExitOK       = 0
	ExitMismatch = 1
	ExitSyntax   = 2
	ExitNotYet   = 3
)

// Company opens a floor for one file; the function closes it again when the file
// is over.
type Company interface {
	Open(ctx context.Context, s *Script) (f Floor, closed func(failed bool) error, err error)
}

// RunOptions are how to play several files.
type RunOptions struct {
	Options
	Parallel int  // files at a time; 0 means 2
	Verbose  bool // a line for each line that held
}

// Run plays files, each on a floor of its own, writes a line for each and what
// did not hold, and returns the worst exit code: bad input, then a line that
// did not hold, then what cannot be played yet.
func Run(ctx context.Context, files []string, c Company, out io.Writer, o RunOptions) int {
	if o.Parallel <= 0 {
		o.Parallel = 2
	}
	r := &run{company: c, out: out, o: o}
	var g errgroup.Group
	g.SetLimit(o.Parallel)
	for _, file := range files {
		g.Go(func() error {
			r.one(ctx, file)
			return nil
		})
	}
	_ = g.Wait() // the files report for themselves
	return r.worst
}

type run struct {
	company Company
	out     io.Writer
	o       RunOptions

	mu    sync.Mutex
	worst int
}

func (r *run) one(ctx context.Context, file string) {
	begun := time.Now()
	var lines []string
	err := r.play(ctx, file, &lines)
	took := time.Since(begun)

	r.mu.Lock()
	defer r.mu.Unlock()
	code := ExitCode(err)
	if severity(code) > severity(r.worst) {
		r.worst = code
	}
	for _, l := range lines {
		r.say("  %s\n", l)
	}
	switch code {
	case ExitOK:
		r.say("ok       %s  %.1fs\n", file, took.Seconds())
	case ExitMismatch:
		r.say("FAIL     %s  %.1fs\n%v\n", file, took.Seconds(), err)
	case ExitSyntax:
		r.say("%v\n", err)
	case ExitNotYet:
		r.say("%v\n", err)
	}
}

// say writes to the person who is watching; if they are gone, nobody is left to
// tell.
func (r *run) say(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

func (r *run) play(ctx context.Context, file string, lines *[]string) (err error) {
	s, err := Load(file)
	if err != nil {
		return err
	}
	floor, closeFloor, err := r.company.Open(ctx, s)
	if err != nil {
		return fmt.Errorf("%s: the shop does not open: %w", file, err)
	}
	defer func() { err = errors.Join(err, closeFloor(err != nil)) }()
	o := r.o.Options
	if r.o.Verbose {
		o.Trace = func(l Line, d time.Duration) {
			*lines = append(*lines, fmt.Sprintf("%4d %-40s %6.0f ms", l.Number, l.Text, float64(d.Microseconds())/1000))
		}
	}
	return Play(ctx, s, floor, o)
}

// ExitCode is the exit code of what Load or Play returned.
func ExitCode(err error) int {
	var bad *SyntaxError
	var later *NotYetError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &bad):
		return ExitSyntax
	case errors.As(err, &later):
		return ExitNotYet
	}
	return ExitMismatch
}

func severity(code int) int {
	return map[int]int{ExitOK: 0, ExitNotYet: 1, ExitMismatch: 2, ExitSyntax: 3}[code]
}
