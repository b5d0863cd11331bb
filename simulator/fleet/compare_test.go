package fleet_test

import (
	"log/slog"
	"testing"
	"time"

	"kioskd/simulator/fleet"
)

// TestNoRetryStorm: after an outage in which every kiosk has a customer waiting,
// all are served soon, and none has asked more than a few times.
func TestNoRetryStorm(t *testing.T) {
	kiosks := 200
	if races() > 100 { // make test-long
		kiosks = 1000
	}
	c, err := fleet.Compare(t.Context(), fleet.CompareOptions{
		Kiosks: kiosks, Events: 1000, Requests: 5, Keys: pool(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kiosks are served %v after the outage (bare lines: %v), with %.2f requests each", kiosks, c.Back, c.BareBack, c.PerKiosk)
	t.Logf("drain %v beside %v; a document %v; requests %v", c.Drain, c.BareDrain, c.Document, c.Requests)
	if c.PerKiosk < 1 || c.PerKiosk > 3 {
		t.Errorf("%.2f requests a kiosk", c.PerKiosk)
	}
	if c.Back > 30*time.Second {
		t.Errorf("all are served only after %v", c.Back)
	}
}
