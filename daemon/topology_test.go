package daemon

import (
	"strings"
	"testing"

	"kioskd/daemon/config"
	"kioskd/flows"
)

func TestMisconfigured(t *testing.T) {
	for _, c := range []struct {
		region string // in the configuration
		office flows.Topology
		want   string // a part of it; "" is nothing
	}{
		{"", flows.Topology{}, ""},
		{"tama", flows.Topology{}, ""},
		{"", flows.Topology{Region: "tama", Servers: 1, Places: map[string]string{"k001": "inagi", "k002": "other-town"}}, ""},
		{"tama", flows.Topology{Region: "tama"}, ""},
		{"tama", flows.Topology{Region: "shikoku"}, "this office is shikoku"},
		{"", flows.Topology{Servers: 2}, "office.servers is 1, but the office has 2"},
		{"", flows.Topology{Places: map[string]string{"k001": "other-town"}}, "has k001 in other-town"},
	} {
		cfg := config.Default()
		cfg.Kiosk, cfg.Municipality, cfg.Office.Region = "k001", "inagi", c.region
		got := misconfigured(cfg, c.office)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("region %q, office %+v: %q, want %q", c.region, c.office, got, c.want)
		}
	}
}
