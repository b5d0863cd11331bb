package shop

import (
	"context"
	"crypto/tls"
	"fmt"
	"image"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"

	"kioskd/simulator/board"
	"kioskd/simulator/card"
)

// Display is what somebody in front of the kiosk sees.
type Display interface {
	Picture() *image.RGBA
	Checksum() uint32 // CRC-32 of its pixels as the board's panel keeps them
	BytesReceived() uint64
	OnChange(func(image.Rectangle))
	Fault(kind string) error
	Clear()
	PowerCut()
}

// Machine is a computer of its own that runs the first kiosk's kioskd under its
// own systemd. It drives its own display; the touch chip hangs on its own bus, the
// card reader on its USB. All else of the kiosk is the shop's board, at the other end of a link over TCP.
type Machine interface {
	Display
	// Gateway is the address under which the machine reaches this one's loopback.
	Gateway() net.IP
	// AddI2C puts a chip on its I2C bus, for good.
	AddI2C(addr uint16, chip board.I2CChip)
	// AddInput wires a line to a GPIO of its own, for good.
	AddInput(name string, level bool) interface{ Set(level bool) }
	// PlugReader puts a card reader on its USB, for good: what lies on cards lies there.
	PlugReader(cards *card.Reader)
	// Boot turns it on, with the files of that folder as its /etc/kioskd.
	Boot(etc string) error
	// Wait returns how it ended, after Off or by itself.
	Wait() string
	// Off takes its power at once. It may be called twice.
	Off()
	// Kioskd runs one of kioskd's commands on it, beside the daemon.
	Kioskd(ctx context.Context, command string, args ...string) ([]byte, error)
}

// machine is the computer of this kiosk, nil where kioskd is a child process.
func (k *Kiosk) machine() Machine {
	if k.name != kioskName(1) {
		return nil
	}
	return k.shop.opts.Machine
}

// computer is one run of a machine as the supervisor sees it.
type computer struct{ Machine }

func (c computer) wait() (how string, hopeless bool) { return c.Wait(), false }
func (c computer) kill()                             { c.Off() }
func (c computer) pid() int                          { return 0 }

// startMachine hands the machine its files and turns it on.
func (k *Kiosk) startMachine(m Machine) (child, error) {
	if err := m.Boot(k.etc()); err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	return computer{m}, nil
}

// etc is the folder that becomes the machine's /etc/kioskd.
func (k *Kiosk) etc() string { return filepath.Join(k.dir, "etc") }

// The files in it, by the names under which systemd hands them over.
const (
	etcAuthority = "authority.pem"
	etcKey       = "kiosk.nk"
	etcPublic    = "office.pub"
	etcLinkRoot  = "link-authority.pem"
	etcLinkCert  = "link.pem"
	etcLinkKey   = "link.key"
)

// listenTCP makes the board's end of the link, which asks for a certificate, and
// the machine's files.
func (k *Kiosk) listenTCP(m Machine, officeKey string) (net.Listener, error) {
	if err := os.MkdirAll(k.etc(), 0o755); err != nil {
		return nil, err
	}
	for name, from := range map[string]string{
		etcAuthority: k.shop.office.AuthorityFile(), etcKey: officeKey, etcPublic: k.shop.office.PublicKeyFile(),
	} {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(k.etc(), name), b, 0o600)
		}
		if err != nil {
			return nil, err
		}
	}
	trust, err := newTrust(m.Gateway())
	if err != nil {
		return nil, err
	}
	if err := trust.write(k.etc()); err != nil {
		return nil, err
	}
	return tls.Listen("tcp", "127.0.0.1:0", trust.board)
}

// machineKeys are what its configuration says otherwise than a child's.
func (k *Kiosk) machineKeys(m Machine, keys map[string]any) {
	there := m.Gateway().String()
	for _, own := range []string{"state", "control", "fonts"} {
		delete(keys, own) // as the package has them
	}
	maps.Copy(keys, map[string]any{
		"wiring.framebuffer": "host:fb0", "wiring.touch": "host:I2C0", "wiring.touch-irq": "host:" + touchLine,
		"reader":         "pcsc",
		"link.authority": etcLinkRoot, "link.certificate": etcLinkCert, "link.key": etcLinkKey,
		"office.authority": etcAuthority, "office.key": etcKey, "office.public-key": etcPublic,
	})
	for _, url := range []string{"board", "office.url", "sheet-printer.url"} {
		keys[url] = strings.Replace(keys[url].(string), "127.0.0.1", there, 1)
	}
}
