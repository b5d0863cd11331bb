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
		if got := closed(rules, "inagi", ErrandCertificate, at(t, c.when), 10*time.Minute); got != c.want {
			t.Errorf("%s: %q, want %q", c.when, got, c.want)
		}
	}
}

// Hours and closed days of one municipality, or of one errand, are no other's.
func TestCalendarOfOne(t *testing.T) {
	rules := Rules{
		HoursOf: map[string]map[string]Hours{"inagi": {ErrandReset: {From: 9 * time.Hour, To: 17 * time.Hour}}},
		Closed: []Closure{
			{From: MonthDay{11, 25}, To: MonthDay{11, 25}, Municipality: "inagi"},
			{From: MonthDay{11, 26}, To: MonthDay{11, 26}, Errand: ErrandReset},
			{From: MonthDay{11, 27}, To: MonthDay{11, 27}, Municipality: "other-town", Errand: ErrandCertificate},
		},
	}
	for _, c := range []struct{ town, errand, when, want string }{
		{"inagi", ErrandReset, "2026-11-24T08:59:59+09:00", "hours"},
		{"inagi", ErrandReset, "2026-11-24T16:59:59+09:00", ""},
		{"inagi", ErrandReset, "2026-11-24T17:00:00+09:00", "hours"},
		{"inagi", ErrandCertificate, "2026-11-24T17:00:00+09:00", ""},
		{"other-town", ErrandReset, "2026-11-24T17:00:00+09:00", ""},
		{"inagi", ErrandCertificate, "2026-11-25T12:00:00+09:00", "closed"},
		{"other-town", ErrandCertificate, "2026-11-25T12:00:00+09:00", ""},
		{"other-town", ErrandReset, "2026-11-26T12:00:00+09:00", "closed"},
		{"other-town", ErrandCertificate, "2026-11-26T12:00:00+09:00", ""},
		{"other-town", ErrandCertificate, "2026-11-27T12:00:00+09:00", "closed"},
		{"other-town", ErrandReset, "2026-11-27T12:00:00+09:00", ""},
		{"inagi", ErrandCertificate, "2026-11-27T12:00:00+09:00", ""},
	} {
		if got := closed(rules, c.town, c.errand, at(t, c.when), 0); got != c.want {
			t.Errorf("%s in %s at %s: %q, want %q", c.errand, c.town, c.when, got, c.want)
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
		if got := closed(Rules{}, "inagi", ErrandCertificate, at(t, c.when), 0); got != c.want {
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
