package daemon

import (
	"testing"

	"kioskd/flows"
)

// TestBrokenParts: what a kiosk does without each of its parts, and that what it
// says of it is true.
func TestBrokenParts(t *testing.T) {
	for _, c := range []struct {
		part, out, certificate string
	}{
		{"panel", "panel", ""},
		{"touch", "touch", ""},
		{"journal", "journal", ""},
		{"acceptor", "", "maintenance"},
		{"door", "", "maintenance"},
		{"power-fail", "", "maintenance"},
		{"control", "", ""},
		{"commands", "", ""},
		{"health", "", ""},
		{"reader", "", ""}, // it says by itself that it does not work
	} {
		parts := []string{"another", c.part}
		if got := stopping(parts); got != c.out {
			t.Errorf("%s: out of service %q, want %q", c.part, got, c.out)
		}
		if got := withheld(parts, flows.ErrandCertificate); got != c.certificate {
			t.Errorf("%s: no certificate %q, want %q", c.part, got, c.certificate)
		}
		if got := withheld(parts, flows.ErrandReset); got != "" {
			t.Errorf("%s: no reset: %q", c.part, got)
		}
	}
}
