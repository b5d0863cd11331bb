package pages

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/OpenPrinting/goipp"
	"go.uber.org/goleak"
)

func TestAttributesOfIPPEverywhere(t *testing.T) {
	r := newRig(t)
	m := r.do(goipp.OpGetPrinterAttributes, nil)
	r.want(m, goipp.StatusOk)
	for _, name := range []string{
		"document-format-supported", "pwg-raster-document-resolution-supported", "pwg-raster-document-type-supported",
		"pwg-raster-document-sheet-back", "sides-supported", "media-ready", "media-col-ready", "printer-uuid",
		"printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "operations-supported", "media-size-supported",
		"printer-uri-supported", "queued-job-count", "printer-up-time", "copies-supported", "ipp-versions-supported",
	} {
		if find(m.Printer, name) == nil {
			t.Errorf("no %s", name)
		}
	}
}

func TestCreateSendClose(t *testing.T) {
	inBubble(t, func(r *rig) {
		create := func() int {
			m := r.do(goipp.OpCreateJob, nil, keyword("sides", longEdge))
			r.want(m, goipp.StatusOk)
			id, _ := intOf(m.Job, "job-id")
			r.wantJob(id, jobHeld, 0)
			return id
		}
		id := create()
		r.want(r.do(goipp.OpSendDocument, small(2), integer("job-id", id)), goipp.StatusErrorBadRequest)
		r.want(r.do(goipp.OpSendDocument, small(2), integer("job-id", id), boolean("last-document", true)), goipp.StatusOk)
		r.want(r.do(goipp.OpSendDocument, small(2), integer("job-id", id), boolean("last-document", true)), goipp.StatusErrorNotPossible)
		sleep(time.Second)
		r.wantJob(id, jobCompleted, 2)
		closed := create()
		r.want(r.do(goipp.OpCloseJob, nil, integer("job-id", closed)), goipp.StatusOk)
		r.wantJob(closed, jobAborted, 0)
		broken := create()
		r.want(r.do(goipp.OpSendDocument, []byte("no"), integer("job-id", broken), boolean("last-document", true)), goipp.StatusErrorDocumentFormatError)
		r.wantJob(broken, jobAborted, 0)
		forgotten := create()
		sleep(61 * time.Second)
		r.wantJob(forgotten, jobAborted, 0)
		r.wantSheets(1, 1, 0)
	})
}

func TestGetJobsAndCancelMyJobs(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.fault("paper-out")
		mine := text("requesting-user-name", goipp.TagName, "k001")
		r.want(r.do(goipp.OpPrintJob, small(1), mine), goipp.StatusOk)
		r.print(1)
		wantJobs := func(n int, attrs ...goipp.Attribute) {
			t.Helper()
			m := r.do(goipp.OpGetJobs, nil, attrs...)
			r.want(m, goipp.StatusOk)
			got := 0
			for _, g := range m.Groups {
				if g.Tag == goipp.TagJobGroup {
					got++
				}
			}
			if got != n {
				t.Errorf("%d jobs for %v, want %d", got, attrs, n)
			}
		}
		wantJobs(2)
		wantJobs(1, mine, boolean("my-jobs", true))
		wantJobs(1, integer("limit", 1))
		wantJobs(0, keyword("which-jobs", "completed"))
		r.want(r.do(goipp.OpCancelMyJobs, nil, mine), goipp.StatusOk)
		wantJobs(1)
		wantJobs(1, keyword("which-jobs", "completed"))
		wantJobs(2, keyword("which-jobs", "all"))
		r.want(r.do(goipp.OpGetJobs, nil, keyword("which-jobs", "some")), goipp.StatusErrorAttributesOrValues)
	})
}

func TestRefusals(t *testing.T) {
	inBubble(t, func(r *rig) {
		print := func(s goipp.Status, doc []byte, attrs ...goipp.Attribute) {
			t.Helper()
			r.want(r.do(goipp.OpPrintJob, doc, attrs...), s)
		}
		print(goipp.StatusErrorDocumentFormatNotSupported, small(1), text("document-format", goipp.TagMimeType, "application/pdf"))
		print(goipp.StatusErrorCompressionNotSupported, small(1), keyword("compression", "gzip"))
		print(goipp.StatusErrorDocumentFormatError, []byte("%PDF"))
		print(goipp.StatusErrorDocumentFormatError, nil)
		strict := boolean("ipp-attribute-fidelity", true)
		print(goipp.StatusErrorAttributesOrValues, small(1), strict, integer("copies", 2))
		print(goipp.StatusErrorAttributesOrValues, small(1), strict, keyword("media", "na_letter_8.5x11in"))
		r.wantSheets(0, 0, 0)
		print(goipp.StatusOkIgnoredOrSubstituted, small(1), integer("copies", 2))
		r.want(r.do(goipp.OpGetJobAttributes, nil, integer("job-id", 99)), goipp.StatusErrorNotFound)
		r.want(r.do(goipp.OpGetJobAttributes, nil), goipp.StatusErrorBadRequest)
		r.want(r.do(goipp.OpGetJobAttributes, nil, text("job-uri", goipp.TagURI, "ipp://printer/ipp/print/1")), goipp.StatusOk)
		r.want(r.do(goipp.OpPausePrinter, nil), goipp.StatusErrorOperationNotSupported)
		r.want(r.do(goipp.OpIdentifyPrinter, nil), goipp.StatusOk)
		r.want(r.do(goipp.OpValidateJob, nil, keyword("sides", longEdge)), goipp.StatusOk)
		r.fault("paper-out")
		for r.Queue() < jobsMax {
			r.print(1)
		}
		print(goipp.StatusErrorBusy, small(1))
		m := goipp.NewRequest(goipp.MakeVersion(3, 0), goipp.OpGetJobs, 1)
		r.want(r.send(m, nil), goipp.StatusErrorVersionNotSupported)
		m = goipp.NewRequest(goipp.DefaultVersion, goipp.OpGetJobs, 1)
		r.want(r.send(m, nil), goipp.StatusErrorBadRequest)
		m.Operation = goipp.Attributes{
			text("attributes-charset", goipp.TagCharset, "shift_jis"),
			text("attributes-natural-language", goipp.TagLanguage, "ja"),
		}
		r.want(r.send(m, nil), goipp.StatusErrorCharset)
	})
}

// TestOverHTTP goes through a real socket, with pages as large as real ones.
func TestOverHTTP(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := newRig(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx, l) }()
	url := "http://" + l.Addr().String() + Path
	client := &http.Client{}

	m := goipp.NewRequest(goipp.DefaultVersion, goipp.OpPrintJob, 7)
	m.Operation = goipp.Attributes{
		text("attributes-charset", goipp.TagCharset, "utf-8"),
		text("attributes-natural-language", goipp.TagLanguage, "ja"),
		text("printer-uri", goipp.TagURI, "ipp"+url[4:]),
	}
	head4 := func() []byte {
		return append(head(2480, 3508), bytes.Repeat([]byte{3, 127, 0, 127, 0, 53, 1}, 3508/4)...)
	}
	doc := append(append([]byte("RaS2"), head4()...), head4()...)
	post := func(body []byte) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/ipp")
		return client.Do(req)
	}
	b, err := m.EncodeBytes()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := post(append(b, doc...))
	if err != nil {
		t.Fatal(err)
	}
	var answer goipp.Message
	err = answer.Decode(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	r.want(&answer, goipp.StatusOk)
	if n := len(find(answer.Job, "job-uri")); n != 1 {
		t.Errorf("%d job-uri", n)
	}

	resp, err = post([]byte{2, 0})
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("half a request: %s, %v", resp.Status, err)
	}

	r.fault("offline")
	if resp, err := post(b); err == nil {
		t.Errorf("an off line printer answered %s", resp.Status)
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Error(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	deadline := time.Now().Add(5 * time.Second)
	for len(r.Sheets()) == 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	r.wantSheets(1, 1, 0) // the paper does not know of the network
	if s := r.Sheets()[0]; s.Back == nil || s.Back.Width != 2480 || s.Back.Height != 3508 || s.Back.Pix[309] != 1 {
		t.Error("the back is not what was sent")
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func FuzzExchange(f *testing.F) {
	m := goipp.NewRequest(goipp.DefaultVersion, goipp.OpPrintJob, 1)
	m.Operation = goipp.Attributes{
		text("attributes-charset", goipp.TagCharset, "utf-8"),
		text("attributes-natural-language", goipp.TagLanguage, "en"),
		text("printer-uri", goipp.TagURI, "ipp://p/ipp/print"),
		integer("job-id", 1),
	}
	m.Job = goipp.Attributes{dpi("printer-resolution"), keyword("sides", longEdge)}
	b, err := m.EncodeBytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(b, small(1)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		now := time.Now()
		p := New(processClock{start: now}, &wire{start: now}, &wire{start: now}, "fuzzed")
		answer, err := p.exchange(bytes.NewReader(b), "ipp://p/ipp/print")
		p.PowerCut()
		if err != nil {
			return
		}
		var m goipp.Message
		if err := m.DecodeBytes(answer); err != nil {
			t.Errorf("an answer that cannot be read: %v", err)
		}
	})
}
