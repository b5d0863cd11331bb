package ra8875

import "time"

// Each frame of chip select starts with a byte that says what follows.
const (
	dataWrite  = 0x00
	dataRead   = 0x40
	command    = 0x80 // the number of a register
	statusRead = 0xC0
)

// Registers by their numbers in the manual.
const (
	regPower     = 0x01 // bit 7 display on, bit 0 software reset
	regMemory    = 0x02 // the pixels follow
	regWidth     = 0x14 // horizontal display width: (w+1)*8
	regWindow    = 0x30 // to 0x37: left, top, right, bottom, low byte first
	regCursor    = 0x46 // to 0x49: x, y, low byte first
	regPLL       = 0x88
	regBacklight = 0x8A // PWM 1: bit 7 on, low nibble divider
	regDuty      = 0x8B
)

const (
	powerOn    = 0x80
	powerReset = 0x01
	powerOff   = 0x00

	backlightOn  = 0x81
	backlightOff = 0x00

	pllDivider = 0x0B // of the 20 MHz crystal

	statusBusy = 0xC0 // bit 7 memory, bit 6 block transfer
)

// setting is one register's value and the rest the chip needs after it.
type setting struct {
	reg, value byte
	rest       time.Duration
}

// clockUp starts the chip and its PLL; until it has locked the chip follows
// only a slow bus.
func clockUp() []setting {
	return []setting{
		{regPower, powerReset, 0},
		{regPower, powerOff, time.Millisecond},
		{regPLL, pllDivider, 0},
		{0x89, 0x02, 10 * time.Millisecond},
	}
}

// panelSetup is 800x480 at 16 bits a pixel, as the kernel driver sets it.
func panelSetup() []setting {
	return []setting{
		{0x10, 0x0C, 0}, // 16 bits a pixel
		{0x04, 0x81, time.Millisecond},
		{regWidth, 0x63, 0},
		{0x15, 0x03, 0},
		{0x16, 0x03, 0},
		{0x17, 0x02, 0},
		{0x18, 0x00, 0},
		{0x19, 0xDF, 0},
		{0x1A, 0x01, 0},
		{0x1B, 0x14, 0},
		{0x1C, 0x00, 0},
		{0x1D, 0x06, 0},
		{0x1E, 0x00, 0},
		{0x1F, 0x01, 0},
	}
}
