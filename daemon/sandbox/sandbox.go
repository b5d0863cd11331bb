// Package sandbox writes the systemd drop-in that allows a kiosk its own devices
// and addresses, and nothing else.
//
// kioskd.service alone allows none: DevicePolicy=closed and IPAddressDeny=any.
// What this kiosk has stands in its configuration, and nowhere else. It refuses
// what it cannot know: an address that no name resolves to.
//
// Source: systemd.resource-control(5); Linux Documentation/admin-guide/devices.
package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"kioskd/daemon/config"
)

// Resolver finds the addresses of a name, as net.Resolver does.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Finder says on which chip a named line is, as in "gpiochip0"; ok is false where
// this machine has no such line.
type Finder func(line string) (chip string, ok bool)

// rule is one line of the drop-in, and what it is for.
type rule struct{ line, why string }

// DropIn is the file for /etc/systemd/system/kioskd.service.d.
func DropIn(ctx context.Context, c config.Config, find Finder, r Resolver) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# What %s may open: %s on %s. Written by kioskd devices; write it anew when the\n", c.Kiosk, c.Model, c.Board)
	b.WriteString("# configuration changes, then: systemctl daemon-reload, systemctl restart kioskd.\n[Service]\n")
	rules, err := addresses(ctx, c, r)
	if err != nil {
		return "", err
	}
	for _, rule := range merged(append(devices(c, find), rules...)) {
		fmt.Fprintf(&b, "# %s\n%s\n", rule.why, rule.line)
	}
	return b.String(), nil
}

// merged has each line once, with all that it is for.
func merged(rules []rule) []rule {
	var list []rule
	for _, r := range rules {
		i := slices.IndexFunc(list, func(have rule) bool { return have.line == r.line })
		switch {
		case i < 0:
			list = append(list, r)
		case !slices.Contains(strings.Split(list[i].why, ", "), r.why):
			list[i].why += ", " + r.why
		}
	}
	return list
}

func allow(node, why string) rule { return rule{"DeviceAllow=" + node + " rw", why} }

var (
	spiName = regexp.MustCompile(`^SPI([0-9]+)\.([0-9]+)$`)
	i2cName = regexp.MustCompile(`^I2C([0-9]+)$`)
)

// devices are the nodes of this machine's buses and lines; what is of a board at
// the other end of a socket has none here.
func devices(c config.Config, find Finder) []rule {
	w := c.Wiring
	var list []rule
	add := func(name, why string) {
		if real, own := c.Own(name); own {
			list = append(list, allow(node(real), why))
		}
	}
	add(w.Touch, "touch chip")
	add(w.Receipts, "receipt printer")
	display, own := c.Own(w.Framebuffer)
	switch {
	case c.Model != config.FB10:
		add(w.Panel, "panel")
	case own && strings.HasPrefix(display, "/"):
		list = append(list, allow(display, "panel"))
	case own: // whichever card has the display, fbdev where none has
		list = append(list, allow("char-drm", "panel"), allow("/dev/fb0", "panel"))
	}
	for _, name := range lines(c) {
		real, own := c.Own(name)
		if !own {
			continue
		}
		chip, _, given := strings.Cut(real, "/")
		if !given {
			chip, given = find(real)
		}
		if !given { // its chip is only known on the board itself
			list = append(list, allow("char-gpiochip", "lines by name"))
			continue
		}
		list = append(list, allow("/dev/"+chip, "lines"))
	}
	return list
}

// node is the device of a bus, by periph's name for it, or of a serial port.
func node(real string) string {
	if m := spiName.FindStringSubmatch(real); m != nil {
		return "/dev/spidev" + m[1] + "." + m[2]
	}
	if m := i2cName.FindStringSubmatch(real); m != nil {
		return "/dev/i2c-" + m[1]
	}
	return real
}

// lines are all the kiosk has.
func lines(c config.Config) []string {
	w := c.Wiring
	list := []string{w.TouchIRQ, w.CoinPulse, w.CoinInhibit, w.Buzzer, w.SheetExit, w.SheetTray, w.Door}
	if c.Model != config.FB10 {
		list = append(list, w.TouchReset)
	}
	if w.PowerFail != "" {
		list = append(list, w.PowerFail)
	}
	for _, yen := range []int{10, 50, 100} {
		list = append(list, fmt.Sprintf(w.HopperMotor, yen), fmt.Sprintf(w.HopperCoin, yen))
	}
	for _, name := range []string{"READER", "COINS", "SHEETS", "ATTENTION"} {
		list = append(list, fmt.Sprintf(w.Lamp, name))
	}
	return list
}

// addresses are those of the office, the sheet printer and a board on the
// network; the machine itself is allowed by the unit.
func addresses(ctx context.Context, c config.Config, r Resolver) ([]rule, error) {
	board := ""
	if at, ok := strings.CutPrefix(c.Board, "tcp:"); ok {
		board = "tcp://" + at
	}
	var list []rule
	for _, of := range []struct{ key, url, why string }{
		{"office.url", c.Office.URL, "the office"},
		{"sheet-printer.url", c.SheetPrinter.URL, "the sheet printer"},
		{"board", board, "the board"},
	} {
		if of.url == "" {
			continue
		}
		u, err := url.Parse(of.url)
		if err != nil || u.Hostname() == "" {
			return nil, &config.Error{What: fmt.Sprintf("config: %s = %q: it names no host", of.key, of.url)}
		}
		found, err := resolve(ctx, u.Hostname(), r)
		if err != nil {
			return nil, fmt.Errorf("%s: the firewall knows addresses, and %s has none here: %w", of.key, u.Hostname(), err)
		}
		for _, a := range found {
			if !a.IsLoopback() {
				list = append(list, rule{"IPAddressAllow=" + a.String(), of.why + ", " + u.Hostname()})
			}
		}
	}
	return list, nil
}

func resolve(ctx context.Context, host string, r Resolver) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if host == "localhost" {
		return nil, nil
	}
	found, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	slices.SortFunc(found, netip.Addr.Compare)
	return slices.Compact(found), nil
}

var _ Resolver = (*net.Resolver)(nil)
