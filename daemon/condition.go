package daemon

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"

	"kioskd/daemon/health"
	"kioskd/daemon/office"
	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// How often the kiosk's condition is looked at, told although nothing has
// changed, and asked of printers, in process time; and how long a printer may
// take to say how it is.
const (
	conditionLook  = time.Second
	conditionTell  = time.Minute
	conditionProbe = 10 * time.Second
	probeWithin    = 4 * time.Second
)

// condition is how the kiosk is: for the office, and at its command.
type condition struct {
	k       *kiosk
	client  *office.Client
	journal *memory
	stands  func(flows.Event) // books a device whose state has changed
	since   time.Time

	mu      sync.Mutex
	printed map[string]protocol.Device // how printers are, by device
	doubted map[string]protocol.Device // what they said last
	looked  map[string]string          // the states of the devices a customer faces, when looked at last
}

func newCondition(k *kiosk, client *office.Client, j *memory, stands func(flows.Event)) *condition {
	c := &condition{
		k: k, client: client, journal: j, stands: stands, since: k.now(),
		printed: make(map[string]protocol.Device), doubted: make(map[string]protocol.Device), looked: make(map[string]string),
	}
	for _, name := range []string{flows.SheetPrinterDevice, flows.SlipPrinterDevice} {
		c.printed[name] = protocol.Device{Name: name, State: "not asked yet", Action: protocol.ActionNone}
	}
	return c
}

// run tells the office whenever something has changed, and every minute, until
// ctx ends. What it refused of the settings goes to the journal too.
func (c *condition) run(ctx context.Context) error {
	tick := time.NewTicker(conditionLook)
	defer tick.Stop()
	var told protocol.Health
	var at, probed time.Time
	reachable, refused := false, 0
	var broken []string
	for {
		health.Beat(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		broken = c.parts(broken)
		now := c.now()
		if idle := now.Page == protocol.PageIdle || now.Page == protocol.PageOut; idle && (probed.IsZero() || time.Since(probed) >= conditionProbe) {
			probed = time.Now()
			if c.probe(ctx) {
				probed = time.Time{}
			}
			now = c.now()
		}
		c.book()
		if now.Refused.Settings > refused {
			refused = now.Refused.Settings
			e := flows.Event{Kind: flows.SettingsRefused, At: c.k.now(), Reason: now.Refused.SettingsWhy}
			if err := c.journal.Write(e); err != nil {
				c.k.log.Error("refused settings not booked", "err", err)
			}
		}
		up := c.client.Reachable()
		back := up && !reachable
		reachable = up
		if !up || !back && time.Since(at) < conditionTell && same(now, told) {
			continue
		}
		if err := c.client.PublishHealth(now); err != nil {
			c.k.log.Warn("health not told", "err", err)
			continue
		}
		told, at = now, time.Now()
	}
}

// parts books which parts have begun to die too often since they were as before,
// and which live again.
func (c *condition) parts(before []string) (now []string) {
	now = c.k.monitor.Broken()
	book := func(part, reason, action string) {
		e := flows.Event{Kind: flows.DeviceFault, At: c.k.now(), Device: part, Reason: reason, Action: action}
		if err := c.journal.Write(e); err != nil {
			c.k.log.Error("part not booked", "part", part, "err", err)
		}
	}
	for _, part := range now {
		if !slices.Contains(before, part) {
			book(part, "dies too often", protocol.ActionMaintenance)
		}
	}
	for _, part := range before {
		if !slices.Contains(now, part) {
			book(part, "ready", "")
		}
	}
	return now
}

// same says whether nothing but the time differs.
func same(a, b protocol.Health) bool {
	a.At, b.At = time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}

// now is what the kiosk knows of itself without asking anybody.
func (c *condition) now() protocol.Health {
	k := c.k
	h := protocol.Health{
		Since: c.since, Software: Version, Page: pageClass(k.screen.Page()), Out: k.service.Reason(),
		Journal: c.journal.why() == nil, Coins: []protocol.Coins{}, Stopped: k.monitor.Stopped(), Devices: c.devices(),
	}
	h.At, h.Clock = k.board.Clock().Now()
	c.client.Standing(&h)
	if h.Stopped == nil {
		h.Stopped = []string{}
	}
	ledger := c.journal.Ledger()
	h.Unsent, h.Owed = c.journal.Unsent(), ledger.Owed()
	for _, yen := range []int{10, 50, 100} {
		h.Coins = append(h.Coins, protocol.Coins{Yen: yen, Count: ledger.Hopper(yen)})
	}
	return h
}

func (c *condition) devices() []protocol.Device {
	list := append(c.seen(), state("door", !c.k.devices.door.Open(), "open"))
	c.mu.Lock()
	defer c.mu.Unlock()
	return append(list, c.printed[flows.SheetPrinterDevice], c.printed[flows.SlipPrinterDevice])
}

// seen are the devices that a customer faces, as their own loops see them.
func (c *condition) seen() []protocol.Device {
	k := c.k
	return []protocol.Device{
		state("panel", !k.panelDead.Load(), "dead"),
		state("touch", !k.touchDead.Load(), "dead"),
		state("reader", k.devices.reader.Working(), "no answer"),
	}
}

// book books those whose state has changed, and was the same at the last look.
func (c *condition) book() {
	for _, d := range c.seen() {
		before := c.looked[d.Name]
		c.looked[d.Name] = d.State
		if d.State != before {
			continue
		}
		e := flows.Event{Device: d.Name, Reason: flows.DeviceReady}
		if d.State != stateOK {
			e.Reason, e.Action = d.State, d.Action
		}
		c.stands(e)
	}
}

const stateOK = "ok"

func state(name string, ok bool, otherwise string) protocol.Device {
	if ok {
		return protocol.Device{Name: name, State: stateOK, Action: protocol.ActionNone}
	}
	return protocol.Device{Name: name, State: otherwise, Action: protocol.ActionMaintenance}
}

// probe asks the printers how they are: it prints nothing and moves nothing. What
// is wrong counts when it is so twice, a look apart: again says that one has said
// so for the first time.
func (c *condition) probe(ctx context.Context) (again bool) {
	for name, ready := range map[string]func(context.Context) error{
		flows.SheetPrinterDevice: c.k.devices.sheets.Ready, flows.SlipPrinterDevice: c.k.devices.slips.Ready,
	} {
		health.Beat(ctx)
		asking, cancel := context.WithTimeout(ctx, probeWithin)
		e := flows.Standing(name, ready(asking))
		cancel()
		d := protocol.Device{Name: name, State: stateOK, Action: protocol.ActionNone}
		if e.Reason != flows.DeviceReady {
			d.State, d.Action = clip(e.Reason), action(e.Action)
		}
		c.mu.Lock()
		known := d.State == stateOK || c.printed[name] == d || c.doubted[name] == d
		if known {
			c.printed[name] = d
		}
		c.doubted[name] = d
		c.mu.Unlock()
		if known && ctx.Err() == nil {
			c.stands(e)
		}
		again = again || !known
	}
	return again
}

func action(of string) string {
	if of == protocol.ActionClear {
		return protocol.ActionClear
	}
	return protocol.ActionMaintenance
}

func clip(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most]
	}
	return s
}
