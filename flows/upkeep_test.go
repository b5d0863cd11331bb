package flows

import (
	"testing"
	"time"
)

func minute(minutes int) time.Time {
	return time.Date(2026, 11, 24, 10, minutes, 0, 0, time.UTC)
}

// Wrong codes cost more and more time, a right one ends it, and a clock that is
// set back makes it no longer.
func TestCodePause(t *testing.T) {
	l := NewLedger()
	try := func(reason string, m int) {
		l.Apply(Event{Kind: DeviceFault, Device: DeviceMaintenance, Reason: reason, At: minute(m)})
	}
	var pauses []time.Duration
	for range 10 {
		try(ReasonWrongCode, 0)
		pauses = append(pauses, l.CodePause(minute(0)))
	}
	for i, want := range []time.Duration{0, 0, 30, 60, 120, 240, 480, 900, 900, 900} {
		if pauses[i] != want*time.Second {
			t.Errorf("after %d wrong codes: %v, want %v", i+1, pauses[i], want*time.Second)
		}
	}
	for range 100 {
		try(ReasonWrongCode, 0)
	}
	for m, want := range map[int]time.Duration{0: 15, 5: 10, 15: 0, 16: 0, -600: 15} {
		if got := l.CodePause(minute(m)); got != want*time.Minute {
			t.Errorf("%d minutes later: %v, want %v", m, got, want*time.Minute)
		}
	}
	try(ReasonCodeAccepted, 1)
	try(ReasonWrongCode, 2)
	if got := l.CodePause(minute(2)); got != 0 {
		t.Errorf("a right code did not end it: %v", got)
	}
}

// What the technician takes out is a count, and no loss; what is in the box is
// what customers put in since.
func TestCounts(t *testing.T) {
	l := NewLedger()
	for _, e := range []Event{
		{Kind: CashCount, Yen: 100, Count: 3, At: minute(0)},
		{Kind: CoinIn, Visit: "v", Yen: 500},
		{Kind: CoinOut, Visit: "v", Yen: 100},
		{Kind: DeviceFault, Device: DeviceHopper, Yen: 100},
	} {
		l.Apply(e)
	}
	if l.Box() != 500 || l.Hopper(100) != 2 || !l.Stopped(100) || !l.Begun().Equal(minute(0)) {
		t.Errorf("box %d, hopper %d, stopped %v, begun %v", l.Box(), l.Hopper(100), l.Stopped(100), l.Begun())
	}
	l.Apply(Event{Kind: CashCount, Device: DeviceCashBox, Yen: 500})
	l.Apply(Event{Kind: CashCount, Device: DeviceHopper, Yen: 100, Reason: ReasonEmptied})
	if a := l.Account("v"); l.Box() != 0 || l.Hopper(100) != 0 || l.Stopped(100) || l.Hopper(500) != 0 || a.Owes() != 400 {
		t.Errorf("box %d, hopper %d, stopped %v, owes %d", l.Box(), l.Hopper(100), l.Stopped(100), a.Owes())
	}
	for _, c := range []struct {
		reason string
		out    bool
	}{{ReasonTakenOut, true}, {ReasonPutBack, false}} {
		l.Apply(Event{Kind: DeviceFault, Device: DeviceService, Reason: c.reason})
		if l.TakenOut() != c.out {
			t.Errorf("after %s: %v", c.reason, l.TakenOut())
		}
	}
	l.Apply(Event{Kind: DeviceFault, Device: DeviceCoins})
	if l.CoinFaults() != 1 {
		t.Errorf("%d coin faults", l.CoinFaults())
	}
	l.Apply(Event{Kind: DeviceFault, Device: DeviceMaintenance, Reason: ReasonLeft})
	if l.CoinFaults() != 0 {
		t.Errorf("%d coin faults after maintenance", l.CoinFaults())
	}
}
