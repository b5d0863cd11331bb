package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Host says what the board "host" calls things, where the device tree does not
// use the kiosk's own names.
type Host struct {
	// Names maps the names of [wiring] to periph's buses ("I2C1", "SPI0.0"), a
	// serial port's path, a line's name or its chip and offset ("gpiochip0/17").
	Names map[string]string `toml:"names"`
	// Debounce is how short a pulse of an input the kernel leaves out, by the
	// name of [wiring]; the acceptor's has 5 ms of its own accord.
	Debounce map[string]Duration `toml:"debounce"`
}

// OwnPrefix marks what is this machine's own on a board that is elsewhere: the
// panel, say, in "host:fb0".
const OwnPrefix = "host:"

// Own is what this machine calls something of [wiring]; own is false where that
// is not this machine's but of the board at the other end of a link.
func (c Config) Own(name string) (real string, own bool) {
	real, marked := strings.CutPrefix(name, OwnPrefix)
	if c.Board != "host" && !marked {
		return name, false
	}
	if r, ok := c.Host.Names[real]; ok {
		real = r
	}
	return real, true
}

// check refuses inputs whose edges are judged by when they happened: this
// machine's, on a board that is elsewhere, carry the time of another clock.
func (w Wiring) check() error {
	for _, in := range []struct{ key, name string }{
		{"coin-pulse", w.CoinPulse},
		{"hopper-coin", w.HopperCoin},
		{"sheet-exit", w.SheetExit},
		{"sheet-tray", w.SheetTray},
		{"door", w.Door},
		{"power-fail", w.PowerFail},
	} {
		if strings.HasPrefix(in.name, OwnPrefix) {
			return fmt.Errorf("wiring.%s = %q: of the inputs only touch-irq can be this machine's own", in.key, in.name)
		}
	}
	return nil
}

// Link is how a board at "tcp:HOST:PORT" and the kiosk know each other: both
// show a certificate. A board at "unix:" needs none.
type Link struct {
	Authority   string `toml:"authority"`   // who signs the board's certificate, PEM
	Certificate string `toml:"certificate"` // the kiosk's own, PEM
	Key         string `toml:"key"`         // of the kiosk's own, PEM
}

func (l Link) check(board string) error {
	if strings.HasPrefix(board, "tcp:") && (l.Authority == "" || l.Certificate == "" || l.Key == "") {
		return errors.New("link: a board at tcp: needs link.authority, link.certificate and link.key")
	}
	return nil
}

// beside resolves a relative path from the configuration's folder.
func beside(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// credential resolves a file that systemd may hand over: a relative name is
// looked for among the service's credentials first (systemd.exec(5),
// LoadCredential=), so that the file itself can stay root's alone.
func credential(dir, path string) string {
	if given := os.Getenv("CREDENTIALS_DIRECTORY"); given != "" && path != "" && !filepath.IsAbs(path) {
		if c := filepath.Join(given, path); exists(c) {
			return c
		}
	}
	return beside(dir, path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
