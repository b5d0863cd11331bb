// Package ipp drives an IPP Everywhere page printer.
//
// It prints one sheet as one job, front and back, and owns that job to its end:
// when the sheet jams or the caller gives up, the job is cancelled and waited
// out of the queue, so that nobody's sheet stays in the printer. It never sends
// a sheet twice, and it does not claim that paper lies in the tray: a job that
// is "completed" has left the printer's hands, and the exit sensor knows the
// rest. All its times are process time.
//
// Wiring: HTTP over TCP; a printer on USB behind the system's ipp-usb.
//
// Source: RFC 8010 (encoding), RFC 8011 (model: 4.2.1 Print-Job, 4.3.3
// Cancel-Job, 4.3.4 Get-Job-Attributes, 5.3.7 job-state, 5.4.11 printer-state,
// 5.4.12 printer-state-reasons); PWG 5100.14 (IPP Everywhere).
package ipp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/OpenPrinting/goipp"
)

const (
	portIPP       = "631"
	answerMax     = 1 << 20  // bytes of an answer
	rasterMax     = 64 << 20 // bytes of a sheet
	jobsMax       = 1000     // jobs looked at in a queue
	cancelMax     = 10 * time.Second
	lostMax       = 3 // polls in a row that may fail before the printer counts as lost
	formatPWG     = "image/pwg-raster"
	sidesLongEdge = "two-sided-long-edge"
)

// Opts are the options of New. The zero value works.
type Opts struct {
	// User is the name that jobs carry; "" means "kiosk".
	User string
	// Answer is how long one request may take; 0 means 5 s.
	Answer time.Duration
	// Poll is how often a job is asked for; 0 means 50 ms.
	Poll time.Duration
	// Dial opens a connection to the printer; nil means over the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (o Opts) withDefaults() Opts {
	if o.User == "" {
		o.User = "kiosk"
	}
	if o.Answer == 0 {
		o.Answer = 5 * time.Second
	}
	if o.Poll == 0 {
		o.Poll = 50 * time.Millisecond
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: o.Answer}).DialContext
	}
	return o
}

// Dev is a printer that has answered and can print what Print sends.
type Dev struct {
	uri  string // as the printer's attribute names it
	http string // where requests go
	o    Opts

	client    *http.Client
	transport *http.Transport
	ids       atomic.Uint32 // request ids

	printing sync.Mutex // one job at a time
}

// New asks the printer at an ipp or ipps URL what it can do. It refuses one that
// does not take PWG raster or cannot print on both sides.
func New(ctx context.Context, printer string, o Opts) (*Dev, error) {
	to, err := endpoint(printer)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	transport := &http.Transport{
		DialContext:           o.Dial,
		MaxIdleConns:          2,
		IdleConnTimeout:       30 * time.Second,
		ResponseHeaderTimeout: o.Answer,
		// The answer's body is bounded; a compressed one would not be.
		DisableCompression: true,
	}
	d := &Dev{
		uri: printer, http: to, o: o, transport: transport,
		client: &http.Client{
			Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("a printer does not redirect")
			},
		},
	}
	if err := d.greet(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func endpoint(printer string) (string, error) {
	u, err := url.Parse(printer)
	if err != nil {
		return "", fmt.Errorf("ipp: address: %w", err)
	}
	switch u.Scheme {
	case "ipp":
		u.Scheme = "http"
	case "ipps":
		u.Scheme = "https"
	default:
		return "", fmt.Errorf("ipp: address %q has scheme %q, want ipp or ipps", printer, u.Scheme)
	}
	if u.Hostname() == "" {
		return "", fmt.Errorf("ipp: address %q names no host", printer)
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), portIPP)
	}
	return u.String(), nil
}

// String names the printer.
func (d *Dev) String() string { return fmt.Sprintf("ipp{%s}", d.uri) }

// Close closes idle connections. It may be called twice, after Print has
// returned; a Dev may be used again after it.
func (d *Dev) Close() error {
	d.transport.CloseIdleConnections()
	return nil
}

// Halt is Close.
func (d *Dev) Halt() error { return d.Close() }

func (d *Dev) greet(ctx context.Context) error {
	answer, err := d.ask(ctx, d.printerRequest("document-format-supported", "sides-supported"))
	if err != nil {
		return fmt.Errorf("ipp: ask %s what it can do: %w", d.uri, err)
	}
	if have := words(answer.Printer, "document-format-supported"); !slices.Contains(have, formatPWG) {
		return fmt.Errorf("ipp: %s takes %q, want %s", d.uri, have, formatPWG)
	}
	if have := words(answer.Printer, "sides-supported"); !slices.Contains(have, sidesLongEdge) {
		return fmt.Errorf("ipp: %s prints %q, want %s", d.uri, have, sidesLongEdge)
	}
	return nil
}

// Abilities are what a printer says of itself, besides what New insists on.
type Abilities struct {
	Model       string   // make and model; "" when it does not tell
	Resolutions []string // of PWG raster, as in "300dpi"
	Media       []string // in its trays, as it names them
}

// Abilities asks for them. Repeatable.
func (d *Dev) Abilities(ctx context.Context) (Abilities, error) {
	const model, resolution, media = "printer-make-and-model", "pwg-raster-document-resolution-supported", "media-ready"
	answer, err := d.ask(ctx, d.printerRequest(model, resolution, media))
	if err != nil {
		return Abilities{}, fmt.Errorf("ipp: ask %s what it can do: %w", d.uri, err)
	}
	a := Abilities{Media: words(answer.Printer, media)}
	if m := words(answer.Printer, model); len(m) > 0 {
		a.Model = m[0]
	}
	for _, v := range find(answer.Printer, resolution) {
		r, ok := v.V.(goipp.Resolution)
		if !ok || r.Units != goipp.UnitsDpi {
			continue
		}
		if r.Xres == r.Yres {
			a.Resolutions = append(a.Resolutions, fmt.Sprintf("%ddpi", r.Xres))
		} else {
			a.Resolutions = append(a.Resolutions, fmt.Sprintf("%dx%ddpi", r.Xres, r.Yres))
		}
	}
	return a, nil
}

// Queue is how many jobs have not ended.
func (d *Dev) Queue(ctx context.Context) (int, error) {
	jobs, err := d.jobs(ctx)
	if err != nil {
		return 0, err
	}
	return len(jobs), nil
}

// CancelAll cancels every job that has not ended and waits, as long as ctx
// allows, until the queue is empty. Repeatable.
func (d *Dev) CancelAll(ctx context.Context) error {
	for {
		jobs, err := d.jobs(ctx)
		if err != nil {
			return err
		}
		if len(jobs) == 0 {
			return nil
		}
		for _, id := range jobs {
			if err := d.cancel(ctx, id); err != nil {
				return err
			}
		}
		if err := d.rest(ctx); err != nil {
			return fmt.Errorf("ipp: %d jobs are still in the queue: %w", len(jobs), err)
		}
	}
}

func (d *Dev) jobs(ctx context.Context) ([]int, error) {
	m := d.request(goipp.OpGetJobs)
	m.Operation.Add(d.user())
	m.Operation.Add(goipp.MakeAttr("limit", goipp.TagInteger, goipp.Integer(jobsMax)))
	m.Operation.Add(goipp.MakeAttr("which-jobs", goipp.TagKeyword, goipp.String("not-completed")))
	m.Operation.Add(wanted("job-id", "job-state"))
	answer, err := d.ask(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("ipp: ask for jobs: %w", err)
	}
	var ids []int
	for _, g := range answer.Groups {
		if g.Tag != goipp.TagJobGroup {
			continue
		}
		id, ok := number(g.Attrs, "job-id")
		if !ok {
			return nil, errors.New("ipp: ask for jobs: a job without an id")
		}
		// Some printers list what has just ended.
		if state, ok := number(g.Attrs, "job-state"); ok && JobState(state).Ended() {
			continue
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// cancel asks for a job to be cancelled. That it has ended by itself, or is
// forgotten, is as good.
func (d *Dev) cancel(ctx context.Context, id int) error {
	m := d.request(goipp.OpCancelJob)
	m.Operation.Add(goipp.MakeAttr("job-id", goipp.TagInteger, goipp.Integer(id)))
	m.Operation.Add(d.user())
	_, err := d.ask(ctx, m)
	var refused StatusError
	if errors.As(err, &refused) && (refused.Status == goipp.StatusErrorNotPossible || refused.Status == goipp.StatusErrorNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ipp: cancel job %d: %w", id, err)
	}
	return nil
}

// rest waits until the next poll.
func (d *Dev) rest(ctx context.Context) error {
	t := time.NewTimer(d.o.Poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
