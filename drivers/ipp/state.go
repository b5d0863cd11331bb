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

// trouble is a stem that means something, and who may put it right. One with a
// reason stops sheets, although the printer may still call itself idle; one
// without will do so before long.
type trouble struct{ stem, reason, action string }

// troubles are those of RFC 8011, 5.4.12 and PWG 5100.9 that matter to a sheet. A
// stem that is not listed stops nothing by itself.
func troubles() []trouble {
	return []trouble{
		{"media-empty", ReasonPaper, ActionClear},
		{"media-needed", ReasonPaper, ActionClear},
		{"input-tray-missing", ReasonPaper, ActionClear},
		{"media-jam", ReasonPrinter, ActionClear},
		{"cover-open", ReasonPrinter, ActionClear},
		{"door-open", ReasonPrinter, ActionClear},
		{"interlock-open", ReasonPrinter, ActionClear},
		{"output-tray-missing", ReasonPrinter, ActionClear},
		{"output-area-full", ReasonPrinter, ActionClear},
		{"marker-supply-empty", ReasonPrinter, ActionMaintenance},
		{"toner-empty", ReasonPrinter, ActionMaintenance},
		{"marker-waste-full", ReasonPrinter, ActionMaintenance},
		{"opc-life-over", ReasonPrinter, ActionMaintenance},
		{"fuser-over-temp", ReasonPrinter, ActionMaintenance},
		{"developer-empty", ReasonPrinter, ActionMaintenance},
		{"spool-area-full", ReasonPrinter, ActionMaintenance},
		{"paused", ReasonPrinter, ActionMaintenance},
		{"moving-to-paused", ReasonPrinter, ActionMaintenance},
		{"stopping", ReasonPrinter, ActionMaintenance},
		{"shutdown", ReasonPrinter, ActionMaintenance},
		{"connecting-to-device", ReasonPrinter, ActionMaintenance},
		{"timed-out", ReasonPrinter, ActionMaintenance},
		{"media-low", "", ActionClear},
		{"output-area-almost-full", "", ActionClear},
		{"toner-low", "", ActionMaintenance},
		{"marker-supply-low", "", ActionMaintenance},
		{"marker-waste-almost-full", "", ActionMaintenance},
		{"opc-near-eol", "", ActionMaintenance},
		{"developer-low", "", ActionMaintenance},
		{"fuser-under-temp", "", ActionMaintenance},
	}
}

// Stems are all reasons that this package knows, for whoever has words for them.
func Stems() []string {
	var all []string
	for _, t := range troubles() {
		all = append(all, t.stem)
	}
	return all
}

// meaning is what a stem means; its zero value is nothing.
func meaning(stem string) trouble {
	for _, t := range troubles() {
		if t.stem == stem {
			return t
		}
	}
	return trouble{}
}

// Low is what will stand in the way before long, and who may see to it; "" is
// nothing. A supply that prints on, but fainter, is for the caller to judge.
func (s State) Low() (reason, action string) {
	for _, stem := range s.Reasons {
		if t := meaning(stem); t.stem != "" && t.reason == "" {
			return t.stem, t.action
		}
	}
	return "", ""
}

// judge says what stands in the way of a sheet, as a NotReady. Of several things
// the one that needs a technician counts.
func (s State) judge() error {
	var found *NotReady
	for _, stem := range s.Reasons {
		t := meaning(stem)
		if t.reason == "" || (found != nil && t.action == ActionClear) {
			continue
		}
		found = &NotReady{Reason: t.reason, Action: t.action, State: s}
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
