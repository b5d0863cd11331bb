package vhost

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// ring is a queue of the device with its two bells. What QEMU says of it is kept
// until the ring starts.
type ring struct {
	size    uint16
	base    uint16
	at      place
	enabled bool

	queue *queue   // nil while it is stopped
	kick  *os.File // the guest rings: there are requests
	call  int      // we ring: there are answers; 0 where there is no bell
	work  sync.WaitGroup
}

func (r *ring) setSize(n uint32) error {
	if n == 0 || n > sizeMax {
		return fmt.Errorf("a queue of %d", n)
	}
	r.size = uint16(n)
	return nil
}

// setCall takes over a bell; -1 for none.
func (r *ring) setCall(fd int) {
	if r.call > 0 {
		closeFD(r.call)
	}
	r.call = max(fd, 0)
}

// bell is what is written to an eventfd.
func bell() []byte { return binary.NativeEndian.AppendUint64(nil, 1) }

// look has a ring looked at, as the guest's bell does.
func (r *ring) look() error {
	if r.queue == nil {
		return nil
	}
	_, err := r.kick.Write(bell())
	return err
}

// tell rings our bell. One that was not heard yet rings still.
func (r *ring) tell() error {
	if r.call == 0 {
		return nil
	}
	if _, err := unix.Write(r.call, bell()); err != nil && !errors.Is(err, unix.EAGAIN) {
		return fmt.Errorf("tell the guest: %w", err)
	}
	return nil
}

// start has a ring run, which begins with its bell. Called with mu held.
func (s *session) start(i, fd int) error {
	r := &s.rings[i]
	if fd < 0 {
		return errors.New("a ring without a bell would have to be looked at without end")
	}
	if r.queue != nil {
		closeFD(fd)
		return errors.New("the ring runs already")
	}
	// So that waiting for it can be ended by closing it.
	if err := unix.SetNonblock(fd, true); err != nil {
		closeFD(fd)
		return err
	}
	kick := os.NewFile(uintptr(fd), "kick")
	q, err := newQueue(s.memory, r.size, r.base, r.at)
	if err != nil {
		return errors.Join(err, kick.Close())
	}
	r.queue, r.kick = q, kick
	r.enabled = r.enabled || !s.gated
	r.work.Go(func() { s.run(i, kick) })
	return nil
}

// stop ends a ring and returns the index that it was to look at next.
func (s *session) stop(i int) (next uint16) {
	r := &s.rings[i]
	s.mu.Lock()
	q, kick := r.queue, r.kick
	r.queue, r.kick, r.enabled = nil, nil, false
	s.mu.Unlock()
	if q == nil {
		return r.base
	}
	_ = kick.Close() // read from only
	r.work.Wait()
	s.device.Reset(i)
	return q.next
}

// run serves a ring each time its bell rings, until that is closed.
func (s *session) run(i int, kick *os.File) {
	for heard := make([]byte, 8); ; {
		if _, err := kick.Read(heard); err != nil {
			return
		}
		for {
			r := s.take(i)
			if r == nil {
				break
			}
			s.device.Serve(i, r)
		}
	}
}

// take is the next request of a ring, nil when there is none for now.
func (s *session) take(i int) *Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.rings[i]
	if r.queue == nil || !r.enabled || s.broken != nil {
		return nil
	}
	c, ok, err := r.queue.pop(s.memory)
	if err != nil {
		s.fail(fmt.Errorf("queue %d: %w", i, err))
		return nil
	}
	if !ok {
		return nil
	}
	return &Request{Out: c.out, Room: c.room(), session: s, ring: r, queue: r.queue, chain: c}
}

// Request is something the guest's driver asks.
type Request struct {
	Out  []byte // what it wrote
	Room int    // bytes there are for the answer

	session *session
	ring    *ring
	queue   *queue
	chain   chain
}

// Reply answers with at most Room bytes, once. After the queue was stopped it
// does nothing.
func (r *Request) Reply(answer []byte) {
	s := r.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.ring.queue != r.queue {
		return
	}
	err := r.queue.push(s.memory, &r.chain, answer)
	if err == nil {
		err = r.ring.tell()
	}
	if err != nil {
		s.fail(err)
	}
}
