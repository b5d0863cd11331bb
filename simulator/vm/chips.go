package vm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"kioskd/simulator/board"
	"kioskd/simulator/vm/vhost"
)

// The sockets at which QEMU asks for the machine's I2C bus and its GPIO chip.
const (
	busSocket   = "i2c.sock"
	linesSocket = "gpio.sock"
)

// chips are what hangs on the machine's own buses; they outlive its runs.
type chips struct {
	bus   map[uint16]vhost.Chip
	lines *vhost.GPIO
}

// AddI2C puts a chip on the machine's I2C bus, before it boots.
func (m *Machine) AddI2C(addr uint16, chip board.I2CChip) { m.chips.bus[addr] = chip }

// AddInput wires a line to a GPIO of the machine's, which its kernel calls by that
// name, before it boots.
func (m *Machine) AddInput(name string, level bool) interface{ Set(level bool) } {
	return m.chips.lines.Add(name, level)
}

// plug is a socket where a device waits for QEMU.
type plug struct {
	l      *net.UnixListener
	device vhost.Device
}

// plugs opens the sockets of the machine's devices for one run.
func (m *Machine) plugs(ctx context.Context) (plugs []plug, err error) {
	for socket, device := range map[string]vhost.Device{
		busSocket: vhost.NewI2C(m.chips.bus), linesSocket: m.chips.lines,
	} {
		l, err := listen(ctx, m.file(socket))
		if err != nil {
			unplug(plugs)
			return nil, err
		}
		plugs = append(plugs, plug{l, device})
	}
	return plugs, nil
}

func unplug(plugs []plug) {
	for _, p := range plugs {
		_ = p.l.Close() // one caller is all it is for
	}
}

// serve is the device for the QEMU that calls, until that is gone.
func (p plug) serve() error {
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
	return vhost.Serve(conn, p.device)
}
