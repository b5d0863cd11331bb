package flows

import (
	"context"
	"errors"
	"time"

	"kioskd/flows/secret"
)

// Page is what the panel is to show, in the words of the counter. How it looks,
// and its words in each language, is the screen's business.
type Page struct {
	Name    string   // the page's name; see the constants below
	Keys    []Key    // what it says, by the names of the scenario language
	Buttons []Button // what may be pressed, in reading order

	// Data that is shown as it is, because it is nobody's translation.
	Contact *Contact          // whom to ask
	Notice  map[string]string // the office's notice of the day, by language
	Fee     int               // yen for one copy, on the pages that name the price
	Remark  string            // something that just happened, by the name of its words; "" for nothing

	// Idle ends the question when nobody has touched anything for so long; the
	// page more-time comes MoreTime earlier. 0 means that it waits for ever.
	Idle time.Duration
	// Lasts ends the page by itself, without a warning; 0 means it does not.
	Lasts time.Duration
}

// MoreTime is how long the page more-time shows before an idle time-out
// (WCAG 2.2.1: at least 20 s to answer with one simple act).
const MoreTime = 20 * time.Second

// Key is one value a page shows.
type Key struct{ Name, Value string }

// Button is something to press.
type Button struct {
	ID       string
	Label    string // a name that is data (a member of the household); "" for the screen's own words
	Toggle   bool
	On       bool // state of a toggle
	Disabled bool // shown, but does nothing yet
}

// Contact is the municipality's desk.
type Contact struct {
	Municipality string // 稲城市
	Office       string // 市民課
	Phone        string
	Hours        string
}

// Screen is the panel and the finger on it.
//
// Language and the idle time-out are the screen's: the button "language" never
// reaches a flow, and the page comes back in the other language with its
// answers kept.
type Screen interface {
	// Show puts a page up and returns when the panel has it.
	Show(ctx context.Context, p Page) error
	// Ask shows p and returns the id of the button that was pressed, or "" when
	// until was closed or received from, or when p.Lasts is over. An idle
	// customer is ErrIdle; otherwise the error is the cause of ctx.
	Ask(ctx context.Context, p Page, until <-chan struct{}) (id string, err error)
	// AskPIN shows p with its keypad and returns the four digits after enter,
	// or the id of another button (cancel, help), or "" as Ask does. Nothing
	// that was typed is in any tree.
	AskPIN(ctx context.Context, p Page, until <-chan struct{}) (pin *secret.Text, id string, err error)
	// AskPassword shows p with a keyboard of letters and digits and returns what
	// was typed after enter, or the id of another button, or "" as Ask does. On
	// PageNewPassword the keys length, letter and digit follow the typing, and
	// enter waits for all three. Nothing that was typed is in any tree.
	AskPassword(ctx context.Context, p Page, until <-chan struct{}) (password *secret.Text, id string, err error)
	// Clear forgets the last customer: language back to the first one, and
	// nothing typed left in memory.
	Clear()
}

// ErrIdle says that nobody has touched anything for the page's Idle.
var ErrIdle = errors.New("nobody answered in time")

// The pages of the scenario language that the residence certificate meets.
const (
	PageHome         = "home"
	PageMenu         = "menu"
	PageUnavailable  = "unavailable"    // reason
	PageOutOfService = "out-of-service" // reason
	PageSettle       = "settle"         // owed
	PageTerms        = "terms"
	PageLayCard      = "lay-card"
	PageReading      = "reading"
	PageWrongCard    = "wrong-card" // kind
	PageNoCert       = "no-certificate"
	PageExpired      = "expired"
	PageNotYetValid  = "not-yet-valid"
	PageBlocked      = "blocked"
	PageLastTry      = "last-try"
	PagePIN          = "pin"       // tries
	PageWrongPIN     = "wrong-pin" // tries
	PageChecking     = "checking"
	PageCardGone     = "card-gone"
	PageTakeCard     = "take-card"
	PageNotice       = "notice"  // kind
	PageRefused      = "refused" // code
	PageKind         = "kind"
	PageScope        = "scope"
	PageMembers      = "members"
	PageItems        = "items"
	PageMyNumber     = "my-number" // asked again when My Number is to be printed
	PageCopies       = "copies"    // n
	PageConfirm      = "confirm"   // fee copies
	PageFetching     = "fetching"  // sheet of
	PagePay          = "pay"       // fee paid sheets
	PagePrinting     = "printing"  // sheet of copy
	PageJam          = "jam"       // sheet of
	PageTakeSheets   = "take-sheets"
	PageForgotten    = "forgotten" // what
	PageGoodbye      = "goodbye"
	PageCancelled    = "cancelled"
	PageSorry        = "sorry"    // incident
	PageSlip         = "slip"     // owed
	PageGuidance     = "guidance" // topic
	PageMoreTime     = "more-time"
)

// RemarkNotCounted says on the page pay that something came into the acceptor
// that could not be counted. The acceptor may have kept it, so it must not be
// said that it came back.
const RemarkNotCounted = "not-counted"

// RemarkNoChange says on the page pay that no more coins are taken: the hoppers
// could not give them back. Only cancelling is left, and gives all back.
const RemarkNoChange = "no-change"

// The technician's pages. They are reached while the door is open, and never in
// a visit.
const (
	PageMaintenanceCode   = "maintenance-code"   // wait
	PageMaintenance       = "maintenance"        // the state of every device; see Counter.maintain
	PageMaintenanceHopper = "maintenance-hopper" // yen level
	PageMaintenanceCheck  = "maintenance-check"  // failed, and each device's own; see Counter.checked
)

// The pages of the reset. The pages it shares with the certificate have the key
// errand=reset, for words of its own.
const (
	PageResetAbout     = "reset-about"
	PageBooked         = "booked"
	PageHowToBook      = "how-to-book"
	PageNewPassword    = "new-password" // length letter digit
	PageAgain          = "again"
	PageMismatch       = "mismatch"
	PageWriting        = "writing"
	PageResetDone      = "reset-done"
	PageResetUnchanged = "reset-unchanged"
	PageResetUnknown   = "reset-unknown" // incident
)
