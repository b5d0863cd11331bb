package glass

// The register map. Addresses are big-endian on the wire, values little-endian.
const (
	regFirst    = 0x8040
	regCommand  = 0x8040
	regConfig   = 0x8047 // its first byte is the version
	regXMax     = 0x8048
	regYMax     = 0x804A
	regContacts = 0x804C
	regModule   = 0x804D // bits 1:0 trigger
	regChecksum = 0x80FF
	regFresh    = 0x8100
	regProduct  = 0x8140
	regFirmware = 0x8144
	regXSize    = 0x8146
	regYSize    = 0x8148
	regStatus   = 0x814E
	regPoint    = 0x814F
	regLast     = 0x8177 // after five points and the key byte

	configLen = regFresh - regConfig + 1

	statusReady = 0x80
	version     = 0x41
	firmware    = 0x1060
	contactsMax = 5
)

// registers is the chip's memory as the bus sees it.
type registers struct {
	b [regLast - regFirst + 1]byte
}

// get reads one register; what is not mapped reads 0.
func (m *registers) get(reg uint16) byte {
	if reg < regFirst || reg > regLast {
		return 0
	}
	return m.b[reg-regFirst]
}

func (m *registers) set(reg uint16, b byte) { m.b[reg-regFirst] = b }

func (m *registers) set16(reg uint16, v int) {
	m.set(reg, byte(v))
	m.set(reg+1, byte(v>>8))
}

func (m *registers) get16(reg uint16) int {
	return int(m.get(reg)) | int(m.get(reg+1))<<8
}

// boot is the memory after a reset.
func (m *registers) boot(flash *[configLen]byte) {
	m.b = [len(m.b)]byte{}
	m.setConfig(flash)
	copy(m.b[regProduct-regFirst:], "911\x00")
	m.set16(regFirmware, firmware)
	m.set16(regXSize, m.get16(regXMax))
	m.set16(regYSize, m.get16(regYMax))
}

func (m *registers) config() []byte {
	return m.b[regConfig-regFirst : regConfig-regFirst+configLen]
}

func (m *registers) setConfig(flash *[configLen]byte) {
	copy(m.config(), flash[:])
}

// copyConfig makes the configuration the one in force.
func (m *registers) copyConfig(flash *[configLen]byte) {
	copy(flash[:], m.config())
	flash[configLen-1] = 0
	m.set16(regXSize, m.get16(regXMax))
	m.set16(regYSize, m.get16(regYMax))
}

// size is the glass in pixels, at least one each way.
func (m *registers) size() (width, height int) {
	return max(m.get16(regXMax), 1), max(m.get16(regYMax), 1)
}

// checksum is the two's complement of the sum of the configuration's data.
func (m *registers) checksum() byte {
	return checksum(m.config()[:regChecksum-regConfig])
}

func checksum(data []byte) byte {
	var sum byte
	for _, b := range data {
		sum += b
	}
	return -sum
}

// show puts a report where the host reads it.
func (m *registers) show(r report) {
	clear(m.b[regPoint-regFirst:])
	if !r.down {
		m.set(regStatus, statusReady)
		return
	}
	m.set(regStatus, statusReady|1)
	m.set(regPoint, touchedID)
	m.set16(regPoint+1, r.x)
	m.set16(regPoint+3, r.y)
	m.set16(regPoint+5, fingerSize)
}

// factory is the configuration a module leaves the works with.
func factory(width, height int, t Trigger) [configLen]byte {
	var c [configLen]byte
	c[0] = version
	c[regXMax-regConfig], c[regXMax-regConfig+1] = byte(width), byte(width>>8)
	c[regYMax-regConfig], c[regYMax-regConfig+1] = byte(height), byte(height>>8)
	c[regContacts-regConfig] = contactsMax
	c[regModule-regConfig] = t.code()
	c[regChecksum-regConfig] = checksum(c[:regChecksum-regConfig])
	return c
}
