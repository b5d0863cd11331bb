// Package check is what a technician runs first: every device and the office, a
// line each, with what was tried, what answered, and what to do if it did not.
//
// It holds the lines, their order and their words; how a device is tried is the
// caller's (package daemon), by itself or through the devices of a kiosk that
// runs. One device that fails or hangs takes nothing from the others. Nothing
// that is tried costs a PIN try or a coin.
package check

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Within is how long one device may take, in process time.
const Within = 10 * time.Second

// State is how a line ended.
type State string

// The states.
const (
	Well     State = "ok"
	Failed   State = "failed"
	NotTried State = "not tried" // what it hangs on has failed, or it was not asked for
)

// Line is one device, tried.
type Line struct {
	Device string `json:"device"`
	State  State  `json:"state"`
	Tried  string `json:"tried"`
	Answer string `json:"answer"`
	Todo   string `json:"todo,omitempty"` // where it failed
	Says   string `json:"says,omitempty"` // what the device says of itself, in its own words with ", " between them
}

// Report is a whole check.
type Report struct {
	Kiosk   string `json:"kiosk"`
	Running bool   `json:"running"` // it was asked of the daemon that runs
	Wiring  []Wire `json:"wiring"`
	Lines   []Line `json:"lines"`
}

// Failures are the devices that failed.
func (r Report) Failures() []string {
	var names []string
	for _, l := range r.Lines {
		if l.State == Failed {
			names = append(names, l.Device)
		}
	}
	return names
}

// Try tries one device and says what it answered. It must end soon after ctx.
type Try func(ctx context.Context) (answer string, err error)

// Skipped is the error of a device that was not tried, and is not to blame.
type Skipped struct{ Why string }

func (e *Skipped) Error() string { return e.Why }

// Advice is an error that knows better than the line what to do about it.
type Advice struct {
	Err  error
	Todo string
}

func (e *Advice) Error() string { return e.Err.Error() }
func (e *Advice) Unwrap() error { return e.Err }

// Run tries one device after the other, those that tries has, and tells each
// line as it comes. A device that does not come back in time is left behind; late
// waits for all of those, once what they hang on was taken away, and says whether
// there are any.
func Run(ctx context.Context, parts []Part, tries map[string]Try, tell func(Line)) (lines []Line, late func() bool) {
	var left sync.WaitGroup
	any := false
	for _, p := range parts {
		try := tries[p.Device]
		if try == nil {
			continue
		}
		l := Line{Device: p.Device, State: Well, Tried: p.Tried}
		var err error
		var back bool
		l.Answer, back, err = within(ctx, p.within(), &left, try)
		any = any || !back
		var skipped *Skipped
		var advice *Advice
		switch {
		case err == nil:
		case errors.As(err, &skipped):
			l.State, l.Answer = NotTried, skipped.Why
		default:
			l.State, l.Answer, l.Todo = Failed, err.Error(), p.Todo
			if errors.As(err, &advice) {
				l.Todo = advice.Todo
			}
		}
		lines = append(lines, l)
		tell(l)
	}
	return lines, func() bool {
		left.Wait()
		return any
	}
}

func within(ctx context.Context, most time.Duration, left *sync.WaitGroup, try Try) (answer string, back bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, most, fmt.Errorf("no answer within %v", most))
	defer cancel()
	type result struct {
		answer string
		err    error
	}
	done := make(chan result, 1)
	left.Go(func() {
		answer, err := try(ctx)
		done <- result{answer, err}
	})
	select {
	case r := <-done:
		return r.answer, true, r.err
	case <-ctx.Done():
	}
	// What was asked may say by itself why it gave up.
	grace := time.NewTimer(time.Second)
	defer grace.Stop()
	select {
	case r := <-done:
		return r.answer, true, r.err
	case <-grace.C:
		return "", false, context.Cause(ctx)
	}
}
