package ipp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/OpenPrinting/goipp"
	"go.uber.org/goleak"

	"kioskd/drivers/ipp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sheet() []byte { return bytes.Repeat([]byte("RaS2"), 50_000) }

func TestPrint(t *testing.T) {
	p := newPrinter(t, stage{state: 3}, stage{state: 5, reasons: "job-printing"}, stage{state: 5, reasons: "job-printing", sides: 1},
		stage{state: 5, reasons: "job-printing", sides: 1}, stage{state: 9, reasons: "job-completed-successfully", sides: 2})
	d := p.open(t)
	var heard []string
	asked := 0
	err := d.Print(t.Context(), sheet(), ipp.Watch{
		Asking: func() { asked++ },
		Told:   func(g ipp.Progress) { heard = append(heard, fmt.Sprint(asked, g)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "1 {3 [none] 0} 2 {5 [job-printing] 0} 3 {5 [job-printing] 1} 4 {5 [job-printing] 1} 5 {9 [job-completed-successfully] 2}"
	if got := strings.Join(heard, " "); got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
	if len(p.sheets) != 1 || !bytes.Equal(p.sheets[0], sheet()) {
		t.Errorf("%d sheets arrived", len(p.sheets))
	}
	if n, err := d.Queue(t.Context()); n != 0 || err != nil {
		t.Errorf("queue of %d, %v", n, err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1/", "ipp://", "ipp://[::1", "\x00"} {
		if _, err := ipp.New(t.Context(), address, ipp.Opts{}); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
	p := newPrinter(t)
	p.formats = "application/pdf"
	if _, err := ipp.New(t.Context(), p.url, ipp.Opts{}); err == nil || !strings.Contains(err.Error(), "want image/pwg-raster") {
		t.Errorf("got %v", err)
	}
	p.formats, p.sides = "image/pwg-raster", "two-sided-short-edge"
	if _, err := ipp.New(t.Context(), p.url, ipp.Opts{}); err == nil || !strings.Contains(err.Error(), "want two-sided-long-edge") {
		t.Errorf("got %v", err)
	}
}

func TestReady(t *testing.T) {
	for _, c := range []struct {
		state   int
		reasons string
		reason  string
		action  string
		low     string
	}{
		{3, "", "", "", ""},
		{3, "toner-low-warning media-low", "", "", "toner-lowmaintenance"},
		{4, "media-low-report", "", "", "media-lowclear"},
		{4, "", "", "", ""},
		{3, "media-empty-warning", "paper", "clear", ""},
		{5, "media-needed-error", "paper", "clear", ""},
		{5, "media-jam", "printer", "clear", ""},
		{3, "cover-open-report", "printer", "clear", ""},
		{5, "door-open media-empty toner-empty-error", "printer", "maintenance", ""},
		{5, "", "printer", "maintenance", ""},
		{5, "vendor-trouble-error", "printer", "maintenance", ""},
	} {
		p := newPrinter(t)
		d := p.open(t)
		p.mu.Lock()
		p.state, p.reasons = c.state, strings.Fields(c.reasons)
		p.mu.Unlock()
		now, err := d.Ready(t.Context())
		if reason, action := now.Low(); reason+action != c.low {
			t.Errorf("state %d, %q: low %q %q, want %q", c.state, c.reasons, reason, action, c.low)
		}
		var not ipp.NotReady
		if errors.As(err, &not) != (c.reason != "") || not.Reason != c.reason || not.Action != c.action {
			t.Errorf("state %d, %q: got %v (%q, %q), want %q, %q", c.state, c.reasons, err, not.Reason, not.Action, c.reason, c.action)
		}
	}
}

func TestUnreachablePrinter(t *testing.T) {
	p := newPrinter(t)
	d := p.open(t)
	p.at(goipp.OpGetPrinterAttributes, func() bool { return true })
	var not ipp.NotReady
	if _, err := d.Ready(t.Context()); !errors.As(err, &not) || not.Reason != "printer" || not.Err == nil {
		t.Errorf("got %v", err)
	}
}

// outcome is what Print made of a printer, in one word.
func outcome(err error) string {
	var (
		jam     ipp.Jam
		not     ipp.NotPrinted
		unknown ipp.Unknown
	)
	switch {
	case err == nil:
		return "printed"
	case errors.As(err, &jam):
		return fmt.Sprintf("jam %d left=%v", jam.Impressions, jam.Left)
	case errors.As(err, &unknown):
		return fmt.Sprintf("unknown %d left=%v", unknown.Impressions, unknown.Left)
	case errors.As(err, &not):
		return "not printed"
	default:
		return fmt.Sprintf("untyped %v", err)
	}
}

func TestOutcomes(t *testing.T) {
	printing := stage{state: 5}
	for _, c := range []struct {
		name     string
		fault    func(p *printer)
		stages   []stage
		want     string
		sheets   int
		canceled int
	}{
		{name: "jam after one side", stages: []stage{printing, {state: 6, sides: 1, printer: 5, why: "media-jam-error"}}, want: "jam 1 left=false", sheets: 1, canceled: 1},
		{name: "jam told by the printer only", stages: []stage{printing, {state: 5, sides: 1, printer: 5, why: "media-jam"}}, want: "jam 1 left=false", sheets: 1, canceled: 1},
		{name: "no paper to begin with", stages: []stage{{state: 6, reasons: "printer-stopped", printer: 5, why: "media-empty"}}, want: "not printed", sheets: 1, canceled: 1},
		{name: "paper ends between sides", stages: []stage{{state: 6, sides: 1, printer: 5, why: "media-empty"}}, want: "unknown 1 left=false", sheets: 1, canceled: 1},
		{name: "paper ends behind the sheet", stages: []stage{printing, {state: 5, sides: 1, printer: 5, why: "media-empty"}, {state: 5, sides: 1}, {state: 5, sides: 2}, {state: 5, sides: 2}, {state: 9, sides: 2}}, want: "printed", sheets: 1},
		{name: "paper ends in the first side", stages: []stage{printing, {state: 6, printer: 5, why: "media-empty"}}, want: "unknown 0 left=false", sheets: 1, canceled: 1},
		{name: "cover open before", fault: func(p *printer) { p.onCancel = stage{state: 7, unbegun: true} }, stages: []stage{{state: 6, unbegun: true, printer: 5, why: "cover-open"}}, want: "not printed", sheets: 1, canceled: 1},
		{name: "cover opened", stages: []stage{printing, {state: 6, printer: 5, why: "cover-open"}}, want: "unknown 0 left=false", sheets: 1, canceled: 1},
		{name: "went on by itself", fault: func(p *printer) { p.onCancel = stage{state: 9, sides: 2} }, stages: []stage{{state: 6, printer: 5, why: "media-jam"}}, want: "printed", sheets: 1, canceled: 1},
		{name: "aborted", stages: []stage{printing, {state: 8}}, want: "unknown 0 left=false", sheets: 1},
		{name: "aborted unbegun", stages: []stage{{state: 8, unbegun: true}}, want: "not printed", sheets: 1},
		{name: "canceled at the panel", stages: []stage{printing, {state: 7, sides: 1}}, want: "unknown 1 left=false", sheets: 1},
		{name: "completed with errors", stages: []stage{{state: 9, sides: 2, reasons: "job-completed-with-errors"}}, want: "unknown 2 left=false", sheets: 1},
		{name: "busy", fault: func(p *printer) { p.refuse = goipp.StatusErrorBusy }, want: "not printed"},
		{name: "not found", fault: func(p *printer) { p.status = 404 }, want: "not printed", sheets: 1},
		{name: "broken answer", fault: func(p *printer) { p.status = 500 }, want: "unknown 0 left=false", sheets: 1, canceled: 1},
		{name: "no job named", fault: func(p *printer) { p.nameless = true }, want: "unknown 0 left=false", sheets: 1, canceled: 1},
		{name: "line drops with the sheet", fault: func(p *printer) { p.at(goipp.OpPrintJob, func() bool { return true }) }, want: "unknown 0 left=false"},
		{name: "line drops for good", fault: func(p *printer) {
			p.before = func(op goipp.Op) bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.dropped = p.dropped || op == goipp.OpGetJobAttributes
				return p.dropped
			}
		}, want: "unknown 0 left=true", sheets: 1},
		{name: "line drops twice", fault: func(p *printer) {
			var n atomic.Int32
			p.at(goipp.OpGetJobAttributes, func() bool { return n.Add(1) <= 2 })
		}, stages: []stage{{state: 9, sides: 2}}, want: "printed", sheets: 1},
		{name: "printer forgets the job", fault: func(p *printer) {
			p.at(goipp.OpGetJobAttributes, func() bool { p.mu.Lock(); p.job = nil; p.mu.Unlock(); return false })
		}, want: "unknown 0 left=false", sheets: 1, canceled: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPrinter(t, c.stages...)
			d := p.open(t)
			if c.fault != nil {
				c.fault(p)
			}
			err := d.Print(t.Context(), sheet(), ipp.Watch{})
			if got := outcome(err); got != c.want {
				t.Errorf("got %s, want %s (%v)", got, c.want, err)
			}
			if sheets, canceled := p.received(); sheets != c.sheets || canceled != c.canceled {
				t.Errorf("%d sheets sent, %d cancelled; want %d, %d", sheets, canceled, c.sheets, c.canceled)
			}
		})
	}
}

func TestGivingUpTakesTheJobBack(t *testing.T) {
	for _, c := range []struct {
		name     string
		stage    stage
		onCancel stage
		want     string
	}{
		{"printing", stage{state: 5, sides: 1}, stage{state: 7}, "unknown 1 left=false"},
		{"pending", stage{state: 3}, stage{state: 7, unbegun: true}, "not printed"},
		{"pending, as far as we know", stage{state: 3}, stage{state: 7}, "unknown 0 left=false"},
		{"too late", stage{state: 5, sides: 1}, stage{state: 9, sides: 2}, "printed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPrinter(t, c.stage)
			p.onCancel = c.onCancel
			d := p.open(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			enough := errors.New("enough")
			err := d.Print(ctx, sheet(), ipp.Watch{Told: func(ipp.Progress) { cancel(enough) }})
			if got := outcome(err); got != c.want || (err != nil && !errors.Is(err, enough)) {
				t.Errorf("got %s, want %s (%v)", got, c.want, err)
			}
			if n, err := d.Queue(t.Context()); n != 0 || err != nil {
				t.Errorf("queue of %d, %v", n, err)
			}
		})
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	p := newPrinter(t)
	d := p.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := outcome(d.Print(ctx, sheet(), ipp.Watch{})); got != "not printed" {
		t.Errorf("got %s", got)
	}
	if sheets, _ := p.received(); sheets != 0 {
		t.Error("a sheet was sent")
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ipp.New(t.Context(), "ipp://"+l.Addr().String()+"/ipp/print", ipp.Opts{}); err == nil {
		t.Error("nobody answered and nobody noticed")
	}
}

func TestCancelAll(t *testing.T) {
	p := newPrinter(t)
	d := p.open(t)
	p.mu.Lock()
	p.job = &stage{state: 4}
	p.mu.Unlock()
	if n, err := d.Queue(t.Context()); n != 1 || err != nil {
		t.Errorf("queue of %d, %v", n, err)
	}
	p.mu.Lock()
	p.stubborn = true
	p.mu.Unlock()
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	p.at(goipp.OpCancelJob, func() bool { cancel(enough); return false })
	if err := d.CancelAll(ctx); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	p.mu.Lock()
	p.stubborn, p.before = false, nil
	p.mu.Unlock()
	if err := d.CancelAll(t.Context()); err != nil {
		t.Error(err)
	}
	if n, err := d.Queue(t.Context()); n != 0 || err != nil {
		t.Errorf("queue of %d, %v", n, err)
	}
}

func ExampleDev_Print() {
	p := newPrinter(&testing.T{}, stage{state: 5}, stage{state: 9, sides: 2})
	defer p.close() // on a kiosk the URL comes from the configuration
	d, err := ipp.New(context.Background(), p.url, ipp.Opts{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Print(context.Background(), sheet(), ipp.Watch{
		Told: func(g ipp.Progress) { fmt.Println(g.State, g.Impressions) },
	}))
	fmt.Println(d.Close())
	// Output:
	// 5 0
	// 9 2
	// <nil>
	// <nil>
}
