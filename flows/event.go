package flows

import "time"

// Event is one line of the journal. It holds no name, address or serial: the
// office knows which person a session is.
type Event struct {
	Number uint64    `json:"n"`
	Kind   string    `json:"kind"`
	At     time.Time `json:"at"`
	Visit  string    `json:"visit,omitempty"`

	How      string `json:"how,omitempty"`      // visit-ended: done, cancelled, refused, timeout, failed
	Code     string `json:"code,omitempty"`     // login-refused, and order refusals
	Yen      int    `json:"yen,omitempty"`      // one coin, a fee, a debt
	Count    int    `json:"count,omitempty"`    // cash-count: coins in that hopper
	Sheet    int    `json:"sheet,omitempty"`    // from 1
	Of       int    `json:"of,omitempty"`       // sheets of one copy
	Copy     int    `json:"copy,omitempty"`     // from 1
	Copies   int    `json:"copies,omitempty"`   // ordered
	Fee      int    `json:"fee,omitempty"`      // yen for all copies
	Paid     int    `json:"paid,omitempty"`     // yen inserted when "print" was pressed
	Issue    string `json:"issue,omitempty"`    // issue id of the document
	Incident string `json:"incident,omitempty"` // number the customer was told
	Device   string `json:"device,omitempty"`
	Action   string `json:"action,omitempty"` // clear, maintenance
	Reason   string `json:"reason,omitempty"`
	Person   string `json:"person,omitempty"` // salted hash of the certificate's serial
}

// The kinds of events, as the scenario language names them.
const (
	VisitBegun       = "visit-begun"
	VisitEnded       = "visit-ended"
	LoginOK          = "login-ok"
	LoginRefused     = "login-refused"
	OrderPlaced      = "order-placed"
	DocumentComplete = "document-complete"
	DocumentRefused  = "document-refused"
	AcceptorOpen     = "acceptor-open" // before coins are let in
	AcceptorShut     = "acceptor-shut"
	CoinIn           = "coin-in"
	CoinIntent       = "coin-intent"
	CoinOut          = "coin-out"
	Paid             = "paid"
	SheetIntent      = "sheet-intent"
	SheetDelivered   = "sheet-delivered"
	SheetUnknown     = "sheet-unknown"
	FeeKept          = "fee-kept"
	DebtBooked       = "debt-booked"
	DebtSettled      = "debt-settled"
	SlipIntent       = "slip-intent" // before a receipt or a slip
	SlipPrinted      = "slip-printed"
	ReceiptPrinted   = "receipt-printed"
	Incident         = "incident"
	DeviceFault      = "device"
	CashCount        = "cash-count"
	Commanded        = "command"          // reason: what the office's command did to the service
	SettingsRefused  = "settings-refused" // reason: what was wrong with the revision
)

// The events of a reset: the intent before anything is asked of the card, one of
// three outcomes, and that the office has heard of it. They are named by the
// visit, and carry nothing that was typed.
const (
	ResetIntent    = "reset-intent"
	ResetProved    = "reset-proved"    // the card has taken the new password and shown it
	ResetUnchanged = "reset-unchanged" // the card has the old one
	ResetUnknown   = "reset-unknown"   // nobody knows which
	ResetReported  = "reset-reported"
)

// What Event.Device names, where an event of the kind device or cash-count is
// about money or about the technician.
const (
	DeviceCoins       = "coins"
	DeviceHopper      = "hopper"
	DeviceCashBox     = "cash-box"
	DeviceMaintenance = "maintenance" // the technician's page
	DeviceService     = "service"     // taken out of service, or put back, by the technician
)

// What Event.Reason says of the technician's doings.
const (
	ReasonWrongCode    = "wrong-code"
	ReasonCodeAccepted = "code-accepted"
	ReasonLeft         = "left"
	ReasonTakenOut     = "out-of-service"
	ReasonPutBack      = "in-service"
	ReasonFound        = "found"    // of a cash count: Count coins were in the hopper when the journal began
	ReasonRefilled     = "refilled" // of a cash count: Count coins are in the hopper now
	ReasonEmptied      = "emptied"  // of a cash count: of the box, Yen were in it
)

// How a visit ended.
const (
	HowDone      = "done"
	HowCancelled = "cancelled"
	HowRefused   = "refused"
	HowTimeout   = "timeout"
	HowFailed    = "failed"
)

// Journal is the kiosk's memory.
type Journal interface {
	// Write commits one event to disk before it returns. An error means that
	// nothing more may be done: the kiosk goes out of service.
	Write(e Event) error
	// Ledger is what all events so far add up to.
	Ledger() *Ledger
	// Person is the salted hash by which the journal knows a certificate.
	Person(serial []byte) string
}
