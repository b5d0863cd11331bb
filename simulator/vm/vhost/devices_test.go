package vhost

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"kioskd/simulator/board/pane"
)

// stopped is a clock of which nothing is asked.
type stopped struct{}

func (stopped) AfterFunc(time.Duration, func()) func() bool { return func() bool { return true } }

const (
	chipAddr = 0x38 << 1
	touches  = 0x02 // its register
)

// i2cMessage is the header of a message.
func i2cMessage(addr uint16, flags uint32) []byte { return words32(uint32(addr), flags) }

// register reads n registers of the chip as Linux does: two messages, the second
// of which fails with the first.
func (g *guest) register(addr uint16, reg byte, n int) (value []byte, ok bool) {
	g.t.Helper()
	where := [][]byte{i2cMessage(addr, i2cFailNext), {reg}}
	what := [][]byte{i2cMessage(addr, i2cRead)}
	g.put(0, where, 1)
	g.put(1, what, n, 1)
	wrote, read := g.got(0, where), g.got(1, what)
	if len(wrote) != 1 || len(read) != n+1 || wrote[0] != read[n] {
		g.t.Fatalf("answers %x and %x", wrote, read)
	}
	return read[:n], read[n] == i2cOK
}

func TestTouchReachesADriverOverI2C(t *testing.T) {
	for _, indirect := range []bool{false, true} {
		t.Run(fmt.Sprintf("indirect=%t", indirect), func(t *testing.T) {
			line := NewGPIO().Add("TOUCH_INT", true)
			chip := pane.New(stopped{}, line, 1280, 800)
			g := start(t, NewI2C(map[uint16]Chip{chipAddr >> 1: chip}), 0)
			g.indirect = indirect
			if b, ok := g.register(chipAddr, 0xA6, 3); !ok || !bytes.Equal(b, []byte{0x10, 0, 0x70}) {
				t.Errorf("firmware and module are %x, %t", b, ok)
			}
			chip.Down(0x123, 0x145)
			if b, ok := g.register(chipAddr, touches, 5); !ok || !bytes.Equal(b, []byte{1, 0x01, 0x23, 0x01, 0x45}) {
				t.Errorf("a finger at (123, 145) hex reads as %x, %t", b, ok)
			}
			if !chip.Idle() {
				t.Error("the chip waits for who has read it")
			}
			if _, ok := g.register(0x50<<1, 0, 1); ok {
				t.Error("a chip that is not there answers")
			}
			if err := chip.Fault("dead"); err != nil {
				t.Fatal(err)
			}
			if _, ok := g.register(chipAddr, 0xA6, 1); ok {
				t.Error("a dead chip answers")
			}
			chip.Clear()
			if status := g.do([][]byte{i2cMessage(chipAddr, 0)}, 1); !bytes.Equal(status, []byte{i2cOK}) {
				t.Errorf("an empty message: %x", status)
			}
			if status := g.do([][]byte{i2cMessage(chipAddr+1, 0)}, 1); !bytes.Equal(status, []byte{i2cError}) {
				t.Errorf("an address of 10 bits: %x", status)
			}
		})
	}
}

// gpio asks a GPIO chip and returns status and value.
func (g *guest) gpio(kind, line uint16, value uint32) []byte {
	g.t.Helper()
	return g.do([][]byte{words32(uint32(kind)|uint32(line)<<16, value)}, 2)
}

func TestLinesAreReadAndNotDriven(t *testing.T) {
	chip := NewGPIO()
	chip.Add("DOOR", false)
	line := chip.Add("TOUCH_INT", true)
	g := start(t, chip, gpioRequests)
	g.send(getConfig, append(words32(0, 8, 0), make([]byte, 8)...))
	if space := g.answer(getConfig)[configHeader:]; !bytes.Equal(space, words32(2, 15)) {
		t.Fatalf("configuration space %x", space)
	}
	if b := g.do([][]byte{words32(gpioNames, 0)}, 16); string(b) != "\x00DOOR\x00TOUCH_INT\x00" {
		t.Errorf("names %q", b)
	}
	for _, c := range []struct {
		what       string
		kind, line uint16
		value      uint32
		want       string
	}{
		{"level", gpioValue, 1, 0, "\x00\x01"},
		{"level of the other", gpioValue, 0, 0, "\x00\x00"},
		{"direction", gpioDirection, 1, 0, "\x00\x02"},
		{"to be an input", gpioSetDirection, 1, gpioIn, "\x00\x00"},
		{"to be an output", gpioSetDirection, 1, gpioOut, "\x01\x00"},
		{"to be high", 5, 1, 1, "\x01\x00"},
		{"both edges", gpioEdges, 1, 3, "\x00\x00"},
		{"its level", gpioEdges, 1, 4, "\x01\x00"},
		{"no line", gpioValue, 2, 0, "\x01\x00"},
		{"nothing there is", 9, 1, 0, "\x01\x00"},
	} {
		if b := g.gpio(c.kind, c.line, c.value); string(b) != c.want {
			t.Errorf("%s: %q, want %q", c.what, b, c.want)
		}
	}
	line.Set(false)
	if b := g.gpio(gpioValue, 1, 0); string(b) != "\x00\x00" {
		t.Errorf("level after it fell: %q", b)
	}
}

func TestAnEdgeIsHeardOnceEvenIfNobodyListenedThen(t *testing.T) {
	chip := NewGPIO()
	line := chip.Add("TOUCH_INT", true)
	g := start(t, chip, gpioEars)
	ear := [][]byte{{0, 0}}
	if b := g.do(ear, 1); b[0] != gpioDeaf {
		t.Errorf("an ear for no edge: %x", b)
	}
	want := func(edges uint32) { // as a request on the other queue says
		chip.mu.Lock()
		defer chip.mu.Unlock()
		if _, status := line.do(gpioEdges, edges); status != gpioOK {
			t.Fatal("edges are refused")
		}
	}
	want(gpioFalling)
	g.put(0, ear, 1)
	line.Set(false)
	if b := g.got(0, ear); b[0] != gpioEdge {
		t.Errorf("a falling edge: %x", b)
	}
	line.Set(true) // not asked for
	line.Set(false)
	if b := g.do(ear, 1); b[0] != gpioEdge {
		t.Errorf("an edge while nobody listened: %x", b)
	}
	g.put(0, ear, 1)
	want(0)
	if b := g.got(0, ear); b[0] != gpioDeaf {
		t.Errorf("who listens no more hears %x", b)
	}
	if b := g.do([][]byte{{7, 0}}, 1); b[0] != gpioDeaf {
		t.Errorf("an ear for no line: %x", b)
	}
}
