package protocol

import (
	"fmt"
	"time"
)

// Limits of a health message.
const (
	MaxHealth  = 8 << 10 // bytes
	maxDevices = 32
	maxParts   = 32
)

// HealthStream keeps the last value of every kiosk, one subject each.
const HealthStream = "HEALTH"

// HealthSubject is where the kiosk's health goes.
func HealthSubject(kiosk string) string { return root + kiosk + ".health" }

// HealthSigned is what a kiosk signs of a health message, by its NKey, into the
// header JournalSignature, and for the same reason.
func HealthSigned(kiosk string, body []byte) []byte {
	return frame([]byte(purposeHealth), []byte(kiosk), body)
}

// Health is how a kiosk is. Nothing in it speaks of a person: not even which
// page a customer sees.
type Health struct {
	Version  int       `json:"version"`
	Kiosk    string    `json:"kiosk"`
	At       time.Time `json:"at"`       // by the kiosk's clock
	Clock    bool      `json:"clock"`    // whether that was ever set
	Since    time.Time `json:"since"`    // when this run of the program began
	Software int       `json:"software"` // its version
	Page     string    `json:"page"`     // PageIdle, PageCustomer, PageWaiting or PageOut
	Out      string    `json:"out"`      // why it is out of service, in the scenario language's words; "" when it is not
	Order    bool      `json:"order"`    // whether it is under a command of out-of-service
	Settings uint64    `json:"settings"` // revision in force
	Number   uint64    `json:"number"`   // of the last command
	Journal  bool      `json:"journal"`  // whether its journal is open
	Unsent   uint64    `json:"unsent"`   // journal events that the office has not acknowledged
	Owed     int       `json:"owed"`     // yen
	Coins    []Coins   `json:"coins"`    // in the hoppers, as it counts
	Devices  []Device  `json:"devices"`
	Stopped  []string  `json:"stopped"` // loops of the program that no longer turn, parts that die again and again
	Refused  Refused   `json:"refused"` // of what came from the office
}

// What the screen is busy with.
const (
	PageIdle     = "idle"           // nobody is there
	PageCustomer = "customer"       // somebody is
	PageWaiting  = "waiting"        // for something to be taken away, or a debt to be fetched
	PageOut      = "out-of-service" // in place of the first page
)

// Coins are the coins of one hopper.
type Coins struct {
	Yen   int `json:"yen"`
	Count int `json:"count"`
}

// Device is one device's state, in the words of the journal's events.
type Device struct {
	Name   string `json:"name"`
	State  string `json:"state"`  // "ok", or what is the matter
	Action string `json:"action"` // none, clear (store staff) or maintenance (technician): XFS4IoT's errorAction
}

// The actions.
const (
	ActionNone        = "none"
	ActionClear       = "clear"
	ActionMaintenance = "maintenance"
)

// Refused is what a kiosk did not take from the office since this run began.
type Refused struct {
	Settings     int         `json:"settings"`     // revisions
	SettingsWhy  string      `json:"settings_why"` // the last one's fault
	Commands     int         `json:"commands"`
	CommandsCode CommandCode `json:"commands_code"` // the last one's
}

// Check refuses what breaks a limit.
func (h Health) Check() error {
	if err := checkVersion(h.Version, Version); err != nil {
		return err
	}
	if err := CheckKiosk(h.Kiosk); err != nil {
		return err
	}
	switch h.Page {
	case PageIdle, PageCustomer, PageWaiting, PageOut:
	default:
		return fmt.Errorf("page %q: want idle, customer, waiting or out-of-service", clip(h.Page))
	}
	if len(h.Devices) > maxDevices || len(h.Coins) > maxDevices || len(h.Stopped) > maxParts {
		return fmt.Errorf("%d devices, %d hoppers, %d stopped parts: at most %d", len(h.Devices), len(h.Coins), len(h.Stopped), maxDevices)
	}
	for _, d := range h.Devices {
		if err := checkID("device", d.Name); err != nil {
			return err
		}
		switch d.Action {
		case ActionNone, ActionClear, ActionMaintenance:
		default:
			return fmt.Errorf("action %q of %s: want none, clear or maintenance", clip(d.Action), d.Name)
		}
		if err := checkTexts("state", d.State); err != nil {
			return err
		}
	}
	if h.Owed < 0 || h.Refused.Settings < 0 || h.Refused.Commands < 0 {
		return fmt.Errorf("a count is below 0")
	}
	if c := h.Refused.CommandsCode; c != "" && !commandCodes[c] {
		return fmt.Errorf("code %q is unknown", clip(string(c)))
	}
	return checkTexts("health", append([]string{h.Out, h.Refused.SettingsWhy}, h.Stopped...)...)
}
