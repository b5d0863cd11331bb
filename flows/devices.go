package flows

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"kioskd/flows/secret"
)

// Clock is the board's time.
type Clock interface {
	// Now is the time of day; trusted is false while the board's clock was
	// never set.
	Now() (t time.Time, trusted bool)
	// WithTimeout ends the context with cause after d of the board's time.
	WithTimeout(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc)
}

// Reader is the place where the card is laid.
type Reader interface {
	// Laid is closed as soon as something lies there, Gone as soon as nothing
	// does; both forget the question when ctx ends.
	Laid(ctx context.Context) <-chan struct{}
	Gone(ctx context.Context) <-chan struct{}
	Present() bool
	// Working says whether the reader itself answers; Lost is closed when it does
	// not, and forgets the question when ctx ends.
	Working() bool
	Lost(ctx context.Context) <-chan struct{}
	// Open powers the card and reads what can be read without a PIN. What
	// cannot be used is a WrongCard; a card that left is ErrCardGone.
	Open() (Card, error)
}

// Card is one powered My Number Card, held alone until Close.
type Card interface {
	// Certificate is the user-verification certificate, nil when the card has
	// none.
	Certificate() *x509.Certificate
	// Tries is how many are left of the 4-digit PIN, read without spending one.
	Tries() int
	// Verify sends the PIN once. A wrong one is a WrongPIN.
	Verify(pin *secret.Text) error
	// Sign signs SHA-256 of message with the user-verification key.
	Sign(message []byte) ([]byte, error)
	// HasSignature says whether the card has a signature certificate. It cannot
	// be read without the password that was lost; whether it is in force the
	// office knows.
	HasSignature() (bool, error)
	// Challenge, Authorise and SetPassword set the signature password anew, in
	// this order: the card's challenge, the issuer's answer to it, and the new
	// password, once. A card that answers SetPassword with a no is a NotReset;
	// after any other error nobody knows whether it has the new password.
	Challenge() ([]byte, error)
	Authorise(cryptogram []byte) error
	SetPassword(password *secret.Text) error
	// PasswordTries is how many are left of the signature password.
	PasswordTries() (int, error)
	// ProvePassword presents the signature password, once; nil is the proof.
	ProvePassword(password *secret.Text) error
	// Close takes the power away. It may be called twice.
	Close()
}

// NotReset says that the card refused the new password and keeps the old one.
type NotReset struct{ Why error }

func (e *NotReset) Error() string { return "the card keeps its password: " + e.Why.Error() }
func (e *NotReset) Unwrap() error { return e.Why }

// WrongCard is a card that cannot be used here. Kind is one of the scenario
// language's: old, phone, foreign, unreadable, two, no-pin.
type WrongCard struct{ Kind string }

func (e *WrongCard) Error() string { return "wrong card: " + e.Kind }

// WrongPIN is the card's answer to a PIN that is not its own.
type WrongPIN struct{ Left int }

func (e *WrongPIN) Error() string { return fmt.Sprintf("wrong PIN, %d tries left", e.Left) }

// ErrCardGone says that the card left while it was needed.
var ErrCardGone = errors.New("the card is gone")

// Cash is the coin acceptor and the hoppers.
type Cash interface {
	// Accept lets coins in, Refuse sends them back. A coin already on its way
	// still arrives after Refuse.
	Accept() error
	Refuse() error
	// Pending is ready to receive from while Next has something.
	Pending() <-chan struct{}
	// Next is the next finished coin train, if there is one.
	Next() (Coin, bool)
	// PayOut lets one coin out of its hopper. coins is how many were seen
	// leaving: 0 with an error, 1, or more when the hopper overran. It takes no
	// context: a motor that runs is waited for.
	PayOut(yen int) (coins int, err error)
	// Late waits until no coin can follow that hopper's motor any more and
	// returns how many did: coins that nobody asked for.
	Late(yen int) (coins int, err error)
}

// Coin is a finished coin train. Yen is 0 when it was no coin; Fault says why.
type Coin struct {
	Yen   int
	Fault string
}

// CoinsUnheard is the fault after which no coin is counted any more: the acceptor
// refuses them until it is listened to again.
const CoinsUnheard = "the acceptor cannot be listened to"

// The printers' names in events.
const (
	SheetPrinterDevice = "sheet-printer"
	SlipPrinterDevice  = "receipt-printer"
)

// NotReady says why a device cannot serve, and who can help: Action is
// "clear" (store staff) or "maintenance" (technician), the words of XFS4IoT.
type NotReady struct {
	Device, Reason, Action string
	Detail                 string // the device's own words, for the technician; "" means Reason
}

func (e *NotReady) Error() string {
	return fmt.Sprintf("%s is not ready: %s (%s)", e.Device, e.Said(), e.Action)
}

// Said is what the device says of itself.
func (e *NotReady) Said() string {
	if e.Detail != "" {
		return e.Detail
	}
	return e.Reason
}

// Low says that a device serves, but that somebody should see to it before it no
// longer does.
type Low struct{ Device, Reason, Action string }

func (e *Low) Error() string { return fmt.Sprintf("%s: %s (%s)", e.Device, e.Reason, e.Action) }

// Printer prints one thing at a time and says honestly what became of it.
type Printer[T any] interface {
	// Ready is nil, a Low, or a NotReady; whatever else comes is a NotReady
	// without words.
	Ready(ctx context.Context) error
	// Print prints one of it. nil is delivered: seen, or proved by the printer;
	// NotPrinted is that nothing came out and nothing will; any other error is
	// unknown. It never prints again by itself.
	Print(ctx context.Context, what T) error
}

// SheetPrinter prints sheets, both sides of a PWG Raster, and sees them leave.
// Its NotReady has the Reason "paper" or "printer".
type SheetPrinter interface {
	Printer[[]byte]
	// Lying says whether paper lies in the tray; Clear is closed when none does.
	Lying() bool
	Clear(ctx context.Context) <-chan struct{}
}

// NotPrinted says that nothing came out and nothing will.
type NotPrinted struct{ Reason string }

func (e *NotPrinted) Error() string { return "not printed: " + e.Reason }

// SlipPrinter prints receipts and slips.
type SlipPrinter interface{ Printer[Slip] }

// Slip is what the receipt printer prints. It carries no personal data.
type Slip struct {
	Kind    string // receipt, debt, reset, test
	At      time.Time
	Kiosk   string
	Number  string // of the visit: random
	Contact Contact
	Copies  int // that came out whole
	Fee     int // kept
	Paid    int
	Change  int // given back
	Owed    int
	// Incident is the number under which the office knows what went wrong.
	Incident string
}

// The lamps, as the scenario language names them.
const (
	LampReader    = "reader"
	LampCoins     = "coins"
	LampSheets    = "sheets"
	LampAttention = "attention"
)

// Signals are the lamps and the buzzer. They cannot fail a visit: what does not
// light is reported by the device check.
type Signals interface {
	On(lamp string)
	Blink(lamp string)
	Off(lamp string)
	Beep()  // short: look here
	Alarm() // long: something was forgotten
}

// Service says whether this kiosk may serve at all.
type Service interface {
	// OutOfService is the reason it may not (clock, version, disk, journal,
	// panel, touch, technician, office-order), or "".
	OutOfService() string
	// Withheld is why an errand cannot be had although the kiosk serves, in the
	// words of the page unavailable, or "".
	Withheld(errand string) string
	// Changed is closed when the answer, or the office's settings, differ from
	// when the last answer was given.
	Changed() <-chan struct{}
}

// Lock keeps whoever would change the kiosk, an update say, from doing so while a
// customer is served, and a customer from starting while it is being changed.
type Lock interface {
	// Take is false while somebody else has the kiosk. It does not wait.
	Take() bool
	// Release gives it back. It may be called twice.
	Release()
}

// Limits are how long things may take. All are board time.
type Limits struct {
	Idle, Pay, End, Card, Fetch, Sheet, Settle, Visit, LastStart time.Duration
}
