package link

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kind says what a frame is.
type Kind uint8

// Frames the client sends. Those marked "asks" carry a fresh id and get one
// Reply; the others are never answered.
const (
	KindHello       Kind = 1 + iota // Hello, the first frame
	KindI2CTx                       // I2CTx; asks: the bytes read
	KindSPIConnect                  // SPIConnect; asks
	KindSPITx                       // SPITx; asks: the bytes read
	KindUARTConnect                 // UARTConnect; asks
	KindUARTWrite                   // bytes, at most the credit
	KindUARTDiscard                 // asks; afterwards nothing is queued
	KindUARTClose                   // asks
	KindOut                         // Out; asks
	KindRead                        // asks: Level
	KindWatch                       // asks
	KindUnwatch                     // asks
	KindPixels                      // Pixels; asks
	KindPowerOn                     // asks: the card's ATR
	KindTransmit                    // command APDU; asks: response APDU
	KindPowerOff                    // asks
	KindTimerSet                    // TimerSet; the id is the timer's
	KindTimerCancel                 // the id is the timer's
	KindTree                        // accessibility tree, JSON
	KindState                       // state, JSON; the id is StateAsk's
	KindCommit                      // Commit; asks, and the answer may never come
)

// Frames the board sends.
const (
	KindWelcome    Kind = 65 + iota // Welcome, the first frame
	KindRefused                     // why, in words; then the stream ends
	KindReady                       // all that is true at the start has been pushed
	KindReply                       // answer to the request of this id
	KindEdge                        // Edge
	KindPresence                    // Presence
	KindUARTData                    // bytes the device sent
	KindUARTCredit                  // UARTCredit
	KindClock                       // Clock
	KindFired                       // the timer of this id is due
	KindAsk                         // Ask
	KindStateAsk                    // the state is wanted, under this id
	KindArmed                       // Armed
)

// HeaderLen is the length of a frame's header in bytes, little endian:
// body length (4), kind (1), code (1), device (2), id (4).
const HeaderLen = 12

// Frame is one message on the wire.
type Frame struct {
	Kind   Kind
	Code   Code   // in a Reply
	Device uint16 // index in Welcome's list
	ID     uint32 // request or timer
	Body   []byte
}

// TooLongError says that a frame's body is longer than BodyMax.
type TooLongError struct{ Len int }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("link: frame of %d bytes, at most %d are allowed", e.Len, BodyMax)
}

// AppendHeader appends a frame's header for a body of n bytes.
func AppendHeader(b []byte, f Frame, n int) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	b = append(b, byte(f.Kind), byte(f.Code))
	b = binary.LittleEndian.AppendUint16(b, f.Device)
	return binary.LittleEndian.AppendUint32(b, f.ID)
}

// AppendFrame appends a whole frame, or fails with a *TooLongError.
func AppendFrame(b []byte, f Frame) ([]byte, error) {
	if len(f.Body) > BodyMax {
		return b, &TooLongError{len(f.Body)}
	}
	return append(AppendHeader(b, f, len(f.Body)), f.Body...), nil
}

// FrameReader reads frames from a stream.
type FrameReader struct {
	r      *bufio.Reader
	header [HeaderLen]byte
	body   []byte
}

// NewFrameReader returns a reader of r's frames.
func NewFrameReader(r io.Reader) *FrameReader {
	return &FrameReader{r: bufio.NewReaderSize(r, 32<<10)}
}

// Next reads one frame. Its body is good until the next call. A stream that
// ends between two frames is io.EOF, one that ends inside is
// io.ErrUnexpectedEOF.
func (r *FrameReader) Next() (Frame, error) {
	if _, err := io.ReadFull(r.r, r.header[:]); err != nil {
		return Frame{}, err
	}
	n := binary.LittleEndian.Uint32(r.header[:])
	if n > BodyMax {
		return Frame{}, &TooLongError{int(n)}
	}
	if int(n) > cap(r.body) {
		r.body = make([]byte, n)
	}
	f := Frame{
		Kind:   Kind(r.header[4]),
		Code:   Code(r.header[5]),
		Device: binary.LittleEndian.Uint16(r.header[6:]),
		ID:     binary.LittleEndian.Uint32(r.header[8:]),
		Body:   r.body[:n],
	}
	_, err := io.ReadFull(r.r, f.Body)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return f, err
}

// setBodyLen corrects a header for a body that was appended after it.
func setBodyLen(frame []byte, n int) { binary.LittleEndian.PutUint32(frame, uint32(n)) }
