// Package escpos drives a receipt printer that speaks ESC/POS over a serial
// line.
//
// It prints one bitmap, cuts, and asks the printer for proof. It never prints
// again by itself: only its caller knows whether a second slip may exist. It
// prints no text by the printer's own fonts, which lack the kanji of names. A
// printer that holds its flow control stops nothing but itself: each write and
// each question has a deadline, in process time.
//
// Wiring: TX, RX, and the printer's DTR (or RTS) on the host's CTS; 115200 baud,
// 8N1. The printer's memory switch must say "busy only when the buffer is full",
// or its status cannot be asked when it matters.
//
// Source: Epson ESC/POS command reference (GS v 0, GS V, GS r, DLE EOT, ESC J);
// Citizen CT-S310 manual 5.3 (patterns of status bytes); TM-T88II manual
// (buffer).
package escpos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"

	"kioskd/drivers/board"
)

// What the line itself can do.
var (
	// ErrSilent: the printer does not answer a question.
	ErrSilent = errors.New("escpos: printer does not answer")
	// ErrStuck: the printer holds its flow control.
	ErrStuck = errors.New("escpos: printer holds the line")
)

// Opts are the options of New. The zero value works.
type Opts struct {
	Baud int // 0 means 115200
	// Feed is how many dots are fed before the cut, besides what the printer
	// needs to reach its cutter; 0 means 24 (3 mm).
	Feed byte
	// Answer is how long one question may take; 0 means 800 ms.
	Answer time.Duration
	// Stall is how long the printer may take no byte at all; 0 means 2 s.
	Stall time.Duration
	// Proof is how long it may take to print what it has already accepted; 0
	// means 10 s.
	Proof time.Duration
}

func (o Opts) withDefaults() Opts {
	if o.Baud == 0 {
		o.Baud = 115200
	}
	if o.Feed == 0 {
		o.Feed = 24
	}
	if o.Answer == 0 {
		o.Answer = 800 * time.Millisecond
	}
	if o.Stall == 0 {
		o.Stall = 2 * time.Second
	}
	if o.Proof == 0 {
		o.Proof = 10 * time.Second
	}
	return o
}

// Dev is a printer that has answered.
type Dev struct {
	port board.Serial
	c    board.SerialConn
	o    Opts

	mu      sync.Mutex // guards the line
	replies replies
	proofs  int  // answers to GS r since the job began
	torn    int  // bytes of a band that the printer may still wait for
	late    bool // an answer to an earlier question may still come
}

// New opens the line and asks the printer for its status, which may well be that
// it has no paper. ErrSilent means that no printer answers; Close the port then
// and try again later.
func New(port board.Serial, o Opts) (*Dev, error) {
	o = o.withDefaults()
	c, err := port.Connect(physic.Frequency(o.Baud)*physic.Hertz, uart.One, uart.NoParity, uart.RTSCTS, 8)
	if err != nil {
		return nil, fmt.Errorf("escpos: connect: %w", err)
	}
	serial, ok := c.(board.SerialConn)
	if !ok {
		return nil, fmt.Errorf("escpos: %s has no deadlines", port)
	}
	// Whatever an earlier process left half sent may want a whole band yet.
	d := &Dev{port: port, c: serial, o: o, late: true}
	if _, err := d.Status(context.Background()); err != nil {
		return nil, err
	}
	return d, nil
}

// String names the printer's port.
func (d *Dev) String() string { return fmt.Sprintf("escpos{%s}", d.port) }

// Halt throws away what is queued for the printer. It may be called twice.
func (d *Dev) Halt() error {
	if err := d.c.Discard(); err != nil {
		return fmt.Errorf("escpos: discard: %w", err)
	}
	return nil
}

// Status asks the printer, also while it is off line. It takes up to four times
// Opts.Answer. ErrSilent and ErrStuck say that it did not answer.
func (d *Dev) Status(ctx context.Context) (Status, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status(ctx)
}

// status may only be called when nothing else is queued for the printer: what it
// could not send it throws away, so that no question is answered much later.
func (d *Dev) status(ctx context.Context) (Status, error) {
	s, err := d.askAll(ctx)
	if errors.Is(err, ErrSilent) && d.torn > 0 {
		// It may have taken the question for dots. Not before: a printer without
		// paper would fill up with them, and could not be asked any more.
		if err = d.mend(d.o.Answer); err == nil {
			s, err = d.askAll(ctx)
		}
	}
	if err != nil && ctx.Err() == nil {
		return Status{}, errors.Join(err, d.Halt())
	}
	return s, err
}

func (d *Dev) askAll(ctx context.Context) (Status, error) {
	if err := d.drain(); err != nil {
		return Status{}, err
	}
	var b [4]byte
	for i := range b {
		if ctx.Err() != nil {
			return Status{}, context.Cause(ctx)
		}
		answer, err := d.ask(byte(i + 1))
		if err != nil {
			return Status{}, err
		}
		b[i] = answer
	}
	return parseStatus(b), nil
}

// question is DLE EOT n, which the printer answers as it arrives.
func question(n byte) []byte { return []byte{0x10, 0x04, n} }

// ask sends DLE EOT n. An answer says nothing of the question it answers, so
// none may be left over from before.
func (d *Dev) ask(n byte) (byte, error) {
	if err := d.write(question(n), d.o.Answer); err != nil {
		d.late = true
		return 0, err
	}
	deadline := time.Now().Add(d.o.Answer)
	for {
		k, b, err := d.read(deadline)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			d.late = true
			return 0, fmt.Errorf("%w: DLE EOT %d within %v", ErrSilent, n, d.o.Answer)
		}
		if err != nil {
			return 0, err
		}
		if k == kindRealTime {
			return b, nil
		}
	}
}

// drain reads what came unasked. After a question that was never answered it
// waits longer, for the answer may come yet.
func (d *Dev) drain() error {
	wait := 2 * time.Millisecond
	if d.late {
		wait = 20 * time.Millisecond
	}
	deadline := time.Now().Add(wait)
	for {
		_, _, err := d.read(deadline)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			d.late = false
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// read takes one byte; the error may be os.ErrDeadlineExceeded.
func (d *Dev) read(deadline time.Time) (kind, byte, error) {
	if err := d.c.SetReadDeadline(deadline); err != nil {
		return kindOther, 0, fmt.Errorf("escpos: set deadline: %w", err)
	}
	var b [1]byte
	for {
		n, err := d.c.Read(b[:])
		if n == 1 {
			k := d.replies.next(b[0])
			if k == kindReply {
				d.proofs++
			}
			return k, b[0], nil
		}
		if err != nil {
			return kindOther, 0, fmt.Errorf("escpos: read: %w", err)
		}
		if !time.Now().Before(deadline) {
			return kindOther, 0, fmt.Errorf("escpos: read: %w", os.ErrDeadlineExceeded)
		}
	}
}

// write sends all of p, or gives up when the line has stood still for about that
// long; the error is then ErrStuck. It looks four times meanwhile, since a write
// that took a few bytes does not say when.
func (d *Dev) write(p []byte, stall time.Duration) error {
	const looks = 4
	for quiet := 0; len(p) > 0; {
		if err := d.c.SetWriteDeadline(time.Now().Add(stall / looks)); err != nil {
			return fmt.Errorf("escpos: set deadline: %w", err)
		}
		n, err := d.c.Write(p)
		p = p[n:]
		if n > 0 {
			quiet = 0
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("escpos: write: %w", err)
		}
		if n > 0 {
			continue // slow, but not standing still
		}
		if quiet++; quiet == looks {
			return fmt.Errorf("%w: nothing taken for %v", ErrStuck, stall)
		}
	}
	return nil
}

var _ conn.Resource = (*Dev)(nil)
