package ccid

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Messages of USB redirection, those that are spoken here. All integers are least
// significant byte first.
const (
	msgHello           = 0
	msgConnect         = 1
	msgDisconnect      = 2
	msgReset           = 3
	msgInterfaces      = 4
	msgEndpoints       = 5
	msgSetConfig       = 6
	msgGetConfig       = 7
	msgConfig          = 8
	msgSetAlternate    = 9
	msgGetAlternate    = 10
	msgAlternate       = 11
	msgStartInterrupts = 15
	msgStopInterrupts  = 16
	msgInterrupts      = 17
	msgCancel          = 21
	msgDisconnected    = 24
	msgControl         = 100
	msgBulk            = 101
	msgInterrupt       = 103
)

// How a transfer went.
const (
	success   = 0
	cancelled = 1
	stall     = 4
)

// What both ends must be able to: say that a device has gone and hear it, sizes of
// packets and 64-bit numbers of messages, without which QEMU gives its xHCI no
// device, and bulk transfers of more than 64 KiB, for which libccid asks.
const abilities = 1<<3 | 1<<4 | 1<<5 | 1<<6

const (
	headSize     = 16
	helloHead    = 12 // its number is of 32 bits
	versionSize  = 64
	controlSize  = 10
	bulkSize     = 10
	endpointsMax = 32 // 16 out, then 16 in
	bodyMax      = 256 << 10
)

// message is one message; what it is about follows from its kind.
type message struct {
	kind uint32
	id   uint64
	body []byte
}

// ErrProtocol says that the other end does not speak USB redirection as QEMU does.
var ErrProtocol = errors.New("ccid: not USB redirection as agreed")

// receive reads one message; head is the size of what goes before its body.
func receive(r io.Reader, head int) (message, error) {
	b := make([]byte, headSize)
	if _, err := io.ReadFull(r, b[:head]); err != nil {
		return message{}, fmt.Errorf("ccid: %w", err)
	}
	m := message{kind: binary.LittleEndian.Uint32(b), id: binary.LittleEndian.Uint64(b[8:])}
	n := binary.LittleEndian.Uint32(b[4:])
	if n > bodyMax {
		return message{}, fmt.Errorf("%w: message of %d bytes, at most %d", ErrProtocol, n, bodyMax)
	}
	m.body = make([]byte, n)
	if _, err := io.ReadFull(r, m.body); err != nil {
		return message{}, fmt.Errorf("ccid: message of %d bytes: %w", n, err)
	}
	return m, nil
}

// send writes one message, in one piece.
func send(w io.Writer, head int, m message) error {
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, headSize+len(m.body)), m.kind)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.body)))
	b = binary.LittleEndian.AppendUint64(b, m.id)
	if _, err := w.Write(append(b[:head], m.body...)); err != nil {
		return fmt.Errorf("ccid: %w", err)
	}
	return nil
}

// hello says who this is and what it can.
func hello() message {
	b := make([]byte, versionSize)
	copy(b, "kiosk's card reader")
	return message{kind: msgHello, body: binary.LittleEndian.AppendUint32(b, abilities)}
}

// greeted reads the other end's.
func greeted(m message) error {
	if m.kind != msgHello || len(m.body) < versionSize+4 {
		return fmt.Errorf("%w: it begins with message %d of %d bytes", ErrProtocol, m.kind, len(m.body))
	}
	if can := binary.LittleEndian.Uint32(m.body[versionSize:]); can&abilities != abilities {
		return fmt.Errorf("%w: it is able to %#x, and %#x is needed", ErrProtocol, can, abilities)
	}
	return nil
}

// arrival is the device, as a bus must know it before it is there.
func arrival() []message {
	interfaces := binary.LittleEndian.AppendUint32(nil, 1)
	interfaces = append(interfaces, make([]byte, 4*endpointsMax)...)
	interfaces[4+endpointsMax] = classSmartCard
	kinds := make([]byte, endpointsMax)
	for i := range kinds {
		kinds[i] = 0xFF
	}
	intervals, of := make([]byte, endpointsMax), make([]byte, endpointsMax)
	sizes := make([]byte, 2*endpointsMax)
	for _, e := range append(endpoints(), endpoint{0x00, 0, 0}, endpoint{0x80, 0, 0}) {
		i := int(e.address&0x80>>3 | e.address&0x0F)
		kinds[i], intervals[i] = e.kind, e.interval
		binary.LittleEndian.PutUint16(sizes[2*i:], packetSize)
	}
	device := binary.LittleEndian.AppendUint16([]byte{speedFull, 0, 0, 0}, vendor)
	device = binary.LittleEndian.AppendUint16(device, product)
	return []message{
		{kind: msgEndpoints, body: append(append(append(kinds, intervals...), of...), sizes...)},
		{kind: msgInterfaces, body: interfaces},
		{kind: msgConnect, body: device},
	}
}

// control is a control transfer.
type control struct {
	request, requestType byte
	value, index, length uint16
}

func parseControl(body []byte) (control, error) {
	if len(body) < controlSize {
		return control{}, fmt.Errorf("%w: control transfer of %d bytes", ErrProtocol, len(body))
	}
	return control{
		request: body[1], requestType: body[2],
		value: binary.LittleEndian.Uint16(body[4:]), index: binary.LittleEndian.Uint16(body[6:]),
		length: binary.LittleEndian.Uint16(body[8:]),
	}, nil
}

// answered is what became of it; data is nil but for one that asks for some.
func (c control) answered(id uint64, status byte, data []byte) message {
	b := []byte{c.requestType & 0x80, c.request, c.requestType, status}
	b = binary.LittleEndian.AppendUint16(b, c.value)
	b = binary.LittleEndian.AppendUint16(b, c.index)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	return message{msgControl, id, append(b, data...)}
}

// bulk is a bulk transfer: of data out, or of up to length bytes in.
type bulk struct {
	id       uint64
	endpoint byte
	length   int
	data     []byte
}

func parseBulk(m message) (bulk, error) {
	if len(m.body) < bulkSize {
		return bulk{}, fmt.Errorf("%w: bulk transfer of %d bytes", ErrProtocol, len(m.body))
	}
	length := int(binary.LittleEndian.Uint16(m.body[2:])) | int(binary.LittleEndian.Uint16(m.body[8:]))<<16
	return bulk{m.id, m.body[0], length, m.body[bulkSize:]}, nil
}

// answered is what became of it. Of data out, the count alone goes back.
func (t bulk) answered(status byte, data []byte) message {
	n := len(data)
	if t.endpoint&0x80 == 0 && status == success {
		n = len(t.data)
	}
	b := binary.LittleEndian.AppendUint16([]byte{t.endpoint, status}, uint16(n))
	b = binary.LittleEndian.AppendUint32(b, 0) // no streams
	b = binary.LittleEndian.AppendUint16(b, uint16(n>>16))
	return message{msgBulk, t.id, append(b, data...)}
}
