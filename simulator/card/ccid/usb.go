package ccid

import (
	"encoding/binary"
	"unicode/utf16"
)

// What the device says of itself. Vendor and product are those of QEMU's own reader,
// for libccid knows a reader by them.
const (
	vendor         = 0x08E6
	product        = 0x4433
	maker          = "kioskd"
	name           = "Simulated contactless reader"
	classSmartCard = 0x0B
	speedFull      = 1
	packetSize     = 64 // bytes
)

// endpoint is one of the interface's.
type endpoint struct {
	address, kind, interval byte
}

const (
	endNotify  = 0x81
	endAnswer  = 0x82
	endCommand = 0x03

	kindBulk      = 2
	kindInterrupt = 3
)

func endpoints() []endpoint {
	return []endpoint{{endNotify, kindInterrupt, 0xFF}, {endAnswer, kindBulk, 0}, {endCommand, kindBulk, 0}}
}

// Requests on endpoint 0 that are answered here.
const (
	toDevice      = 0x00
	toInterface   = 0x01
	toEndpoint    = 0x02
	fromDevice    = 0x80
	getStatus     = 0x00
	clearFeature  = 0x01
	getDescriptor = 0x06
)

// Descriptors (USB 2.0, 9.6).
const (
	ofDevice        = 1
	ofConfiguration = 2
	ofString        = 3
)

// respond is the device's answer to a control transfer; ok is false for what it
// does not know.
func respond(c control) (data []byte, ok bool) {
	switch {
	case c.requestType == fromDevice && c.request == getDescriptor:
		data, ok = descriptor(byte(c.value>>8), byte(c.value))
	case c.requestType&^toEndpoint&^toInterface == fromDevice && c.request == getStatus:
		data, ok = []byte{0, 0}, true
	case c.requestType == toEndpoint && c.request == clearFeature:
		return nil, true
	}
	return data[:min(len(data), int(c.length))], ok
}

func descriptor(kind, index byte) ([]byte, bool) {
	switch {
	case kind == ofDevice:
		b := []byte{18, ofDevice, 0x10, 0x01, 0, 0, 0, packetSize}
		b = binary.LittleEndian.AppendUint16(b, vendor)
		b = binary.LittleEndian.AppendUint16(b, product)
		return append(b, 0, 1, 1, 2, 0, 1), true
	case kind == ofConfiguration && index == 0:
		return configuration(), true
	case kind == ofString && index == 0:
		return []byte{4, ofString, 0x09, 0x04}, true
	case kind == ofString && index == 1:
		return text(maker), true
	case kind == ofString && index == 2:
		return text(name), true
	}
	return nil, false
}

func text(s string) []byte {
	b := []byte{0, ofString}
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	b[0] = byte(len(b))
	return b
}

// configuration is the one there is: an interface, its class's descriptor, and three
// endpoints.
func configuration() []byte {
	b := []byte{9, ofConfiguration, 0, 0, 1, 1, 0, 0x80, 50}
	b = append(b, 9, 4, 0, 0, byte(len(endpoints())), classSmartCard, 0, 0, 0)
	b = append(b, reader()...)
	for _, e := range endpoints() {
		b = append(b, 7, 5, e.address, e.kind, packetSize, 0, e.interval)
	}
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// reader is the descriptor of the class (CCID 1.1, table 5.1-1).
func reader() []byte {
	b := []byte{54, 0x21, 0x10, 0x01, 0, 0x07} // release 1.10, one slot, all voltages
	for _, v := range []uint32{
		0x02,       // protocols: T=1
		4000, 4000, // clock, kHz
	} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint32(b, 106000) // bit/s
	b = binary.LittleEndian.AppendUint32(b, 424000)
	b = append(b, 0)
	for _, v := range []uint32{
		254,  // bytes of a block of T=1
		0, 0, // no synchronous cards, no mechanics
		features, // and how commands are taken
		messageMax,
	} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return append(b, 0xFF, 0xFF, 0, 0, 0, 1) // echoed class, no display, no keys, one slot at work
}
