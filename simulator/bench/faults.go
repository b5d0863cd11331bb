package bench

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kioskd/simulator/shop"
)

// device is one row of switches: a device and how it can fail.
type device struct {
	ID    string `json:"id"` // as in scenarios
	Label string `json:"label"`
	Kinds []kind `json:"kinds"`
}

type kind struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	// Asks is what stands after the colon, "" if nothing does: N, a number, or D,
	// a duration. First is what the page offers.
	Asks  string `json:"asks,omitempty"`
	First string `json:"first,omitempty"`
}

// devices are the faults of the scenario language that exist so far.
func devices() []device {
	return []device{
		{"reader", "Card reader", []kind{
			{ID: "unplugged", Label: "unplugged"},
			{ID: "hangs", Label: "hangs"},
			{ID: "garbage", Label: "answers garbled"},
			{ID: "pulled", Label: "card pulled after N exchanges", Asks: "N", First: "3"},
			{ID: "pulled:before-reset", Label: "card pulled before a password is set"},
			{ID: "pulled:after-reset", Label: "card pulled while it is set"},
			{ID: "pulled:before-verify", Label: "card pulled before its proof"},
		}},
		{"sheet-printer", "Sheet printer", []kind{
			{ID: "paper-out", Label: "paper out"},
			{ID: "jam", Label: "jam at sheet N from now", Asks: "N", First: "1"},
			{ID: "cover", Label: "cover open"},
			{ID: "offline", Label: "off line"},
			{ID: "toner-low", Label: "toner low"},
			{ID: "sensor-silent", Label: "exit sensor silent"},
			{ID: "duplex-peek", Label: "looks out between sides"},
		}},
		{"receipt-printer", "Receipt printer", []kind{
			{ID: "paper-end", Label: "paper end"},
			{ID: "near-end", Label: "paper near its end"},
			{ID: "cover", Label: "cover open"},
			{ID: "cutter", Label: "cutter stuck"},
			{ID: "offline", Label: "off line"},
			{ID: "flow-stuck", Label: "flow control stuck"},
		}},
		{"coins", "Coin acceptor", []kind{
			{ID: "jam", Label: "jam"},
			{ID: "rejects", Label: "rejects every coin"},
			{ID: "glitch", Label: "pulses that are no coin"},
			{ID: "dead", Label: "its line does not answer"},
		}},
		{"hopper", "Hoppers", []kind{
			{ID: "empty", Label: "empty"},
			{ID: "short", Label: "stop after N coins", Asks: "N", First: "1"},
			{ID: "jam", Label: "jam"},
		}},
		{"touch", "Touch", []kind{
			{ID: "dead", Label: "dead"},
			{ID: "ghost", Label: "ghost touches"},
		}},
		{"panel", "Panel", []kind{{ID: "dead", Label: "dead"}}},
		{"door", "Door", []kind{{ID: "open", Label: "open (the technician's code is " + shop.TechnicianCode + ")"}}},
		{"disk", "Disk", []kind{
			{ID: "full", Label: "full"},
			{ID: "readonly", Label: "read-only"},
			{ID: "damaged", Label: "journal damaged"},
		}},
		{"clock", "Kiosk's clock", []kind{
			{ID: "unset", Label: "not set"},
			{ID: "jump", Label: "jumps by D", Asks: "D", First: "1h"},
		}},
	}
}

// lies are the ways in which the office may err.
func lies() []kind {
	return []kind{
		{ID: "other-session", Label: "sealed for somebody else"},
		{ID: "other-resident", Label: "someone else's record"},
		{ID: "page-swap", Label: "a page swapped"},
		{ID: "bad-manifest", Label: "bad manifest"},
		{ID: "replay", Label: "replays an old answer"},
		{ID: "stale", Label: "stale data"},
		{ID: "same-instant", Label: "two orders in one tick"},
		{ID: "late", Label: "answers too late"},
		{ID: "twice", Label: "answers twice"},
		{ID: "settings-unsigned", Label: "a stranger's settings"},
		{ID: "settings-older", Label: "older settings"},
		{ID: "settings-nonsense", Label: "senseless settings"},
	}
}

// checkFault says what is wrong with a fault that was asked for.
func checkFault(name, fault string) error {
	var known []string
	for _, d := range devices() {
		known = append(known, d.ID)
		if d.ID == name {
			return d.check(fault)
		}
	}
	return badRequest("device %q: want one of %s", clip(name), strings.Join(known, ", "))
}

func (d device) check(fault string) error {
	if slices.ContainsFunc(d.Kinds, func(k kind) bool { return k.ID == fault && k.Asks == "" }) {
		return nil
	}
	id, value, valued := strings.Cut(fault, ":")
	var known []string
	for _, k := range d.Kinds {
		form := k.ID
		if k.Asks != "" {
			form += ":" + k.Asks
		}
		known = append(known, form)
		if k.ID != id || valued != (k.Asks != "") {
			continue
		}
		switch k.Asks {
		case "N":
			if n, err := strconv.Atoi(value); err != nil || n < 0 || n > countMax {
				return badRequest("fault %s %s: want a whole number up to %d after the colon, got %q", d.ID, form, countMax, clip(value))
			}
		case "D":
			if _, err := time.ParseDuration(value); err != nil {
				return badRequest("fault %s %s: want a duration such as 90s or -2h after the colon, got %q", d.ID, form, clip(value))
			}
		}
		return nil
	}
	return badRequest("fault %q of %s: want one of %s", clip(fault), d.ID, strings.Join(known, ", "))
}

// countMax bounds the N of a fault.
const countMax = 9999

// faults is what the bench has broken, by device.
type faults struct {
	mu  sync.Mutex
	now map[string]string
}

func (f *faults) set(device, kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil {
		f.now = make(map[string]string)
	}
	delete(f.now, device)
	if kind != "" {
		f.now[device] = kind
	}
}

func (f *faults) all() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := maps.Clone(f.now)
	if all == nil {
		all = make(map[string]string)
	}
	return all
}
