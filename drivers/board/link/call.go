package link

import (
	"fmt"
	"time"
)

// call is a request that waits for its reply.
type call struct {
	done chan struct{} // one token when it is answered
	into []byte        // where the reply goes, if it must be so long; else nil
	body []byte        // a copy of the reply
	err  error
	slot <-chan struct{} // gives a token back when it is answered, or nil
}

func newCall() *call { return &call{done: make(chan struct{}, 1)} }

// answer completes a call. A reply nobody waits for any more is of a card
// command that was given up.
func (b *Board) answer(f Frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.calls[f.ID]
	if c == nil {
		return
	}
	delete(b.calls, f.ID)
	if c.slot != nil {
		<-c.slot
	}
	c.err = ErrorOf(f.Code, f.Body)
	switch {
	case c.err != nil:
	case c.into == nil:
		c.body = append(c.body[:0], f.Body...)
	case len(f.Body) != len(c.into):
		c.err = fmt.Errorf("%w: %d bytes read, %d wanted", ErrMalformed, len(f.Body), len(c.into))
	default:
		copy(c.into, f.Body)
	}
	c.done <- struct{}{}
}

// body writes a message's body; the messages of this package are.
type body interface{ Append(b []byte) []byte }

// raw is a body as it is.
type raw []byte

// Append appends the bytes.
func (m raw) Append(b []byte) []byte { return append(b, m...) }

// send writes one frame with one write.
func (b *Board) send(kind Kind, device uint16, id uint32, m body) error {
	if err := b.Err(); err != nil {
		return err
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	b.out = AppendHeader(b.out[:0], Frame{Kind: kind, Device: device, ID: id}, 0)
	if m != nil {
		b.out = m.Append(b.out)
	}
	n := len(b.out) - HeaderLen
	if n > BodyMax {
		return &TooLongError{n}
	}
	setBodyLen(b.out, n)
	err := b.conn.SetWriteDeadline(time.Now().Add(WriteWithin))
	if err == nil {
		_, err = b.conn.Write(b.out)
	}
	if err != nil {
		b.lose(&LostError{b.address, err})
		return b.Err()
	}
	return nil
}

// begin sends a request. The reply completes c.
func (b *Board) begin(c *call, kind Kind, device uint16, m body) (id uint32, err error) {
	b.mu.Lock()
	if b.err != nil {
		defer b.mu.Unlock()
		return 0, b.err
	}
	b.lastID++
	id = b.lastID
	b.calls[id] = c
	b.mu.Unlock()
	if err := b.send(kind, device, id, m); err != nil {
		b.forget(id, c)
		return 0, err
	}
	return id, nil
}

// forget gives a call up. Nothing writes to it afterwards.
func (b *Board) forget(id uint32, c *call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.calls, id)
	select {
	case <-c.done:
	default:
	}
}

// ask sends a request and waits for its reply.
func (b *Board) ask(c *call, kind Kind, device uint16, m body) error {
	if _, err := b.begin(c, kind, device, m); err != nil {
		return err
	}
	<-c.done
	return c.err
}
