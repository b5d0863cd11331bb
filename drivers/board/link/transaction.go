package link

import (
	"encoding/binary"
	"image"
	"time"

	"kioskd/drivers/board"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/uart"
)

// I2CTx writes W to the chip at Addr, then reads Read bytes.
type I2CTx struct {
	Addr, Read uint16
	W          []byte // aliases the body
}

// Append appends the message's body.
func (m I2CTx) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, m.Addr)
	b = binary.LittleEndian.AppendUint16(b, m.Read)
	return append(b, m.W...)
}

// DecodeI2CTx reads an I2CTx.
func DecodeI2CTx(body []byte) (I2CTx, error) {
	d := decoder{b: body}
	m := I2CTx{Addr: d.u16(), Read: d.u16(), W: d.rest(I2CMax)}
	if m.Read > I2CMax {
		return m, ErrMalformed
	}
	return m, d.end()
}

// SPIConnect sets an SPI port up.
type SPIConnect struct {
	Hertz uint32 // clock
	Mode  spi.Mode
	Bits  uint8
}

// Append appends the message's body.
func (m SPIConnect) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, m.Hertz)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Mode))
	return append(b, m.Bits)
}

// DecodeSPIConnect reads an SPIConnect.
func DecodeSPIConnect(body []byte) (SPIConnect, error) {
	d := decoder{b: body}
	m := SPIConnect{Hertz: d.u32(), Mode: spi.Mode(int32(d.u32())), Bits: d.u8()}
	return m, d.end()
}

// SPIFrame is one frame of chip select: W goes out, and if Read is set as many
// bytes come in. The client writes zeros where it only reads.
type SPIFrame struct {
	Read bool
	W    []byte // aliases the body
}

// SPITx is frames of chip select that follow each other, as one message to a
// kernel. The reply is what those with Read brought, one after the other. The
// first that fails is the reply, and none follows it.
type SPITx struct{ Frames []SPIFrame }

// Append appends the message's body.
func (m SPITx) Append(b []byte) []byte {
	for _, f := range m.Frames {
		b = appendBool(b, f.Read)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(f.W)))
		b = append(b, f.W...)
	}
	return b
}

// DecodeSPITx reads an SPITx. Empty frames are none.
func DecodeSPITx(body []byte) (SPITx, error) {
	d := decoder{b: body}
	var m SPITx
	total := 0
	for d.err == nil && len(d.b) > 0 {
		f := SPIFrame{Read: d.bool()}
		f.W = d.take(int(d.u16()))
		total += spiRoom(len(f.W))
		if len(f.W) == 0 || total > board.SPIMax {
			return SPITx{}, ErrMalformed
		}
		m.Frames = append(m.Frames, f)
	}
	return m, d.end()
}

// spiRoom is how much of a message a packet of n bytes takes.
func spiRoom(n int) int { return (n + board.SPIAlign - 1) / board.SPIAlign * board.SPIAlign }

// UARTConnect sets a UART up.
type UARTConnect struct {
	Baud   uint32
	Stop   uart.Stop
	Parity uart.Parity
	Flow   uart.Flow
	Bits   uint8
}

// Append appends the message's body.
func (m UARTConnect) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, m.Baud)
	b = append(b, byte(m.Stop), byte(m.Parity))
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Flow))
	return append(b, m.Bits)
}

// DecodeUARTConnect reads a UARTConnect.
func DecodeUARTConnect(body []byte) (UARTConnect, error) {
	d := decoder{b: body}
	m := UARTConnect{
		Baud: d.u32(), Stop: uart.Stop(int8(d.u8())), Parity: uart.Parity(d.u8()),
		Flow: uart.Flow(d.u32()), Bits: d.u8(),
	}
	return m, d.end()
}

// UARTCredit gives back room in the transmit buffer.
type UARTCredit struct{ Bytes uint32 }

// Append appends the message's body.
func (m UARTCredit) Append(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, m.Bytes) }

// DecodeUARTCredit reads a UARTCredit.
func DecodeUARTCredit(body []byte) (UARTCredit, error) {
	d := decoder{b: body}
	m := UARTCredit{Bytes: d.u32()}
	return m, d.end()
}

// Drive is what an output does.
type Drive uint8

// The drives of an output.
const (
	DriveLow Drive = iota
	DriveHigh
	DriveNone // the resistor decides
)

// Out drives an output.
type Out struct{ Drive Drive }

// Append appends the message's body.
func (m Out) Append(b []byte) []byte { return append(b, byte(m.Drive)) }

// DecodeOut reads an Out.
func DecodeOut(body []byte) (Out, error) {
	d := decoder{b: body}
	m := Out{Drive: Drive(d.u8())}
	if m.Drive > DriveNone {
		return m, ErrMalformed
	}
	return m, d.end()
}

// Level answers a Read.
type Level struct{ Level gpio.Level }

// Append appends the message's body.
func (m Level) Append(b []byte) []byte { return appendBool(b, bool(m.Level)) }

// DecodeLevel reads a Level.
func DecodeLevel(body []byte) (Level, error) {
	d := decoder{b: body}
	m := Level{Level: gpio.Level(d.bool())}
	return m, d.end()
}

// Edge is an edge of a watched input. Dropped counts those that the board
// could not push; the client adds those that nobody took.
type Edge struct{ board.Edge }

// Append appends the message's body.
func (m Edge) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(m.At))
	b = appendBool(b, bool(m.Level))
	b = binary.LittleEndian.AppendUint32(b, m.Number)
	return binary.LittleEndian.AppendUint32(b, m.Dropped)
}

// DecodeEdge reads an Edge.
func DecodeEdge(body []byte) (Edge, error) {
	d := decoder{b: body}
	m := Edge{board.Edge{
		At: time.Duration(d.i64()), Level: gpio.Level(d.bool()), Number: d.u32(), Dropped: d.u32(),
	}}
	return m, d.end()
}

// Presence says what lies on a reader.
type Presence struct {
	Cards  int32 // negative: the reader is not there
	Change uint32
}

// Append appends the message's body.
func (m Presence) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Cards))
	return binary.LittleEndian.AppendUint32(b, m.Change)
}

// DecodePresence reads a Presence.
func DecodePresence(body []byte) (Presence, error) {
	d := decoder{b: body}
	m := Presence{Cards: int32(d.u32()), Change: d.u32()}
	return m, d.end()
}

// Pixels puts a rectangle on a framebuffer: Pix is 4 bytes a pixel, B G R X,
// row by row, exactly the rectangle's.
type Pixels struct {
	X, Y, Width, Height uint16
	Pix                 []byte // aliases the body
}

// pixelBytes is the size of a pixel on the wire.
const pixelBytes = 4

// pixelsHeader is the length of a Pixels body before its pixels.
const pixelsHeader = 8

// Rect is the rectangle.
func (m Pixels) Rect() image.Rectangle {
	return image.Rect(int(m.X), int(m.Y), int(m.X)+int(m.Width), int(m.Y)+int(m.Height))
}

// Append appends the message's body.
func (m Pixels) Append(b []byte) []byte {
	for _, v := range [...]uint16{m.X, m.Y, m.Width, m.Height} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return append(b, m.Pix...)
}

// DecodePixels reads a Pixels.
func DecodePixels(body []byte) (Pixels, error) {
	d := decoder{b: body}
	m := Pixels{X: d.u16(), Y: d.u16(), Width: d.u16(), Height: d.u16(), Pix: d.rest(BodyMax)}
	if len(m.Pix) != int(m.Width)*int(m.Height)*pixelBytes {
		return m, ErrMalformed
	}
	return m, d.end()
}
