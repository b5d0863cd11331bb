// Package vhost makes hardware for a virtual machine outside of QEMU: the far end
// of vhost-user.
//
// QEMU shows the guest's kernel a virtio device, and hands the memory that the
// device's driver writes its requests to, and the bells both sides ring, to whoever
// listens at a unix socket. Here a Device hears each request and answers it, at
// once or when there is something to tell. There are two: I2C, a bus with chips,
// and GPIO, lines that raise interrupts.
//
// It takes split queues with direct or indirect descriptors, and maps what memory
// it is given. It refuses what these two devices have no use for: packed queues,
// event indexes, migration's log, an IOMMU. The other side is not believed: a
// message or a queue that breaks the rules ends the connection, with an error that
// says which.
//
// Source: QEMU 7.2, docs/interop/vhost-user.rst; Virtual I/O Device (VIRTIO)
// Version 1.2, clauses 2.7, 5.18 and 5.21.
package vhost

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// Device is a virtio device.
type Device interface {
	// Features are the bits of its own kind of device.
	Features() uint64
	// Config is its configuration space, nil where it has none.
	Config() []byte
	// Queues is how many it has.
	Queues() int
	// Serve takes one request, those of one queue one after the other. It, or
	// somebody later, answers with Reply.
	Serve(queue int, r *Request)
	// Reset says that a queue has stopped: nothing kept of it can be answered.
	Reset(queue int)
}

// The features of every device here.
const (
	featureIndirect = 1 << 28 // descriptors in tables of their own
	featureProtocol = 1 << 30 // there are protocol features
	featureVersion1 = 1 << 32
)

// The protocol features.
const (
	protocolQueues = 1 << 0 // GET_QUEUE_NUM
	protocolAck    = 1 << 3 // an answer to every message that wants one
	protocolConfig = 1 << 9 // GET_CONFIG
)

// session is one connection of QEMU's.
type session struct {
	conn   *net.UnixConn
	device Device

	mu     sync.Mutex // memory and rings: nothing is unmapped under a reader
	memory memory
	rings  []ring
	gated  bool  // rings wait for SET_VRING_ENABLE
	broken error // what a queue did wrong
}

// Serve is a device for one QEMU, until that is gone or somebody closes the
// connection; it closes it. Neither is an error.
func Serve(conn *net.UnixConn, d Device) error {
	s := &session{conn: conn, device: d, rings: make([]ring, d.Queues())}
	err := s.listen()
	for i := range s.rings {
		s.stop(i)
		s.rings[i].setCall(-1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil { // that hung up on QEMU
		err = s.broken
	}
	return errors.Join(err, s.memory.unmap(), ignoreClosed(conn.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *session) listen() error {
	for {
		m, err := receive(s.conn)
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, unix.ECONNRESET) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("vhost: %w", err)
		}
		reply, err := s.do(m)
		m.closeFiles() // those that nobody took
		if err != nil {
			return fmt.Errorf("vhost: %v: %w", m.request, err)
		}
		if reply == nil && m.wantsAck() {
			reply = make([]byte, 8) // 0: done
		}
		if reply == nil {
			continue
		}
		if _, err := s.conn.Write(answer(m.request, reply)); err != nil {
			return fmt.Errorf("vhost: %v: answer: %w", m.request, err)
		}
	}
}

// do does what a message says; reply is nil where there is none.
func (s *session) do(m *message) (reply []byte, err error) {
	switch m.request {
	case getFeatures:
		return u64(featureIndirect | featureProtocol | featureVersion1 | s.device.Features()), nil
	case getProtocolFeatures:
		offered := uint64(protocolQueues | protocolAck)
		if s.device.Config() != nil {
			offered |= protocolConfig
		}
		return u64(offered), nil
	case getQueueNum:
		return u64(uint64(len(s.rings))), nil
	case getConfig:
		return config(m.body, s.device.Config())
	case setFeatures:
		features, err := m.u64()
		s.mu.Lock()
		s.gated = features&featureProtocol != 0
		s.mu.Unlock()
		return nil, err
	case setMemTable:
		return nil, s.setMemory(m)
	case setOwner, resetOwner, setProtocolFeatures:
		return nil, nil
	}
	return s.doRing(m)
}

// doRing does what a message says of one ring.
func (s *session) doRing(m *message) (reply []byte, err error) {
	v, err := m.ring(len(s.rings))
	if err != nil {
		return nil, err
	}
	if m.request == getVringBase {
		next := uint32(s.stop(v.index))
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(v.index)), next), nil
	}
	r := &s.rings[v.index]
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m.request {
	case setVringNum:
		return nil, r.setSize(v.value)
	case setVringBase:
		if v.value > 0xFFFF {
			return nil, fmt.Errorf("index %d: it has 16 bits", v.value)
		}
		r.base = uint16(v.value)
	case setVringAddr:
		r.at = v.at
	case setVringCall:
		r.setCall(m.takeFile())
	case setVringErr: // errors end the connection
	case setVringEnable:
		r.enabled = v.value != 0
		return nil, r.look() // at what came before
	case setVringKick:
		return nil, s.start(v.index, m.takeFile())
	}
	return nil, nil
}

// config answers a question about the configuration space: offset, size, flags,
// and room for the bytes.
func config(question, space []byte) ([]byte, error) {
	if len(question) < configHeader {
		return nil, fmt.Errorf("%d bytes: want at least %d", len(question), configHeader)
	}
	offset, size := binary.LittleEndian.Uint32(question), binary.LittleEndian.Uint32(question[4:])
	if uint64(offset)+uint64(size) > uint64(len(space)) || int(size) != len(question)-configHeader {
		return nil, fmt.Errorf("%d bytes from %d in a message of %d, of a space of %d", size, offset, len(question), len(space))
	}
	return append(append([]byte(nil), question[:configHeader]...), space[offset:offset+size]...), nil
}

// setMemory maps the guest's memory anew. Rings that run go on in the new one.
func (s *session) setMemory(m *message) error {
	table, err := parseTable(m.body)
	if err != nil {
		return err
	}
	if len(table) != len(m.files) {
		return fmt.Errorf("%d regions with %d files", len(table), len(m.files))
	}
	fresh, err := mapRegions(table, m.files)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	moved := make([]queue, len(s.rings))
	for i := range s.rings {
		if r := &s.rings[i]; r.queue != nil {
			moved[i] = *r.queue
			if err := moved[i].place(fresh, r.at); err != nil {
				return errors.Join(err, fresh.unmap())
			}
		}
	}
	for i := range s.rings {
		if q := s.rings[i].queue; q != nil {
			*q = moved[i]
		}
	}
	old := s.memory
	s.memory = fresh
	return old.unmap()
}

// fail ends the connection for what a queue did wrong. Called with mu held.
func (s *session) fail(err error) {
	if s.broken == nil {
		s.broken = fmt.Errorf("vhost: %w", err)
	}
	_ = s.conn.SetReadDeadline(pastTime()) // listen ends
}

func u64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func closeFD(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd) // nothing was written to it that could be lost
	}
}
