package flows

import (
	"context"
	"strconv"
)

// Tried is a device that the technician's check has tried.
type Tried struct {
	Device string // the line's name: letters, digits and hyphens
	State  string // StateOK, StateFailed or StateNotTried
	Says   string // what the device says of itself, in its own words with ", " between them; "" for nothing
	Answer string // what the check says of it
}

// How a device stands after it was tried.
const (
	StateOK       = "ok"
	StateFailed   = "failed"
	StateNotTried = "not-tried" // what it hangs on has failed
)

// What the page's keys say of a device, behind its name.
const (
	KeySays   = "says-"
	KeyAnswer = "answer-"
)

// try has every device tried, as kioskd check does, with a page that says so
// meanwhile.
func (c *Counter) try(ctx context.Context) ([]Tried, error) {
	if err := c.Screen.Show(ctx, Page{Name: PageMaintenanceCheck, Keys: keys("failed", "trying", "tried", "")}); err != nil {
		return nil, err
	}
	return c.Technician.Check(ctx), ctx.Err()
}

// checked shows every line of a check until the technician goes back.
func (c *Counter) checked(ctx context.Context, tried []Tried, shut <-chan struct{}) (string, error) {
	return c.Screen.Ask(ctx, Page{
		Name: PageMaintenanceCheck, Keys: append(keys("failed", failures(tried), "tried", names(tried)), triedKeys(tried)...),
		Buttons: buttons("back", "check", "language"), Idle: maintenanceRests,
	}, shut)
}

func failures(tried []Tried) string {
	n := 0
	for _, d := range tried {
		if d.State == StateFailed {
			n++
		}
	}
	return strconv.Itoa(n)
}

// names are those of the lines, in their order, with a space between them.
func names(tried []Tried) string {
	all := ""
	for i, d := range tried {
		if i > 0 {
			all += " "
		}
		all += d.Device
	}
	return all
}

func triedKeys(tried []Tried) []Key {
	var list []Key
	for _, d := range tried {
		list = append(list, keys(d.Device, d.State, KeyAnswer+d.Device, d.Answer)...)
		if d.Says != "" {
			list = append(list, keys(KeySays+d.Device, d.Says)...)
		}
	}
	return list
}
