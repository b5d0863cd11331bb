package pages

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/OpenPrinting/goipp"
)

// Path is where the printer listens.
const Path = "/ipp/print"

const (
	contentType = "application/ipp"
	messageMax  = 64 << 10 // bytes of a request without its document
	headerWait  = 10 * time.Second
	requestWait = 60 * time.Second // for the whole of a request
)

// Serve answers IPP on l until ctx ends, closes l, and waits for nothing that
// is still under way: whoever is connected is cut off.
func (p *Printer) Serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler:           p,
		ReadHeaderTimeout: headerWait,
		ReadTimeout:       requestWait,
	}
	closed := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { closed <- s.Close() })
	err := s.Serve(l)
	if stop() {
		return fmt.Errorf("pages: serve: %w", errors.Join(err, s.Close()))
	}
	if err := <-closed; err != nil {
		return fmt.Errorf("pages: close: %w", err)
	}
	return nil
}

// reachable gives the number of power cuts so far, unless the printer is off
// line.
func (p *Printer) reachable() (powered int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.powered, p.fault != faultOffline
}

// ServeHTTP answers one IPP request. An off line printer drops the connection,
// and so does one that lost its power meanwhile.
func (p *Printer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	powered, ok := p.reachable()
	if !ok {
		panic(http.ErrAbortHandler) // net/http's way to drop a connection
	}
	if p.web(w, r) {
		return
	}
	if r.URL.Path != Path {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "this is an IPP printer: POST "+contentType, http.StatusMethodNotAllowed)
		return
	}
	if r.Header.Get("Content-Type") != contentType {
		http.Error(w, "want "+contentType, http.StatusUnsupportedMediaType)
		return
	}
	answer, err := p.exchange(r.Body, "ipp://"+r.Host+Path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if now, ok := p.reachable(); !ok || now != powered {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", contentType)
	// A client that has gone does not hear the answer; there is nobody to tell.
	_, _ = w.Write(answer)
}

// exchange reads one request, carries it out and encodes the answer.
func (p *Printer) exchange(body io.Reader, uri string) ([]byte, error) {
	buffered := bufio.NewReader(body)
	var m goipp.Message
	if err := m.Decode(io.LimitReader(buffered, messageMax)); err != nil {
		return nil, fmt.Errorf("pages: request: %w", err)
	}
	raster, err := io.ReadAll(io.LimitReader(buffered, documentMax+1))
	if err != nil {
		return nil, fmt.Errorf("pages: document: %w", err)
	}
	q := &request{op: goipp.Op(m.Code), operation: m.Operation, template: m.Job, document: raster, uri: uri}
	if len(raster) <= documentMax {
		q.decoded, q.bad = decode(raster) // here, so that the paper does not wait for it
	}
	a := p.answer(&m, q)
	var out bytes.Buffer
	if err := goipp.NewMessageWithGroups(m.Version, goipp.Code(a.status), m.RequestID, a.groups()).Encode(&out); err != nil {
		return nil, fmt.Errorf("pages: answer: %w", err)
	}
	return out.Bytes(), nil
}

// request is an IPP request with its document.
type request struct {
	op        goipp.Op
	operation goipp.Attributes
	template  goipp.Attributes // job template attributes
	document  []byte
	decoded   *document // nil when bad says why, or when there is none
	bad       error
	uri       string // the printer's, as the client reached it
}

// answer is what goes back.
type answer struct {
	status      goipp.Status
	message     string
	unsupported goipp.Attributes
	printer     goipp.Attributes
	jobs        []goipp.Attributes
}

// refuse is an answer with nothing but a reason.
func refuse(s goipp.Status, format string, args ...any) answer {
	return answer{status: s, message: fmt.Sprintf(format, args...)}
}

func (a answer) groups() goipp.Groups {
	operation := goipp.Attributes{
		text("attributes-charset", goipp.TagCharset, "utf-8"),
		text("attributes-natural-language", goipp.TagLanguage, "en"),
	}
	if a.message != "" {
		operation.Add(text("status-message", goipp.TagText, a.message))
	}
	groups := goipp.Groups{{Tag: goipp.TagOperationGroup, Attrs: operation}}
	if len(a.unsupported) > 0 {
		groups.Add(goipp.Group{Tag: goipp.TagUnsupportedGroup, Attrs: a.unsupported})
	}
	if len(a.printer) > 0 {
		groups.Add(goipp.Group{Tag: goipp.TagPrinterGroup, Attrs: a.printer})
	}
	for _, j := range a.jobs {
		groups.Add(goipp.Group{Tag: goipp.TagJobGroup, Attrs: j})
	}
	return groups
}
