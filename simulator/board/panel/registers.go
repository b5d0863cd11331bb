package panel

import "image"

// The registers that mean something here.
const (
	regID        = 0x00 // reads 0x75
	regPower     = 0x01
	regMemory    = 0x02
	regSystem    = 0x10 // bits 3:2 colour depth
	regWidth     = 0x14
	regHeight    = 0x19 // and 0x1A
	regWindow    = 0x30 // left, top, right, bottom, low byte first
	regMode      = 0x40
	regCursorX   = 0x46
	regCursorY   = 0x48
	regBackColor = 0x60 // red, green, blue
	regPLL1      = 0x88
	regPLL2      = 0x89
	regPWM       = 0x8A
	regDuty      = 0x8B
	regClear     = 0x8E

	chipID = 0x75

	powerDisplay = 0x80
	powerSleep   = 0x02
	powerReset   = 0x01

	depthMask = 0x0C
	depth8    = 0x00 // any other value is 16 bit

	modeText      = 0x80
	modeDirection = 0x0C // 0 is left to right, then down
	modeStay      = 0x02 // the cursor does not move

	pwmOn      = 0x80
	pwmOffHigh = 0x40 // the output's level while the PWM is off

	clearStart  = 0x80
	clearWindow = 0x40

	statusSleep = 0x10
)

// reset gives the registers their values after power-up.
func (p *Panel) reset() {
	p.reg = [256]byte{}
	p.current, p.unheard, p.x, p.y, p.half, p.pll, p.deafTill = 0, false, 0, 0, false, false, 0
}

// set is one byte of data for a register other than the memory port.
func (p *Panel) set(reg, v byte) (changed image.Rectangle) {
	was := p.lit()
	switch reg {
	case regID:
	case regPLL1, regPLL2:
		p.reg[reg] = v
		p.pll = p.reg[regPLL1] != 0 && p.reg[regPLL2] != 0
		p.deafTill = p.clock.Uptime() + pllLock
	case regPower:
		p.reg[reg] = v
		if v&powerReset != 0 {
			pll, till := p.pll, p.deafTill
			p.reset() // registers only: the memory keeps its picture
			p.pll, p.deafTill = pll, till
		}
	case regClear:
		p.reg[reg] = v &^ clearStart
		if v&clearStart != 0 {
			changed = p.wipe(v&clearWindow != 0)
		}
	default:
		p.reg[reg] = v
	}
	is := p.lit()
	if was != is {
		return image.Rect(0, 0, Width, Height)
	}
	if !is {
		return image.Rectangle{}
	}
	return changed
}

// get reads a register back.
func (p *Panel) get(reg byte) byte {
	if reg == regID {
		return chipID
	}
	return p.reg[reg]
}

func (p *Panel) reg16(reg byte) int {
	return int(p.reg[reg]) | int(p.reg[reg+1])<<8
}

// window is the active window; its last column and row belong to it.
func (p *Panel) window() image.Rectangle {
	return image.Rect(
		p.reg16(regWindow)&0x3FF, p.reg16(regWindow+2)&0x1FF,
		p.reg16(regWindow+4)&0x3FF+1, p.reg16(regWindow+6)&0x1FF+1)
}

func (p *Panel) moveToCursor() {
	p.x = p.reg16(regCursorX) & 0x3FF
	p.y = p.reg16(regCursorY) & 0x1FF
}

// timingFits says whether the rows and columns that the chip clocks out are the
// glass's.
func (p *Panel) timingFits() bool {
	return (int(p.reg[regWidth])+1)*8 == Width && p.reg16(regHeight)+1 == Height
}

func (p *Panel) backlight() bool {
	if p.reg[regPWM]&pwmOn == 0 {
		return p.reg[regPWM]&pwmOffHigh != 0
	}
	return p.reg[regDuty] != 0
}

// wipe fills the memory, or the active window, with the background colour.
func (p *Panel) wipe(windowOnly bool) image.Rectangle {
	area := image.Rect(0, 0, Width, Height)
	if windowOnly {
		area = area.Intersect(p.window())
	}
	red, green, blue := p.reg[regBackColor]&31, p.reg[regBackColor+1]&63, p.reg[regBackColor+2]&31
	hi, lo := red<<3|green>>3, green<<5|blue
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := p.ram[y*stride+2*area.Min.X : y*stride+2*area.Max.X]
		for i := 0; i < len(row); i += 2 {
			row[i], row[i+1] = hi, lo
		}
	}
	return area
}
