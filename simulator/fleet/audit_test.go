package fleet

import (
	"encoding/json"
	"testing"

	"kioskd/flows"
	"kioskd/simulator/office"
)

// TestCompare: each way in which an office's list can differ from a kiosk's.
func TestCompare(t *testing.T) {
	own := []flows.Event{
		{Number: 1, Kind: flows.VisitBegun, Visit: "v"},
		{Number: 2, Kind: flows.CoinIn, Visit: "v", Yen: 500},
		{Number: 3, Kind: flows.VisitEnded, Visit: "v"},
	}
	there := func(numbers ...uint64) []office.Event {
		var all []office.Event
		for _, n := range numbers {
			raw, err := json.Marshal(own[n-1])
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, office.Event{N: n, Raw: raw})
		}
		return all
	}
	changed := there(1, 2, 3)
	changed[1].Raw = json.RawMessage(`{"n":2,"kind":"coin-in","yen":100}`)
	invented := append(there(1, 2, 3), office.Event{N: 9, Raw: json.RawMessage(`{}`)})
	for name, c := range map[string]struct {
		there []office.Event
		want  [3]int // missing, doubled, strange
	}{
		"the same": {there(1, 2, 3), [3]int{}},
		"lost":     {there(1, 3), [3]int{1, 0, 0}},
		"all lost": {nil, [3]int{3, 0, 0}},
		"doubled":  {there(1, 2, 2, 3), [3]int{0, 1, 0}},
		"changed":  {changed, [3]int{0, 0, 1}},
		"invented": {invented, [3]int{0, 0, 1}},
	} {
		var r Report
		if err := r.compare("k", own, c.there); err != nil {
			t.Fatal(err)
		}
		if got := [3]int{r.Missing, r.Doubled, r.Strange}; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if r.Good() != (name == "the same") {
			t.Errorf("%s: good is %v", name, r.Good())
		}
	}
}
