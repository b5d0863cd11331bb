package pages

import (
	"fmt"
	"strconv"
	"strings"
)

// The faults.
const (
	faultPaper   = "paper-out"
	faultJam     = "jam"
	faultCover   = "cover"
	faultOffline = "offline"
	faultToner   = "toner-low"
	faultSilent  = "sensor-silent"
	faultPeek    = "duplex-peek"
)

// Fault breaks the printer, and replaces the fault before it, as if that had
// been cleared: paper-out, jam:N (the Nth sheet from now stops inside; jam is
// jam:1), cover (open; a sheet inside stops), offline (it drops every
// connection, but goes on printing), toner-low, sensor-silent (sheets come out,
// the sensors see nothing), duplex-peek (a sheet looks out between its sides).
func (p *Printer) Fault(kind string) error {
	name, count, counted := strings.Cut(kind, ":")
	jamIn := 0
	switch {
	case kind == faultJam:
		jamIn = 1
	case name == faultJam && counted:
		n, err := strconv.ParseUint(count, 10, 16)
		if err != nil {
			return fmt.Errorf("pages: fault %q needs a number of sheets: %w", kind, err)
		}
		if n == 0 {
			return fmt.Errorf("pages: fault %q: the first sheet that can jam is 1", kind)
		}
		jamIn = int(n)
	case !p.isFault(kind):
		return fmt.Errorf("pages: no fault %q (there is %s, %s:N, %s, %s, %s, %s, %s)", kind,
			faultPaper, faultJam, faultCover, faultOffline, faultToner, faultSilent, faultPeek)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mend()
	p.fault, p.jamIn = name, jamIn
	if name == faultCover && p.moving != nil && !p.moving.leaving {
		p.stand()
	}
	p.feed()
	return nil
}

func (*Printer) isFault(kind string) bool {
	switch kind {
	case faultPaper, faultCover, faultOffline, faultToner, faultSilent, faultPeek:
		return true
	}
	return false
}

// Clear mends the printer. A sheet that stood still inside is taken out, and its
// job is aborted: nobody knows what of it was wanted. Other jobs go on.
func (p *Printer) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mend()
	p.feed()
}

func (p *Printer) mend() {
	p.fault, p.jamIn, p.stuck = "", 0, false
	if p.moving != nil {
		p.moving.jams = false
	}
	for _, j := range p.waiting() {
		if j.holdsStuck {
			p.end(j, jobAborted, "aborted-by-system")
		}
	}
	p.tray.Set(p.lying > 0) // a sensor that was silent sees again
}

// stopped says whether no sheet can be fed until somebody comes.
func (p *Printer) stopped() bool {
	return p.stuck || p.fault == faultPaper || p.fault == faultCover
}

// reasons are the printer-state-reasons.
func (p *Printer) reasons() []string {
	switch {
	case p.fault == faultCover:
		return []string{"cover-open"}
	case p.stuck:
		return []string{"media-jam-error"}
	case p.fault == faultPaper:
		return []string{"media-empty-error", "media-needed-error"}
	case p.fault == faultToner:
		return []string{"toner-low-warning"}
	}
	return []string{"none"}
}
