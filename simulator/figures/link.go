package figures

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	real "kioskd/drivers/board"
	"kioskd/drivers/board/link"
	"kioskd/simulator/board"
	"kioskd/simulator/board/glass"
	"kioskd/simulator/board/panel"
)

const (
	frameBytes    = panel.Width * panel.Height * 2 // 16 bits a pixel
	frameMessages = (frameBytes + real.SPIMax - 2) / (real.SPIMax - 1)
	glassAddress  = 0x5D

	frameWanted = 10 * time.Millisecond
	touchWanted = 2 * time.Millisecond
)

// link measures a board at the other end of a socket, with the real virtual
// panel and touch chip on it, and no kiosk.
func (m *meter) link(ctx context.Context, dir string) (err error) {
	clock := board.NewClock(opening())
	b := board.New(clock, slog.New(slog.DiscardHandler))
	glassLine := b.AddInput("TOUCH_INT", true)
	chip := glass.New(clock, glassLine, glass.Opts{})
	b.AddI2C("I2C1", glassAddress, chip)
	b.AddSPI("SPI0.0", panel.New(clock))

	var lc net.ListenConfig
	path := filepath.Join(dir, "link.sock")
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- b.Serve(ctx, l) }()
	defer func() {
		stop()
		if e := <-served; !errors.Is(e, context.Canceled) {
			err = errors.Join(err, e)
		}
	}()
	client, err := link.Dial(ctx, "unix:"+path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()

	if err := m.frames(client); err != nil {
		return err
	}
	return m.touches(ctx, client, chip)
}

// frames sends full pictures to a panel that shows them.
func (m *meter) frames(client *link.Board) (err error) {
	port, err := client.SPI("SPI0.0")
	if err != nil {
		return err
	}
	c, err := port.Connect(20*physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		return err
	}
	if err := lightUp(c); err != nil {
		return err
	}
	p, err := newPair()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	var bare []leg
	for range frameMessages {
		bare = append(bare, leg{bytes: real.SPIMax})
	}
	bare = append(bare, leg{back: true, bytes: 1})

	message := make([]byte, real.SPIMax) // its first byte, 0, says "data"
	var linked, copied []time.Duration
	for i := range m.runs.Frames {
		message[1+i%(len(message)-1)] ^= 0xFF
		begun := time.Now()
		for range frameMessages {
			if err := c.Tx(message, nil); err != nil {
				return err
			}
		}
		linked = append(linked, time.Since(begun))
		took, err := p.travel(bare)
		if err != nil {
			return err
		}
		copied = append(copied, took)
	}
	return m.table.add(figure{
		name:  fmt.Sprintf("a full frame across the link (%d messages)", frameMessages),
		value: median(linked).Seconds(), reference: median(copied).Seconds(),
		than: "the same messages copied over a bare socket", limit: frameWanted.Seconds(),
	})
}

// lightUp sets the panel up as its maker says, so that it takes pixels.
func lightUp(c spi.Conn) error {
	for _, s := range [][2]byte{
		{0x88, 0x0B},
		{0x89, 0x02}, // the PLL
		{0x10, 0x0C}, // 16 bits a pixel
		{0x14, 0x63},
		{0x19, 0xDF},
		{0x1A, 0x01}, // 800 x 480
		{0x30, 0x00},
		{0x31, 0x00},
		{0x32, 0x00},
		{0x33, 0x00},
		{0x34, 0x1F},
		{0x35, 0x03},
		{0x36, 0xDF},
		{0x37, 0x01}, // the window is all of it
		{0x8A, 0x80},
		{0x8B, 0xFF},
		{0x01, 0x80}, // light
	} {
		if err := errors.Join(c.Tx([]byte{0x80, s[0]}, nil), c.Tx([]byte{0x00, s[1]}, nil)); err != nil {
			return err
		}
		if s[0] == 0x89 {
			time.Sleep(pllRest)
		}
	}
	return c.Tx([]byte{0x80, 0x02}, nil) // what follows are pixels
}

// pllRest is more than the panel's PLL takes to lock.
const pllRest = 10 * time.Millisecond

// touches puts a finger down and up: the chip's edge, the point read, the chip
// told that it was.
func (m *meter) touches(ctx context.Context, client *link.Board, chip *glass.Chip) (err error) {
	bus, err := client.I2C("I2C1")
	if err != nil {
		return err
	}
	in, err := client.Input("TOUCH_INT")
	if err != nil {
		return err
	}
	edges, err := in.Watch(ctx)
	if err != nil {
		return err
	}
	p, err := newPair()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	const header = 16 // of a frame of the link, about
	bare := []leg{
		{back: true, bytes: header + 17}, // edge
		{bytes: header + 6},
		{back: true, bytes: header + 10}, // point
		{bytes: header + 7},
		{back: true, bytes: header}, // acknowledged
	}
	var linked, copied []time.Duration
	for i := range m.runs.Touches {
		begun := time.Now()
		if i%2 == 0 {
			chip.Down(400, 240)
		} else {
			chip.Up()
		}
		if err := readTouch(ctx, bus, edges); err != nil {
			return err
		}
		linked = append(linked, time.Since(begun))
		took, err := p.travel(bare)
		if err != nil {
			return err
		}
		copied = append(copied, took)
	}
	m.touch = median(linked)
	return m.table.add(figure{
		name:  "a touch across the link (edge, read, ack)",
		value: m.touch.Seconds(), reference: median(copied).Seconds(),
		than: "five such messages over a bare socket", limit: touchWanted.Seconds(),
	})
}

// readTouch waits for the chip's pulse and reads what it has to say.
func readTouch(ctx context.Context, bus i2c.Bus, edges <-chan real.Edge) error {
	for {
		select {
		case e, open := <-edges:
			if !open {
				return errors.New("the touch line's edges ended")
			}
			if e.Level == gpio.High {
				continue // the end of the pulse before
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		break
	}
	var point [10]byte
	if err := bus.Tx(glassAddress, []byte{0x81, 0x4E}, point[:]); err != nil {
		return err
	}
	if point[0]&0x80 == 0 {
		return fmt.Errorf("the touch chip pulsed and has nothing to say (status %02x)", point[0])
	}
	return bus.Tx(glassAddress, []byte{0x81, 0x4E, 0}, nil)
}
