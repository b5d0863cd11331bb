package vhost

import "encoding/binary"

// Chip is a chip on an I2C bus. In one Tx either w is written or r is read; both
// are the caller's again once it returns. An error is a chip that does not
// acknowledge.
type Chip interface{ Tx(w, r []byte) error }

// I2C is a virtio I2C adapter with chips on its bus. It has 7-bit addresses.
type I2C struct {
	chips   map[uint16]Chip
	failing bool // the message before failed, and was one with this
}

// NewI2C makes a bus with chips by their addresses.
func NewI2C(chips map[uint16]Chip) *I2C { return &I2C{chips: chips} }

// A request is a header of address and flags and, for a write, its bytes. The
// answer is, for a read, its bytes, and a status (clause 5.21.6).
const (
	i2cHeader = 8

	i2cFailNext = 1 << 0 // the next message of the same transfer fails with this one
	i2cRead     = 1 << 1

	i2cOK    = 0
	i2cError = 1
)

// Features says that a message may be empty: a look who is there.
func (*I2C) Features() uint64 { return 1 << 0 }

// Config is nil: it has none.
func (*I2C) Config() []byte { return nil }

// Queues is 1.
func (*I2C) Queues() int { return 1 }

// Reset forgets what a transfer was about.
func (b *I2C) Reset(int) { b.failing = false }

// Serve does one message.
func (b *I2C) Serve(_ int, r *Request) {
	if r.Room == 0 || len(r.Out) < i2cHeader {
		r.Reply(nil)
		return
	}
	read := make([]byte, r.Room-1)
	addr, flags, write := binary.LittleEndian.Uint16(r.Out), binary.LittleEndian.Uint32(r.Out[4:]), r.Out[i2cHeader:]
	failed := b.failing || !b.tx(addr, flags&i2cRead != 0, write, read)
	b.failing = failed && flags&i2cFailNext != 0
	status := byte(i2cOK)
	if failed {
		status = i2cError
		clear(read)
	}
	r.Reply(append(read, status))
}

// tx says whether the chip took the message. The address is left of the bit that
// says read or write on the wire.
func (b *I2C) tx(addr uint16, reads bool, w, r []byte) bool {
	if addr&1 != 0 || reads && len(w) > 0 || !reads && len(r) > 0 {
		return false
	}
	chip := b.chips[addr>>1]
	return chip != nil && chip.Tx(w, r) == nil
}
