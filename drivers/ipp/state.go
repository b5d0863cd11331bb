package ipp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/OpenPrinting/goipp"
)

// PrinterState is the printer-state of RFC 8011, 5.4.11.
type PrinterState int

// The states of a printer.
const (
	PrinterIdle       PrinterState = 3
	PrinterProcessing PrinterState = 4
	PrinterStopped    PrinterState = 5
)

// JobState is the job-state of RFC 8011, 5.3.7.
type JobState int

// The states of a job.
const (
	JobPending    JobState = 3
	JobHeld       JobState = 4
	JobProcessing JobState = 5
	JobStopped    JobState = 6
	JobCanceled   JobState = 7
	JobAborted    JobState = 8
	JobCompleted  JobState = 9
)

// Ended says that the job is out of the queue.
func (s JobState) Ended() bool { return s >= JobCanceled }

// What stands in the way, and who has to do something about it (XFS4IoT: an
// operator clears, a technician maintains).
const (
	ReasonPaper       = "paper"
	ReasonPrinter     = "printer"
	ActionClear       = "clear"
	ActionMaintenance = "maintenance"
)

// State is what a printer says of itself.
type State struct {
	State     PrinterState
	Reasons   []string // stems, without -report, -warning, -error; none is empty
	Accepting bool     // it takes jobs
}

// NotReady says that a printer would not print now.
type NotReady struct {
	Reason string // ReasonPaper or ReasonPrinter
	Action string // ActionClear or ActionMaintenance
	State  State
	Err    error // why it could not be asked; nil when the state says it
}

func (e NotReady) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("ipp: printer cannot be asked: %v", e.Err)
	}
	return fmt.Sprintf("ipp: printer is not ready: state %d, %s", e.State.State, strings.Join(e.State.Reasons, ", "))
}

func (e NotReady) Unwrap() error { return e.Err }

// Ready asks the printer whether it would print. The error is a NotReady, also
// when the printer cannot be reached, or the cause of ctx.
func (d *Dev) Ready(ctx context.Context) (State, error) {
	answer, err := d.ask(ctx, d.printerRequest("printer-state", "printer-state-reasons", "printer-is-accepting-jobs"))
	if err != nil {
		if ctx.Err() != nil {
			return State{}, context.Cause(ctx)
		}
		return State{}, NotReady{Reason: ReasonPrinter, Action: ActionMaintenance, Err: err}
	}
	s, err := parseState(answer.Printer)
	if err != nil {
		return State{}, NotReady{Reason: ReasonPrinter, Action: ActionMaintenance, Err: err}
	}
	return s, s.judge()
}

func parseState(attrs goipp.Attributes) (State, error) {
	state, ok := number(attrs, "printer-state")
	if !ok {
		return State{}, errors.New("ipp: the printer does not tell its state")
	}
	accepting, ok := boolean(attrs, "printer-is-accepting-jobs")
	if !ok {
		accepting = true // required of a printer, but it will say no by itself
	}
	return State{PrinterState(state), stems(words(attrs, "printer-state-reasons")), accepting}, nil
}

// stems cuts off how grave the vendor thinks it is: vendors choose that by the
// printer's state, so it tells nothing that the state does not.
func stems(reasons []string) []string {
	var all []string
	for _, r := range reasons {
		for _, suffix := range []string{"-report", "-warning", "-error"} {
			r = strings.TrimSuffix(r, suffix)
		}
		if r != "" && r != "none" {
			all = append(all, r)
		}
	}
	return all
}

// blocking are the reasons for which a printer will not deliver a sheet even
// though it still calls itself idle, and who may put it right. A reason that is
// not listed stops nothing by itself.
func blocking(stem string) (reason, action string) {
	switch stem {
	case "media-empty", "media-needed", "input-tray-missing":
		return ReasonPaper, ActionClear
	case "media-jam", "cover-open", "door-open", "interlock-open", "output-tray-missing", "output-area-full":
		return ReasonPrinter, ActionClear
	case "marker-supply-empty", "toner-empty", "marker-waste-full", "opc-life-over", "fuser-over-temp",
		"developer-empty", "spool-area-full", "paused", "moving-to-paused", "stopping", "shutdown",
		"connecting-to-device", "timed-out":
		return ReasonPrinter, ActionMaintenance
	default:
		return "", ""
	}
}

// Low is what will stand in the way before long, and who may see to it; "" is
// nothing. A supply that prints on, but fainter, is for the caller to judge.
func (s State) Low() (reason, action string) {
	for _, stem := range s.Reasons {
		switch stem {
		case "media-low", "output-area-almost-full":
			return stem, ActionClear
		case "toner-low", "marker-supply-low", "marker-waste-almost-full", "opc-near-eol", "developer-low", "fuser-under-temp":
			return stem, ActionMaintenance
		}
	}
	return "", ""
}

// judge says what stands in the way of a sheet, as a NotReady. Of several things
// the one that needs a technician counts.
func (s State) judge() error {
	var found *NotReady
	for _, stem := range s.Reasons {
		reason, action := blocking(stem)
		if reason == "" || (found != nil && action == ActionClear) {
			continue
		}
		found = &NotReady{Reason: reason, Action: action, State: s}
	}
	if found != nil {
		return *found
	}
	if s.State != PrinterIdle && s.State != PrinterProcessing || !s.Accepting {
		return NotReady{Reason: ReasonPrinter, Action: ActionMaintenance, State: s}
	}
	return nil
}

// jammed says that paper may lie inside.
func (s State) jammed() bool {
	return slices.Contains(s.Reasons, "media-jam")
}
