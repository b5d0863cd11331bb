package scenario_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/simulator/shop"
)

// TestCutAtACheckpoint fills the journal's log on a running kioskd until it makes
// a checkpoint, and cuts the power before it and after it, with the event that has
// to wait for it not yet committed: every event that was, and no other, is there
// after the start, and once at the office (I7, I10).
func TestCutAtACheckpoint(t *testing.T) {
	dir := t.TempDir()
	kioskd := filepath.Join(dir, "kioskd")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", kioskd, "kioskd/daemon/kioskd").CombinedOutput(); err != nil {
		t.Fatalf("build kioskd: %v\n%s", err, out)
	}
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			s, err := shop.New(t.Context(), shop.Options{
				Dir: filepath.Join(dir, when), Kioskd: kioskd, Start: time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600)),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			k, err := s.Kiosk(1)
			if err != nil {
				t.Fatal(err)
			}
			var counts atomic.Int64 // that were committed
			starts, struck := 0, make(chan struct{})
			k.Board().OnCommit(func(at, kind string) bool {
				switch {
				case at == "after" && kind == "cash-count":
					counts.Add(1)
				case at == when && kind == "checkpoint":
					if starts++; starts > 1 { // the first is the start's own
						close(struck)
						return true
					}
				}
				return false
			})
			powerOn := func() {
				if err := k.PowerOn(); err != nil {
					t.Fatal(err)
				}
				for until := time.Now().Add(shopperPatience); ; time.Sleep(shopperLooks) {
					if tree := k.Tree(); tree != nil && tree.Page == "home" {
						return
					}
					if time.Now().After(until) {
						t.Fatal(strings.Join(k.LogTail(5), "\n"))
					}
				}
			}
			powerOn()
			refused := make(chan string, 1)
			go func() {
				for { // until the power goes in the middle of it
					_, said, code, err := k.Command(t.Context(), "refill", slices.Repeat([]string{"100=30"}, 60)...)
					if err != nil || code != 0 {
						refused <- fmt.Sprint(said, err)
						return
					}
				}
			}()
			select {
			case <-struck:
			case said := <-refused:
				t.Fatalf("no checkpoint after %d events: %s", counts.Load(), said)
			}
			k.PowerCut()
			<-refused
			k.Board().OnCommit(nil)
			powerOn()
			var o outcome
			if err := o.compare(t.Context(), s, k); err != nil {
				t.Fatal(err)
			}
			for _, trouble := range o.trouble {
				t.Error(trouble)
			}
			if o.events != int(counts.Load()) || o.events < 200 {
				t.Errorf("the office has %d events, %d were committed", o.events, counts.Load())
			}
		})
	}
}
