package vhost

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A queue that was stopped goes on where it was, and what was kept of it is not
// answered.
func TestQueueStopsAndGoesOn(t *testing.T) {
	chip := NewGPIO()
	line := chip.Add("TOUCH_INT", true)
	g := start(t, chip, gpioEars)
	line.edges = gpioFalling
	ear := [][]byte{{0, 0}}
	g.put(0, ear, 1)
	g.done(setVringEnable, words32(gpioEars, 1)) // its answer comes after the ear was taken, or soon
	g.send(getVringBase, words32(gpioEars, 0))
	if b := g.answer(getVringBase); binary.LittleEndian.Uint32(b[4:]) > 1 {
		t.Fatalf("stopped at %x", b)
	}
	line.Set(false)
	if g.used() != 0 {
		t.Error("a stopped queue is written to")
	}
	line.edges = gpioFalling
	g.done(setVringBase, words32(gpioEars, 1))
	g.done(setVringKick, words64(gpioEars), int(g.kick.Fd()))
	g.done(setVringEnable, words32(gpioEars, 1))
	g.put(1, ear, 1)
	line.Set(true)
	line.Set(false)
	if b := g.got(1, ear); b[0] != gpioEdge {
		t.Errorf("after that: %x", b)
	}
}

// A machine may change what its memory is while its devices run. A queue that would
// no longer be in it is an end, and no queue is looked at where there is nothing.
func TestMemoryChangesUnderAQueue(t *testing.T) {
	g := start(t, NewI2C(nil), 0)
	g.done(setMemTable, words64(1, ramGuest, ramSize, ramUser, 0), int(g.ram.Fd()))
	if status := g.do([][]byte{i2cMessage(0x38<<1, 0)}, 1); len(status) != 1 || status[0] != i2cError {
		t.Errorf("after that: %x", status)
	}
	g.send(setMemTable, words64(1, ramGuest, ramSize, ramUser+ramSize, 0), int(g.ram.Fd()))
	queued(g.memory, words64(ramGuest, 8)...)
	if _, err := g.kick.Write(bell()); err != nil {
		t.Fatal(err)
	}
	if _, err := receive(g.conn); !errors.Is(err, io.EOF) {
		t.Errorf("the device says %v", err)
	}
}

// What breaks the rules ends the connection, and nothing else.
func TestBrokenMessagesHangUp(t *testing.T) {
	fd := int(eventfd(t).Fd())
	for name, c := range map[string]struct {
		message []byte
		files   []int
	}{
		"another version":          {message: words32(uint32(getFeatures), 2, 0)},
		"a long one":               {message: words32(uint32(setMemTable), 1, bodyMax+1)},
		"no such message":          {message: said(6, 0, u64(0))},
		"features of four bytes":   {message: said(setFeatures, 0, words32(0))},
		"a table without a file":   {message: said(setMemTable, 0, words64(1, 0, 1, 0, 0))},
		"a table cut short":        {message: said(setMemTable, 0, words64(2, 0, 1, 0, 0)), files: []int{fd, fd}},
		"a table of no memory":     {message: said(setMemTable, 0, words64(1, 0, 4096, 0, 0)), files: []int{fd}},
		"a table that wraps":       {message: said(setMemTable, 0, words64(1, ^uint64(0), 4096, 0, 0)), files: []int{fd}},
		"no such ring":             {message: said(setVringNum, 0, words32(1, 8))},
		"a ring of none":           {message: said(setVringNum, 0, words32(0, 0))},
		"a ring at index 65536":    {message: said(setVringBase, 0, words32(0, 1<<16))},
		"addresses cut short":      {message: said(setVringAddr, 0, words64(0))},
		"a ring without a bell":    {message: said(setVringKick, 0, words64(vringNoFile))},
		"a bell that is not there": {message: said(setVringKick, 0, words64(0))},
		"a ring without memory":    {message: said(setVringKick, 0, words64(0)), files: []int{fd}},
		"a space there is not":     {message: said(getConfig, 0, words32(0, 0x100, 0))},
	} {
		t.Run(name, func(t *testing.T) {
			g := dial(t, NewI2C(nil))
			g.write(c.message, c.files...)
			if _, err := receive(g.conn); !errors.Is(err, io.EOF) && !errors.Is(err, unix.ECONNRESET) {
				t.Errorf("the device says %v", err)
			}
		})
	}
}

// What breaks the rules in a queue does, too.
func TestBrokenQueuesHangUp(t *testing.T) {
	for name, spoil := range map[string]func(m []byte){
		"more requests than room": func(m []byte) { copy(m[availAt:], words32(9<<16)) },
		"no such descriptor":      func(m []byte) { copy(m[availAt:], words32(1<<16, 8)) },
		"memory there is not":     func(m []byte) { queued(m, words64(ramGuest+ramSize-4, 8)...) },
		"memory that wraps":       func(m []byte) { queued(m, words64(^uint64(0)-2, 8)...) },
		"a chain in a circle":     func(m []byte) { queued(m, words64(ramGuest, 8|descNext<<32)...) },
		"a chain out of it":       func(m []byte) { queued(m, words64(ramGuest, 8|descNext<<32|99<<48)...) },
		"a table of odd length":   func(m []byte) { queued(m, words64(ramGuest, 17|descIndirect<<32)...) },
		"a table too long":        func(m []byte) { queued(m, words64(ramGuest, (tableMax+1)*descLen|descIndirect<<32)...) },
		"a table in a table": func(m []byte) {
			queued(m, words64(ramGuest+tableAt, descLen|descIndirect<<32)...)
			copy(m[tableAt:], words64(ramGuest, descLen|descIndirect<<32))
		},
		"written before read": func(m []byte) {
			queued(m, words64(ramGuest+dataAt, 1|(descNext|descWrite)<<32|1<<48, ramGuest+dataAt, 8)...)
		},
		"too much": func(m []byte) { queued(m, words64(ramGuest, bytesMax+1)...) },
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, NewI2C(nil), 0)
			spoil(g.memory)
			if _, err := g.kick.Write(bell()); err != nil {
				t.Fatal(err)
			}
			if _, err := receive(g.conn); !errors.Is(err, io.EOF) {
				t.Errorf("the device says %v", err)
			}
		})
	}
}

// queued has these descriptors as the one request of the queue.
func queued(m []byte, descriptors ...byte) {
	copy(m[descAt:], descriptors)
	copy(m[availAt:], words32(1<<16, 0))
}

// A message comes whole with its files, or an error says what is wrong.
func FuzzMessages(f *testing.F) {
	f.Add(said(getFeatures, 0, nil))
	f.Add(said(setMemTable, flagNeedAck, words64(1, 0, 4096, 0, 0)))
	f.Add(append(said(setVringNum, 0, words32(0, 8)), said(setVringKick, 0, words64(vringNoFile))...))
	f.Add(said(getConfig, 0, append(words32(0, 8, 0), make([]byte, 8)...)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		chip := NewGPIO()
		chip.Add("LINE", true)
		g := dial(t, chip)
		go func() { _, _ = io.Copy(io.Discard, g.conn) }() // answers; it ends with the connection
		if _, err := g.conn.Write(stream); err != nil && !hungUp(err) {
			t.Fatal(err)
		}
		if err := g.conn.CloseWrite(); err != nil && !hungUp(err) {
			t.Fatal(err)
		}
	})
}

func hungUp(err error) bool {
	return errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.ENOTCONN) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
}

// Whatever lies in the guest's memory, a queue is read and written within it.
func FuzzQueue(f *testing.F) {
	const size, buffers = 0x400, ramGuest + 0x300
	seed := make([]byte, size)
	queued(seed, words64(buffers, 8|descNext<<32|1<<48, buffers+8, 4|descWrite<<32)...)
	f.Add(seed)
	seed = make([]byte, size)
	queued(seed, words64(ramGuest+tableAt, 2*descLen|descIndirect<<32)...)
	copy(seed[tableAt:], words64(buffers, 8|descNext<<32|1<<48, buffers+8, 4|descWrite<<32))
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		bytes := make([]byte, size)
		copy(bytes, b)
		m := memory{{guest: ramGuest, user: ramUser, bytes: bytes}}
		q, err := newQueue(m, queueSize, 0, place{desc: ramUser + descAt, avail: ramUser + availAt, used: ramUser + usedAt})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 * queueSize {
			c, ok, err := q.pop(m)
			if err != nil || !ok {
				return
			}
			if len(c.out)+c.room() > bytesMax {
				t.Fatalf("a request of %d and %d bytes", len(c.out), c.room())
			}
			if err := q.push(m, &c, make([]byte, c.room())); err != nil {
				t.Fatal(err)
			}
		}
	})
}
