package vhost

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// A descriptor: address, length, flags, next (clause 2.7.5).
const (
	descLen = 16

	descNext     = 1
	descWrite    = 2
	descIndirect = 4
)

// Limits.
const (
	sizeMax  = 1 << 15 // clause 2.7: a queue's size
	tableMax = 64      // descriptors in an indirect table; our devices' drivers use three
	bytesMax = 1 << 16 // of a request, each way; an I2C message of Linux has 8192
)

// queue is a split virtqueue, the device's side.
type queue struct {
	size              uint16
	desc, avail, used []byte
	next              uint16 // of the available ring, that we look at next
	put               uint16 // of the used ring, that we write next
}

// span is a buffer of the guest's.
type span struct{ addr, n uint64 }

// chain is a request in the queue: what the driver wrote, and where the answer
// goes.
type chain struct {
	head uint16
	out  []byte // a copy: the guest can change its own at any time
	in   []span
}

// newQueue finds a queue that was left at that index.
func newQueue(m memory, size, base uint16, at place) (*queue, error) {
	if size == 0 || size > sizeMax || size&(size-1) != 0 {
		return nil, fmt.Errorf("a queue of %d: want a power of 2", size)
	}
	q := &queue{size: size, next: base}
	if err := q.place(m, at); err != nil {
		return nil, err
	}
	q.put = uint16(q.word(q.used).Load() >> 16)
	return q, nil
}

// place finds the parts of the queue in that memory.
func (q *queue) place(m memory, at place) (err error) {
	// The index of a ring is read and written together with the flags before it,
	// as one word: both rings lie on one, the used by the standard, the available
	// because every Linux has it right behind the descriptors.
	if at.desc%descLen != 0 || at.avail%4 != 0 || at.used%4 != 0 {
		return fmt.Errorf("a queue at %#x, %#x and %#x", at.desc, at.avail, at.used)
	}
	n := uint64(q.size)
	if q.desc, err = m.atUser(at.desc, n*descLen); err != nil {
		return fmt.Errorf("descriptors: %w", err)
	}
	if q.avail, err = m.atUser(at.avail, 4+2*n); err != nil {
		return fmt.Errorf("available ring: %w", err)
	}
	if q.used, err = m.atUser(at.used, 4+8*n); err != nil {
		return fmt.Errorf("used ring: %w", err)
	}
	return nil
}

// word is a ring's first word: flags, and the index in its upper half. The guest
// writes it at the same time.
func (*queue) word(ring []byte) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Pointer(&ring[0]))
}

// pop takes the next request; ok is false when there is none.
func (q *queue) pop(m memory) (c chain, ok bool, err error) {
	idx := uint16(q.word(q.avail).Load() >> 16)
	waiting := idx - q.next
	if waiting == 0 {
		return c, false, nil
	}
	if waiting > q.size {
		return c, false, fmt.Errorf("%d requests in a queue of %d", waiting, q.size)
	}
	c.head = binary.LittleEndian.Uint16(q.avail[4+2*int(q.next%q.size):])
	q.next++
	if c.head >= q.size {
		return c, false, fmt.Errorf("descriptor %d of %d", c.head, q.size)
	}
	first := readDesc(q.desc, c.head)
	if first.flags&descIndirect == 0 {
		return c, true, c.follow(m, q.desc, q.size, c.head)
	}
	if first.flags&(descNext|descWrite) != 0 || first.n == 0 || first.n%descLen != 0 || first.n > tableMax*descLen {
		return c, false, fmt.Errorf("an indirect table of %d bytes, flags %#x", first.n, first.flags)
	}
	table, err := m.atGuest(first.addr, first.n)
	if err != nil {
		return c, false, fmt.Errorf("indirect table: %w", err)
	}
	table = append([]byte(nil), table...)
	return c, true, c.follow(m, table, uint16(first.n/descLen), 0)
}

type desc struct {
	span
	flags, next uint16
}

func readDesc(table []byte, i uint16) desc {
	b, le := table[int(i)*descLen:], binary.LittleEndian
	return desc{span{le.Uint64(b), uint64(le.Uint32(b[8:]))}, le.Uint16(b[12:]), le.Uint16(b[14:])}
}

var errOrder = errors.New("a buffer to read after one to write")

// follow collects a chain's buffers: first those the driver wrote, then those it
// reads (clause 2.7.4.2).
func (c *chain) follow(m memory, table []byte, size, at uint16) error {
	var total uint64
	for range size {
		d := readDesc(table, at)
		if d.flags&descIndirect != 0 {
			return errors.New("an indirect table within a chain")
		}
		if total += d.n; total > bytesMax {
			return fmt.Errorf("a request of more than %d bytes", bytesMax)
		}
		b, err := m.atGuest(d.addr, d.n)
		switch {
		case err != nil:
			return err
		case d.flags&descWrite != 0:
			c.in = append(c.in, d.span)
		case len(c.in) != 0:
			return errOrder
		default:
			c.out = append(c.out, b...)
		}
		if d.flags&descNext == 0 {
			return nil
		}
		if at = d.next; at >= size {
			return fmt.Errorf("descriptor %d of %d", at, size)
		}
	}
	return fmt.Errorf("a chain of more than %d descriptors", size)
}

// room is how many bytes an answer may have.
func (c *chain) room() int {
	n := 0
	for _, s := range c.in {
		n += int(s.n)
	}
	return n
}

// push answers a request and hands its descriptors back.
func (q *queue) push(m memory, c *chain, answer []byte) error {
	if len(answer) > c.room() {
		return fmt.Errorf("an answer of %d bytes into %d", len(answer), c.room())
	}
	n := uint32(len(answer))
	for _, s := range c.in {
		b, err := m.atGuest(s.addr, s.n)
		if err != nil {
			return err
		}
		answer = answer[copy(b, answer):]
	}
	slot := q.used[4+8*int(q.put%q.size):]
	binary.LittleEndian.PutUint32(slot, uint32(c.head))
	binary.LittleEndian.PutUint32(slot[4:], n)
	q.put++
	q.word(q.used).Store(uint32(q.put) << 16) // flags 0: ring for every request
	return nil
}
