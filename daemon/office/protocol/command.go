package protocol

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"
)

// Limits of the commands.
const (
	MaxCommand     = 4 << 10          // bytes of a signed command
	MaxCommandLife = 15 * time.Minute // that a command may still be good for
	MaxLogLines    = 1000             // of one answer
	MaxLog         = 256 << 10        // bytes of all of them together
)

// ServiceName is what every kiosk calls itself as a NATS micro service.
const ServiceName = "kiosk"

// CommandName is what the office can tell a kiosk to do.
type CommandName string

// The commands.
const (
	CommandStatus       CommandName = "status"         // how it is, as it knows without asking its devices
	CommandSelfTest     CommandName = "self-test"      // how it is, each device asked anew; when idle
	CommandOutOfService CommandName = "out-of-service" // after the present customer, until in-service
	CommandInService    CommandName = "in-service"
	CommandRestart      CommandName = "restart"  // when idle
	CommandSendLog      CommandName = "send-log" // its last log lines; when idle
)

var commands = [...]CommandName{
	CommandStatus, CommandSelfTest, CommandOutOfService, CommandInService, CommandRestart, CommandSendLog,
}

// Commands returns all commands.
func Commands() []CommandName { return append([]CommandName(nil), commands[:]...) }

// Command tells one kiosk to do one thing, once. Numbers only grow: one that is
// not above the last that the kiosk has seen is refused.
type Command struct {
	Version int         `json:"version"`
	Kiosk   string      `json:"kiosk"`
	Number  uint64      `json:"number"`
	Name    CommandName `json:"name"`
	Expires time.Time   `json:"expires"` // at most MaxCommandLife ahead
}

// SignedCommand is a command as it travels: the bytes that were signed.
type SignedCommand struct {
	Body      []byte `json:"body"`      // a Command as JSON
	Signature []byte `json:"signature"` // ed25519, by the settings key
}

// CommandCode says why a command was not carried out.
type CommandCode string

// The codes.
const (
	CommandMalformed CommandCode = "malformed" // it breaks this protocol, or stands on another command's subject
	CommandUnsigned  CommandCode = "signature" // not signed by a key that the kiosk has pinned
	CommandForeign   CommandCode = "kiosk"     // for another kiosk
	CommandExpired   CommandCode = "expired"   // its time is over, or further ahead than any may be
	CommandNumber    CommandCode = "number"    // its number was there already: a replay
	CommandClock     CommandCode = "clock"     // the kiosk's clock is not set: nobody knows whether it has expired
	CommandBusy      CommandCode = "busy"      // a customer is there, or another command is under way
	CommandFailed    CommandCode = "failed"    // the kiosk could not
)

var commandCodes = map[CommandCode]bool{
	CommandMalformed: true, CommandUnsigned: true, CommandForeign: true, CommandExpired: true,
	CommandNumber: true, CommandClock: true, CommandBusy: true, CommandFailed: true,
}

// Error makes a code an error, as the simulated office returns it.
func (c CommandCode) Error() string { return "the kiosk refuses the command: " + string(c) }

// CommandAnswer is a kiosk's answer. Without a code the command was carried out.
type CommandAnswer struct {
	Version int         `json:"version"`
	Kiosk   string      `json:"kiosk"`
	Number  uint64      `json:"number"` // of the command; 0 where that could not be read
	Code    CommandCode `json:"code,omitempty"`
	Health  *Health     `json:"health,omitempty"` // of CommandStatus and CommandSelfTest
	Log     []string    `json:"log,omitempty"`    // of CommandSendLog, oldest first
}

// CommandSubject is where the kiosk takes that command.
func CommandSubject(kiosk string, c CommandName) string {
	return root + kiosk + ".command." + string(c)
}

// Check refuses what breaks a limit.
func (c Command) Check() error {
	if err := checkVersion(c.Version, Version); err != nil {
		return err
	}
	if err := CheckKiosk(c.Kiosk); err != nil {
		return err
	}
	if c.Number == 0 || c.Number > 1<<53 {
		return errors.New("commands count from 1")
	}
	if c.Expires.IsZero() {
		return errors.New("the time at which it expires is missing")
	}
	for _, known := range commands {
		if c.Name == known {
			return nil
		}
	}
	return fmt.Errorf("command %q is unknown", clip(string(c.Name)))
}

// Check refuses what breaks a limit.
func (s SignedCommand) Check() error {
	if len(s.Body) == 0 || len(s.Body) > MaxCommand {
		return fmt.Errorf("command of %d bytes: want 1 to %d", len(s.Body), MaxCommand)
	}
	if len(s.Signature) != ed25519.SignatureSize {
		return fmt.Errorf("signature of %d bytes: want %d", len(s.Signature), ed25519.SignatureSize)
	}
	return nil
}

// Check refuses what breaks a limit.
func (a CommandAnswer) Check() error {
	if err := checkVersion(a.Version, Version); err != nil {
		return err
	}
	if err := CheckKiosk(a.Kiosk); err != nil {
		return err
	}
	if a.Code != "" && !commandCodes[a.Code] {
		return fmt.Errorf("code %q is unknown", clip(string(a.Code)))
	}
	if a.Code != "" && (a.Health != nil || len(a.Log) > 0) {
		return errors.New("a refusal brings an answer")
	}
	if len(a.Log) > MaxLogLines {
		return fmt.Errorf("%d lines of log: at most %d", len(a.Log), MaxLogLines)
	}
	bytes := 0
	for _, line := range a.Log {
		bytes += len(line)
	}
	if bytes > MaxLog {
		return fmt.Errorf("log of %d bytes: at most %d", bytes, MaxLog)
	}
	if a.Health != nil {
		return a.Health.Check()
	}
	return nil
}

// SignCommand signs a command with the settings key.
func SignCommand(key ed25519.PrivateKey, c Command) (SignedCommand, error) {
	body, err := Encode(c)
	if err != nil {
		return SignedCommand{}, err
	}
	return SignedCommand{Body: body, Signature: ed25519.Sign(key, frame([]byte(purposeOrder), body))}, nil
}

// Verify opens a command that one of the pinned settings keys has signed.
func (s SignedCommand) Verify(pinned []ed25519.PublicKey) (Command, error) {
	if !verifyAny(pinned, frame([]byte(purposeOrder), s.Body), s.Signature) {
		return Command{}, ErrSignature
	}
	return Decode[Command](s.Body, MaxCommand)
}
