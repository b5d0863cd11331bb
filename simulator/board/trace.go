package board

import "time"

// TraceEntry is one transaction, for the technician's trace.
type TraceEntry struct {
	At        time.Duration // uptime
	Device    string
	Direction Direction
	Bytes     []byte // the first of them; the receiver's to keep
	Len       int    // how many there were
	Text      string // in place of bytes, where they mean less
	// Idle is how long a serial line had nothing to send before these bytes: process
	// time.
	Idle time.Duration
}

// Direction says who spoke.
type Direction string

// The directions of a trace entry.
const (
	ToDevice   Direction = "to"
	FromDevice Direction = "from"
)

// traceBytesMax is how much of a transaction on I2C or a UART is traced.
const traceBytesMax = 256

// tracePixelsMax is how much of one on SPI or a framebuffer is: there it is
// mostly pixels.
const tracePixelsMax = 16

// OnTrace has f called with each transaction, on the device's own goroutine. It
// must be quick. Exchanges with a card are not among them: only the simulated
// card knows what must be masked, and reports them through Trace.
func (b *Board) OnTrace(f func(TraceEntry)) { b.trace.Store(&f) }

// Trace adds an entry to the trace. Its time is set here.
func (b *Board) Trace(e TraceEntry) {
	if f := b.trace.Load(); f != nil && *f != nil {
		e.At = b.clock.Uptime()
		(*f)(e)
	}
}

func (b *Board) traceBytes(device string, d Direction, p []byte, most int) {
	if f := b.trace.Load(); f == nil || *f == nil || len(p) == 0 {
		return
	}
	b.Trace(TraceEntry{Device: device, Direction: d, Bytes: append([]byte(nil), p[:min(len(p), most)]...), Len: len(p)})
}

func (b *Board) traceText(device string, d Direction, text string) {
	b.Trace(TraceEntry{Device: device, Direction: d, Text: text})
}
