package fleet_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/fleet"
)

// TestFleet: I2 and I7 for five kiosks through a whole day: the office restarts
// twice, lines break and fall silent, and afterwards every event is there once.
func TestFleet(t *testing.T) {
	var progress bytes.Buffer
	r, err := fleet.Run(t.Context(), fleet.Options{
		Kiosks: 5, Day: 3 * time.Second, Customers: 8, Seed: 6, Keys: pool(), Progress: &progress,
		Log: slog.New(slog.NewTextHandler(testLog{t}, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + progress.String() + text.String())
	if !r.Good() {
		t.Error("the day was not good")
	}
	// A day on which nothing happened is good, too, and shows nothing.
	if r.Visits["done"] < 5 || r.Events < 100 || r.Takings == 0 || r.Sheets == 0 {
		t.Errorf("%v visits, %d events, %d yen, %d sheets", r.Visits, r.Events, r.Takings, r.Sheets)
	}
	if len(r.Outages) != 5 || r.Reconnects < 5+5+5+2 {
		t.Errorf("%d outages, %d reconnects", len(r.Outages), r.Reconnects)
	}
	for _, kind := range []string{"login.begin", "offer", "order, sheets", "journal"} {
		if !strings.Contains(text.String(), "\n"+kind+" ") {
			t.Errorf("the report lacks %s", kind)
		}
	}
	for _, name := range []string{"day.svg", "day.png"} {
		file := filepath.Join(t.TempDir(), name)
		if err := r.Chart(file); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(file); err != nil || len(data) < 2000 {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}

// TestAuditFindsWhatIsWrong: a report that could not be bad would be no report.
func TestAuditFindsWhatIsWrong(t *testing.T) {
	for name, r := range map[string]fleet.Report{
		"missing": {Missing: 1}, "doubled": {Doubled: 1}, "changed": {Strange: 1}, "complaint": {Complaints: []string{"x"}},
	} {
		if r.Good() {
			t.Errorf("%s is good", name)
		}
	}
}

func TestFleetRefusesBadOptions(t *testing.T) {
	for _, o := range []fleet.Options{
		{Kiosks: 0, Day: time.Minute},
		{Kiosks: fleet.KiosksMax + 1, Day: time.Minute},
		{Kiosks: 1, Day: time.Millisecond},
		{Kiosks: 1, Day: 48 * time.Hour},
		{Kiosks: 1, Day: time.Minute, Customers: -1},
	} {
		if _, err := fleet.Run(t.Context(), o); !errors.Is(err, fleet.ErrOptions) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := fleet.CheckChart("day.pdf"); err == nil {
		t.Error("a chart in a format that nobody writes")
	}
}
