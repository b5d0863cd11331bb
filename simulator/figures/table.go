package figures

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// figure is one line of the table.
type figure struct {
	name      string
	value     float64
	reference float64 // in the same unit
	than      string  // what the reference is
	unit      unit
	limit     float64 // wanted: at most this, in the same unit; 0 wants nothing
}

// unit says how a value is written.
type unit int

const (
	seconds unit = iota
	percent
	count
	mebibytes
)

func (u unit) text(v float64) string {
	if u == percent {
		return fmt.Sprintf("%.2f %%", v)
	}
	if u == mebibytes {
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	}
	if u == count {
		return fmt.Sprintf("%.0f", v)
	}
	d := time.Duration(v * float64(time.Second))
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond))
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
}

// table writes figures in columns.
type table struct{ out io.Writer }

const columns = "%-52s  %10s  %-58s  %7s  %s\n"

func (t table) head() error {
	return t.row("figure (median)", "value", "beside", "ratio", "wanted")
}

func (t table) add(f figure) error {
	ratio := "-"
	if f.reference > 0 {
		ratio = fmt.Sprintf("%.2f", f.value/f.reference)
	}
	wanted := "-"
	if f.limit > 0 {
		wanted = "at most " + f.unit.text(f.limit) + ": " + verdict(f.value <= f.limit)
	}
	return t.row(f.name, f.unit.text(f.value), f.unit.text(f.reference)+", "+f.than, ratio, wanted)
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

func (t table) row(name, value, reference, ratio, wanted string) error {
	if _, err := fmt.Fprintf(t.out, columns, name, value, reference, ratio, wanted); err != nil {
		return fmt.Errorf("figures: write the table: %w", err)
	}
	return nil
}

// median of at least one value; the slice is sorted afterwards.
func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
