package receipts

import "fmt"

// The faults.
const (
	faultEnd     = "paper-end"
	faultNear    = "near-end"
	faultCover   = "cover"
	faultCutter  = "cutter"
	faultOffline = "offline"
	faultFlow    = "flow-stuck"
)

// Fault breaks the printer: paper-end, near-end, cover (open), cutter (stuck),
// offline (its button), flow-stuck (it asks the host to stop, for ever). It
// replaces the fault before it.
func (p *Printer) Fault(kind string) error {
	switch kind {
	case faultEnd, faultNear, faultCover, faultCutter, faultOffline, faultFlow:
		p.become(kind)
		return nil
	}
	return fmt.Errorf("receipts: no fault %q (there is %s, %s, %s, %s, %s, %s)", kind,
		faultEnd, faultNear, faultCover, faultCutter, faultOffline, faultFlow)
}

// Clear mends the printer; it goes on with what is in its buffer.
func (p *Printer) Clear() { p.become("") }

func (p *Printer) become(fault string) {
	p.mu.Lock()
	p.fault = fault
	p.reportChange()
	p.consume()
	p.flow()
	p.mu.Unlock()
	p.flush()
}

// stopped says whether the printer takes nothing from its buffer.
func (p *Printer) stopped() bool { return p.offline() || p.fault == faultFlow }

func (p *Printer) offline() bool {
	switch p.fault {
	case faultEnd, faultCover, faultCutter, faultOffline:
		return true
	}
	return false
}

// bit is mask if on.
func bit(on bool, mask byte) byte {
	if on {
		return mask
	}
	return 0
}

// Status bits, DLE EOT.
const (
	replyBase      = 0x12 // 0xx1xx10
	bitOffline     = 0x08 // n = 1
	bitCover       = 0x04 // n = 2
	bitStopped     = 0x20
	bitError       = 0x40
	bitCutter      = 0x08 // n = 3
	bitsNear       = 0x0C // n = 4
	bitsEnd        = 0x60
	asbBase        = 0x10 // 0xx1xx00, first byte only
	asbOffline     = 0x08
	asbCover       = 0x20
	asbCutter      = 0x08 // second byte
	asbEnd         = 0x0C // third byte
	asbNear        = 0x03
	paperReplyNear = 0x03 // GS r 1
	paperReplyEnd  = 0x0C
)

// status is the answer to DLE EOT n; there is none for other n.
func (p *Printer) status(n byte) (b byte, ok bool) {
	switch n {
	case 1:
		return replyBase | bit(p.offline(), bitOffline), true
	case 2:
		return replyBase | bit(p.fault == faultCover, bitCover) |
			bit(p.fault == faultEnd, bitStopped) | bit(p.fault == faultCutter, bitError), true
	case 3:
		return replyBase | bit(p.fault == faultCutter, bitCutter), true
	case 4:
		return replyBase | bit(p.fault == faultNear || p.fault == faultEnd, bitsNear) |
			bit(p.fault == faultEnd, bitsEnd), true
	}
	return 0, false
}

// automatic is the status that GS a asks for.
func (p *Printer) automatic() [4]byte {
	return [4]byte{
		asbBase | bit(p.offline(), asbOffline) | bit(p.fault == faultCover, asbCover),
		bit(p.fault == faultCutter, asbCutter),
		bit(p.fault == faultEnd, asbEnd) | bit(p.fault == faultNear || p.fault == faultEnd, asbNear),
		0,
	}
}

// What GS a n enables.
const (
	asbOnOffline = 0x02
	asbOnError   = 0x04
	asbOnPaper   = 0x08
)

func (p *Printer) setAutomatic(n byte) {
	p.asb = n
	if n == 0 {
		return
	}
	p.reported = p.automatic()
	p.send(p.reported[:]...)
}

// reportChange sends the automatic status if what was asked for has changed.
func (p *Printer) reportChange() {
	now := p.automatic()
	was := p.reported
	changed := p.asb&asbOnOffline != 0 && now[0] != was[0] ||
		p.asb&asbOnError != 0 && now[1] != was[1] ||
		p.asb&asbOnPaper != 0 && now[2] != was[2]
	p.reported = now
	if changed {
		p.send(now[:]...)
	}
}

// paperStatus is the answer to GS r 1.
func (p *Printer) paperStatus() byte {
	return bit(p.fault == faultNear || p.fault == faultEnd, paperReplyNear) |
		bit(p.fault == faultEnd, paperReplyEnd)
}
