package protocol

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
)

// Ask is the body of every request but AskSheet's.
type Ask struct {
	Version int    `json:"version"`
	ID      string `json:"id"`      // of the request; repeated with it
	Session string `json:"session"` // random, made by the kiosk
	Sealed  []byte `json:"sealed"`  // to the office's key: a body below
}

// SheetAsk fetches one chunk of an ordered sheet. Nothing in it is personal, and
// what comes back is sealed already.
type SheetAsk struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	Session string `json:"session"`
	Order   string `json:"order"` // the id of the order's request
	Sheet   int    `json:"sheet"` // from 1
	Chunk   int    `json:"chunk"` // from 0
}

// Answer is the body of every answer: either Error or Sealed.
type Answer struct {
	Version int    `json:"version"`
	ID      string `json:"id"` // of the request
	Error   *Error `json:"error,omitempty"`
	Sealed  []byte `json:"sealed,omitempty"` // to the session's key: a body below, or a chunk
}

// Code says what is wrong with a request. It never speaks of a person: what does
// is a refusal inside the sealed part.
type Code string

// The codes.
const (
	CodeMalformed  Code = "malformed"   // the message breaks this protocol
	CodeSession    Code = "session"     // no such session, or it is over
	CodeProof      Code = "proof"       // the signature does not prove the card
	CodeSequence   Code = "sequence"    // asked before what must come first
	CodeNotOffered Code = "not-offered" // what is ordered was not offered, or not for this fee
	CodeConflict   Code = "conflict"    // the id was used for another request
	CodeBusy       Code = "busy"        // too much in hand for this kiosk
	CodeFailed     Code = "failed"      // the office could not
)

// CodeHeader carries the code of an answer that says no, as NATS micro services
// do. An answer without a body has no more than that: the request was not read,
// because it breaks this protocol or because its kiosk asks too much at once.
const CodeHeader = "Nats-Service-Error-Code"

// Unread is the error of an answer without a body, by its CodeHeader; nil when
// there is none.
func Unread(code string) *Error {
	c := Code(code)
	if !codes[c] {
		return nil
	}
	return &Error{Code: c, Retry: c == CodeBusy, Reason: c.Reason()}
}

// Error is an answer that says no to the request itself.
type Error struct {
	Code   Code   `json:"code"`
	Retry  bool   `json:"retry"`            // whether the same request may do better later
	Reason Reason `json:"reason,omitempty"` // what the customer may be told; that of Code.Reason
}

// Reason is the key of what a screen says about an error. It is about the visit,
// never about the person.
type Reason string

// The reasons.
const (
	ReasonLater      Reason = "later"       // the office cannot just now
	ReasonStartAgain Reason = "start-again" // begin the visit anew
	ReasonFault      Reason = "fault"       // kiosk and office do not agree: somebody has to look
)

// Reason is what a customer may be told of a code.
func (c Code) Reason() Reason {
	switch c {
	case CodeBusy, CodeFailed:
		return ReasonLater
	case CodeSession, CodeProof, CodeNotOffered:
		return ReasonStartAgain
	default:
		return ReasonFault
	}
}

func (e *Error) Error() string { return "office: " + string(e.Code) }

var codes = map[Code]bool{
	CodeMalformed: true, CodeSession: true, CodeProof: true, CodeSequence: true,
	CodeNotOffered: true, CodeConflict: true, CodeBusy: true, CodeFailed: true,
}

var randomID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)

// NewID makes a random id: 128 bits, 32 hexadecimal digits. No clock and no
// counter is in it, so two of them never meet, whatever happens at one instant.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail: it ends the process
	return hex.EncodeToString(b[:])
}

func checkID(what, id string) error {
	if !randomID.MatchString(id) {
		return fmt.Errorf("%s %q: want 1 to 64 letters, digits and hyphens", what, clip(id))
	}
	return nil
}

func checkVersion(v int) error {
	if v != Version {
		return fmt.Errorf("version %d: want %d", v, Version)
	}
	return nil
}

// Check refuses what breaks a limit.
func (a Ask) Check() error {
	if err := checkVersion(a.Version); err != nil {
		return err
	}
	if err := checkID("request", a.ID); err != nil {
		return err
	}
	if err := checkID("session", a.Session); err != nil {
		return err
	}
	if len(a.Sealed) == 0 {
		return fmt.Errorf("sealed part is missing")
	}
	return nil
}

// Check refuses what breaks a limit.
func (a SheetAsk) Check() error {
	if err := checkVersion(a.Version); err != nil {
		return err
	}
	for _, id := range []struct{ what, id string }{{"request", a.ID}, {"session", a.Session}, {"order", a.Order}} {
		if err := checkID(id.what, id.id); err != nil {
			return err
		}
	}
	if a.Sheet < 1 || a.Sheet > MaxSheets {
		return fmt.Errorf("sheet %d: want 1 to %d", a.Sheet, MaxSheets)
	}
	if a.Chunk < 0 || a.Chunk >= maxChunks {
		return fmt.Errorf("chunk %d: want 0 to %d", a.Chunk, maxChunks-1)
	}
	return nil
}

// Check refuses what breaks a limit.
func (a Answer) Check() error {
	if err := checkVersion(a.Version); err != nil {
		return err
	}
	if err := checkID("request", a.ID); err != nil {
		return err
	}
	if (a.Error == nil) == (len(a.Sealed) == 0) {
		return fmt.Errorf("want either an error or a sealed part")
	}
	if a.Error != nil && !codes[a.Error.Code] {
		return fmt.Errorf("error code %q is unknown", clip(string(a.Error.Code)))
	}
	if a.Error != nil && a.Error.Reason != "" && a.Error.Reason != a.Error.Code.Reason() {
		return fmt.Errorf("reason %q does not go with code %q", clip(string(a.Error.Reason)), a.Error.Code)
	}
	return nil
}

// message is what travels as JSON and knows its own limits.
type message interface{ Check() error }

// Encode checks a message and writes it as JSON.
func Encode(m message) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("protocol: %T: %w", m, err)
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("protocol: %T: %w", m, err)
	}
	return data, nil
}

// Decode reads a message of at most limit bytes. Unknown fields and anything
// after the message are refused.
func Decode[M message](data []byte, limit int) (M, error) {
	var m M
	if len(data) > limit {
		return m, fmt.Errorf("protocol: %T: %d bytes: at most %d", m, len(data), limit)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("protocol: %T: %w", m, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return m, fmt.Errorf("protocol: %T: something follows the message", m)
	}
	if err := m.Check(); err != nil {
		return m, fmt.Errorf("protocol: %T: %w", m, err)
	}
	return m, nil
}
