package soak_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kioskd/daemon"
	"kioskd/daemon/config"
	"kioskd/daemon/journal"
	"kioskd/flows"
	"kioskd/simulator/scenario"
	"kioskd/simulator/shop"
)

// floor is a shop as the player of scenarios knows it.
type floor struct{ *shop.Shop }

func (f floor) Kiosk(n int) (scenario.Kiosk, error) { return f.Shop.Kiosk(n) }

const (
	toCard = `
		resident adult
		see home
		tap start
		tap certificate
		tap agree
		see lay-card
		lay card
		see pin`
	toPay = toCard + `
		type 1234
		tap enter
		see take-card
		take card
		see kind
		tap residence-certificate
		tap self
		tap next
		tap next
		see confirm
		tap go-on
		see pay fee=200`
	toSheets = toPay + `
		coins in 100 100
		see pay paid=200
		tap print
		see take-sheets within 30s`
)

// TestEnd ends the daemon as systemd does, at different moments of a visit. It
// must leave no goroutine, no open visit, and no yen unaccounted for: whoever
// has not got a sheet has got the money back.
func TestEnd(t *testing.T) {
	for _, tc := range []struct {
		name                     string
		script                   string
		inserted, kept, returned int
		visits                   int
	}{
		{name: "at the start page", script: "see home"},
		{name: "with a card on the reader", script: toCard, visits: 1},
		{name: "with the fee not yet paid", script: toPay + "\ncoins in 100\nsee pay paid=100", visits: 1, inserted: 100, returned: 100},
		{name: "with the fee paid", script: toPay + "\ncoins in 500\nsee pay paid=500", visits: 1, inserted: 500, returned: 500},
		{name: "with the sheets in the tray", script: toSheets, visits: 1, inserted: 200, kept: 200},
		{name: "after the visit", script: toSheets + "\ntake sheets\nsee goodbye\nwait 30s\nsee home\nquiet", visits: 1, inserted: 200, kept: 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			dir := t.TempDir()
			returned := play(t, dir, tc.script)
			if returned != tc.returned {
				t.Errorf("%d yen came back, want %d", returned, tc.returned)
			}
			j := read(t, filepath.Join(dir, "k001", "state"))
			if open := j.ledger.Open(); len(open) != 0 || j.ledger.Owed() != 0 {
				t.Errorf("%d visits are open, %d yen owed", len(open), j.ledger.Owed())
			}
			if begun, ended := j.count[flows.VisitBegun], j.count[flows.VisitEnded]; begun != tc.visits || ended != tc.visits {
				t.Errorf("%d visits begun and %d ended, want %d", begun, ended, tc.visits)
			}
			got := [3]int{j.yen[flows.CoinIn], j.yen[flows.FeeKept], j.yen[flows.CoinOut]}
			if want := [3]int{tc.inserted, tc.kept, tc.returned}; got != want {
				t.Errorf("inserted, kept and returned: %v in the journal, want %v", got, want)
			}
		})
	}
}

// play has the script played on a daemon within this process, ends it, and says
// how many yen came back in all.
func play(t *testing.T, dir, script string) (returned int) {
	t.Helper()
	s, err := scenario.Parse(t.Name(), strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer // read when the daemon has ended
	sh, err := shop.New(t.Context(), shop.Options{
		Dir: dir, Start: s.Start, Board: s.Board,
		Inside: func(ctx context.Context, configFile string) error {
			cfg, err := config.Load(configFile)
			if err != nil {
				return err
			}
			return daemon.Run(ctx, cfg, slog.New(slog.NewTextHandler(&log, nil)))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sh.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(log.String())
		}
	}()
	if err := scenario.Play(t.Context(), s, floor{sh}, scenario.Options{Pictures: t.ArtifactDir()}); err != nil {
		t.Fatal(err)
	}
	k, err := sh.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	k.Kill()
	t.Logf("it took %v to end", time.Since(begun).Round(time.Millisecond))
	if how := k.Ended(); how != "exit status 0" {
		t.Errorf("daemon.Run: %s", how)
	}
	return k.Returned()
}

// memory is what a journal's file says: how often each kind of event happened,
// and to how many yen it adds up.
type memory struct {
	ledger     *flows.Ledger
	count, yen map[string]int
}

// read reads the journal's file once nobody holds it.
func read(t *testing.T, dir string) memory {
	t.Helper()
	j, err := journal.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	report, err := j.Report()
	if err != nil {
		t.Fatal(err)
	}
	m := memory{j.Ledger(), make(map[string]int), make(map[string]int)}
	for _, e := range report.Events {
		m.count[e.Kind]++
		m.yen[e.Kind] += e.Yen
	}
	return m
}
