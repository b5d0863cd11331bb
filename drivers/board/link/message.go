package link

import (
	"encoding/binary"
	"errors"
	"time"
)

// ErrMalformed says that a body is not what its frame's kind promises.
var ErrMalformed = errors.New("link: malformed message")

// magic opens every Hello, whatever its version, so that a stranger on the
// socket is told apart from a peer of another version.
const magic = "kioskd board link"

// Hello is the client's first word. Its shape never changes.
type Hello struct{ Version uint16 }

// Append appends the message's body.
func (m Hello) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint16(append(b, magic...), m.Version)
}

// DecodeHello reads a Hello. It leaves what a later version may add.
func DecodeHello(body []byte) (Hello, error) {
	d := decoder{b: body}
	if string(d.take(len(magic))) != magic {
		return Hello{}, ErrMalformed
	}
	m := Hello{Version: d.u16()}
	return m, d.err
}

// DeviceKind says what a device of the board is.
type DeviceKind uint8

// The kinds of devices.
const (
	DeviceI2C DeviceKind = 1 + iota
	DeviceSPI
	DeviceUART
	DeviceOutput
	DeviceInput
	DeviceFramebuffer
	DeviceReader
)

func (k DeviceKind) String() string {
	switch k {
	case DeviceI2C:
		return "I2C bus"
	case DeviceSPI:
		return "SPI port"
	case DeviceUART:
		return "UART"
	case DeviceOutput:
		return "output"
	case DeviceInput:
		return "input"
	case DeviceFramebuffer:
		return "framebuffer"
	case DeviceReader:
		return "card reader"
	default:
		return "unknown device"
	}
}

// Device is one thing the board has. Its index is its number on the wire.
type Device struct {
	Kind          DeviceKind
	Name          string
	Width, Height uint16 // pixels of a framebuffer, else 0
}

// Welcome is the board's first word.
type Welcome struct {
	Version uint16
	Devices []Device
}

// Append appends the message's body.
func (m Welcome) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, m.Version)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(m.Devices)))
	for _, v := range m.Devices {
		b = append(b, byte(v.Kind))
		b = appendText(b, v.Name)
		b = binary.LittleEndian.AppendUint16(b, v.Width)
		b = binary.LittleEndian.AppendUint16(b, v.Height)
	}
	return b
}

// DecodeWelcome reads a Welcome. Of another version it reads the version alone.
func DecodeWelcome(body []byte) (Welcome, error) {
	d := decoder{b: body}
	m := Welcome{Version: d.u16()}
	if m.Version != Version {
		return m, d.err
	}
	n := int(d.u16())
	if n > DevicesMax {
		return m, ErrMalformed
	}
	for range n {
		v := Device{Kind: DeviceKind(d.u8()), Name: d.text(), Width: d.u16(), Height: d.u16()}
		if v.Kind < DeviceI2C || v.Kind > DeviceReader {
			d.err = ErrMalformed
		}
		m.Devices = append(m.Devices, v)
	}
	return m, d.end()
}

// Clock is what the board's clocks say. It is pushed when they were moved; in
// between they run as the client's own does.
type Clock struct {
	Wall    int64 // nanoseconds since 1970 UTC
	Offset  int32 // zone, seconds east of UTC
	Uptime  time.Duration
	Trusted bool
}

// Append appends the message's body.
func (m Clock) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(m.Wall))
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Offset))
	b = binary.LittleEndian.AppendUint64(b, uint64(m.Uptime))
	return appendBool(b, m.Trusted)
}

// DecodeClock reads a Clock.
func DecodeClock(body []byte) (Clock, error) {
	d := decoder{b: body}
	m := Clock{Wall: d.i64(), Offset: int32(d.u32()), Uptime: time.Duration(d.i64()), Trusted: d.bool()}
	return m, d.end()
}

// TimerSet asks for a Fired after the board's monotonic time has passed.
type TimerSet struct{ After time.Duration }

// Append appends the message's body.
func (m TimerSet) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(m.After))
}

// DecodeTimerSet reads a TimerSet.
func DecodeTimerSet(body []byte) (TimerSet, error) {
	d := decoder{b: body}
	m := TimerSet{After: time.Duration(d.i64())}
	return m, d.end()
}

// Ask says whether trees are wanted.
type Ask struct{ Trees bool }

// Append appends the message's body.
func (m Ask) Append(b []byte) []byte { return appendBool(b, m.Trees) }

// DecodeAsk reads an Ask.
func DecodeAsk(body []byte) (Ask, error) {
	d := decoder{b: body}
	m := Ask{Trees: d.bool()}
	return m, d.end()
}

// Commit names a commit point: "before" or "after" an event kind's commit.
type Commit struct {
	After bool
	Kind  string
}

// Append appends the message's body.
func (m Commit) Append(b []byte) []byte { return appendText(appendBool(b, m.After), m.Kind) }

// DecodeCommit reads a Commit.
func DecodeCommit(body []byte) (Commit, error) {
	d := decoder{b: body}
	m := Commit{After: d.bool(), Kind: d.text()}
	return m, d.end()
}

// EveryKind in an armed Commit stands for the commits of all kinds.
const EveryKind = "*"

// Armed lists the commit points that are to be reported. The others are not.
type Armed struct{ Points []Commit }

// Append appends the message's body.
func (m Armed) Append(b []byte) []byte {
	b = append(b, byte(len(m.Points)))
	for _, p := range m.Points {
		b = p.Append(b)
	}
	return b
}

// DecodeArmed reads an Armed.
func DecodeArmed(body []byte) (Armed, error) {
	d := decoder{b: body}
	n := int(d.u8())
	if n > ArmedMax {
		return Armed{}, ErrMalformed
	}
	var m Armed
	for range n {
		m.Points = append(m.Points, Commit{After: d.bool(), Kind: d.text()})
	}
	return m, d.end()
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendText appends a name of at most 255 bytes.
func appendText(b []byte, s string) []byte {
	s = s[:min(len(s), 255)]
	return append(append(b, byte(len(s))), s...)
}
