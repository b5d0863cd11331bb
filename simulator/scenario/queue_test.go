package scenario_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/simulator/shop"
)

// TestKilledWithAJobInThePrinter: kioskd dies while the printer has one side of a
// sheet done. The printer outlives it. What is in its queue is cancelled after the
// start, the sheet's outcome is unknown, its money is owed, and nothing of it
// comes out later (I6, I9, I10).
func TestKilledWithAJobInThePrinter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		left   string // what the printer's state is when kioskd is gone; "" for none: it goes on
		sheets int    // that come out
	}{
		{"it stands still inside", "cover", 0},
		{"it comes out all the same", "", 1},
		{"it comes out of a printer that does not answer", "offline", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, k := openKiosk(t)
			customer, dead := killedWhilePrinting(t, s, k, c.left)
			select {
			case <-dead:
			default:
				t.Fatal("nothing was ever printed")
			}
			if err := k.PowerOn(); err != nil {
				t.Fatal(err)
			}
			// Nobody touches it; whoever mends the printer finds it empty.
			if c.left != "offline" {
				emptied(t, k)
			}
			onPage(t, k, "settle", "forgotten")
			if c.left != "" {
				if err := k.Clear("sheet-printer"); err != nil {
					t.Fatal(err)
				}
			}
			emptied(t, k)
			if err := customer.comesBack().until(t.Context(), false); err != nil {
				t.Fatal(customer.describe(t.Context()), err)
			}
			o := outcome{in: coinIn, returned: k.Returned(), physical: len(k.Sheets())}
			if err := o.compare(t.Context(), s, k); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range o.wrong(point{}) {
				t.Error(wrong)
			}
			if o.physical != c.sheets || o.unknown != 1 || o.delivered != 0 || o.returned != coinIn {
				t.Errorf("want %d sheets out, 1 unknown, all the money back: %+v", c.sheets, o)
			}
			next := &shopper{shop: s, kiosk: k, struck: make(chan struct{})}
			if err := next.until(t.Context(), false); err != nil {
				t.Fatal(next.describe(t.Context()), err)
			}
			if n := len(k.Sheets()); n != c.sheets+ordered {
				t.Errorf("%d sheets came out, want %d and the next customer's %d", n, c.sheets, ordered)
			}
			if st, err := k.State(t.Context()); err != nil || st.Session || st.Sheets > 0 || k.Queued() > 0 {
				t.Errorf("something is left: %+v, %d in the queue, %v", st, k.Queued(), err)
			}
		})
	}
}

// killedWhilePrinting has a customer come as far as the first sheet, and ends
// kioskd when the printer has done its front.
func killedWhilePrinting(t *testing.T, s *shop.Shop, k *shop.Kiosk, left string) (c *shopper, dead <-chan struct{}) {
	t.Helper()
	struck := make(chan struct{})
	c = &shopper{shop: s, kiosk: k, struck: struck}
	var over atomic.Bool
	s.Pace(func() {
		if k.Queued() == 0 || over.Swap(true) {
			c.keepUp(t.Context())
			return
		}
		k.Kill()
		if left != "" {
			if err := k.Fault("sheet-printer", left); err != nil {
				t.Error(err)
			}
		}
		close(struck)
	})
	t.Cleanup(func() { s.Pace(nil) })
	if err := c.until(t.Context(), true); err != nil {
		t.Fatal(c.describe(t.Context()), err)
	}
	return c, struck
}

func emptied(t *testing.T, k *shop.Kiosk) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); k.Queued() > 0; time.Sleep(shopperLooks) {
		if time.Now().After(until) {
			t.Fatalf("%d jobs stay in the printer", k.Queued())
		}
	}
	if p := k.Tree(); p != nil && !slices.Contains([]string{"settle", "forgotten", "home"}, p.Page) {
		t.Errorf("on %s before the printer was empty", p.Page)
	}
}
