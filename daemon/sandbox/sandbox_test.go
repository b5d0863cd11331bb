package sandbox

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"kioskd/daemon/config"
)

// names is a resolver that knows these.
type names map[string][]netip.Addr

var errNoName = errors.New("no such name")

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if a, ok := n[host]; ok {
		return a, nil
	}
	return nil, errNoName
}

func unnamed(string) (string, bool) { return "", false }

func settings(t *testing.T, dropin string) string {
	t.Helper()
	var list []string
	for line := range strings.Lines(dropin) {
		if !strings.HasPrefix(line, "#") && line != "[Service]\n" {
			list = append(list, strings.TrimSpace(line))
		}
	}
	return strings.Join(list, "; ")
}

func TestDropInIsTheConfiguration(t *testing.T) {
	office := names{"office.example": {netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")}}
	onHost := func(model string) config.Config {
		c := config.Default()
		c.Kiosk, c.Board, c.Model = "k001", "host", model
		c.Office.URL, c.SheetPrinter.URL = "tls://office.example:4222", "ipp://localhost:60000/ipp/print"
		c.Host.Names = map[string]string{"UART0": "/dev/ttyAMA5"}
		for _, line := range lines(c) {
			c.Host.Names[line] = "gpiochip0/1"
		}
		return c
	}
	for name, tc := range map[string]struct {
		change func(*config.Config)
		model  string
		find   Finder
		want   string
	}{
		"spi7": {
			func(*config.Config) {}, config.SPI7, unnamed,
			"DeviceAllow=/dev/i2c-1 rw; DeviceAllow=/dev/ttyAMA5 rw; DeviceAllow=/dev/spidev0.0 rw; DeviceAllow=/dev/gpiochip0 rw; IPAddressAllow=192.0.2.1; IPAddressAllow=2001:db8::1",
		},
		"fb10, any display, a printer on the network": {
			func(c *config.Config) { c.SheetPrinter.URL = "ipp://192.0.2.9/ipp/print" }, config.FB10, unnamed,
			"DeviceAllow=/dev/i2c-1 rw; DeviceAllow=/dev/ttyAMA5 rw; DeviceAllow=char-drm rw; DeviceAllow=/dev/fb0 rw; DeviceAllow=/dev/gpiochip0 rw; IPAddressAllow=192.0.2.1; IPAddressAllow=2001:db8::1; IPAddressAllow=192.0.2.9",
		},
		"a named display, lines by name": {
			func(c *config.Config) {
				c.Host.Names["fb0"], c.Host.Names["DOOR"] = "/dev/dri/card1", "PD4"
				delete(c.Host.Names, "BUZZER")
			}, config.FB10,
			func(line string) (string, bool) { return "gpiochip1", line == "PD4" },
			"DeviceAllow=/dev/i2c-1 rw; DeviceAllow=/dev/ttyAMA5 rw; DeviceAllow=/dev/dri/card1 rw; DeviceAllow=/dev/gpiochip0 rw; DeviceAllow=char-gpiochip rw; DeviceAllow=/dev/gpiochip1 rw; IPAddressAllow=192.0.2.1; IPAddressAllow=2001:db8::1",
		},
		"a board at the other end of a link, its display here": {
			func(c *config.Config) {
				c.Board, c.Wiring.Framebuffer, c.Office.URL = "tcp:192.0.2.7:7000", "host:/dev/dri/card0", "tls://127.0.0.1:4222"
			},
			config.FB10, unnamed,
			"DeviceAllow=/dev/dri/card0 rw; IPAddressAllow=192.0.2.7",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := onHost(tc.model)
			tc.change(&c)
			got, err := DropIn(t.Context(), c, tc.find, office)
			if err != nil {
				t.Fatal(err)
			}
			if settings(t, got) != tc.want {
				t.Errorf("got  %s\nwant %s", settings(t, got), tc.want)
			}
		})
	}
	c := onHost(config.SPI7)
	if got, err := DropIn(t.Context(), c, unnamed, names{}); got != "" || !errors.Is(err, errNoName) || !strings.Contains(err.Error(), "office.example has none here") {
		t.Errorf("an office without an address: %q, %v", got, err)
	}
	c.SheetPrinter.URL = "ipp:"
	var bad *config.Error
	if _, err := DropIn(t.Context(), c, unnamed, office); !errors.As(err, &bad) {
		t.Errorf("a printer without a host: %v", err)
	}
}
