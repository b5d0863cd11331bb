package escpos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	bandMax   = 256  // rows of one GS v 0; some printers take more
	whiteMin  = 8    // white rows that are worth a command of their own
	feedMax   = 255  // dots of one ESC J
	chunkMax  = 1024 // bytes of one write: 89 ms at 115200 baud
	heightMax = 8000 // rows of one slip: a metre
	pollEvery = 200 * time.Millisecond
)

// NotPrinted says that nothing of the slip is on paper.
type NotPrinted struct {
	Status Status
	Err    error // why; nil when the status says it
}

func (e NotPrinted) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("escpos: not printed: %v", e.Err)
	}
	return fmt.Sprintf("escpos: not printed: %v", e.Status)
}

func (e NotPrinted) Unwrap() error { return e.Err }

// Unknown says that all, some or nothing of the slip may be on paper.
type Unknown struct {
	Status Status // as far as it could be asked
	Err    error  // why; nil when the status says it
}

func (e Unknown) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("escpos: nobody knows whether it printed: %v", e.Err)
	}
	return fmt.Sprintf("escpos: nobody knows whether it printed: %v", e.Status)
}

func (e Unknown) Unwrap() error { return e.Err }

// Print prints and cuts one slip; nil means that the printer has proved it. Any
// other outcome is a NotPrinted or an Unknown. ctx is looked at before the first
// byte; from then on the printer's own limits decide. Not repeatable.
func (d *Dev) Print(ctx context.Context, b *Bitmap) error {
	if b.Height() > heightMax {
		return NotPrinted{Err: fmt.Errorf("%d rows, want at most %d", b.Height(), heightMax)}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	status, err := d.status(ctx)
	if err != nil {
		return NotPrinted{Err: err}
	}
	if !status.Ready() {
		return NotPrinted{Status: status}
	}
	if err := d.mend(d.o.Stall); err != nil {
		return NotPrinted{Err: errors.Join(err, d.Halt())}
	}
	d.proofs = 0
	if err := d.send(b); err != nil {
		return d.unknown(err)
	}
	return d.prove()
}

// mend completes a band that an earlier slip left unfinished, in white: until
// then the printer would take any command for dots. Outside of a band these
// bytes mean nothing to it. What hangs out is cut off, or it would be the head
// of the next customer's slip.
func (d *Dev) mend(stall time.Duration) error {
	if d.torn == 0 {
		return nil
	}
	rest := append(make([]byte, d.torn), d.cut()...)
	if err := d.write(rest, stall); err != nil {
		return err
	}
	d.torn = 0
	return nil
}

func (d *Dev) send(b *Bitmap) error {
	if err := d.write([]byte{0x1B, 0x40}, d.o.Stall); err != nil { // ESC @
		return err
	}
	for _, band := range bands(b) {
		if err := d.sendBand(b, band); err != nil {
			return err
		}
	}
	ask := []byte{0x1D, 0x72, 1} // GS r 1: answered when it is its turn
	return d.write(append(d.cut(), ask...), d.o.Stall)
}

// cut is GS V: feed, then a partial cut.
func (d *Dev) cut() []byte { return []byte{0x1D, 0x56, 66, d.o.Feed} }

func (d *Dev) sendBand(b *Bitmap, band band) error {
	if band.white {
		return d.write([]byte{0x1B, 0x4A, byte(band.rows)}, d.o.Stall) // ESC J
	}
	head := []byte{0x1D, 0x76, 0x30, 0, RowLen, 0, byte(band.rows), byte(band.rows >> 8)} // GS v 0
	data := append(head, b.Rows[band.top*RowLen:(band.top+band.rows)*RowLen]...)
	for len(data) > 0 {
		n := min(len(data), chunkMax)
		if err := d.write(data[:n], d.o.Stall); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// prove waits for the answer that stands behind the cut in the printer's queue,
// and asks for trouble meanwhile: without paper that answer never comes. One
// question is under way at a time, since answers do not say what they answer.
func (d *Dev) prove() error {
	deadline := time.Now().Add(d.o.Proof)
	asked := false
	for d.proofs == 0 {
		k, b, err := d.read(soonest(deadline, time.Now().Add(pollEvery)))
		switch {
		case err == nil && k == kindRealTime:
			asked = false
			if b&(twoCover|twoPaperEnd|twoError) != 0 {
				return d.unknown(nil)
			}
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return d.unknown(err)
		case !time.Now().Before(deadline):
			return d.unknown(fmt.Errorf("%w: GS r within %v", ErrSilent, d.o.Proof))
		case !asked:
			asked = true
			if err := d.write(question(2), time.Until(deadline)); err != nil {
				return d.unknown(err)
			}
		}
	}
	d.late = d.late || asked
	status, err := d.status(context.Background())
	if err != nil {
		return Unknown{Err: err}
	}
	if !status.Ready() {
		return Unknown{Status: status}
	}
	return nil
}

// unknown throws away what the printer did not take, and asks it what the matter
// is, if that can be asked at all.
func (d *Dev) unknown(why error) error {
	d.late, d.torn = true, bandMax*RowLen
	why = errors.Join(why, d.Halt())
	status, err := d.status(context.Background())
	if err != nil {
		return Unknown{Err: errors.Join(why, err)}
	}
	return Unknown{Status: status, Err: why}
}

func soonest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// band is a run of rows that one command prints.
type band struct {
	top, rows int
	white     bool
}

// bands cuts a slip into raster bands and white gaps that are fed only.
func bands(b *Bitmap) []band {
	var all []band
	for y := 0; y < b.Height(); {
		white := whiteRun(b, y)
		if white >= whiteMin {
			for white > 0 {
				n := min(white, feedMax)
				all = append(all, band{y, n, true})
				y, white = y+n, white-n
			}
			continue
		}
		top := y
		for y < b.Height() && y-top < bandMax && whiteRun(b, y) < whiteMin {
			y++
		}
		all = append(all, band{top, y - top, false})
	}
	return all
}

// whiteRun counts the white rows from y on, as far as it matters.
func whiteRun(b *Bitmap, y int) int {
	n := 0
	for y+n < b.Height() && white(b.Row(y+n)) {
		n++
	}
	return n
}
