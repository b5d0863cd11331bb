package check

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Printer writes a check for a person, a line at a time.
type Printer struct {
	Out    io.Writer
	Colour bool // Out is a terminal
}

// Wiring writes what is to be compared with the cables.
func (p Printer) Wiring(list []Wire) error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	last := ""
	for _, wire := range list {
		device := wire.Device
		if device == last {
			device = ""
		}
		last = wire.Device
		at := wire.At
		if at == wire.Name {
			at = ""
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", device, wire.Is, wire.Name, at, wire.Note); err != nil {
			return err
		}
	}
	return w.Flush()
}

// deviceWidth is the longest device's name.
const deviceWidth = 15

// Line writes one device; where it failed, what to do stands below.
func (p Printer) Line(l Line) error {
	mark, on := "ok    ", "\x1b[32m"
	switch l.State {
	case Failed:
		mark, on = "FAILED", "\x1b[1;31m"
	case NotTried:
		mark, on = "-     ", "\x1b[2m"
	}
	if p.Colour {
		mark = on + mark + "\x1b[0m"
	}
	if _, err := fmt.Fprintf(p.Out, "%s  %-*s  %s: %s\n", mark, deviceWidth, l.Device, l.Tried, flat(l.Answer)); err != nil {
		return err
	}
	if l.Todo == "" {
		return nil
	}
	_, err := fmt.Fprintf(p.Out, "        %-*s  -> %s\n", deviceWidth, "", l.Todo)
	return err
}

// flat makes one line of an answer: joined errors bring several.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }
