package flows

import (
	"context"
	"errors"
)

// coinsOut are the hoppers' coins, largest first. Each divides the next, so the
// greedy choice is the best one.
var coinsOut = [...]int{100, 50, 10}

// What an incident's Reason says of a pay-out.
const (
	reasonCoinStayed = "coin did not leave the hopper"
	reasonCoinUnseen = "coin in motion when the power went"
	reasonOverran    = "hopper overran"
)

const (
	// reasonAccepting is an incident's where coins were let in when the power went:
	// one may lie in the box that nobody has counted.
	reasonAccepting  = "coins were let in when the power went"
	reasonSlipUnseen = "nobody knows whether a slip was printed"
	// reasonSheetUnseen is an incident's where a sheet was being printed when the
	// power went.
	reasonSheetUnseen = "a sheet in motion when the power went"
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
// hopper can go on. What it did not manage is the ledger's difference. A coin
// that left although nobody asked for it, as makers document, is in the
// customer's hand and counts; what went beyond the amount is the house's loss
// and an incident. The only error is the journal's.
func (c *Counter) payOut(visit string, amount int) error {
	stuck := make(map[int]bool)
	used := make(map[int]bool)
	last := 0 // yen of the hopper whose motor ran last
	for amount > 0 {
		yen := c.nextCoin(amount, stuck)
		if last != 0 && yen != last {
			late, err := c.lateCoins(visit, last)
			if err != nil {
				return err
			}
			last = 0
			if late > 0 {
				amount -= late
				continue
			}
		}
		if yen == 0 {
			break
		}
		if !used[yen] {
			if err := c.strayCoins(yen); err != nil {
				return err
			}
			used[yen] = true
		}
		last = yen
		seen, err := c.payOneCoin(visit, yen)
		if isJournal(err) {
			return err
		}
		if err != nil {
			stuck[yen] = true
		}
		amount -= seen * yen
	}
	if last != 0 {
		late, err := c.lateCoins(visit, last)
		if err != nil {
			return err
		}
		amount -= late
	}
	if amount >= 0 {
		return nil
	}
	return c.write(Event{Kind: Incident, Visit: visit, Yen: -amount, Reason: reasonOverran, Incident: incidentNumber()})
}

// lateCoins waits until no coin can follow a hopper's motor any more, books
// those that did, and returns their yen.
func (c *Counter) lateCoins(visit string, yen int) (late int, err error) {
	coins, err := c.Cash.Late(yen)
	if err != nil {
		c.Log.Warn("hopper after its last coin", "yen", yen, "err", err)
	}
	for range coins {
		if err := c.write(Event{Kind: CoinOut, Visit: visit, Yen: yen, Reason: reasonOverran}); err != nil {
			return 0, err
		}
	}
	return coins * yen, nil
}

// strayCoins books what left a hopper since its last pay-out was over: nobody's
// money, so that it is not taken for this customer's.
func (c *Counter) strayCoins(yen int) error {
	late, err := c.lateCoins("", yen)
	if err != nil || late == 0 {
		return err
	}
	return c.write(Event{Kind: Incident, Yen: late, Reason: reasonOverran, Incident: incidentNumber()})
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

// payOneCoin lets one coin out: intent, motor, and what the exit sensor saw,
// booked coin by coin, for a hopper may overrun.
func (c *Counter) payOneCoin(visit string, yen int) (seen int, err error) {
	if err := c.write(Event{Kind: CoinIntent, Visit: visit, Yen: yen, Count: 1}); err != nil {
		return 0, err
	}
	seen, payErr := c.Cash.PayOut(yen)
	for range seen {
		if err := c.write(Event{Kind: CoinOut, Visit: visit, Yen: yen}); err != nil {
			return 0, err
		}
	}
	if seen > 0 {
		return seen, nil
	}
	c.Log.Warn("pay-out stopped", "yen", yen, "err", payErr)
	if err := c.write(Event{Kind: DeviceFault, Visit: visit, Device: DeviceHopper, Yen: yen, Reason: "no coin came", Action: "maintenance"}); err != nil {
		return 0, err
	}
	return 0, errors.Join(errNoCoin, c.write(Event{Kind: Incident, Visit: visit, Yen: yen, Reason: reasonCoinStayed, Incident: incidentNumber()}))
}

var errNoCoin = errors.New("no coin came out of the hopper")

func isJournal(err error) bool {
	var j *JournalError
	return errors.As(err, &j)
}

// returnStray gives back coins that came while nobody was asked for money: a
// coin that was on its way when the acceptor was closed. Each gets a visit of
// its own, so that a crash in between still owes it; what the hoppers cannot give
// is on a slip.
func (c *Counter) returnStray(ctx context.Context) error {
	for {
		coin, ok := c.Cash.Next()
		if !ok {
			return nil
		}
		if coin.Fault != "" {
			c.note(Event{Kind: DeviceFault, Device: DeviceCoins, Reason: coin.Fault, Action: "maintenance"})
			continue
		}
		v := &visit{c: c, id: number(), contact: c.Contact, incident: incidentNumber()}
		if err := v.write(Event{Kind: CoinIn, Yen: coin.Yen, Reason: "came late"}); err != nil {
			return err
		}
		if err := c.payOut(v.id, coin.Yen); err != nil {
			return err
		}
		owed := c.Journal.Ledger().Account(v.id).Owes()
		if err := c.closeAccount(v.id, HowCancelled, v.incident); err != nil {
			return err
		}
		if owed > 0 {
			if err := v.slip(ctx, owed); err != nil {
				return err
			}
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
	p := Page{
		Name:    PageSlip,
		Keys:    keys("owed", yen(owed), "incident", v.incident),
		Buttons: buttons("next"),
		Contact: &v.contact,
		Idle:    v.c.Limits.Idle,
	}
	if err := v.c.Screen.Show(ctx, p); err != nil {
		return err
	}
	v.printSlip(ctx, Slip{Kind: "debt", Owed: owed})
	_, err := v.c.Screen.Ask(ctx, p, nil)
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
	if err := v.write(Event{Kind: SlipIntent, Reason: s.Kind}); err != nil {
		v.c.Log.Error("journal", "err", err) // and the next event that matters ends the visit
		return false
	}
	printing, cancel := v.c.Clock.WithTimeout(ctx, v.c.Limits.Sheet, errors.New("the receipt printer took too long"))
	defer cancel()
	err := v.c.Slips.Print(printing, s)
	if err == nil {
		kind := SlipPrinted
		if s.Kind == "receipt" {
			kind = ReceiptPrinted
		}
		v.c.note(Event{Kind: kind, Visit: v.id})
		return true
	}
	v.c.Log.Warn("slip", "kind", s.Kind, "err", err)
	reason := reasonSlipUnseen
	var not *NotPrinted
	if errors.As(err, &not) {
		reason = "slip not printed"
	}
	v.c.note(Event{Kind: DeviceFault, Visit: v.id, Device: SlipPrinterDevice, Reason: reason})
	v.c.notReady(ctx, v.c.Slips.Ready, "receipt") // for the event: what, and who can help
	return false
}
