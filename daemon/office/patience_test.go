package office

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// lineOf is a line that answers as its test says.
type lineOf func(ctx context.Context) ([]byte, error)

func (lineOf) Connected() bool { return true }

func (l lineOf) Request(ctx context.Context, _ string, _ []byte) ([]byte, error) { return l(ctx) }

func asking(l Line) *Client {
	return &Client{kiosk: "a", log: slog.New(slog.DiscardHandler), given: l, spread: anything}
}

// TestDeclined: what the screen may say of each code, also of one that stayed so
// until nobody waited any longer; and nothing where nobody answered.
func TestDeclined(t *testing.T) {
	for code, want := range map[protocol.Code]string{
		protocol.CodeBusy: "later", protocol.CodeFailed: "later", protocol.CodeSession: "start-again", protocol.CodeProof: "start-again",
		protocol.CodeNotOffered: "start-again", protocol.CodeMalformed: "fault", protocol.CodeSequence: "fault", protocol.CodeConflict: "fault", "": "",
	} {
		synctest.Test(t, func(t *testing.T) {
			c := asking(lineOf(func(ctx context.Context) ([]byte, error) {
				if code == "" {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return nil, &protocol.Error{Code: code, Retry: code == protocol.CodeBusy}
			}))
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			_, err := c.ask(ctx, protocol.AskOffer, "id", nil)
			var declined *flows.Declined
			if said := errors.As(err, &declined); said != (want != "") || said && declined.Reason != want {
				t.Errorf("%q: %v, want the reason %q", code, err, want)
			}
			if waited := code == "" || code == protocol.CodeBusy; errors.Is(err, flows.ErrOfficeAway) != waited {
				t.Errorf("%q: %v", code, err)
			}
		})
	}
}

// TestCustomerWaitsShortly: whoever stands there is asked for again within seconds,
// however long the office has been silent: no attempt is pushed further and further
// away.
func TestCustomerWaitsShortly(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		silent := time.Duration(rapid.Int64Range(0, int64(10*time.Minute)).Draw(r, "silent"))
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			c := asking(lineOf(func(ctx context.Context) ([]byte, error) {
				if time.Since(begun) >= silent {
					return nil, &protocol.Error{Code: protocol.CodeSession}
				}
				<-ctx.Done()
				return nil, ctx.Err()
			}))
			if _, err := c.ask(t.Context(), protocol.AskOffer, "id", nil); err == nil {
				t.Error("answered with nothing")
			}
			if late := time.Since(begun) - silent; late > attemptTimeout+retryMost {
				t.Errorf("after %v of silence the answer is %v late", silent, late)
			}
		})
	})
}

// TestPausesSpread: a thousand kiosks whose line went at the same instant come
// back at different ones, at each attempt, and none waits longer than the longest
// pause.
func TestPausesSpread(t *testing.T) {
	const kiosks, slots = 1000, 20
	c := asking(nil)
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 10_000).Draw(r, "attempt")
		most := rapid.SampledFrom([]time.Duration{retryMost, backoffMost}).Draw(r, "most")
		longest := min(backoffFirst<<min(n, 16), most)
		var came [slots]int
		for range kiosks {
			pause := c.backoff(n, most)
			if pause < longest/2 || pause > longest {
				r.Fatalf("pause %d is %v, want %v to %v", n, pause, longest/2, longest)
			}
			came[min(int(pause-longest/2)*slots/int(longest/2), slots-1)]++
		}
		// Fifty are to be expected in each twentieth; a hundred come by chance once
		// in a billion.
		if crowd := slices.Max(came[:]); crowd > 2*kiosks/slots {
			r.Fatalf("%d of %d come within a twentieth of the time: %v", crowd, kiosks, came)
		}
	})
}

// TestRetriesDoNotStorm: a thousand customers who wait through an outage of the
// service ask at most about once in the longest pause each, and not in step.
func TestRetriesDoNotStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const kiosks, outage = 1000, 20 * time.Second
		var asked [int(outage/time.Second) * 10]atomic.Int32 // by tenth of a second
		begun := time.Now()
		l := lineOf(func(context.Context) ([]byte, error) {
			if at := int(time.Since(begun) / (100 * time.Millisecond)); at < len(asked) {
				asked[at].Add(1)
			}
			return nil, &protocol.Error{Code: protocol.CodeBusy, Retry: true}
		})
		ctx, cancel := context.WithTimeout(t.Context(), outage)
		defer cancel()
		for range kiosks {
			go func() { _, _ = asking(l).ask(ctx, protocol.AskOffer, "id", nil) }() // its error is that the test is over
		}
		synctest.Wait()
		<-ctx.Done()
		synctest.Wait()
		var all, most int32
		for i := range asked {
			n := asked[i].Load()
			all += n
			if i >= 50 { // the first seconds begin in step
				most = max(most, n)
			}
		}
		// The pause is half a second to a second: 1,300 questions a second.
		if perSecond := float64(all) / outage.Seconds(); perSecond > 2*kiosks {
			t.Errorf("%.0f questions a second by %d kiosks", perSecond, kiosks)
		}
		if most > kiosks/3 {
			t.Errorf("%d of %d ask within a tenth of a second", most, kiosks)
		}
	})
}
