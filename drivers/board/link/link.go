// Package link is a board at the other end of a socket: it offers board.Board
// and forwards each transaction to the board that answers there.
//
// The wire (frame.go, message.go) is length-prefixed binary frames over a
// stream that keeps order. Requests carry an id and each gets one reply;
// everything else is a push that is never answered. Frames of one device are
// handled in the order they were sent, and no device waits for another.
//
// What it refuses:
//   - It never sends anything twice. When the stream breaks, what was under way
//     is unknown: Lost is closed, and each call, pending or later, returns Err.
//   - It never passes the limits of a Linux host (package board's constants, a
//     tty's transmit buffer), so that what runs here runs on real wires.
//   - It speaks one Version. Another one is refused in words.
//   - It does not speak TCP without mutual TLS: whoever holds the link holds
//     the card reader.
package link

import "time"

// Version is the version of the wire. Both ends must have the same.
const Version = 2

// Limits of the link. Both ends keep them, and a peer that does not is cut off.
const (
	// BodyMax is the longest body of a frame, in bytes.
	BodyMax = 256 << 10
	// Window is how many requests a client may have unanswered at one device.
	Window = 8
	// I2CMax is the longest half of an I2C transaction (Linux i2c-dev).
	I2CMax = 8192
	// TransmitMax is the longest APDU either way: extended length and its frame.
	TransmitMax = 65536 + 16
	// UARTTransmitMax is a Linux tty's transmit buffer: what a write takes before
	// it waits (measured on a stopped tty).
	UARTTransmitMax = 15360
	// UARTReceiveMax is a Linux tty's receive buffer: bytes beyond it are lost.
	UARTReceiveMax = 4096
	// DevicesMax bounds the list of devices in a welcome.
	DevicesMax = 256
	// NameMax is the longest name, in bytes.
	NameMax = 64
	// TimersMax is how many timers a client may have set at the board.
	TimersMax = 1024
	// ArmedMax is how many commit points can be armed at once.
	ArmedMax = 64
)

// Times of the link, in process time.
const (
	// HandshakeWithin is how long each end waits for the other's first word.
	HandshakeWithin = 5 * time.Second
	// WriteWithin is how long a frame may take to be taken by the stream. Only a
	// stopped peer takes so long.
	WriteWithin = 30 * time.Second
	// TransmitWithin is how long a card command, or giving a card power, may
	// take before the reader counts as hung (board.ErrHung).
	TransmitWithin = 3 * time.Second
)
