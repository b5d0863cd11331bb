package vhost

import (
	"encoding/binary"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// guest is QEMU and the guest's driver: one queue of eight in one region of
// memory, which the guest and QEMU see at different addresses.
type guest struct {
	t          *testing.T
	conn       *net.UnixConn
	ram        *os.File
	memory     []byte
	kick, call *os.File
	avail      uint16
	seen       uint16 // of the used ring
	indirect   bool
}

const (
	ramSize  = 1 << 16
	ramGuest = 0x10_0000
	ramUser  = 0x7f00_0000_0000

	queueSize = 8
	descAt    = 0x000
	availAt   = 0x080
	usedAt    = 0x100
	tableAt   = 0x200 // indirect tables
	dataAt    = 0x1000
)

// start lets QEMU set the device up, with that queue of it running.
func start(t *testing.T, d Device, queue int) *guest {
	t.Helper()
	g := dial(t, d)
	fd, err := unix.MemfdCreate("ram", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	g.ram = os.NewFile(uintptr(fd), "ram")
	t.Cleanup(func() { _ = g.ram.Close() })
	if err := unix.Ftruncate(fd, ramSize); err != nil {
		t.Fatal(err)
	}
	if g.memory, err = unix.Mmap(fd, 0, ramSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(g.memory); err != nil {
			t.Error(err)
		}
	})
	g.kick, g.call = eventfd(t), eventfd(t)
	i := uint32(queue)
	g.send(setOwner, nil)
	if offered := g.ask(getFeatures, nil); offered&(featureIndirect|featureVersion1|featureProtocol) != featureIndirect|featureVersion1|featureProtocol {
		t.Errorf("features %#x", offered)
	}
	if n := g.ask(getQueueNum, nil); n != uint64(d.Queues()) {
		t.Errorf("%d queues", n)
	}
	g.done(setFeatures, u64(featureVersion1|featureProtocol))
	g.done(setMemTable, words64(1, ramGuest, ramSize, ramUser, 0), fd)
	g.done(setVringNum, words32(i, queueSize))
	g.done(setVringBase, words32(i, 0))
	g.done(setVringAddr, words64(uint64(i), ramUser+descAt, ramUser+usedAt, ramUser+availAt, 0))
	g.done(setVringCall, words64(uint64(i)), int(g.call.Fd()))
	g.done(setVringKick, words64(uint64(i)), int(g.kick.Fd()))
	g.done(setVringEnable, words32(i, 1))
	return g
}

// dial serves the device at the other end of a connection.
func dial(t *testing.T, d Device) *guest {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ends := [2]*net.UnixConn{}
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socket")
		c, err := net.FileConn(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		ends[i] = c.(*net.UnixConn)
	}
	g := &guest{t: t, conn: ends[0]}
	served := make(chan error, 1)
	go func() { served <- Serve(ends[1], d) }()
	t.Cleanup(func() {
		_ = g.conn.Close() // the device may have hung up
		if err := <-served; err != nil && !t.Failed() {
			t.Logf("the device ended: %v", err)
		}
	})
	return g
}

func eventfd(t *testing.T) *os.File {
	t.Helper()
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "eventfd")
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func words32(v ...uint32) (b []byte) {
	for _, w := range v {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

func words64(v ...uint64) (b []byte) {
	for _, w := range v {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

func said(r request, flags uint32, body []byte) []byte {
	return append(words32(uint32(r), version|flags, uint32(len(body))), body...)
}

// send says something that has no answer.
func (g *guest) send(r request, body []byte, files ...int) {
	g.t.Helper()
	g.write(said(r, 0, body), files...)
}

func (g *guest) write(b []byte, files ...int) {
	g.t.Helper()
	var rights []byte
	if len(files) > 0 {
		rights = unix.UnixRights(files...)
	}
	if _, _, err := g.conn.WriteMsgUnix(b, rights, nil); err != nil {
		g.t.Fatal(err)
	}
}

// ask says something and returns the answer, a number.
func (g *guest) ask(r request, body []byte) uint64 {
	g.t.Helper()
	g.send(r, body)
	return binary.LittleEndian.Uint64(g.answer(r))
}

// done says something and waits until it is done.
func (g *guest) done(r request, body []byte, files ...int) {
	g.t.Helper()
	g.write(said(r, flagNeedAck, body), files...)
	if b := g.answer(r); binary.LittleEndian.Uint64(b) != 0 {
		g.t.Fatalf("%v: %x", r, b)
	}
}

func (g *guest) answer(r request) []byte {
	g.t.Helper()
	m, err := receive(g.conn)
	if err != nil {
		g.t.Fatalf("the answer to %v: %v", r, err)
	}
	if m.request != r || m.flags&flagReply == 0 {
		g.t.Fatalf("an answer of %v to %v, flags %#x", m.request, r, m.flags)
	}
	return m.body
}

// put makes a request of up to two buffers written and up to two to be read, in
// slot n, and rings.
func (g *guest) put(n int, out [][]byte, in ...int) {
	g.t.Helper()
	const slots = queueSize / 4
	first, table, base := n%slots*4, g.memory[descAt:], uint64(0)
	if g.indirect {
		base = uint64(tableAt + n%slots*4*descLen)
		table, first = g.memory[base:], 0
	}
	at, i, total := dataAt+n%slots*0x1000, first, first+len(out)+len(in)
	buffer := func(size int, flags uint16) []byte {
		if i+1 < total {
			flags |= descNext
		}
		d := table[i*descLen:]
		copy(d, words64(ramGuest+uint64(at), uint64(size)|uint64(flags)<<32|uint64(i+1)<<48))
		b := g.memory[at : at+size]
		at, i = at+size, i+1
		return b
	}
	for _, o := range out {
		copy(buffer(len(o), 0), o)
	}
	for _, size := range in {
		clear(buffer(size, descWrite))
	}
	head := first
	if g.indirect {
		head = n % slots
		size := uint64((len(out) + len(in)) * descLen)
		copy(g.memory[descAt+head*descLen:], words64(ramGuest+base, size|descIndirect<<32))
	}
	binary.LittleEndian.PutUint16(g.memory[availAt+4+2*int(g.avail%queueSize):], uint16(head))
	g.avail++
	(*queue)(nil).word(g.memory[availAt:]).Store(uint32(g.avail) << 16)
	if _, err := g.kick.Write(bell()); err != nil {
		g.t.Fatal(err)
	}
}

// got waits for the next answer, to the request of slot n.
func (g *guest) got(n int, out [][]byte) []byte {
	g.t.Helper()
	for g.used() == g.seen {
		if _, err := g.call.Read(make([]byte, 8)); err != nil {
			g.t.Fatal(err)
		}
	}
	slot := g.memory[usedAt+4+8*int(g.seen%queueSize):]
	g.seen++
	at := dataAt + n%2*0x1000
	for _, o := range out {
		at += len(o)
	}
	return append([]byte(nil), g.memory[at:at+int(binary.LittleEndian.Uint32(slot[4:]))]...)
}

func (g *guest) used() uint16 { return uint16((*queue)(nil).word(g.memory[usedAt:]).Load() >> 16) }

// do makes a request and waits for its answer.
func (g *guest) do(out [][]byte, in ...int) []byte {
	g.t.Helper()
	g.put(0, out, in...)
	return g.got(0, out)
}
