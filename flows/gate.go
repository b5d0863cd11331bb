package flows

import (
	"context"
	"errors"
	"slices"
	"time"
)

// tokyo has no daylight saving time, and has had none since 1951.
var tokyo = time.FixedZone("Asia/Tokyo", 9*60*60)

// Hours and price where the office has said nothing yet, both this project's own
// (facts: the base window of every municipality is 6:30 to 23:00).
var baseHours = Hours{From: 6*time.Hour + 30*time.Minute, To: 23 * time.Hour}

const (
	baseFee      = 200 // yen a copy
	largestCoin  = 500 // yen
	deviceAnswer = 5 * time.Second
)

// gate says why this cannot be had now, before anything is asked of the
// customer; "" means it can. The reasons are the scenario language's.
func (c *Counter) gate(ctx context.Context, what string) string {
	rules := c.Office.Rules()
	if len(rules.Offers) > 0 && !slices.Contains(rules.Offers, what) {
		return "not-offered"
	}
	now, _ := c.Clock.Now()
	if reason := closed(rules, c.Municipality, what, now, c.Limits.LastStart); reason != "" {
		return reason
	}
	if reason := c.Service.Withheld(what); reason != "" {
		return reason
	}
	if !c.Office.Reachable() {
		return "office"
	}
	// What became of an earlier reset the office must know before anybody is
	// served (I10).
	if !c.reported(ctx) {
		return "office"
	}
	if !c.Reader.Working() {
		return "reader"
	}
	if what == ErrandReset {
		return "" // no paper and no money is in it
	}
	if reason := c.notReady(ctx, c.Sheets.Ready, "printer"); reason != "" {
		return reason
	}
	if reason := c.notReady(ctx, c.Slips.Ready, "receipt"); reason != "" {
		return reason
	}
	if !c.canReturn(fee(rules, c.Municipality, now) + largestCoin) {
		return "change"
	}
	return ""
}

// closed says whether the calendar forbids a start now: maintenance, closed
// days, or the hours, which end lastStart early so that nobody is caught by
// them in the middle.
func closed(rules Rules, municipality, errand string, now time.Time, lastStart time.Duration) string {
	for _, m := range rules.Maintenance {
		if !now.Before(m.From) && now.Before(m.To) {
			return "maintenance"
		}
	}
	local := now.In(tokyo)
	today := MonthDay{local.Month(), local.Day()}
	for _, c := range rules.Closed {
		if c.concerns(municipality, errand) && c.includes(today) {
			return "closed"
		}
	}
	hours, ok := rules.HoursOf[municipality][errand]
	if !ok {
		hours, ok = rules.Hours[municipality]
	}
	if !ok {
		hours = baseHours
	}
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, tokyo)
	since := local.Sub(midnight)
	if since < hours.From || since >= hours.To-lastStart {
		return "hours"
	}
	return ""
}

func (c Closure) concerns(municipality, errand string) bool {
	return (c.Municipality == "" || c.Municipality == municipality) && (c.Errand == "" || c.Errand == errand)
}

// includes also holds for a closure over the turn of the year, as the one from
// 12-29 to 01-03 is.
func (c Closure) includes(d MonthDay) bool {
	from, to, day := c.From.ordinal(), c.To.ordinal(), d.ordinal()
	if from <= to {
		return from <= day && day <= to
	}
	return day >= from || day <= to
}

func (m MonthDay) ordinal() int { return int(m.Month)*100 + m.Day }

// fee is the price of one copy at that moment.
func fee(rules Rules, municipality string, now time.Time) int {
	price := Price{Yen: baseFee}
	for _, p := range rules.Tariff[municipality] {
		if !p.From.After(now) && !p.From.Before(price.From) {
			price = p
		}
	}
	return price.Yen
}

// notReady asks a device and turns its answer into the customer's reason and
// the technician's event.
func (c *Counter) notReady(ctx context.Context, ready func(context.Context) error, otherwise string) string {
	ctx, cancel := c.Clock.WithTimeout(ctx, deviceAnswer, errors.New("the device does not answer"))
	defer cancel()
	err := ready(ctx)
	c.Stands(Standing(devices[otherwise], err))
	var low *Low
	var not *NotReady
	switch {
	case err == nil, errors.As(err, &low):
		return ""
	case errors.As(err, &not) && otherwise == "printer" && not.Reason == "paper":
		otherwise = "paper"
	}
	c.Log.Warn("device not ready", "device", otherwise, "err", err)
	return otherwise
}

// Standing is how a device stands by what its Ready has said.
func Standing(device string, err error) Event {
	var low *Low
	var not *NotReady
	switch {
	case err == nil:
		return Event{Device: device, Reason: DeviceReady}
	case errors.As(err, &low):
		return Event{Device: low.Device, Reason: low.Reason, Action: low.Action}
	case errors.As(err, &not):
		return Event{Device: not.Device, Reason: not.Said(), Action: not.Action}
	default:
		return Event{Device: device, Reason: "no answer", Action: "maintenance"}
	}
}

// devices are the devices behind the customer's reasons. It is read only.
var devices = map[string]string{"printer": SheetPrinterDevice, "receipt": SlipPrinterDevice}

// DeviceReady is the reason of a device that works again.
const DeviceReady = "ready"

// Stands books how a device stands when that has changed: once when it fails or
// runs low, once when it is ready again, and not at each customer in between. It
// is safe for concurrent use: devices are looked at between customers, too.
func (c *Counter) Stands(e Event) {
	now := e.Reason + ", " + e.Action
	c.standing.Lock()
	defer c.standing.Unlock()
	before, known := c.stand[e.Device]
	if now == before || (!known && e.Reason == DeviceReady) {
		return
	}
	if c.stand == nil {
		c.stand = make(map[string]string)
	}
	c.stand[e.Device] = now
	e.Kind = DeviceFault
	c.note(e)
}

// unavailable says so before the card is laid, and leads back to the menu.
func (c *Counter) unavailable(ctx context.Context, errand, reason string, contact Contact) error {
	if _, err := c.ask(ctx, Page{
		Name:    PageUnavailable,
		Keys:    append(keys("reason", reason), errandKey(errand)...),
		Buttons: buttons("back", "help", "language", "cancel"),
		Contact: &contact,
		Idle:    c.Limits.Idle,
	}, nil); err != nil {
		return err
	}
	return errAgain
}

// guidance tells where to go and what to bring. Over a page of a visit it can
// be left both ways: "back" to that page, "next" to the first one.
func (c *Counter) guidance(ctx context.Context, topic string, contact Contact) error {
	id, err := c.Screen.Ask(ctx, Page{
		Name:    PageGuidance,
		Keys:    keys("topic", topic),
		Buttons: buttons("back", "next", "language"),
		Contact: &contact,
		Idle:    c.Limits.Idle,
	}, nil)
	if err != nil {
		return err
	}
	if id == "back" {
		return nil
	}
	return errHome
}
