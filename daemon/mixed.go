package daemon

import (
	"errors"
	"strings"
	"sync"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/spi"

	"kioskd/daemon/config"
	"kioskd/drivers/board"
	"kioskd/drivers/board/link"
)

// mixed is a linked board of which single devices are this machine's: its
// display, say, or its touch chip. The clock is the link's. An edge of this
// machine's comes with the link's time of its arrival: good enough for a finger,
// and of the inputs the configuration lets only the touch chip's be this machine's.
type mixed struct {
	*link.Board
	own func() (board.Board, error) // opens this machine when first asked

	mu   sync.Mutex
	open board.Board // what own gave; nil where nobody asked
}

func newMixed(linked *link.Board, own func() (board.Board, error)) *mixed {
	m := &mixed{Board: linked}
	m.own = sync.OnceValues(func() (board.Board, error) {
		b, err := own()
		if err != nil {
			return nil, err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.open = b
		return b, nil
	})
	return m
}

// from finds who has the device, and by what name.
func (m *mixed) from(name string) (board.Board, string, error) {
	own, is := strings.CutPrefix(name, config.OwnPrefix)
	if !is {
		return m.Board, name, nil
	}
	b, err := m.own()
	return b, own, err
}

func (m *mixed) I2C(name string) (i2c.BusCloser, error) {
	b, name, err := m.from(name)
	if err != nil {
		return nil, err
	}
	return b.I2C(name)
}

func (m *mixed) SPI(name string) (spi.PortCloser, error) {
	b, name, err := m.from(name)
	if err != nil {
		return nil, err
	}
	return b.SPI(name)
}

func (m *mixed) UART(name string) (board.Serial, error) {
	b, name, err := m.from(name)
	if err != nil {
		return nil, err
	}
	return b.UART(name)
}

func (m *mixed) Output(name string) (gpio.PinOut, error) {
	b, name, err := m.from(name)
	if err != nil {
		return nil, err
	}
	return b.Output(name)
}

func (m *mixed) Input(name string) (board.Input, error) {
	b, name, err := m.from(name)
	if err != nil {
		return nil, err
	}
	return b.Input(name)
}

func (m *mixed) Framebuffer(name string) (board.Framebuffer, error) {
	b, name, err := m.from(name)
	if err != nil {
		return nil, err
	}
	return b.Framebuffer(name)
}

// Close gives both boards back.
func (m *mixed) Close() error {
	err := m.Board.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		return err
	}
	return errors.Join(err, m.open.Close())
}
