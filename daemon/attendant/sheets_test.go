package attendant_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/OpenPrinting/goipp"
	"periph.io/x/conn/v3/gpio"

	"kioskd/daemon/activity"
	"kioskd/daemon/attendant"
	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/contact"
	"kioskd/drivers/ipp"
	"kioskd/flows"
)

// exit is a page printer and the sensor at its exit.
type exit struct {
	t      *testing.T
	line   *boardtest.Line
	sensor *contact.Dev
	sheets *attendant.Sheets
	// tell is asked for the job's state and its sides, the n-th time from 0. What
	// it does before it returns has happened before the kiosk hears.
	tell   func(n int) (job, sides int)
	asked  int
	reason string // of the printer's state
}

const (
	processing = 5
	stopped    = 6
	canceled   = 7
	completed  = 9

	aSheet = 40 * time.Millisecond // in the exit; more than the sensor's debounce
)

func newExit(t *testing.T, tell func(e *exit, n int) (job, sides int)) *exit {
	e := &exit{t: t, reason: "none"}
	e.tell = func(n int) (int, int) { return tell(e, n) }
	clock := boardtest.NewClock()
	e.line = boardtest.NewLine(clock, gpio.Low)
	var err error
	if e.sensor, err = contact.New(e.line, clock, contact.Opts{}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e)
	url := strings.Replace(server.URL, "http://", "ipp://", 1) + "/ipp/print"
	var gauge activity.Gauge
	e.sheets = attendant.NewSheets(func(ctx context.Context) (*ipp.Dev, error) {
		return ipp.New(ctx, url, ipp.Opts{Poll: time.Millisecond})
	}, e.sensor, clock, attendant.NewRest(&gauge))
	t.Cleanup(func() {
		if err := errors.Join(e.sheets.Close(), e.sensor.Halt()); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return e
}

// pass has a sheet go past the sensor, and waits until the kiosk has seen it.
func (e *exit) pass() {
	n := e.sensor.Passages()
	e.line.Pulse(aSheet)
	if _, err := e.sensor.Passage(e.t.Context(), n); err != nil {
		e.t.Error(err)
	}
}

func (e *exit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m goipp.Message
	if err := m.Decode(r.Body); err != nil {
		e.t.Errorf("decode: %v", err)
	}
	a := goipp.NewResponse(m.Version, goipp.StatusOk, m.RequestID)
	number := func(to *goipp.Attributes, tag goipp.Tag, name string, n int) {
		to.Add(goipp.MakeAttr(name, tag, goipp.Integer(n)))
	}
	switch goipp.Op(m.Code) {
	case goipp.OpGetPrinterAttributes:
		a.Printer.Add(goipp.MakeAttr("document-format-supported", goipp.TagMimeType, goipp.String("image/pwg-raster")))
		a.Printer.Add(goipp.MakeAttr("sides-supported", goipp.TagKeyword, goipp.String("two-sided-long-edge")))
		number(&a.Printer, goipp.TagEnum, "printer-state", processing)
		a.Printer.Add(goipp.MakeAttr("printer-state-reasons", goipp.TagKeyword, goipp.String(e.reason)))
	case goipp.OpPrintJob:
		number(&a.Job, goipp.TagInteger, "job-id", 1)
	case goipp.OpGetJobAttributes:
		job, sides := e.tell(e.asked)
		e.asked++
		number(&a.Job, goipp.TagEnum, "job-state", job)
		number(&a.Job, goipp.TagInteger, "job-impressions-completed", sides)
	}
	b, err := a.EncodeBytes()
	if err != nil {
		e.t.Errorf("encode: %v", err)
	}
	w.Header().Set("Content-Type", goipp.ContentType)
	_, _ = w.Write(b) // who has hung up does not hear it
}

// An answer that is long under way speaks of a time before the sheet came out:
// on a busy machine the sheet has passed when the kiosk reads that one side is
// still to be printed.
func TestALateAnswerDoesNotHideTheSheet(t *testing.T) {
	e := newExit(t, func(e *exit, n int) (int, int) {
		if n == 0 {
			e.pass()
			return processing, 1
		}
		return completed, 2
	})
	if err := e.sheets.Print(t.Context(), []byte("RaS2")); err != nil {
		t.Errorf("a sheet that was seen: %v", err)
	}
}

// A sheet that looks out between its sides and goes back in has not come out.
func TestALookOutIsNoDelivery(t *testing.T) {
	out := false
	e := newExit(t, func(e *exit, n int) (int, int) {
		switch n {
		case 0:
			e.pass()
			return processing, 1
		case 1:
			return processing, 1 // asked when the look was over
		}
		go func() {
			time.Sleep(aSheet)
			out = true
			e.pass()
		}()
		return completed, 2
	})
	if err := e.sheets.Print(t.Context(), []byte("RaS2")); err != nil {
		t.Error(err)
	}
	if !out {
		t.Error("the look was taken for the delivery")
	}
}

// A jammed sheet that stands in the exit may be pulled out: nobody knows.
func TestAJamInTheExitIsUnknown(t *testing.T) {
	for _, inExit := range []bool{false, true} {
		e := newExit(t, func(e *exit, n int) (int, int) {
			if n > 0 {
				return canceled, 1
			}
			if inExit {
				e.line.Set(gpio.High)
				if err := e.sensor.Wait(e.t.Context(), gpio.High); err != nil {
					e.t.Error(err)
				}
			}
			return stopped, 1
		})
		e.reason = "media-jam"
		err := e.sheets.Print(t.Context(), []byte("RaS2"))
		var not *flows.NotPrinted
		if err == nil || errors.As(err, &not) == inExit {
			t.Errorf("jam with paper in the exit %v: %v", inExit, err)
		}
	}
}
