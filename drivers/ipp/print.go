package ipp

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"slices"
	"sync/atomic"

	"github.com/OpenPrinting/goipp"
)

// Progress is what a printer says of a job.
type Progress struct {
	State       JobState
	Reasons     []string // job-state-reasons
	Impressions int      // sides completed
}

// Watch hears how a job goes. Both of its functions are called by Print, on its
// goroutine; nil means that nobody listens.
type Watch struct {
	// Asking is called before the printer is asked for the job. An answer may be
	// long under way, and speaks of no time before its question.
	Asking func()
	// Told is called with each answer, also when nothing has changed: whoever
	// watches the exit sensor needs to know until when a side was still to be done.
	Told func(Progress)
}

func (w Watch) withDefaults() Watch {
	if w.Asking == nil {
		w.Asking = func() {}
	}
	if w.Told == nil {
		w.Told = func(Progress) {}
	}
	return w
}

// Jam says that paper is stuck. The job is out of the queue, unless Left.
type Jam struct {
	Impressions int  // sides completed before
	Left        bool // the job could not be taken out of the queue
	Err         error
}

func (e Jam) Error() string {
	return fmt.Sprintf("ipp: paper jam after %d sides%s", e.Impressions, left(e.Left))
}

func (e Jam) Unwrap() error { return e.Err }

// NotPrinted says that no paper has moved and none will.
type NotPrinted struct{ Err error } // Err may be a NotReady

func (e NotPrinted) Error() string { return fmt.Sprintf("ipp: not printed: %v", e.Err) }
func (e NotPrinted) Unwrap() error { return e.Err }

// Unknown says that a sheet may have been printed, in whole or in part, or may
// yet be.
type Unknown struct {
	Impressions int  // sides known to be completed
	Left        bool // the job could not be taken out of the queue
	Err         error
}

func (e Unknown) Error() string {
	return fmt.Sprintf("ipp: nobody knows whether it printed, %d sides known%s: %v", e.Impressions, left(e.Left), e.Err)
}

func (e Unknown) Unwrap() error { return e.Err }

func left(is bool) string {
	if is {
		return ", and the job is left in the queue"
	}
	return ""
}

// Print sends one sheet (PWG raster, two pages) and follows it until the printer
// is done with it; nil means that it says so. When ctx ends, or the printer
// stops, the job is cancelled and waited out of the queue, up to 10 s. Any other
// outcome is a Jam, a NotPrinted or an Unknown. Not repeatable.
func (d *Dev) Print(ctx context.Context, raster []byte, w Watch) error {
	if len(raster) > rasterMax {
		return NotPrinted{fmt.Errorf("sheet of %d bytes, want at most %d", len(raster), rasterMax)}
	}
	d.printing.Lock()
	defer d.printing.Unlock()
	if ctx.Err() != nil {
		return NotPrinted{context.Cause(ctx)}
	}
	id, err := d.submit(ctx, raster)
	if err != nil {
		return err
	}
	j := job{d: d, id: id, watch: w.withDefaults()}
	return j.follow(ctx)
}

// submit hands the sheet over. As long as no connection stood, nothing can have
// been printed; from then on only the printer's refusal is certain.
func (d *Dev) submit(ctx context.Context, raster []byte) (int, error) {
	m := d.request(goipp.OpPrintJob)
	m.Operation.Add(d.user())
	// Not the sheet's subject: names of jobs are shown and logged.
	m.Operation.Add(goipp.MakeAttr("job-name", goipp.TagName, goipp.String("sheet")))
	// Rather no sheet than one with the back on a second sheet.
	m.Operation.Add(goipp.MakeAttr("ipp-attribute-fidelity", goipp.TagBoolean, goipp.Boolean(true)))
	m.Operation.Add(goipp.MakeAttr("document-format", goipp.TagMimeType, goipp.String(formatPWG)))
	m.Job.Add(goipp.MakeAttr("sides", goipp.TagKeyword, goipp.String(sidesLongEdge)))

	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	answer, err := d.send(traced, m, raster)
	if err != nil {
		var refused StatusError
		var web HTTPError
		if !connected.Load() || errors.As(err, &refused) || (errors.As(err, &web) && web.Code/100 == 4) {
			return 0, NotPrinted{fmt.Errorf("send the sheet: %w", err)}
		}
		return 0, d.orphan(ctx, fmt.Errorf("send the sheet: %w", err))
	}
	id, ok := number(answer.Job, "job-id")
	if !ok {
		return 0, d.orphan(ctx, errors.New("send the sheet: the printer names no job"))
	}
	return id, nil
}

// orphan clears the queue of a job whose number nobody knows. The kiosk is the
// printer's only user.
func (d *Dev) orphan(ctx context.Context, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelMax)
	defer cancel()
	if err := d.CancelAll(ctx); err != nil {
		return Unknown{Left: true, Err: errors.Join(why, err)}
	}
	return Unknown{Err: why}
}

// job is a sheet in the printer's hands.
type job struct {
	d       *Dev
	id      int
	watch   Watch
	last    Progress
	started bool // the printer may have begun with it, so that paper may have moved
	printed bool // it was seen at work on it
	polls   int
}

// printerEvery is how many polls of the job go to one of the printer: some
// printers stop without telling the job.
const printerEvery = 4

func (j *job) follow(ctx context.Context) error {
	for {
		if err := j.poll(ctx); err != nil {
			return j.giveUp(ctx, err)
		}
		switch {
		case j.last.State.Ended():
			return j.outcome(nil)
		case j.last.State == JobStopped, slices.Contains(j.last.Reasons, "printer-stopped"):
			return j.stopped(ctx)
		}
		if j.polls++; j.polls%printerEvery == 0 && j.printerStopped(ctx) {
			return j.stopped(ctx)
		}
		if err := j.d.rest(ctx); err != nil {
			return j.giveUp(ctx, err)
		}
	}
}

func (j *job) printerStopped(ctx context.Context) bool {
	s, err := j.d.Ready(ctx)
	var not NotReady
	if err != nil && (!errors.As(err, &not) || not.Err != nil) {
		return false // a line that fails shows when the job is asked for
	}
	// A printer that has just drawn its last sheet stops too, and prints that one.
	return s.State == PrinterStopped && !beforePaper(s)
}

// poll asks for the job, more than once when the line fails: that much is
// repeatable.
func (j *job) poll(ctx context.Context) error {
	var lost []error
	for {
		err := j.ask(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if lost = append(lost, err); len(lost) == lostMax {
			return errors.Join(lost...)
		}
		if err := j.d.rest(ctx); err != nil {
			return err
		}
	}
}

func (j *job) ask(ctx context.Context) error {
	m := j.d.request(goipp.OpGetJobAttributes)
	m.Operation.Add(goipp.MakeAttr("job-id", goipp.TagInteger, goipp.Integer(j.id)))
	m.Operation.Add(j.d.user())
	m.Operation.Add(wanted("job-state", "job-state-reasons", "job-impressions-completed", "time-at-processing"))
	j.watch.Asking()
	answer, err := j.d.ask(ctx, m)
	if err != nil {
		return fmt.Errorf("ask for job %d: %w", j.id, err)
	}
	p, started, err := parseProgress(answer.Job)
	if err != nil {
		return fmt.Errorf("ask for job %d: %w", j.id, err)
	}
	j.last = p
	j.started = j.started || started
	j.printed = j.printed || p.State == JobProcessing || p.Impressions > 0
	j.watch.Told(p)
	return nil
}

// parseProgress reads a job, and whether the printer may have begun with it. Of
// a job that is stopped or has ended, only a printer that says so (RFC 8011,
// 5.3.14.2) is believed that it had not.
func parseProgress(attrs goipp.Attributes) (p Progress, started bool, err error) {
	state, ok := number(attrs, "job-state")
	if !ok {
		return Progress{}, false, errors.New("the printer does not tell the job's state")
	}
	sides, _ := number(attrs, "job-impressions-completed")
	p = Progress{JobState(state), words(attrs, "job-state-reasons"), max(0, sides)}
	switch {
	case p.Impressions > 0:
		started = true
	case p.State == JobPending, p.State == JobHeld:
		started = false
	case p.State == JobStopped, p.State == JobCanceled, p.State == JobAborted:
		began := find(attrs, "time-at-processing")
		started = len(began) != 1 || began[0].T != goipp.TagNoValue
	default:
		started = true
	}
	return p, started, nil
}

// stopped finds out why the printer stopped, and takes the sheet back: whoever
// clears the printer must not find somebody's certificate coming out of it.
func (j *job) stopped(ctx context.Context) error {
	state, why := j.d.Ready(ctx)
	if why == nil {
		why = errors.New("the printer stopped the job for no reason that it names")
	}
	gone, err := j.remove(ctx)
	switch {
	case gone && j.last.State == JobCompleted:
		return j.outcome(why) // it went on by itself before it could be taken back
	case state.jammed():
		return Jam{j.last.Impressions, !gone, errors.Join(why, err)}
	case gone && (!j.started || (!j.printed && beforePaper(state))):
		return NotPrinted{why}
	default:
		return Unknown{j.last.Impressions, !gone, errors.Join(why, err)}
	}
}

// beforePaper says that the printer stopped because it had no paper to begin
// with.
func beforePaper(s State) bool {
	for _, stem := range s.Reasons {
		if meaning(stem).reason == ReasonPrinter {
			return false
		}
	}
	return slices.Contains(s.Reasons, "media-empty") || slices.Contains(s.Reasons, "media-needed")
}

// giveUp takes the job back because the caller or the line wants no more.
func (j *job) giveUp(ctx context.Context, why error) error {
	gone, err := j.remove(ctx)
	if !gone {
		return Unknown{j.last.Impressions, true, errors.Join(why, err)}
	}
	return j.outcome(why)
}

// outcome judges a job that is out of the queue.
func (j *job) outcome(why error) error {
	switch {
	case j.last.State == JobCompleted && !slices.Contains(j.last.Reasons, "job-completed-with-errors"):
		return nil
	case !j.started:
		return NotPrinted{why}
	default:
		if why == nil {
			why = fmt.Errorf("job %d ended in state %d, %q", j.id, j.last.State, j.last.Reasons)
		}
		return Unknown{Impressions: j.last.Impressions, Err: why}
	}
}

// remove cancels the job and waits until it is out of the queue. It outlives
// ctx, within its own limit. A printer that has forgotten the job has it no
// longer.
func (j *job) remove(ctx context.Context) (gone bool, err error) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), cancelMax, errStays)
	defer cancel()
	if err := j.d.cancel(ctx, j.id); err != nil {
		return false, err
	}
	for {
		err := j.ask(ctx)
		var refused StatusError
		if errors.As(err, &refused) && refused.Status == goipp.StatusErrorNotFound {
			j.started = true // who knows what it did
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if j.last.State.Ended() {
			return true, nil
		}
		if err := j.d.rest(ctx); err != nil {
			return false, err
		}
	}
}

var errStays = fmt.Errorf("the job does not leave the queue within %v", cancelMax)
