package flows

import (
	"context"
	"errors"
	"fmt"
)

// Recover books what a crash left open, before anybody is served (I10): what
// was paid and not delivered is owed; what nobody saw is unknown, never printed
// again and never charged; a reset without its outcome is unknown.
func (c *Counter) Recover() error {
	for _, a := range c.Journal.Ledger().Open() {
		if err := c.recover(a); err != nil {
			return err
		}
	}
	return nil
}

func (c *Counter) recover(a *Account) error {
	incident := incidentNumber()
	happened := false
	if a.sheetIntent != [2]int{} {
		happened = true
		if err := c.write(Event{Kind: SheetUnknown, Visit: a.Visit, Copy: a.sheetIntent[0], Sheet: a.sheetIntent[1], Incident: incident}); err != nil {
			return err
		}
		if err := c.write(Event{Kind: Incident, Visit: a.Visit, Reason: reasonSheetUnseen, Incident: incident}); err != nil {
			return err
		}
	}
	if a.coinIntent > 0 {
		happened = true
		if err := c.write(Event{Kind: Incident, Visit: a.Visit, Yen: a.coinIntent, Reason: reasonCoinUnseen, Incident: incident}); err != nil {
			return err
		}
	}
	if a.slipIntent {
		if err := c.write(Event{Kind: DeviceFault, Visit: a.Visit, Device: SlipPrinterDevice, Reason: reasonSlipUnseen}); err != nil {
			return err
		}
	}
	if a.accepting {
		happened = true
		if err := c.write(Event{Kind: Incident, Visit: a.Visit, Reason: reasonAccepting, Incident: incident}); err != nil {
			return err
		}
	}
	if a.resetIntent {
		happened = true
		if err := c.write(Event{Kind: ResetUnknown, Visit: a.Visit, Reason: "the power went", Incident: incident}); err != nil {
			return err
		}
		if err := c.write(Event{Kind: Incident, Visit: a.Visit, Reason: "the power went during a reset", Incident: incident}); err != nil {
			return err
		}
	}
	if a.Ended {
		// Its debt was being paid: what is left of it stays booked.
		if !a.paidOff() {
			return nil
		}
		return c.write(Event{Kind: DebtSettled, Visit: a.Visit, Yen: a.Promised})
	}
	// A copy that was seen leaving whole is the customer's and paid for, even
	// where the power went before its fee was booked.
	if a.Copies > 0 {
		unit := a.Fee / a.Copies
		for kept := a.Kept; kept < a.WholeCopies()*unit; kept += unit {
			if err := c.write(Event{Kind: FeeKept, Visit: a.Visit, Yen: unit, Copy: kept/unit + 1}); err != nil {
				return err
			}
		}
		a = c.Journal.Ledger().Account(a.Visit)
	}
	if a.Owes() > 0 && !happened {
		if err := c.write(Event{Kind: Incident, Visit: a.Visit, Yen: a.Owes(), Reason: "the power went during a visit", Incident: incident}); err != nil {
			return err
		}
	}
	return c.closeAccount(a.Visit, HowFailed, incident)
}

// Settle offers the money that a crash kept back, for limit.settle, in place of
// the first page. Coins do not roll into an empty room: the same card must be
// laid. What is not fetched here is the office's to pay.
func (c *Counter) Settle(ctx context.Context) error {
	now, _ := c.Clock.Now()
	var debts []*Account
	owed := 0
	for _, a := range c.Journal.Ledger().Debts() {
		if a.Person != "" && now.Sub(a.Booked) < c.Limits.Settle {
			debts = append(debts, a)
			owed += a.Debt
		}
	}
	if owed == 0 {
		return nil
	}
	c.Signals.Blink(LampReader)
	defer c.Signals.Off(LampReader)
	settling, cancel := c.Clock.WithTimeout(ctx, c.Limits.Settle-now.Sub(debts[len(debts)-1].Booked), errPageOver)
	defer cancel()
	for owed > 0 {
		err := c.settleOnce(settling, &debts, &owed)
		if errors.Is(err, errPageOver) || errors.Is(err, errHome) {
			return c.cardBack(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settleOnce waits for one card and pays what is owed to it.
func (c *Counter) settleOnce(ctx context.Context, debts *[]*Account, owed *int) error {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	p := Page{
		Name: PageSettle, Keys: keys("owed", yen(*owed)), Buttons: buttons("next", "language"), Contact: &c.Contact,
	}
	id, err := c.Screen.Ask(ctx, p, c.Reader.Laid(asking))
	if err != nil {
		return err
	}
	if id == "next" {
		return errHome
	}
	if !c.hold() {
		// Somebody is changing the kiosk: what is owed stays booked.
		_, err = c.Screen.Ask(ctx, p, c.Reader.Gone(asking))
		return err
	}
	defer c.release()
	person, err := c.whose()
	if err != nil {
		c.Log.Warn("settle: card not read", "err", err)
	}
	var left []*Account
	for _, a := range *debts {
		if person == "" || a.Person != person {
			left = append(left, a)
			continue
		}
		rest, err := c.settleDebt(a)
		if err != nil {
			return err
		}
		if rest > 0 {
			v := &visit{c: c, id: a.Visit, incident: a.Incident, contact: c.Contact}
			if err := v.slip(ctx, rest); err != nil {
				return err
			}
		}
	}
	if len(left) < len(*debts) {
		*debts = left
		*owed = 0
		for _, a := range left {
			*owed += a.Debt
		}
		c.Signals.Beep()
		_, err := c.takeCard(ctx)
		return err
	}
	// Another card, or one that cannot be read: the page stays.
	c.release()
	_, err = c.Screen.Ask(ctx, p, c.Reader.Gone(asking))
	return err
}

// settleDebt pays one debt and returns what the hoppers could not.
func (c *Counter) settleDebt(a *Account) (rest int, err error) {
	visit := a.Visit
	if err := c.payOut(visit, a.Debt); err != nil {
		return 0, err
	}
	if left := c.Journal.Ledger().Account(visit); left != nil && left.Debt > 0 {
		return left.Debt, nil
	}
	return 0, c.write(Event{Kind: DebtSettled, Visit: visit, Yen: a.Promised})
}

// whose reads the card on the reader far enough to know the person's hash.
func (c *Counter) whose() (string, error) {
	card, err := c.Reader.Open()
	if err != nil {
		return "", fmt.Errorf("open card: %w", err)
	}
	defer card.Close()
	cert := card.Certificate()
	if cert == nil {
		return "", errors.New("no certificate on the card")
	}
	return c.Journal.Person(cert.SerialNumber.Bytes()), nil
}
