package attendant

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/daemon/activity"
	"kioskd/daemon/journal"
	"kioskd/drivers/board"
	"kioskd/drivers/jpki"
	"kioskd/flows"
)

// boardClock is the board's clock on the bubble's.
type boardClock struct{ trusted bool }

func (c boardClock) Now() (time.Time, bool) { return time.Now(), c.trusted }
func (c boardClock) Uptime() time.Duration  { return time.Since(time.Time{}) }
func (c boardClock) AfterFunc(d time.Duration, f func()) board.Timer {
	return time.AfterFunc(d, f)
}

// Between the event that ends a wait and the attendant's next step the kiosk
// never looks settled.
func TestATimerTakesTheWorkUpBeforeTheWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gauge activity.Gauge
		rest := NewRest(&gauge)
		clock := NewClock(boardClock{trusted: true}, rest)
		why := errors.New("too long")
		ctx, cancel := clock.WithTimeout(t.Context(), time.Minute, why)
		defer cancel()
		if settled, _ := gauge.Settled(); settled {
			t.Error("an attendant at work looks settled")
		}
		up := rest.Down()
		if settled, _ := gauge.Settled(); !settled {
			t.Error("a waiting attendant does not look settled")
		}
		<-ctx.Done()
		if settled, _ := gauge.Settled(); settled {
			t.Error("the wait is over, and the kiosk looks settled")
		}
		if !errors.Is(context.Cause(ctx), why) {
			t.Errorf("the cause is %v, want %v", context.Cause(ctx), why)
		}
		up()
		rest.Down()
		if settled, _ := gauge.Settled(); !settled {
			t.Error("work that was taken up twice was not put down at once")
		}
	})
}

// A board that is gone fires no timers: whoever waits hears of it.
func TestStoppedClockEndsWaits(t *testing.T) {
	clock := NewClock(boardClock{}, NewRest(&activity.Gauge{}))
	gone := errors.New("gone")
	before, cancel := clock.WithTimeout(t.Context(), time.Hour, nil)
	defer cancel()
	clock.Stop(gone)
	after, cancel := clock.WithTimeout(context.WithoutCancel(t.Context()), time.Hour, nil)
	defer cancel()
	for _, ctx := range []context.Context{before, after} {
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), gone) {
			t.Errorf("it ended with %v", context.Cause(ctx))
		}
	}
}

// all of the errands can be had.
func all(string) string { return "" }

func TestServiceSaysWhyAndWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gauge activity.Gauge
		rest := NewRest(&gauge)
		var minimum atomic.Int32
		rules := func() flows.Rules { return flows.Rules{VersionMinimum: int(minimum.Load())} }
		s := NewService(NewClock(boardClock{trusted: true}, rest), rules, 3, func() string { return "" }, all, rest)
		if got := s.OutOfService(); got != "" {
			t.Fatalf("a healthy kiosk is out of service: %q", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		changed := s.Changed()
		synctest.Wait()
		minimum.Store(4)
		<-changed
		if got := s.OutOfService(); got != "version" {
			t.Errorf("below the minimum version it says %q", got)
		}
		s.Fail("disk")
		if got := s.OutOfService(); got != "disk" {
			t.Errorf("with a disk that failed it says %q", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A fault that is over before anybody looked leaves no question that is answered
// for ever: the first page would be shown anew without end.
func TestServiceAfterAFaultThatPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gauge activity.Gauge
		rest := NewRest(&gauge)
		var broken atomic.Bool
		why := func() string {
			if broken.Load() {
				return "touch"
			}
			return ""
		}
		s := NewService(NewClock(boardClock{trusted: true}, rest), func() flows.Rules { return flows.Rules{} }, 3, why, all, rest)
		_ = s.OutOfService()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		changed := s.Changed()
		broken.Store(true)
		<-changed
		broken.Store(false)
		if got := s.OutOfService(); got != "" {
			t.Errorf("it says %q", got)
		}
		select {
		case <-s.Changed():
			t.Error("it has changed, and changed, and changed")
		default:
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Settings that come while nobody waits for them are nobody's work in hand.
func TestServiceThatNobodyWaitsForWakesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gauge activity.Gauge
		rest := NewRest(&gauge)
		var revision atomic.Uint64
		rules := func() flows.Rules { return flows.Rules{Revision: revision.Load()} }
		s := NewService(NewClock(boardClock{trusted: true}, rest), rules, 3, func() string { return "" }, all, rest)
		_ = s.Changed() // as on the first page, which ends with the next question
		_ = s.OutOfService()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		rest.Down() // a visit's page is up
		revision.Store(2)
		time.Sleep(2 * serviceEvery)
		if settled, _ := gauge.Settled(); !settled {
			t.Error("new settings left work in hand that nobody puts down")
		}
		<-s.Changed() // and whoever asks next hears of them
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAQuestionIsForgottenWithItsContext(t *testing.T) {
	var w waiters
	lies := false
	ctx, cancel := context.WithCancel(t.Context())
	first := w.when(ctx, func() bool { return lies })
	second := w.when(t.Context(), func() bool { return lies })
	cancel()
	lies = true
	woken := 0
	// The forgetting runs on a goroutine of its own; until it has, the question
	// may still be answered, and the waker is called once all the same.
	w.changed(func() { woken++ })
	<-second
	if woken != 1 {
		t.Errorf("the waker was called %d times, want once", woken)
	}
	select {
	case <-first:
	case <-ctx.Done():
	}
}

func TestCardErrorsInTheCountersWords(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind string // of a wrong card; "" for a card that is gone
	}{
		{jpki.ErrForeign, "foreign"},
		{jpki.ErrOldCard, "old"},
		{jpki.ErrPhone, "phone"},
		{jpki.ErrNoPIN, "no-pin"},
		{board.ErrCollision, "two"},
		{board.ErrHung, "unreadable"},
		{board.ErrRemoved, ""},
		{board.ErrNoReader, ""},
		{&jpki.StateUnknown{Step: "VERIFY", Err: board.ErrRemoved}, ""},
	} {
		got := cardError(c.err)
		var wrong *flows.WrongCard
		switch {
		case c.kind == "" && !errors.Is(got, flows.ErrCardGone):
			t.Errorf("%v becomes %v, want a card that is gone", c.err, got)
		case c.kind != "" && (!errors.As(got, &wrong) || wrong.Kind != c.kind):
			t.Errorf("%v becomes %v, want a wrong card: %s", c.err, got, c.kind)
		}
	}
}

func TestJournalReasons(t *testing.T) {
	for err, want := range map[error]string{
		journal.ErrDisk: "disk", journal.ErrFull: "journal", journal.ErrDamaged: "journal", journal.ErrNewer: "version",
	} {
		if got := JournalReason(&flows.JournalError{Err: err}); got != want {
			t.Errorf("%v is shown as %q, want %q", err, got, want)
		}
	}
}

// held is a reader whose card another program keeps.
type held struct {
	board.Reader
	changed chan board.Presence
}

func (h held) Connect() (board.Card, error) { return nil, board.ErrNoReader }

func (h held) Wait(ctx context.Context, last board.Presence) (board.Presence, error) {
	select {
	case p := <-h.changed:
		return p, nil
	case <-ctx.Done():
		return last, ctx.Err()
	}
}

// A card that cannot be had although it lies there is the reader's matter, until
// something changes there.
func TestACardKeptByAnotherProgramIsTheReadersMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		dev := held{changed: make(chan board.Presence)}
		r := NewReader(dev, NewRest(new(activity.Gauge)), slog.New(slog.DiscardHandler))
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		dev.changed <- board.Presence{Cards: 1, Change: 1}
		synctest.Wait()
		if _, err := r.Open(); !errors.Is(err, flows.ErrCardGone) {
			t.Errorf("open: %v", err)
		}
		if r.Working() || !r.Present() {
			t.Errorf("working %t, present %t; want false, true", r.Working(), r.Present())
		}
		dev.changed <- board.Presence{Change: 2}
		synctest.Wait()
		if !r.Working() || r.Present() {
			t.Errorf("taken: working %t, present %t; want true, false", r.Working(), r.Present())
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
