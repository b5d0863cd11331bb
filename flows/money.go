package flows

import (
	"context"
	"errors"
)

// coinsOut are the hoppers' coins, largest first. Each divides the next, so the
// greedy choice is the best one.
var coinsOut = [...]int{100, 50, 10}

// Why a pay-out has no coin-out event, in an incident's Reason.
const (
	reasonCoinStayed = "coin did not leave the hopper"
	reasonCoinUnseen = "coin in motion when the power went"
)

// canReturn says whether the hoppers hold that amount in coins that fit. A
// hopper that stopped at the last pay-out counts as empty.
func (c *Counter) canReturn(amount int) bool {
	ledger := c.Journal.Ledger()
	for _, yen := range coinsOut {
		if ledger.Stopped(yen) {
			continue
		}
		n := min(amount/yen, max(0, ledger.Hopper(yen)))
		amount -= n * yen
	}
	return amount == 0
}

// payOut pays an amount out of the hoppers, coin by coin, and stops when no
// hopper can go on. What it did not manage is the ledger's difference. The only
// error is the journal's.
func (c *Counter) payOut(visit string, amount int) error {
	stuck := make(map[int]bool)
	var last int // yen of the hopper that ran last
	for amount > 0 {
		yen := c.nextCoin(amount, stuck)
		if yen == 0 {
			break
		}
		if last != 0 && yen != last {
			if err := c.lateCoins(visit, last); err != nil {
				return err
			}
		}
		last = yen
		err := c.payOneCoin(visit, yen)
		if isJournal(err) {
			return err
		}
		if err != nil {
			stuck[yen] = true
			continue
		}
		amount -= yen
	}
	if last == 0 {
		return nil
	}
	return c.lateCoins(visit, last)
}

// lateCoins books the coins that left after the motor had stopped: makers
// document that one may. It is the house's loss and an incident, and the hopper's
// count stays true.
func (c *Counter) lateCoins(visit string, yen int) error {
	coins, err := c.Cash.Late(yen)
	if err != nil {
		c.Log.Warn("hopper after its last coin", "yen", yen, "err", err)
	}
	for range coins {
		if err := c.write(Event{Kind: CoinOut, Visit: visit, Yen: yen, Reason: "overran"}); err != nil {
			return err
		}
	}
	if coins == 0 {
		return nil
	}
	return c.write(Event{Kind: Incident, Visit: visit, Yen: yen * coins, Reason: "hopper overran", Incident: incidentNumber()})
}

// nextCoin is the largest coin that fits and may still come.
func (c *Counter) nextCoin(amount int, stuck map[int]bool) int {
	for _, yen := range coinsOut {
		if yen <= amount && !stuck[yen] && c.Journal.Ledger().Hopper(yen) > 0 {
			return yen
		}
	}
	return 0
}

// payOneCoin lets one coin out: intent, motor, and what the exit sensor saw. An
// overrun is booked coin by coin; it is the house's loss and an incident.
func (c *Counter) payOneCoin(visit string, yen int) error {
	if err := c.write(Event{Kind: CoinIntent, Visit: visit, Yen: yen, Count: 1}); err != nil {
		return err
	}
	seen, payErr := c.Cash.PayOut(yen)
	for range seen {
		if err := c.write(Event{Kind: CoinOut, Visit: visit, Yen: yen}); err != nil {
			return err
		}
	}
	if seen == 0 {
		c.Log.Warn("pay-out stopped", "yen", yen, "err", payErr)
		if err := c.write(Event{Kind: DeviceFault, Visit: visit, Device: DeviceHopper, Yen: yen, Reason: "no coin came", Action: "maintenance"}); err != nil {
			return err
		}
		return errors.Join(errNoCoin, c.write(Event{Kind: Incident, Visit: visit, Yen: yen, Reason: reasonCoinStayed, Incident: incidentNumber()}))
	}
	return nil
}

var errNoCoin = errors.New("no coin came out of the hopper")

func isJournal(err error) bool {
	var j *JournalError
	return errors.As(err, &j)
}

// returnStray gives back coins that came while nobody was asked for money: a
// coin that was on its way when the acceptor was closed. Each gets a visit of
// its own, so that a crash in between still owes it.
func (c *Counter) returnStray() error {
	for {
		coin, ok := c.Cash.Next()
		if !ok {
			return nil
		}
		if coin.Fault != "" {
			c.note(Event{Kind: DeviceFault, Device: DeviceCoins, Reason: coin.Fault, Action: "maintenance"})
			continue
		}
		visit := number()
		if err := c.write(Event{Kind: CoinIn, Visit: visit, Yen: coin.Yen, Reason: "came late"}); err != nil {
			return err
		}
		if err := c.payOut(visit, coin.Yen); err != nil {
			return err
		}
		if err := c.closeAccount(visit, HowCancelled, incidentNumber()); err != nil {
			return err
		}
	}
}

// closeAccount ends a visit's account: what it is still owed becomes a debt.
func (c *Counter) closeAccount(visit, how, incident string) error {
	if a := c.Journal.Ledger().Account(visit); a != nil && a.Owes() > 0 && a.Debt == 0 {
		if err := c.write(Event{Kind: DebtBooked, Visit: visit, Yen: a.Owes(), Incident: incident, Person: a.Person}); err != nil {
			return err
		}
	}
	return c.write(Event{Kind: VisitEnded, Visit: visit, How: how})
}

// slip prints what is owed and shows it. A slip that cannot be printed is said
// on the page all the same: the number is there.
func (v *visit) slip(ctx context.Context, owed int) error {
	v.printSlip(ctx, Slip{Kind: "debt", Owed: owed})
	return v.c.slipPage(ctx, owed, v.incident, v.contact)
}

func (c *Counter) slipPage(ctx context.Context, owed int, incident string, contact Contact) error {
	_, err := c.Screen.Ask(ctx, Page{
		Name:    PageSlip,
		Keys:    keys("owed", yen(owed), "incident", incident),
		Buttons: buttons("next"),
		Contact: &contact,
		Idle:    c.Limits.Idle,
	}, nil)
	if errors.Is(err, ErrIdle) {
		return nil
	}
	return err
}

// printSlip fills in what every slip says and prints it. It is no reason to
// fail a visit; that it did not print is an event.
func (v *visit) printSlip(ctx context.Context, s Slip) bool {
	s.At, _ = v.c.Clock.Now()
	s.Kiosk, s.Number, s.Contact, s.Incident = v.c.Kiosk, v.id[:8], v.contact, v.incident
	printing, cancel := v.c.Clock.WithTimeout(ctx, v.c.Limits.Sheet, errors.New("the receipt printer took too long"))
	defer cancel()
	err := v.c.Slips.Print(printing, s)
	if err == nil {
		return true
	}
	v.c.Log.Warn("slip", "kind", s.Kind, "err", err)
	reason := "nobody knows whether a slip was printed"
	var not *NotPrinted
	if errors.As(err, &not) {
		reason = "slip not printed"
	}
	v.c.note(Event{Kind: DeviceFault, Visit: v.id, Device: SlipPrinterDevice, Reason: reason, Action: "clear"})
	return false
}
