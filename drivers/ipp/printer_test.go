package ipp_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/OpenPrinting/goipp"

	"kioskd/drivers/ipp"
)

// printer is a page printer on a loopback port. A job goes through its stages,
// one at each question, and stays at the last.
type printer struct {
	t     testing.TB
	url   string
	close func()

	mu       sync.Mutex
	formats  string
	sides    string
	state    int
	reasons  []string
	stages   []stage
	job      *stage // nil while there is none
	sheets   [][]byte
	canceled int
	stubborn bool                // does not let a job go
	before   func(goipp.Op) bool // may drop the connection, by answering true
	refuse   goipp.Status        // answers Print-Job with it
	status   int                 // HTTP status of Print-Job's answer
	nameless bool                // Print-Job's answer names no job
	onCancel stage               // where a cancelled job ends
	dropped  bool
}

type stage struct {
	state, sides int
	reasons      string
	unbegun      bool // time-at-processing is no-value
	printer      int  // the printer's own state from here on; 0 leaves it
	why          string
}

func newPrinter(t testing.TB, stages ...stage) *printer {
	p := &printer{
		t: t, formats: "image/pwg-raster", sides: "two-sided-long-edge", state: 3, stages: stages,
		onCancel: stage{state: 7},
	}
	server := httptest.NewServer(p)
	p.close = server.Close
	t.Cleanup(server.Close)
	p.url = strings.Replace(server.URL, "http://", "ipp://", 1) + "/ipp/print"
	return p
}

// open returns a Dev on the printer that asks every millisecond.
func (p *printer) open(t testing.TB) *ipp.Dev {
	t.Helper()
	d, err := ipp.New(t.Context(), p.url, ipp.Opts{Poll: time.Millisecond, Answer: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return d
}

func (p *printer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/ipp/print" || r.Header.Get("Content-Type") != "application/ipp" {
		p.t.Errorf("request %s %s %s", r.Method, r.URL, r.Header)
	}
	var m goipp.Message
	if err := m.Decode(r.Body); err != nil {
		p.t.Errorf("decode: %v", err)
		return
	}
	document, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Errorf("read: %v", err)
		return
	}
	p.order(&m)
	op := goipp.Op(m.Code)
	p.mu.Lock()
	before := p.before
	p.mu.Unlock()
	if before != nil && before(op) {
		panic(http.ErrAbortHandler)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := goipp.NewResponse(m.Version, goipp.StatusOk, m.RequestID)
	answer.Operation.Add(goipp.MakeAttr("attributes-charset", goipp.TagCharset, goipp.String("utf-8")))
	answer.Operation.Add(goipp.MakeAttr("attributes-natural-language", goipp.TagLanguage, goipp.String("en")))
	switch op {
	case goipp.OpGetPrinterAttributes:
		p.tellPrinter(answer)
	case goipp.OpPrintJob:
		p.take(answer, &m, document)
		if p.status != 0 {
			w.WriteHeader(p.status)
			return
		}
	case goipp.OpGetJobAttributes:
		p.tellJob(answer)
	case goipp.OpCancelJob:
		p.cancel(answer)
	case goipp.OpGetJobs:
		p.tellQueue(answer)
	default:
		p.t.Errorf("unexpected %v", op)
	}
	b, err := answer.EncodeBytes()
	if err != nil {
		p.t.Errorf("encode: %v", err)
	}
	w.Header().Set("Content-Type", "application/ipp")
	_, _ = w.Write(b) // who has hung up does not hear it
}

// order checks what RFC 8011 wants first.
func (p *printer) order(m *goipp.Message) {
	want := []string{"attributes-charset", "attributes-natural-language", "printer-uri"}
	for i, name := range want {
		if len(m.Operation) <= i || m.Operation[i].Name != name {
			p.t.Errorf("%v: attribute %d is not %s", goipp.Op(m.Code), i, name)
			return
		}
	}
	if uri := m.Operation[2].Values.String(); uri != p.url {
		p.t.Errorf("printer-uri %s, want %s", uri, p.url)
	}
}

func (p *printer) tellPrinter(answer *goipp.Message) {
	answer.Printer.Add(goipp.MakeAttr("document-format-supported", goipp.TagMimeType, goipp.String("image/urf"), goipp.String(p.formats)))
	answer.Printer.Add(goipp.MakeAttr("sides-supported", goipp.TagKeyword, goipp.String("one-sided"), goipp.String(p.sides)))
	answer.Printer.Add(goipp.MakeAttr("printer-state", goipp.TagEnum, goipp.Integer(p.state)))
	reasons := goipp.MakeAttr("printer-state-reasons", goipp.TagKeyword, goipp.String("none"))
	if len(p.reasons) > 0 {
		reasons.Values = nil
		for _, r := range p.reasons {
			reasons.Values.Add(goipp.TagKeyword, goipp.String(r))
		}
	}
	answer.Printer.Add(reasons)
	answer.Printer.Add(goipp.MakeAttr("printer-is-accepting-jobs", goipp.TagBoolean, goipp.Boolean(true)))
}

func (p *printer) take(answer *goipp.Message, m *goipp.Message, document []byte) {
	var got bytes.Buffer
	for _, a := range append(m.Operation[3:], m.Job...) {
		got.WriteString(a.Name + "=" + a.Values.String() + " ")
	}
	want := "requesting-user-name=kiosk job-name=sheet ipp-attribute-fidelity=true document-format=image/pwg-raster sides=two-sided-long-edge "
	if got.String() != want {
		p.t.Errorf("Print-Job with %q, want %q", got.String(), want)
	}
	if p.refuse != 0 {
		answer.Code = goipp.Code(p.refuse)
		answer.Operation.Add(goipp.MakeAttr("status-message", goipp.TagText, goipp.String("not now")))
		return
	}
	p.sheets = append(p.sheets, document)
	p.job = &stage{state: 3}
	if !p.nameless {
		answer.Job.Add(goipp.MakeAttr("job-id", goipp.TagInteger, goipp.Integer(7)))
		answer.Job.Add(goipp.MakeAttr("job-state", goipp.TagEnum, goipp.Integer(3)))
	}
}

func (p *printer) tellJob(answer *goipp.Message) {
	if p.job == nil {
		answer.Code = goipp.Code(goipp.StatusErrorNotFound)
		return
	}
	if len(p.stages) > 0 {
		*p.job, p.stages = p.stages[0], p.stages[1:]
		if p.job.printer != 0 {
			p.state = p.job.printer
			p.reasons = strings.Fields(p.job.why)
		}
	}
	answer.Job.Add(goipp.MakeAttr("job-state", goipp.TagEnum, goipp.Integer(p.job.state)))
	reasons := p.job.reasons
	if reasons == "" {
		reasons = "none"
	}
	answer.Job.Add(goipp.MakeAttr("job-state-reasons", goipp.TagKeyword, goipp.String(reasons)))
	answer.Job.Add(goipp.MakeAttr("job-impressions-completed", goipp.TagInteger, goipp.Integer(p.job.sides)))
	if p.job.unbegun {
		answer.Job.Add(goipp.MakeAttr("time-at-processing", goipp.TagNoValue, goipp.Void{}))
	}
}

func (p *printer) cancel(answer *goipp.Message) {
	p.canceled++
	if p.job == nil {
		answer.Code = goipp.Code(goipp.StatusErrorNotFound)
		return
	}
	if p.job.state >= 7 {
		answer.Code = goipp.Code(goipp.StatusErrorNotPossible)
		return
	}
	if p.stubborn {
		return
	}
	sides := p.job.sides
	*p.job, p.stages = p.onCancel, nil
	p.job.sides = max(p.job.sides, sides)
}

func (p *printer) tellQueue(answer *goipp.Message) {
	if p.job == nil || p.job.state >= 7 {
		return
	}
	attrs := goipp.Attributes{}
	attrs.Add(goipp.MakeAttr("job-id", goipp.TagInteger, goipp.Integer(7)))
	attrs.Add(goipp.MakeAttr("job-state", goipp.TagEnum, goipp.Integer(p.job.state)))
	answer.Groups = append(goipp.Groups{{Tag: goipp.TagOperationGroup, Attrs: answer.Operation}}, goipp.Group{Tag: goipp.TagJobGroup, Attrs: attrs})
}

// at lets act happen in place of the first request of that kind; the connection
// drops when it answers true.
func (p *printer) at(op goipp.Op, act func() bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = func(got goipp.Op) bool { return got == op && act() }
}

func (p *printer) received() (sheets, canceled int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sheets), p.canceled
}
