package vm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"kioskd/simulator/board"
	"kioskd/simulator/card"
	"kioskd/simulator/card/ccid"
	"kioskd/simulator/vm/vhost"
)

// The sockets at which QEMU asks for the machine's I2C bus, its GPIO chip and its
// card reader.
const (
	busSocket    = "i2c.sock"
	linesSocket  = "gpio.sock"
	readerSocket = "usb.sock"
)

// chips are what hangs on the machine's own buses; they outlive its runs.
type chips struct {
	bus    map[uint16]vhost.Chip
	lines  *vhost.GPIO
	reader *ccid.Reader
}

// AddI2C puts a chip on the machine's I2C bus, before it boots.
func (m *Machine) AddI2C(addr uint16, chip board.I2CChip) { m.chips.bus[addr] = chip }

// AddInput wires a line to a GPIO of the machine's, which its kernel calls by that
// name, before it boots.
func (m *Machine) AddInput(name string, level bool) interface{ Set(level bool) } {
	return m.chips.lines.Add(name, level)
}

// PlugReader puts a card reader on the machine's USB, before it boots: what lies on
// cards lies there. Without it nothing ever does.
func (m *Machine) PlugReader(cards *card.Reader) { m.chips.reader = ccid.New(cards) }

// plug is a socket where a device waits for QEMU.
type plug struct {
	l     *net.UnixListener
	serve func(*net.UnixConn) error // until QEMU is gone
}

// plugs opens the sockets of the machine's devices for one run.
func (m *Machine) plugs(ctx context.Context) (plugs []plug, err error) {
	virtio := func(d vhost.Device) func(*net.UnixConn) error {
		return func(conn *net.UnixConn) error { return vhost.Serve(conn, d) }
	}
	for socket, serve := range map[string]func(*net.UnixConn) error{
		busSocket: virtio(vhost.NewI2C(m.chips.bus)), linesSocket: virtio(m.chips.lines), readerSocket: m.readCards,
	} {
		l, err := listen(ctx, m.file(socket))
		if err != nil {
			unplug(plugs)
			return nil, err
		}
		plugs = append(plugs, plug{l, serve})
	}
	return plugs, nil
}

func unplug(plugs []plug) {
	for _, p := range plugs {
		_ = p.l.Close() // one caller is all it is for
	}
}

// wait is the device for the QEMU that calls, until that is gone.
func (p plug) wait() error {
	if err := p.l.SetDeadline(time.Now().Add(connectWithin)); err != nil {
		return fmt.Errorf("vm: %w", err)
	}
	conn, err := p.l.AcceptUnix()
	if errors.Is(err, net.ErrClosed) {
		return nil // QEMU has ended before
	}
	if err != nil {
		return fmt.Errorf("vm: %w", err)
	}
	return p.serve(conn)
}

// readCards is the card reader.
func (m *Machine) readCards(conn *net.UnixConn) error {
	err := m.chips.reader.Serve(context.Background(), conn)
	if errors.Is(err, ccid.ErrProtocol) {
		return err
	}
	return nil // QEMU is gone
}
