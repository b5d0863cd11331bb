package flows

import (
	"testing"
	"time"
)

func TestCalendar(t *testing.T) {
	rules := Rules{
		Hours:       map[string]Hours{"inagi": {From: 6*time.Hour + 30*time.Minute, To: 23 * time.Hour}},
		Closed:      []Closure{{From: MonthDay{12, 29}, To: MonthDay{1, 3}}},
		Maintenance: []Span{{From: at(t, "2026-11-25T01:00:00+09:00"), To: at(t, "2026-11-25T12:00:00+09:00")}},
	}
	for _, c := range []struct{ when, want string }{
		{"2026-11-24T06:29:59+09:00", "hours"},
		{"2026-11-24T06:30:00+09:00", ""},
		{"2026-11-24T22:49:59+09:00", ""},
		{"2026-11-24T22:50:00+09:00", "hours"}, // limit.last-start before 23:00
		{"2026-11-24T22:59:59+09:00", "hours"},
		{"2026-11-24T23:00:00+09:00", "hours"},
		{"2026-11-23T21:30:00Z", ""}, // 6:30 in Tokyo, whatever zone the board is in
		{"2026-12-28T12:00:00+09:00", ""},
		{"2026-12-29T06:30:00+09:00", "closed"},
		{"2027-01-03T22:00:00+09:00", "closed"},
		{"2027-01-04T06:30:00+09:00", ""},
		{"2026-11-25T11:59:59+09:00", "maintenance"},
		{"2026-11-25T12:00:00+09:00", ""},
	} {
		if got := closed(rules, "inagi", at(t, c.when), 10*time.Minute); got != c.want {
			t.Errorf("%s: %q, want %q", c.when, got, c.want)
		}
	}
}

// A visit that began in time is not ended by the hour, but by its own limit: to
// the second, where no margin is kept.
func TestHoursToTheSecond(t *testing.T) {
	for _, c := range []struct{ when, want string }{
		{"2026-11-24T06:29:59+09:00", "hours"},
		{"2026-11-24T06:30:00+09:00", ""},
		{"2026-11-24T22:59:59+09:00", ""},
		{"2026-11-24T23:00:00+09:00", "hours"},
	} {
		if got := closed(Rules{}, "inagi", at(t, c.when), 0); got != c.want {
			t.Errorf("%s: %q, want %q", c.when, got, c.want)
		}
	}
}

func TestPriceChangesOnItsDay(t *testing.T) {
	rules := Rules{Tariff: map[string][]Price{"inagi": {
		{From: at(t, "2026-12-01T00:00:00+09:00"), Yen: 300}, {Yen: 250},
	}}}
	for _, c := range []struct {
		town, when string
		want       int
	}{
		{"inagi", "2026-11-30T23:59:59+09:00", 250},
		{"inagi", "2026-12-01T00:00:00+09:00", 300},
		{"other-town", "2026-12-01T00:00:00+09:00", baseFee},
	} {
		if got := fee(rules, c.town, at(t, c.when)); got != c.want {
			t.Errorf("%s at %s: %d yen, want %d", c.town, c.when, got, c.want)
		}
	}
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
