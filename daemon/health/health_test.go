package health

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A monitor, what it says and how often it fed.
func listen() (m *Monitor, said *bytes.Buffer, fed *int) {
	said, fed = &bytes.Buffer{}, new(int)
	return New(slog.New(slog.NewTextHandler(said, nil)), 5*time.Second, func() { *fed++ }), said, fed
}

// TestWatchdog: fed while every loop turns, by their beats; starved by one that
// does not, however the others turn; and by nobody when none turns.
func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, said, fed := listen()
		cash, _ := m.Loop("cash", Bound)
		touch, over := m.Loop("touch", 3*time.Second)
		for range 60 {
			time.Sleep(time.Second)
			cash()
			touch()
		}
		if *fed != 12 || said.Len() > 0 {
			t.Errorf("fed %d times in a minute of turns, want 12; said %q", *fed, said)
		}
		time.Sleep(time.Hour)
		if *fed != 12 {
			t.Error("fed while nothing turned")
		}
		cash()
		touch()
		*fed = 0
		said.Reset()
		for range 60 {
			time.Sleep(time.Second)
			cash()
		}
		if *fed > 1 {
			t.Errorf("fed %d times while touch hung", *fed)
		}
		if n := strings.Count(said.String(), "loop has stopped"); n != 1 || !strings.Contains(said.String(), "loop=touch") {
			t.Errorf("a loop that hangs is named once: %q", said)
		}
		if got := m.Stopped(); !slices.Equal(got, []string{"touch"}) {
			t.Errorf("stopped: %v", got)
		}
		*fed = 0
		touch()
		if *fed != 1 || len(m.Stopped()) > 0 {
			t.Errorf("after it turned again: fed %d, stopped %v", *fed, m.Stopped())
		}
		over()
		time.Sleep(5 * time.Second)
		cash()
		if *fed != 2 {
			t.Error("a loop that is over starves the watchdog")
		}
	})
}

// TestSupervise: a part that dies is started again, ever more slowly; one that
// dies too often is broken until it has lived for a while; its loop turns all
// the time.
func TestSupervise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _, fed := listen()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var born []time.Time
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			m.Run(ctx, "cash", Bound, func(ctx context.Context) error {
				born = append(born, time.Now())
				if len(born) <= 8 {
					return errors.New("no line")
				}
				for ctx.Err() == nil {
					Sleep(ctx, time.Minute)
				}
				return ctx.Err()
			})
		}()
		time.Sleep(250 * time.Millisecond)
		synctest.Wait()
		if len(m.Broken()) > 0 {
			t.Errorf("broken after %d deaths", len(born))
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if !slices.Equal(m.Broken(), []string{"cash"}) || !slices.Equal(m.Stopped(), []string{"cash"}) {
			t.Errorf("after %d deaths: broken %v, stopped %v", len(born), m.Broken(), m.Stopped())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(born) != 9 || len(m.Stopped()) > 0 {
			t.Errorf("born %d times; after a long life: %v", len(born), m.Stopped())
		}
		for i := 2; i < len(born); i++ {
			if rest, before := born[i].Sub(born[i-1]), born[i-1].Sub(born[i-2]); rest < before || rest > restMost {
				t.Errorf("rest %d is %v after %v", i, rest, before)
			}
		}
		if *fed < 10 {
			t.Errorf("fed %d times: a part that is started again is no loop that hangs", *fed)
		}
		cancel()
		<-ended
	})
}

// TestAskedHasNoLoop: a part that waits to be asked starves no watchdog, and is
// started again like any other.
func TestAskedHasNoLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, said, fed := listen()
		cash, _ := m.Loop("cash", Bound)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		born, ended := 0, make(chan struct{})
		go func() {
			defer close(ended)
			m.Run(ctx, "control", Asked, func(ctx context.Context) error {
				if born++; born <= 5 {
					return errors.New("no socket")
				}
				<-ctx.Done()
				return nil
			})
		}()
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if !slices.Equal(m.Broken(), []string{"control"}) {
			t.Errorf("after %d deaths: broken %v", born, m.Broken())
		}
		for range 60 {
			cash()
			time.Sleep(time.Second)
		}
		if born != 6 || *fed < 10 || len(m.Stopped()) > 0 || strings.Contains(said.String(), "loop has stopped") {
			t.Errorf("born %d times, fed %d times, stopped %v: %s", born, *fed, m.Stopped(), said)
		}
		cancel()
		<-ended
	})
}

func TestBeatWithoutLoop(t *testing.T) {
	Beat(t.Context()) // belongs to nobody, and is no matter
	beats := 0
	Beat(With(t.Context(), func() { beats++ }))
	if beats != 1 {
		t.Errorf("%d beats", beats)
	}
}
