package flows

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kioskd/flows/secret"
)

// Technician is what the maintenance page needs beside the counter.
type Technician struct {
	Door Door
	Pad  Pad
	// Admits says whether a code is the technician's. It is slow on purpose.
	Admits func(code *secret.Text) bool
	// Check tries every device, as kioskd check does; nil while somebody else has
	// the kiosk.
	Check func(ctx context.Context) []Tried
	// Unsent is how many events the office has not yet got.
	Unsent func() uint64
}

// Door is the door to the coins and the paper.
type Door interface {
	Open() bool
	// Opened is closed as soon as it is open, Shut as soon as it is not; both
	// forget the question when ctx ends.
	Opened(ctx context.Context) <-chan struct{}
	Shut(ctx context.Context) <-chan struct{}
}

// Pad is the panel's pad of digits.
type Pad interface {
	// AskDigits shows p with a pad and returns what was typed after enter, which
	// waits for least digits; or the id of another button, or "" as Ask does. On
	// PageMaintenanceHopper the digits are to be seen, elsewhere they are in no
	// picture and in no tree.
	AskDigits(ctx context.Context, p Page, least, most int, until <-chan struct{}) (digits *secret.Text, id string, err error)
}

// The lengths of a technician's code, in digits.
const (
	CodeLeast = 6
	CodeMost  = 12
)

const (
	coinsDigits = 3 // of a count: no hopper holds a thousand
	// maintenanceRests is how long the technician may touch nothing.
	maintenanceRests = 10 * time.Minute
)

// errLeft ends the technician's turn: the door is shut, or nobody is there.
var errLeft = errors.New("the technician has left")

func (c *Counter) doorOpen() bool { return c.Technician != nil && c.Technician.Door.Open() }

// doorMoves is closed when the door is no longer as it is now.
func (c *Counter) doorMoves(ctx context.Context) <-chan struct{} {
	switch {
	case c.Technician == nil:
		return nil
	case c.Technician.Door.Open():
		return c.Technician.Door.Shut(ctx)
	default:
		return c.Technician.Door.Opened(ctx)
	}
}

// maintenance is the technician's turn. It begins where no visit is open, with
// the code, and ends when the door shuts.
func (c *Counter) maintenance(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	shut := c.Technician.Door.Shut(ctx)
	err := c.enterCode(ctx, shut)
	if err == nil {
		err = c.maintain(ctx, shut)
		c.note(Event{Kind: DeviceFault, Device: DeviceMaintenance, Reason: ReasonLeft})
	}
	if errors.Is(err, errLeft) || errors.Is(err, ErrIdle) {
		return nil
	}
	return err
}

// enterCode asks for the code until it is right. Wrong ones are booked, and from
// the third on they cost time.
func (c *Counter) enterCode(ctx context.Context, shut <-chan struct{}) error {
	for c.doorOpen() {
		if pause := c.codePause(); pause > 0 {
			id, err := c.Screen.Ask(ctx, Page{
				Name: PageMaintenanceCode, Keys: keys("wait", strconv.Itoa(int((pause+time.Second-1)/time.Second))),
				Buttons: buttons("cancel"), Lasts: pause,
			}, shut)
			if err != nil {
				return err
			}
			if id == "cancel" {
				return errLeft
			}
			continue
		}
		right, err := c.tryCode(ctx, shut)
		if err != nil || right {
			return err
		}
	}
	return errLeft
}

func (c *Counter) tryCode(ctx context.Context, shut <-chan struct{}) (right bool, err error) {
	p := Page{Name: PageMaintenanceCode, Keys: keys("wait", "0"), Buttons: buttons("cancel"), Idle: c.Limits.Idle}
	code, id, err := c.Technician.Pad.AskDigits(ctx, p, CodeLeast, CodeMost, shut)
	if err != nil {
		return false, err
	}
	if id == "cancel" {
		return false, errLeft
	}
	if code == nil {
		return false, nil // the door moved
	}
	defer code.Wipe()
	e := Event{Kind: DeviceFault, Device: DeviceMaintenance, Reason: ReasonWrongCode, Action: "maintenance"}
	if right = c.Technician.Admits(code); right {
		e.Reason = ReasonCodeAccepted
	}
	// A disk that does not write must not give more tries.
	if err := c.write(e); err != nil {
		c.Log.Error("journal", "err", err)
		e.At, _ = c.Clock.Now()
		c.unbooked.apply(e)
	}
	return right, nil
}

func (c *Counter) codePause() time.Duration {
	now, _ := c.Clock.Now()
	return max(c.Journal.Ledger().CodePause(now), c.unbooked.pause(now))
}

// maintain shows the state of every device and does what the technician asks.
func (c *Counter) maintain(ctx context.Context, shut <-chan struct{}) error {
	signals := false
	defer c.signals(false)
	tried, err := c.try(ctx)
	if err != nil {
		return err
	}
	result := busy(tried)
	for c.doorOpen() {
		p := Page{Name: PageMaintenance, Keys: append(triedKeys(tried), c.figures()...), Idle: maintenanceRests}
		p.Keys = append(p.Keys, keys("failed", failures(tried), "result", result, "signals", yes(signals))...)
		service := "out-of-service"
		if c.Journal.Ledger().TakenOut() {
			service = "in-service"
		}
		p.Buttons = buttons("hopper-100", "hopper-50", "hopper-10", "cash-box", "test-slip", "test-signals", "check", service, "next", "language")
		id, err := c.Screen.Ask(ctx, p, shut)
		if err != nil {
			return err
		}
		result = ""
		switch id {
		case "next":
			return errLeft
		case "check":
			tried, err = c.checkAgain(ctx, shut)
			result = busy(tried)
		case "hopper-100":
			result, err = c.countHopper(ctx, 100, shut)
		case "hopper-50":
			result, err = c.countHopper(ctx, 50, shut)
		case "hopper-10":
			result, err = c.countHopper(ctx, 10, shut)
		case "cash-box":
			result, err = c.book(Event{Kind: CashCount, Device: DeviceCashBox, Yen: c.Journal.Ledger().Box(), Reason: ReasonEmptied}, "box-emptied")
		case "test-slip":
			result = c.testSlip(ctx)
		case "test-signals":
			signals = !signals
			c.signals(signals)
		case "out-of-service":
			result, err = c.book(Event{Kind: DeviceFault, Device: DeviceService, Reason: ReasonTakenOut}, "taken-out")
		case "in-service":
			result, err = c.book(Event{Kind: DeviceFault, Device: DeviceService, Reason: ReasonPutBack}, "put-back")
		}
		if err != nil {
			return err
		}
	}
	return errLeft
}

// checkAgain tries every device and shows the lines, as often as it is asked for.
func (c *Counter) checkAgain(ctx context.Context, shut <-chan struct{}) ([]Tried, error) {
	for {
		tried, err := c.try(ctx)
		if err != nil || tried == nil {
			return nil, err
		}
		id, err := c.checked(ctx, tried, shut)
		if err != nil || id != "check" {
			return tried, err
		}
	}
}

// busy says that nothing could be tried: somebody else has the kiosk.
func busy(tried []Tried) string {
	if tried == nil {
		return "busy"
	}
	return ""
}

// book writes what the technician has done, and says what to show of it. A
// journal that fails here takes the kiosk out of service; one that had failed
// before only cannot book.
func (c *Counter) book(e Event, done string) (result string, err error) {
	failed := c.Service.OutOfService()
	e.Action = "maintenance"
	if err = c.write(e); err == nil {
		return done, nil
	}
	if failed == "disk" || failed == "journal" {
		return "not-booked", nil
	}
	return "", err
}

// countHopper asks how many coins lie in a hopper now. What was put in or taken
// out is the difference to the count before: a cash count, and no loss.
func (c *Counter) countHopper(ctx context.Context, yen int, shut <-chan struct{}) (result string, err error) {
	p := Page{
		Name: PageMaintenanceHopper, Keys: keys("yen", strconv.Itoa(yen), "level", strconv.Itoa(c.Journal.Ledger().Hopper(yen))),
		Buttons: buttons("emptied", "back"), Idle: maintenanceRests,
	}
	typed, id, err := c.Technician.Pad.AskDigits(ctx, p, 1, coinsDigits, shut)
	if err != nil {
		return "", err
	}
	e := Event{Kind: CashCount, Device: DeviceHopper, Yen: yen, Reason: ReasonRefilled}
	switch {
	case id == "emptied":
		e.Reason = ReasonEmptied
	case typed == nil:
		return "", nil
	default:
		defer typed.Wipe()
		if err := typed.Use(func(b []byte) (err error) { e.Count, err = strconv.Atoi(string(b)); return err }); err != nil {
			return "", fmt.Errorf("count of coins: %w", err)
		}
	}
	return c.book(e, "counted")
}

func (c *Counter) testSlip(ctx context.Context) (result string) {
	now, _ := c.Clock.Now()
	printing, cancel := c.Clock.WithTimeout(ctx, c.Limits.Sheet, errors.New("the receipt printer took too long"))
	defer cancel()
	if err := c.Slips.Print(printing, Slip{Kind: "test", At: now, Kiosk: c.Kiosk, Contact: c.Contact}); err != nil {
		c.Log.Warn("test slip not printed", "err", err)
		return "slip-not-printed"
	}
	return "slip-printed"
}

// signals has all lamps blink and the buzzer sound, or ends it.
func (c *Counter) signals(on bool) {
	for _, lamp := range []string{LampReader, LampCoins, LampSheets, LampAttention} {
		if on {
			c.Signals.Blink(lamp)
		} else {
			c.Signals.Off(lamp)
		}
	}
	if on {
		c.Signals.Alarm()
	}
}

// figures are what the journal knows: money, what is owed and unsent, and why
// nobody is served.
func (c *Counter) figures() []Key {
	ledger := c.Journal.Ledger()
	reason := c.Service.OutOfService()
	if reason == "" {
		reason = "in-service"
	}
	list := keys("service", reason)
	for _, coin := range coinsOut {
		level := strconv.Itoa(ledger.Hopper(coin))
		state := "ok"
		if ledger.Stopped(coin) {
			state = "stopped"
		}
		list = append(list, keys(fmt.Sprintf("level-%d", coin), level, fmt.Sprintf("stock-%d", coin), state)...)
	}
	return append(list, keys(
		"coins", strconv.Itoa(ledger.CoinFaults()), "box", yen(ledger.Box()), "owed", yen(ledger.Owed()),
		"unsent", strconv.FormatUint(c.Technician.Unsent(), 10),
	)...)
}
