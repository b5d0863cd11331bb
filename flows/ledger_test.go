package flows

import (
	"testing"

	"pgregory.net/rapid"
)

// I2: whatever a kiosk does and wherever it crashes, what went in is kept, came
// back, is owed, or was in motion at the crash.
func TestEveryYenIsAccountedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLedger()
		inserted, kept, returned := 0, 0, 0
		for range rapid.IntRange(0, 8).Draw(t, "coins") {
			yen := rapid.SampledFrom([]int{10, 50, 100, 500}).Draw(t, "coin")
			l.Apply(Event{Kind: CoinIn, Visit: "v", Yen: yen})
			inserted += yen
		}
		if inserted >= 200 && rapid.Bool().Draw(t, "a copy came out") {
			l.Apply(Event{Kind: FeeKept, Visit: "v", Yen: 200})
			kept = 200
		}
		moving := 0
		for inserted-kept-returned >= 10 && rapid.Bool().Draw(t, "pay out") {
			l.Apply(Event{Kind: CoinIntent, Visit: "v", Yen: 10})
			if rapid.Bool().Draw(t, "crash") {
				moving = 10
				break
			}
			l.Apply(Event{Kind: CoinOut, Visit: "v", Yen: 10})
			returned += 10
		}
		if inserted == 0 {
			return
		}
		if moving > 0 {
			l.Apply(Event{Kind: Incident, Visit: "v", Yen: moving, Reason: reasonCoinUnseen})
		}
		a := l.Account("v")
		if got := a.Kept + a.Returned + a.Owes() + a.Unwitnessed; got != inserted {
			t.Errorf("inserted %d, accounted for %d: %+v", inserted, got, a)
		}
		if a.Unwitnessed != moving {
			t.Errorf("unwitnessed is %d, want the one coin of %d that moved", a.Unwitnessed, moving)
		}
		if a.Kept != kept || a.Returned != returned {
			t.Errorf("kept %d, returned %d: %+v", kept, returned, a)
		}
	})
}

func TestDebtIsPaidCoinByCoin(t *testing.T) {
	l := NewLedger()
	for _, e := range []Event{
		{Kind: VisitBegun},
		{Kind: LoginOK, Person: "p"},
		{Kind: CoinIn, Yen: 500},
		{Kind: DebtBooked, Yen: 500, Person: "p"},
		{Kind: VisitEnded},
	} {
		e.Visit = "v"
		l.Apply(e)
	}
	if got := l.Owed(); got != 500 {
		t.Fatalf("owed is %d, want 500", got)
	}
	for range 4 {
		l.Apply(Event{Kind: CoinIntent, Visit: "v", Yen: 100})
		l.Apply(Event{Kind: CoinOut, Visit: "v", Yen: 100})
	}
	if got := l.Owed(); got != 100 {
		t.Errorf("after four coins owed is %d, want 100", got)
	}
	l.Apply(Event{Kind: CoinOut, Visit: "v", Yen: 100})
	l.Apply(Event{Kind: DebtSettled, Visit: "v", Yen: 500})
	if got, debts := l.Owed(), l.Debts(); got != 0 || len(debts) != 0 {
		t.Errorf("after the last coin owed is %d, debts %v", got, debts)
	}
}
