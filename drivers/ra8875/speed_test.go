package ra8875_test

import (
	"fmt"
	"testing"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"kioskd/drivers/ra8875"
)

// slowPort notes how fast the bus may be at each transaction.
type slowPort struct {
	speed, asked physic.Frequency
	first, last  physic.Frequency
	reg          byte // chosen last
}

func (p *slowPort) String() string                      { return "slow" }
func (p *slowPort) LimitSpeed(f physic.Frequency) error { p.speed = f; return nil }
func (p *slowPort) Duplex() conn.Duplex                 { return conn.Full }

func (p *slowPort) TxPackets(packets []spi.Packet) error {
	for _, one := range packets {
		if err := p.Tx(one.W, one.R); err != nil {
			return err
		}
	}
	return nil
}

func (p *slowPort) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	if mode != spi.Mode0 || bits != 8 {
		return nil, fmt.Errorf("mode %v, %d bits", mode, bits)
	}
	p.asked = f
	return p, nil
}

func (p *slowPort) Tx(w, r []byte) error {
	if p.first == 0 {
		p.first = p.speed
	}
	p.last = p.speed
	switch {
	case len(w) == 2 && w[0] == 0x80:
		p.reg = w[1]
	case len(w) == 2 && w[0] == 0x40:
		r[1] = map[byte]byte{0x14: 0x63, 0x88: 0x0B}[p.reg]
	}
	return nil
}

func TestBusIsSlowUntilTheClockRuns(t *testing.T) {
	var p slowPort
	if _, err := ra8875.New(&p, ra8875.Opts{}); err != nil {
		t.Fatal(err)
	}
	if p.first != physic.MegaHertz || p.last != 20*physic.MegaHertz || p.asked != 20*physic.MegaHertz {
		t.Errorf("began at %v, ended at %v, asked for %v", p.first, p.last, p.asked)
	}
}
