package ipp

import (
	"testing"

	"github.com/OpenPrinting/goipp"
)

// FuzzAnswer reads any bytes as a printer's answer: whatever they say, nothing
// that is not ready is called ready, and nothing breaks.
func FuzzAnswer(f *testing.F) {
	m := goipp.NewResponse(goipp.DefaultVersion, goipp.StatusOk, 1)
	m.Operation.Add(goipp.MakeAttr("attributes-charset", goipp.TagCharset, goipp.String("utf-8")))
	m.Printer.Add(goipp.MakeAttr("printer-state", goipp.TagEnum, goipp.Integer(3)))
	m.Printer.Add(goipp.MakeAttr("printer-state-reasons", goipp.TagKeyword, goipp.String("media-jam-error")))
	m.Job.Add(goipp.MakeAttr("job-state", goipp.TagEnum, goipp.Integer(5)))
	m.Job.Add(goipp.MakeAttr("job-impressions-completed", goipp.TagInteger, goipp.Integer(1)))
	seed, err := m.EncodeBytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parse(raw, 1)
		if err != nil {
			return
		}
		s, err := parseState(m.Printer)
		if err == nil && s.judge() == nil && s.State != PrinterIdle && s.State != PrinterProcessing {
			t.Fatalf("%+v is called ready", s)
		}
		p, started, err := parseProgress(m.Job)
		if err == nil && p.Impressions < 0 {
			t.Fatalf("%d sides", p.Impressions)
		}
		if err == nil && p.Impressions > 0 && !started {
			t.Fatalf("%+v has not begun", p)
		}
	})
}
