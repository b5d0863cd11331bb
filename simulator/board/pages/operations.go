package pages

import (
	"slices"
	"strconv"
	"strings"

	"github.com/OpenPrinting/goipp"
)

const (
	formatRaster  = "image/pwg-raster"
	formatJPEG    = "image/jpeg"
	formatUnknown = "application/octet-stream" // the printer finds out
	mediaA4       = "iso_a4_210x297mm"

	oneSided  = "one-sided"
	longEdge  = "two-sided-long-edge"
	shortEdge = "two-sided-short-edge"
)

// answer carries a request out. First come the checks that RFC 8011 4.1 asks of
// every operation.
func (p *Printer) answer(m *goipp.Message, q *request) answer {
	if major := m.Version.Major(); major != 1 && major != 2 {
		return refuse(goipp.StatusErrorVersionNotSupported, "version %s", m.Version)
	}
	if m.RequestID == 0 {
		return refuse(goipp.StatusErrorBadRequest, "request-id 0")
	}
	o := q.operation
	if len(o) < 2 || o[0].Name != "attributes-charset" || o[1].Name != "attributes-natural-language" {
		return refuse(goipp.StatusErrorBadRequest, "a request begins with attributes-charset and attributes-natural-language")
	}
	if c := strings.ToLower(stringOf(o, "attributes-charset")); c != "utf-8" && c != "us-ascii" {
		return refuse(goipp.StatusErrorCharset, "charset %q", c)
	}
	if stringOf(o, "printer-uri") == "" && stringOf(o, "job-uri") == "" {
		return refuse(goipp.StatusErrorBadRequest, "no printer-uri")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch q.op {
	case goipp.OpPrintJob:
		return p.printJob(q)
	case goipp.OpValidateJob:
		_, a := p.accept(q)
		return a
	case goipp.OpCreateJob:
		return p.createJob(q)
	case goipp.OpSendDocument:
		return p.onJob(q, p.sendDocument)
	case goipp.OpCloseJob:
		return p.onJob(q, p.closeJob)
	case goipp.OpCancelJob:
		return p.onJob(q, p.cancelJob)
	case goipp.OpGetJobAttributes:
		return p.onJob(q, func(q *request, j *job) answer {
			return answer{jobs: []goipp.Attributes{requested(q, p.jobAttributes(q, j))}}
		})
	case goipp.OpCancelMyJobs:
		return p.cancelMyJobs(q)
	case goipp.OpGetJobs:
		return p.getJobs(q)
	case goipp.OpGetPrinterAttributes:
		return answer{printer: requested(q, p.attributes(q))}
	case goipp.OpIdentifyPrinter:
		return answer{}
	}
	return refuse(goipp.StatusErrorOperationNotSupported, "%s", q.op)
}

// accept judges a new job's attributes, and says whether to print both sides.
func (p *Printer) accept(q *request) (sides string, a answer) {
	if f := stringOf(q.operation, "document-format"); !takes(f) {
		return "", refuse(goipp.StatusErrorDocumentFormatNotSupported, "%s", f)
	}
	if c := stringOf(q.operation, "compression"); c != "" && c != "none" {
		return "", refuse(goipp.StatusErrorCompressionNotSupported, "%s", c)
	}
	for _, t := range q.template {
		if !supported(t) {
			a.unsupported.Add(t)
		}
	}
	if len(a.unsupported) > 0 {
		a.status = goipp.StatusOkIgnoredOrSubstituted
		if strict, _ := boolOf(q.operation, "ipp-attribute-fidelity"); strict {
			a.status = goipp.StatusErrorAttributesOrValues
			return "", a
		}
	}
	sides = stringOf(q.template, "sides")
	if sides != oneSided && sides != longEdge && sides != shortEdge {
		sides = ""
	}
	return sides, a
}

// takes says whether the printer takes a document of that format; "" leaves it to
// the printer.
func takes(format string) bool {
	switch format {
	case "", formatRaster, formatJPEG, formatUnknown:
		return true
	}
	return false
}

// supported says whether the printer can do what a job template attribute asks.
func supported(t goipp.Attribute) bool {
	one := goipp.Attributes{t}
	switch t.Name {
	case "sides":
		return slices.Contains([]string{oneSided, longEdge, shortEdge}, stringOf(one, t.Name))
	case "media":
		return stringOf(one, t.Name) == mediaA4
	case "copies":
		n, ok := intOf(one, t.Name)
		return ok && n == 1
	case "printer-resolution":
		r, ok := t.Values[0].V.(goipp.Resolution)
		return ok && r.Xres == resolution && r.Yres == resolution
	case "print-color-mode":
		mode := stringOf(one, t.Name)
		return mode == "monochrome" || mode == "bi-level" || mode == "auto"
	case "print-quality":
		n, ok := intOf(one, t.Name)
		return ok && n >= 3 && n <= 5
	case "finishings":
		n, ok := intOf(one, t.Name)
		return ok && n == 3
	case "media-col", "orientation-requested", "output-bin", "print-content-optimize", "print-rendering-intent":
		return true
	}
	return false
}

func (p *Printer) printJob(q *request) answer {
	sides, a := p.accept(q)
	if a.status >= goipp.StatusErrorBadRequest {
		return a
	}
	if len(p.waiting()) >= jobsMax {
		return refuse(goipp.StatusErrorBusy, "%d jobs are waiting", jobsMax)
	}
	d, bad := read(q)
	if d == nil {
		return bad
	}
	j := p.newJob(q, sides)
	p.give(j, d)
	a.jobs = []goipp.Attributes{p.jobBrief(q, j)}
	return a
}

func (p *Printer) createJob(q *request) answer {
	sides, a := p.accept(q)
	if a.status >= goipp.StatusErrorBadRequest {
		return a
	}
	if len(p.waiting()) >= jobsMax {
		return refuse(goipp.StatusErrorBusy, "%d jobs are waiting", jobsMax)
	}
	j := p.newJob(q, sides)
	p.abandon(j)
	a.jobs = []goipp.Attributes{p.jobBrief(q, j)}
	return a
}

func (p *Printer) newJob(q *request, sides string) *job {
	j := p.add(stringOf(q.operation, "job-name"), user(q))
	j.duplexSet = sides != ""
	j.duplex = sides == longEdge || sides == shortEdge
	return j
}

func user(q *request) string {
	if u := stringOf(q.operation, "requesting-user-name"); u != "" {
		return u
	}
	return "anonymous"
}

// read gives a request's document, or says what is wrong with it.
func read(q *request) (*document, answer) {
	if len(q.document) > documentMax {
		return nil, refuse(goipp.StatusErrorRequestEntity, "more than %d bytes", documentMax)
	}
	if q.bad != nil {
		return nil, refuse(goipp.StatusErrorDocumentFormatError, "%v", q.bad)
	}
	return q.decoded, answer{}
}

// onJob finds the job that a request speaks of.
func (p *Printer) onJob(q *request, f func(*request, *job) answer) answer {
	id, ok := intOf(q.operation, "job-id")
	if uri := stringOf(q.operation, "job-uri"); uri != "" && !ok {
		n, err := strconv.Atoi(uri[strings.LastIndexByte(uri, '/')+1:])
		id, ok = n, err == nil
	}
	if !ok {
		return refuse(goipp.StatusErrorBadRequest, "no job-id")
	}
	j := p.job(id)
	if j == nil {
		return refuse(goipp.StatusErrorNotFound, "no job %d", id)
	}
	return f(q, j)
}

func (p *Printer) sendDocument(q *request, j *job) answer {
	last, ok := boolOf(q.operation, "last-document")
	if !ok {
		return refuse(goipp.StatusErrorBadRequest, "no last-document")
	}
	if f := stringOf(q.operation, "document-format"); !takes(f) {
		return refuse(goipp.StatusErrorDocumentFormatNotSupported, "%s", f)
	}
	if last && len(q.document) == 0 {
		return p.closeJob(q, j)
	}
	if j.state != jobHeld {
		return refuse(goipp.StatusErrorNotPossible, "job %d waits for no document", j.id)
	}
	if !last {
		return refuse(goipp.StatusErrorMultipleJobsNotSupported, "one document a job")
	}
	d, bad := read(q)
	if d == nil {
		p.end(j, jobAborted, "document-format-error")
		return bad
	}
	p.give(j, d)
	return answer{jobs: []goipp.Attributes{p.jobBrief(q, j)}}
}

// closeJob says that no document follows: a job without one ends.
func (p *Printer) closeJob(q *request, j *job) answer {
	if j.state == jobHeld {
		p.end(j, jobAborted, "aborted-by-system")
	}
	return answer{jobs: []goipp.Attributes{p.jobBrief(q, j)}}
}

func (p *Printer) cancelJob(_ *request, j *job) answer {
	if !p.cancel(j) {
		return refuse(goipp.StatusErrorNotPossible, "job %d has ended, or is about to", j.id)
	}
	p.note()
	return answer{}
}

func (p *Printer) cancelMyJobs(q *request) answer {
	for _, j := range p.waiting() {
		if j.user == user(q) {
			p.cancel(j)
		}
	}
	p.note()
	return answer{}
}

func (p *Printer) getJobs(q *request) answer {
	which := stringOf(q.operation, "which-jobs")
	switch which {
	case "", "not-completed", "completed", "all":
	default:
		return refuse(goipp.StatusErrorAttributesOrValues, "which-jobs %q", which)
	}
	mine, _ := boolOf(q.operation, "my-jobs")
	limit, limited := intOf(q.operation, "limit")
	var a answer
	for _, j := range p.jobs {
		if limited && len(a.jobs) >= limit {
			break
		}
		if mine && j.user != user(q) {
			continue
		}
		if which == "all" || j.over() == (which == "completed") {
			a.jobs = append(a.jobs, requested(q, p.jobAttributes(q, j), "job-id", "job-uri"))
		}
	}
	return a
}
