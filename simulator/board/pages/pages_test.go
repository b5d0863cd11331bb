package pages

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/OpenPrinting/goipp"
)

// processClock is process time, which a synctest bubble makes virtual.
type processClock struct{ start time.Time }

func (processClock) Now() time.Time          { return time.Now() }
func (c processClock) Uptime() time.Duration { return time.Since(c.start) }

func (processClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// wire notes when a line changes, from New on.
type wire struct {
	mu    sync.Mutex
	start time.Time
	level bool
	at    []time.Duration
}

func (w *wire) Set(level bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.level != level {
		w.at = append(w.at, time.Since(w.start))
	}
	w.level = level
}

func (w *wire) changes() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.at)
}

// rig is a printer with its lines and a client at its socket's inner side.
type rig struct {
	*Printer
	t          *testing.T
	exit, tray *wire
	id         uint32
}

func newRig(t *testing.T) *rig {
	t.Helper()
	now := time.Now()
	r := &rig{t: t, exit: &wire{start: now}, tray: &wire{start: now}}
	r.Printer = New(processClock{start: now}, r.exit, r.tray, "sheets")
	return r
}

// do sends a request and gives the answer.
func (r *rig) do(op goipp.Op, document []byte, attrs ...goipp.Attribute) *goipp.Message {
	r.t.Helper()
	r.id++
	m := goipp.NewRequest(goipp.DefaultVersion, op, r.id)
	m.Operation = goipp.Attributes{
		text("attributes-charset", goipp.TagCharset, "utf-8"),
		text("attributes-natural-language", goipp.TagLanguage, "en"),
		text("printer-uri", goipp.TagURI, "ipp://printer/ipp/print"),
	}
	for _, a := range attrs {
		if a.Name == "sides" || a.Name == "copies" || a.Name == "media" {
			m.Job.Add(a)
			continue
		}
		m.Operation.Add(a)
	}
	return r.send(m, document)
}

func (r *rig) send(m *goipp.Message, document []byte) *goipp.Message {
	r.t.Helper()
	b, err := m.EncodeBytes()
	if err != nil {
		r.t.Fatal(err)
	}
	b, err = r.exchange(bytes.NewReader(append(b, document...)), "ipp://printer/ipp/print")
	if err != nil {
		r.t.Fatal(err)
	}
	var answer goipp.Message
	if err := answer.DecodeBytes(b); err != nil {
		r.t.Fatal(err)
	}
	if answer.RequestID != m.RequestID {
		r.t.Errorf("answer to request %d, asked %d", answer.RequestID, m.RequestID)
	}
	return &answer
}

// print sends a duplex document of n pages and gives the job's id.
func (r *rig) print(n int) int {
	r.t.Helper()
	m := r.do(goipp.OpPrintJob, small(n), keyword("sides", longEdge))
	r.want(m, goipp.StatusOk)
	id, _ := intOf(m.Job, "job-id")
	return id
}

func (r *rig) want(m *goipp.Message, s goipp.Status) {
	r.t.Helper()
	if got := goipp.Status(m.Code); got != s {
		r.t.Errorf("answer %s (%s), want %s", got, stringOf(m.Operation, "status-message"), s)
	}
}

// wantJob checks a job's state and the sides it has done.
func (r *rig) wantJob(id int, state jobState, impressions int) {
	r.t.Helper()
	m := r.do(goipp.OpGetJobAttributes, nil, integer("job-id", id))
	r.want(m, goipp.StatusOk)
	gotState, _ := intOf(m.Job, "job-state")
	gotImpressions, _ := intOf(m.Job, "job-impressions-completed")
	if jobState(gotState) != state || gotImpressions != impressions {
		r.t.Errorf("job %d: state %d with %d sides, want %d with %d", id, gotState, gotImpressions, state, impressions)
	}
}

func (r *rig) wantPrinter(state printerState, reason string) {
	r.t.Helper()
	m := r.do(goipp.OpGetPrinterAttributes, nil, keyword("requested-attributes", "printer-state", "printer-state-reasons"))
	r.want(m, goipp.StatusOk)
	gotState, _ := intOf(m.Printer, "printer-state")
	reasons := find(m.Printer, "printer-state-reasons")
	if len(m.Printer) != 2 || len(reasons) == 0 {
		r.t.Fatalf("asked for two attributes, got %v", m.Printer)
	}
	if printerState(gotState) != state || reasons[0].V.String() != reason {
		r.t.Errorf("printer is %d %s, want %d %s", gotState, reasons[0].V, state, reason)
	}
}

func (r *rig) wantSheets(n, lying, queue int) {
	r.t.Helper()
	if got := len(r.Sheets()); got != n {
		r.t.Errorf("%d sheets came out, want %d", got, n)
	}
	if got := len(r.Tray()); got != lying {
		r.t.Errorf("%d sheets in the tray, want %d", got, lying)
	}
	if got := r.Queue(); got != queue {
		r.t.Errorf("%d jobs in the queue, want %d", got, queue)
	}
}

func (r *rig) fault(kind string) {
	r.t.Helper()
	if err := r.Fault(kind); err != nil {
		r.t.Fatal(err)
	}
}

func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newRig(t)) })
}

const ms = time.Millisecond

func TestASheetGoesThrough(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.wantPrinter(stateIdle, "none")
		id := r.print(2)
		sleep(100 * ms)
		r.wantJob(id, jobProcessing, 0)
		r.wantPrinter(stateProcessing, "none")
		sleep(100 * ms)
		r.wantJob(id, jobProcessing, 1)
		sleep(110 * ms) // 310 ms: it is at the exit
		r.wantJob(id, jobCompleted, 2)
		r.wantSheets(0, 0, 0)
		if r.Idle() {
			t.Error("idle while a sheet is at the exit")
		}
		sleep(200 * ms)
		r.wantSheets(1, 1, 0)
		r.wantPrinter(stateIdle, "none")
		if got := r.exit.changes(); !slices.Equal(got, []time.Duration{300 * ms, 420 * ms}) {
			t.Errorf("the exit moved at %v", got)
		}
		if got := r.tray.changes(); !slices.Equal(got, []time.Duration{420 * ms}) {
			t.Errorf("the tray moved at %v", got)
		}
		s := r.Take()[0]
		if s.ID != 1 || s.Job != id || s.Number != 1 || s.Back == nil || s.Raster != sha256.Sum256(small(2)) {
			t.Errorf("sheet %d of job %d, number %d, back %v", s.ID, s.Job, s.Number, s.Back != nil)
		}
		if s.Front.Pix[0] != 0x80 {
			t.Error("the front is not what was sent")
		}
		if r.tray.level || !r.Idle() {
			t.Error("the tray is not clear, or something moves")
		}
	})
}

func TestJobsAndSheetsGoOneAfterTheOther(t *testing.T) {
	inBubble(t, func(r *rig) {
		first, second := r.print(3), r.print(1)
		r.wantJob(second, jobPending, 0)
		sleep(2 * time.Second)
		r.wantJob(first, jobCompleted, 3)
		r.wantJob(second, jobCompleted, 1)
		r.wantSheets(3, 3, 0)
		s := r.Sheets()
		if s[1].Number != 2 || s[1].Back != nil || s[2].Job != second {
			t.Error("sheets out of order")
		}
	})
}

func TestOneSided(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.want(r.do(goipp.OpPrintJob, small(2), keyword("sides", oneSided)), goipp.StatusOk)
		sleep(time.Second)
		r.wantSheets(2, 2, 0)
	})
}

func TestJam(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.fault("jam:2")
		first, second, third := r.print(2), r.print(2), r.print(2)
		r.wantPrinter(stateProcessing, "none")
		sleep(2 * time.Second)
		r.wantJob(first, jobCompleted, 2)
		r.wantJob(second, jobStopped, 0)
		r.wantJob(third, jobPending, 0)
		r.wantPrinter(stateStopped, "media-jam-error")
		r.wantSheets(1, 1, 2)
		if !r.Idle() {
			t.Error("not idle although it waits for somebody")
		}
		r.Clear()
		sleep(2 * time.Second)
		r.wantJob(second, jobAborted, 0)
		r.wantJob(third, jobCompleted, 2)
		r.wantSheets(2, 2, 0)
	})
}

func TestJamCancelled(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.fault("jam")
		id := r.print(2)
		sleep(time.Second)
		r.want(r.do(goipp.OpCancelJob, nil, integer("job-id", id)), goipp.StatusOk)
		r.wantJob(id, jobCanceled, 0)
		r.wantPrinter(stateStopped, "media-jam-error")
		r.wantSheets(0, 0, 0)
		r.Clear()
		sleep(time.Second)
		r.wantPrinter(stateIdle, "none")
		r.wantSheets(0, 0, 0)
	})
}

func TestPaperAndCover(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.fault("paper-out")
		id := r.print(2)
		sleep(time.Second)
		r.wantJob(id, jobStopped, 0)
		r.wantPrinter(stateStopped, "media-empty-error")
		r.Clear()
		sleep(200 * ms)
		r.fault("cover") // in the middle of the sheet
		sleep(time.Second)
		r.wantJob(id, jobStopped, 1)
		r.wantPrinter(stateStopped, "cover-open")
		r.Clear()
		sleep(time.Second)
		r.wantJob(id, jobAborted, 1)
		r.wantSheets(0, 0, 0)
		if len(r.exit.changes()) != 0 {
			t.Error("something passed the exit")
		}
		r.fault("toner-low")
		r.wantPrinter(stateIdle, "toner-low-warning")
	})
}

func TestCancelLetsTheSheetInsideOut(t *testing.T) {
	inBubble(t, func(r *rig) {
		id, other := r.print(4), r.print(2)
		sleep(50 * ms)
		r.want(r.do(goipp.OpCancelJob, nil, integer("job-id", other)), goipp.StatusOk)
		r.wantJob(other, jobCanceled, 0)
		r.want(r.do(goipp.OpCancelJob, nil, integer("job-id", id)), goipp.StatusOk)
		r.want(r.do(goipp.OpCancelJob, nil, integer("job-id", id)), goipp.StatusErrorNotPossible)
		r.wantJob(id, jobProcessing, 0)
		sleep(time.Second)
		r.wantJob(id, jobCanceled, 2)
		r.wantSheets(1, 1, 0)
		r.want(r.do(goipp.OpCancelJob, nil, integer("job-id", id)), goipp.StatusErrorNotPossible)
	})
}

func TestSensors(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.fault("sensor-silent")
		r.print(2)
		sleep(time.Second)
		r.wantSheets(1, 1, 0)
		if len(r.exit.changes())+len(r.tray.changes()) != 0 {
			t.Error("a silent sensor spoke")
		}
		r.Clear()
		if !r.tray.level {
			t.Error("a mended sensor does not see the tray")
		}
		r.Take()
		r.fault("duplex-peek")
		r.print(2)
		sleep(time.Second)
		want := []time.Duration{1150 * ms, 1210 * ms, 1300 * ms, 1420 * ms}
		if got := r.exit.changes(); !slices.Equal(got, want) {
			t.Errorf("the exit moved at %v, want %v", got, want)
		}
	})
}

func TestPowerCut(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.print(2)
		r.print(2)
		sleep(200 * ms)
		r.PowerCut() // inside: gone
		r.wantSheets(0, 0, 0)
		sleep(time.Second)
		r.wantSheets(0, 0, 0)
		r.print(2)
		sleep(350 * ms)
		r.PowerCut() // at the exit: it falls
		r.wantSheets(1, 1, 0)
		sleep(time.Second)
		r.wantSheets(1, 1, 0)
		if r.exit.level || !r.tray.level {
			t.Error("the lines do not show one sheet in the tray")
		}
		r.wantPrinter(stateIdle, "none")
	})
}

func TestPicturesAreForgottenBeyondALimit(t *testing.T) {
	inBubble(t, func(r *rig) {
		for range picturesMax + 2 {
			r.print(1)
			sleep(time.Second)
		}
		s := r.Sheets()
		if s[1].Front != nil || s[2].Front == nil {
			t.Error("not the last sheets have pictures")
		}
	})
}

func TestUnknownFaults(t *testing.T) {
	r := newRig(t)
	for _, kind := range []string{"", "fire", "jam:0", "jam:x", "jam:-1", "cover:1"} {
		if err := r.Fault(kind); err == nil {
			t.Errorf("fault %q was taken", kind)
		}
	}
}
