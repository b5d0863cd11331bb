package register

import (
	"testing"
	"time"
)

func date(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, japan()) }

func TestEra(t *testing.T) {
	for _, c := range []struct {
		t    time.Time
		want string
	}{
		{date(2026, 11, 24), "令和8年11月24日"},
		{date(2019, 5, 1), "令和元年5月1日"},
		{date(2019, 4, 30), "平成31年4月30日"},
		{date(1989, 1, 8), "平成元年1月8日"},
		{date(1989, 1, 7), "昭和64年1月7日"},
		{date(1926, 12, 25), "昭和元年12月25日"},
		{date(1926, 12, 24), "大正15年12月24日"},
		{date(1912, 7, 29), "明治45年7月29日"},
		{date(1860, 1, 2), "1860年1月2日"},
		{time.Date(2019, 4, 30, 15, 0, 0, 0, time.UTC), "令和元年5月1日"}, // midnight in Japan
	} {
		if got := era(c.t); got != c.want {
			t.Errorf("%v: %s, want %s", c.t, got, c.want)
		}
	}
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		born, at time.Time
		want     int
	}{
		{date(2011, 11, 25), date(2026, 11, 24).Add(24*time.Hour - time.Second), 14},
		{date(2011, 11, 25), date(2026, 11, 25), 15},
		{date(2012, 2, 29), date(2027, 2, 28), 14},
		{date(2012, 2, 29), date(2027, 3, 1), 15},
		{date(2012, 2, 29), date(2028, 2, 28), 15},
		{date(2012, 2, 29), date(2028, 2, 29), 16},
		{date(2011, 1, 1), date(2025, 12, 31), 14},
		{date(2011, 1, 1), time.Date(2025, 12, 31, 15, 0, 0, 0, time.UTC), 15},
	} {
		if got := age(c.born, c.at); got != c.want {
			t.Errorf("born %v, at %v: %d, want %d", c.born, c.at, got, c.want)
		}
	}
}

// The example is the one commonly used to explain the rule: 12345678901 has the
// check digit 8.
func TestCheckDigit(t *testing.T) {
	for digits, want := range map[string]int{"12345678901": 8, "00000000000": 0, "00000000001": 9} {
		if got := checkDigit(digits); got != want {
			t.Errorf("%s: %d, want %d", digits, got, want)
		}
	}
}
