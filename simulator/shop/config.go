package shop

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// config is a kiosk's configuration file before it is written: dotted keys.
type config struct {
	keys    map[string]any
	written bool
}

// errStarted says that a configuration can no longer change.
var errStarted = errors.New("shop: the kiosk was started; its configuration no longer changes")

// TechnicianCode opens the maintenance page of every kiosk of the shop, while its
// door is open.
const TechnicianCode = "135790"

// technicianHash is what "kioskd maintenance-code" made of it.
const technicianHash = "pbkdf2-sha256$300000$doXwK8kVM5WPg1yioU+C6A$MAqxYiEgmwVYrxM10x5GSmyfS/z1NnOMyCf8W8sYjoU"

func (k *Kiosk) defaults(key string, board net.Addr) config {
	c := config{keys: map[string]any{
		"kiosk": k.name, "municipality": "inagi", "board": board.Network() + ":" + board.String(), "model": k.shop.opts.Board, "reader": "board",
		"state": filepath.Join(k.dir, "state"), "control": filepath.Join(k.dir, "control.sock"),
		"language": "ja", "fonts": k.shop.opts.Fonts,
		"office.url": k.shop.office.URL(), "office.authority": k.shop.office.AuthorityFile(), "office.key": key,
		"office.public-key": k.shop.office.PublicKeyFile(),
		"sheet-printer.url": k.sheetPrinterURL(),
	}}
	c.keys["maintenance.code"] = technicianHash
	if k.pcsc() != nil {
		c.keys["reader"] = "pcsc"
	}
	for yen, count := range map[int]int{100: 30, 50: 20, 10: 40} {
		c.keys[fmt.Sprintf("hopper.%d", yen)] = int64(count)
	}
	if m := k.machine(); m != nil {
		k.machineKeys(m, c.keys)
	}
	return c
}

// Config sets one dotted key of the configuration file, before the first start.
func (k *Kiosk) Config(key, value string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.config.written {
		return errStarted
	}
	k.config.keys[key] = typed(value)
	return nil
}

// typed gives a value the type TOML would read it as.
func typed(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if b, err := strconv.ParseBool(s); err == nil && (s == "true" || s == "false") {
		return b
	}
	return s
}

func (k *Kiosk) configFile() string {
	if k.machine() != nil {
		return filepath.Join(k.etc(), "kioskd.toml")
	}
	return filepath.Join(k.dir, "kioskd.toml")
}

// writeConfig writes the file once, and fills the hoppers as it says.
func (k *Kiosk) writeConfig() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.config.written {
		return nil
	}
	tree := make(map[string]any)
	for key, v := range k.config.keys {
		table := tree
		path := strings.Split(key, ".")
		for _, name := range path[:len(path)-1] {
			next, ok := table[name].(map[string]any)
			if !ok {
				next = make(map[string]any)
				table[name] = next
			}
			table = next
		}
		table[path[len(path)-1]] = v
	}
	b, err := toml.Marshal(tree)
	if err != nil {
		return fmt.Errorf("shop: configuration: %w", err)
	}
	if err := os.WriteFile(k.configFile(), b, 0o644); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	for _, yen := range hopperCoins() {
		count, ok := k.config.keys[fmt.Sprintf("hopper.%d", yen)].(int64)
		if !ok {
			return fmt.Errorf("shop: hopper.%d: want a number of coins", yen)
		}
		if err := k.hoppers.Refill(yen, int(count)); err != nil {
			return fmt.Errorf("shop: %w", err)
		}
	}
	k.config.written = true
	return nil
}
