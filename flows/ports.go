package flows

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Office is the centre that speaks for the municipalities.
type Office interface {
	// Reachable says whether a request could be sent now.
	Reachable() bool
	// Rules are the office's last good settings; a kiosk that starts while the
	// office is away has those of last time.
	Rules() Rules
	// Begin opens a session for the card whose user-verification certificate
	// (DER) was read: a fresh key pair, and the office's nonce. It costs no try.
	// Repeatable. Refused with a login code when the office knows already.
	Begin(ctx context.Context, certificate []byte) (Session, error)
	// ReportReset tells what became of a reset, by the number of its visit; it
	// needs no session, so that a kiosk can do it after a power cut. Repeatable.
	ReportReset(ctx context.Context, visit string, outcome ResetOutcome) error
}

// ResetOutcome is what became of a reset.
type ResetOutcome string

// The outcomes. Unchanged also says that nothing was begun.
const (
	OutcomeProved    ResetOutcome = "proved"
	OutcomeUnchanged ResetOutcome = "unchanged"
	OutcomeUnknown   ResetOutcome = "unknown"
)

// Session is one customer at the office. Its key lives as long as it does.
type Session interface {
	ID() string // random; never derived from the person
	// Message is what the card must sign (SHA-256 and RSA by the card):
	// purpose label, nonce, kiosk, session and session public key.
	Message() []byte
	// Prove sends the signature. Repeatable. The answer says which municipality
	// this is; a refusal is a Refused.
	Prove(ctx context.Context, signature []byte) (Municipality, error)
	// Offer asks what this resident may have. Repeatable.
	Offer(ctx context.Context) (Offer, error)
	// Order asks for a document and returns it complete, opened and checked
	// against its signed manifest: kiosk, session, session key, the certificate's
	// serial, the age of the data, the fee, each sheet's digest and subject.
	// Repeatable under the same Request.ID. progress hears of each whole sheet.
	// What does not agree is a BadDocument.
	Order(ctx context.Context, r Request, progress func(sheet, of int)) (*Document, error)
	// BeginReset starts this resident's booking, under the number of the visit. A
	// refusal is a Refused. Repeatable.
	BeginReset(ctx context.Context, visit string) error
	// AuthoriseReset has the issuer answer the card's challenge: the cryptogram
	// lets this card set its signature password anew, once. Repeatable.
	AuthoriseReset(ctx context.Context, visit string, challenge []byte) (cryptogram []byte, err error)
	// Close wipes the key. It may be called twice.
	Close()
}

// Municipality is where the resident lives, as the office tells after login.
type Municipality struct {
	ID      string // inagi
	Contact Contact
}

// Offer is what this resident may have.
type Offer struct {
	Fee       int // yen a copy
	CopiesMax int
	Alone     bool     // no other member in the household: no "all", no "some"
	Members   []Member // of the household, the resident among them
	Items     []string // ids of what may be printed or left out
}

// Member is a member of the household as the customer reads it.
type Member struct{ ID, Name string }

// Scope is whose records the copy shows.
type Scope string

// The scopes, as the scenario language names their buttons.
const (
	ScopeSelf Scope = "self"
	ScopeAll  Scope = "all"
	ScopeSome Scope = "some"
)

// Request is the customer's choice, frozen at the confirm page.
type Request struct {
	ID      string // random, made once: the office answers it the same way twice
	Scope   Scope
	Members []string // for ScopeSome
	Items   []string
	Copies  int
	Fee     int // yen for all copies, as the customer saw it
}

// Document is a complete copy, in memory only.
type Document struct {
	Issue  string // issue id: random, 128 bits, no clock in it
	Sheets []Sheet
}

// Sheet is one piece of paper: two PWG Raster pages, front and back.
type Sheet struct {
	Number int // from 1
	Raster []byte
}

// Wipe forgets the sheets. It may be called twice, and on nil.
func (d *Document) Wipe() {
	if d == nil {
		return
	}
	for i := range d.Sheets {
		clear(d.Sheets[i].Raster)
		d.Sheets[i].Raster = nil
	}
	d.Sheets = nil
}

// Refused is an answer of the office to the person: one of the codes of the
// scenario language, never a reason that accuses.
type Refused struct{ Code string }

func (e *Refused) Error() string { return "the office refuses: " + e.Code }

// BadDocument says that what came is not what was asked for. It ends the order
// before any money is taken (I1).
type BadDocument struct{ Why string }

func (e *BadDocument) Error() string { return "document refused: " + e.Why }

// Declined is an office that would not go on with a visit: a matter between the
// two machines, never of the person. Reason is the key of what the screen says of
// it: later, start-again or fault; of any other it says no more than sorry.
type Declined struct {
	Reason string
	Err    error
}

func (e *Declined) Error() string { return e.Err.Error() }
func (e *Declined) Unwrap() error { return e.Err }

// ErrOfficeAway says that the office gave no answer.
var ErrOfficeAway = errors.New("the office does not answer")

// Rules are the office's settings for this kiosk, signed and numbered.
type Rules struct {
	Revision       uint64
	Hours          map[string]Hours            // by municipality
	HoursOf        map[string]map[string]Hours // of one errand alone, by municipality and errand
	Tariff         map[string][]Price          // by municipality, any order
	Closed         []Closure
	Maintenance    []Span
	Offers         []string          // certificate, reset: what this store offers
	Notice         map[string]string // by language
	VersionMinimum int
	OutOfService   bool
	Topology       Topology
}

// Topology is how the office is built and where its kiosks stand. What is zero
// or not named it does not say.
type Topology struct {
	Region  string
	Servers int
	Places  map[string]string // a kiosk's municipality
}

// Hours are the opening hours in Asia/Tokyo.
type Hours struct{ From, To time.Duration } // since midnight

// Price is what one copy costs from a moment on.
type Price struct {
	From time.Time // zero: always
	Yen  int
}

// Closure is a span of days that comes every year, both ends included.
type Closure struct {
	From, To MonthDay
	// Municipality and Errand are whose and of what; "" is all.
	Municipality, Errand string
}

// MonthDay is a day of any year.
type MonthDay struct {
	Month time.Month
	Day   int
}

// Span is a stretch of time; To is not part of it.
type Span struct{ From, To time.Time }

func (m MonthDay) String() string { return fmt.Sprintf("%02d-%02d", int(m.Month), m.Day) }
