package daemon

import (
	"context"
	"fmt"
	"time"

	"kioskd/daemon/config"
	"kioskd/flows"
)

// misconfigured says where the configuration and the office's own word differ
// about how the office is built and where this kiosk stands; "" is nowhere. A
// program that was set up for one server and met several has printed another
// person's sheet (incident D7), so such a kiosk serves nobody.
func misconfigured(c config.Config, t flows.Topology) string {
	if t.Region != "" && c.Office.Region != "" && t.Region != c.Office.Region {
		return fmt.Sprintf("office.region is %s, but this office is %s", c.Office.Region, t.Region)
	}
	if t.Servers != 0 && t.Servers != c.Office.Servers {
		return fmt.Sprintf("office.servers is %d, but the office has %d", c.Office.Servers, t.Servers)
	}
	if place, said := t.Places[c.Kiosk]; said && place != c.Municipality {
		return fmt.Sprintf("municipality is %s, but the office has %s in %s", c.Municipality, c.Kiosk, place)
	}
	return ""
}

const topologyCheck = time.Second // between two looks, in process time

// watchTopology says in the log, and to the office, what is wrong with the
// configuration, and when it no longer is.
func (k *kiosk) watchTopology(ctx context.Context, rules func() flows.Rules) error {
	tick := time.NewTicker(topologyCheck)
	defer tick.Stop()
	for said := ""; ; {
		if why := misconfigured(k.cfg, rules().Topology); why != said {
			said = why
			e := flows.Event{Kind: flows.DeviceFault, At: k.now(), Device: "configuration", Reason: why, Action: "maintenance"}
			if why == "" {
				e.Reason, e.Action = "ready", ""
			}
			k.log.Error("configuration against the office", "is", e.Reason)
			if err := k.memory.Write(e); err != nil {
				k.log.Error("configuration not booked", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
