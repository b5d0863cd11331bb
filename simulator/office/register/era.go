package register

import (
	"fmt"
	"time"
)

// japan is the certificate's time zone. It has had no summer time since 1951,
// and a fixed zone needs no time zone files.
func japan() *time.Location { return time.FixedZone("JST", 9*60*60) }

// day cuts a moment to its day in Japan.
func day(t time.Time) time.Time {
	y, m, d := t.In(japan()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, japan())
}

// era writes a date with the era of its day; the first year is 元年. Each era's
// first day belongs to it (cabinet orders of 1868, 1912, 1926, 1989 and 2019).
func era(t time.Time) string {
	t = day(t)
	for _, e := range []struct {
		name             string
		year, month, day int
	}{
		{"令和", 2019, 5, 1},
		{"平成", 1989, 1, 8},
		{"昭和", 1926, 12, 25},
		{"大正", 1912, 7, 30},
		{"明治", 1868, 1, 25},
	} {
		if t.Before(time.Date(e.year, time.Month(e.month), e.day, 0, 0, 0, 0, japan())) {
			continue
		}
		year := fmt.Sprint(t.Year() - e.year + 1)
		if year == "1" {
			year = "元"
		}
		return fmt.Sprintf("%s%s年%d月%d日", e.name, year, int(t.Month()), t.Day())
	}
	return western(t)
}

// western writes a date as foreign residents' birth dates stand in the register.
func western(t time.Time) string {
	t = day(t)
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}

// age is in whole years at a moment. A birthday counts from its first minute in
// Japan; a child of February 29 is a year older on March 1 of a common year
// (Act on Calculation of Ages, Civil Code article 143).
func age(born, at time.Time) int {
	born, at = day(born), day(at)
	years := at.Year() - born.Year()
	if at.Before(time.Date(at.Year(), born.Month(), born.Day(), 0, 0, 0, 0, japan())) {
		years--
	}
	return years
}
