package protocol

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// Ask is a request: a line of text, and behind it what is sealed, as it is.
type Ask struct {
	ID      string // of the request; repeated with it
	Session string // random, made by the kiosk
	Sealed  []byte // a question; before that of LoginBegin and ResetDone stands Call's enc
}

// Answer is every answer: a line of text, and behind it what is sealed, or an
// ErrorAnswer.
type Answer struct {
	ID     string // of the request
	Error  *Error
	Sealed []byte // an answer, or a chunk; before that of LoginFinish stands Confirm's enc
}

// ErrorAnswer is how an answer travels that says no.
type ErrorAnswer struct {
	Version int    `json:"version"`
	ID      string `json:"id"` // of the request
	Error   Error  `json:"error"`
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

const maxID = 64 // characters of an id

// NewID makes a random id: 128 bits, 32 hexadecimal digits. No clock and no
// counter is in it, so two of them never meet, whatever happens at one instant.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail: it ends the process
	return hex.EncodeToString(b[:])
}

func checkID(what, id string) error {
	if !isID(id) {
		return fmt.Errorf("%s %q: want 1 to %d letters, digits and hyphens", what, clip(id), maxID)
	}
	return nil
}

func isID(id string) bool {
	if id == "" || len(id) > maxID || id[0] == '-' {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}

func checkVersion(v, want int) error {
	if v != want {
		return fmt.Errorf("version %d: want %d", v, want)
	}
	return nil
}

// Check refuses what breaks a limit.
func (a ErrorAnswer) Check() error {
	if err := checkVersion(a.Version, RequestVersion); err != nil {
		return err
	}
	if err := checkID("request", a.ID); err != nil {
		return err
	}
	if !codes[a.Error.Code] {
		return fmt.Errorf("error code %q is unknown", clip(string(a.Error.Code)))
	}
	if a.Error.Reason != "" && a.Error.Reason != a.Error.Code.Reason() {
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
