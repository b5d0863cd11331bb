package flows

import (
	"context"
	"errors"
	"strconv"
)

// coinsOfOneKind is how many coins of one denomination anyone must take at once
// (Act on Currency Units and Issuance of Coins, article 7).
const coinsOfOneKind = 20

// pay takes coins until the fee is in and the customer says print. Coins count
// when the acceptor has them and the journal knows; until then nothing is shown.
func (v *visit) pay(ctx context.Context) error {
	defer v.c.Signals.Off(LampCoins)
	count := make(map[int]int)
	accepting := false
	refuse := func() error {
		if !accepting {
			return nil
		}
		accepting = false
		v.c.Signals.Off(LampCoins)
		if err := v.c.Cash.Refuse(); err != nil {
			return err
		}
		return v.write(Event{Kind: AcceptorShut})
	}
	for {
		// Only what could be given back is taken: a coin that the hoppers could
		// not return would become a debt on cancel.
		want := v.paid < v.request.Fee && v.c.canReturn(v.paid+largestCoin)
		if want && !accepting {
			if err := v.write(Event{Kind: AcceptorOpen}); err != nil {
				return err
			}
			if err := v.c.Cash.Accept(); err != nil {
				return v.failed(ctx, "coin acceptor", err)
			}
			accepting = true
			v.c.Signals.Blink(LampCoins)
		}
		if !want {
			if err := refuse(); err != nil {
				return v.failed(ctx, "coin acceptor", err)
			}
		}
		id, err := v.c.Screen.Ask(ctx, v.payPage(), v.c.Cash.Pending())
		if coinErr := v.takeCoins(count); coinErr != nil {
			coinErr = errors.Join(coinErr, refuse())
			if errors.Is(coinErr, errUnheard) && !isJournal(coinErr) {
				return v.failed(ctx, "coin acceptor", coinErr)
			}
			return coinErr
		}
		if err != nil {
			if errors.Is(err, ErrIdle) {
				v.how = HowTimeout
				err = errCancelled
			}
			return errors.Join(err, refuse())
		}
		switch {
		case id == "cancel":
			return errors.Join(errCancelled, refuse())
		case id == "print" && v.paid >= v.request.Fee:
			if err := refuse(); err != nil {
				return v.failed(ctx, "coin acceptor", err)
			}
			return v.write(Event{
				Kind: Paid, Paid: v.paid, Fee: v.request.Fee, Copies: v.request.Copies,
				Of: len(v.document.Sheets), Issue: v.document.Issue,
			})
		}
	}
}

func (v *visit) payPage() Page {
	remark := ""
	switch {
	case v.paid < v.request.Fee && !v.c.canReturn(v.paid+largestCoin):
		remark = RemarkNoChange
	case v.uncounted:
		remark = RemarkNotCounted
	}
	return Page{
		Remark: remark,
		Name:   PagePay,
		Keys: keys("fee", yen(v.request.Fee), "paid", yen(v.paid),
			"sheets", strconv.Itoa(len(v.document.Sheets)*v.request.Copies)),
		Buttons: []Button{{ID: "print", Disabled: v.paid < v.request.Fee}, {ID: "cancel"}},
		Contact: &v.contact,
		Idle:    v.c.Limits.Pay,
	}
}

var errUnheard = errors.New(CoinsUnheard)

// takeCoins books every finished coin train. A train that is no coin is a
// fault and never money; a coin over what anyone must take goes straight back.
// errUnheard says that no more can come; count nil, that none is wanted.
func (v *visit) takeCoins(count map[int]int) error {
	unheard := false
	for {
		coin, ok := v.c.Cash.Next()
		if !ok {
			if a := v.c.Journal.Ledger().Account(v.id); a != nil {
				v.paid = a.Inserted - a.Returned
			}
			if unheard && count != nil {
				return errUnheard
			}
			return nil
		}
		if coin.Fault != "" {
			if err := v.write(Event{Kind: DeviceFault, Device: DeviceCoins, Reason: coin.Fault, Action: "maintenance"}); err != nil {
				return err
			}
			v.uncounted = true
			unheard = unheard || coin.Fault == CoinsUnheard
			continue
		}
		if err := v.write(Event{Kind: CoinIn, Yen: coin.Yen}); err != nil {
			return err
		}
		if count == nil {
			continue
		}
		count[coin.Yen]++
		if count[coin.Yen] > coinsOfOneKind {
			if err := v.c.payOut(v.id, coin.Yen); err != nil {
				return err
			}
		}
	}
}

// payBack gives back what is neither kept nor given back yet, and returns what
// it could not: that is owed, booked, and has a number.
func (v *visit) payBack() (owed int, err error) {
	if err := v.takeCoins(nil); err != nil {
		return 0, err
	}
	account := v.c.Journal.Ledger().Account(v.id)
	if account == nil || account.Owes() == 0 {
		return 0, nil
	}
	if account.Debt > 0 {
		return account.Debt, nil // was tried and booked before
	}
	before := account.Returned
	if err := v.c.payOut(v.id, account.Owes()); err != nil {
		return 0, err
	}
	account = v.c.Journal.Ledger().Account(v.id)
	v.change += account.Returned - before
	owed = account.Owes()
	if owed == 0 {
		return 0, nil
	}
	if v.incident == "" {
		v.incident = incidentNumber()
	}
	return owed, v.write(Event{Kind: DebtBooked, Yen: owed, Incident: v.incident, Person: account.Person})
}
