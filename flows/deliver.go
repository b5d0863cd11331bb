package flows

import (
	"context"
	"errors"
	"strconv"
)

// errStopped is the customer's answer to a jam: no more paper, the money back.
var errStopped = errors.New("the customer stopped after a jam")

// deliver prints copy by copy and sheet by sheet, keeps the fee of each copy
// that came out whole (I3), gives the rest back, and waits until the tray is
// empty.
func (v *visit) deliver(ctx context.Context) error {
	err := v.print(ctx)
	v.document.Wipe()
	switch {
	case err == nil:
		return v.handOver(ctx, HowDone)
	case errors.Is(err, errStopped) && v.copies > 0:
		return v.handOver(ctx, HowDone)
	case errors.Is(err, errStopped):
		if !v.c.Sheets.Lying() {
			return errCancelled
		}
		return v.handOver(ctx, HowCancelled) // a torn copy lies there; its fee went back
	default:
		return err
	}
}

func (v *visit) print(ctx context.Context) error {
	unit := v.request.Fee / v.request.Copies
	for copyNo := 1; copyNo <= v.request.Copies; copyNo++ {
		for _, sheet := range v.document.Sheets {
			if err := v.printSheet(ctx, copyNo, sheet); err != nil {
				return err
			}
		}
		if err := v.write(Event{Kind: FeeKept, Yen: unit, Copy: copyNo}); err != nil {
			return err
		}
		v.copies++
		v.kept += unit
	}
	return nil
}

// printSheet prints one sheet, and again only when the printer is known not to
// have printed it and the customer, who is here, says so.
func (v *visit) printSheet(ctx context.Context, copyNo int, sheet Sheet) error {
	for {
		err := v.oneSheet(ctx, copyNo, sheet)
		var not *NotPrinted
		switch {
		case err == nil:
			return nil
		case isJournal(err):
			return err
		case !errors.As(err, &not):
			// Nobody saw what became of it: unknown is never printed again by
			// itself (D16), and its fee is not kept.
			if err := v.write(Event{Kind: SheetUnknown, Sheet: sheet.Number, Copy: copyNo}); err != nil {
				return err
			}
			return v.sheetLost(ctx, err)
		}
		if err := v.jam(ctx, sheet.Number, not); err != nil {
			return err
		}
	}
}

// oneSheet is one intent and what came of it.
func (v *visit) oneSheet(ctx context.Context, copyNo int, sheet Sheet) error {
	of := strconv.Itoa(len(v.document.Sheets))
	if err := v.c.Screen.Show(ctx, Page{
		Name: PagePrinting,
		Keys: keys("sheet", strconv.Itoa(sheet.Number), "of", of, "copy", strconv.Itoa(copyNo), "copies", strconv.Itoa(v.request.Copies)),
	}); err != nil {
		return err
	}
	if err := v.write(Event{Kind: SheetIntent, Sheet: sheet.Number, Copy: copyNo, Issue: v.document.Issue}); err != nil {
		return err
	}
	printing, cancel := v.c.Clock.WithTimeout(ctx, v.c.Limits.Sheet, errors.New("the sheet took too long"))
	defer cancel()
	if err := v.c.Sheets.Print(printing, sheet.Raster); err != nil {
		return err
	}
	return v.write(Event{Kind: SheetDelivered, Sheet: sheet.Number, Copy: copyNo, Of: len(v.document.Sheets), Issue: v.document.Issue})
}

// sheetLost ends the job after a sheet that nobody saw. Copies that came out
// whole before it stay paid for.
func (v *visit) sheetLost(ctx context.Context, cause error) error {
	if err := v.failed(ctx, "a sheet was not seen leaving the printer", cause); !errors.Is(err, errHome) {
		return err
	}
	v.c.notReady(ctx, v.c.Sheets.Ready, "printer") // for the event: what, and who can help
	if v.c.Sheets.Lying() {
		if err := v.takeSheets(ctx, Page{Name: PageTakeSheets, Keys: keys("change", "0"), Contact: &v.contact}); err != nil {
			return err
		}
	}
	return errHome
}

// jam tells the staff what to clear, without any content of the sheet, and
// waits for the customer's word. An error that is followed by success is an
// incident all the same (D8).
func (v *visit) jam(ctx context.Context, sheet int, why *NotPrinted) error {
	v.incident = incidentNumber()
	if err := v.write(Event{Kind: Incident, Incident: v.incident, Reason: "sheet not printed: " + why.Reason, Sheet: sheet}); err != nil {
		return err
	}
	v.c.notReady(ctx, v.c.Sheets.Ready, "printer") // for the event: what, and who can help
	v.c.Signals.Blink(LampAttention)
	defer v.c.Signals.Off(LampAttention)
	v.c.Signals.Beep()
	for {
		id, err := v.c.Screen.Ask(ctx, Page{
			Name:    PageJam,
			Keys:    keys("sheet", strconv.Itoa(sheet), "of", strconv.Itoa(len(v.document.Sheets)), "incident", v.incident),
			Buttons: buttons("go-on", "stop"),
			Contact: &v.contact,
			Idle:    v.c.Limits.Pay,
		}, nil)
		if errors.Is(err, ErrIdle) {
			return errStopped // nobody is here to say yes
		}
		if err != nil {
			return err
		}
		if id == "stop" {
			return errStopped
		}
		if v.c.notReady(ctx, v.c.Sheets.Ready, "printer") == "" {
			return nil
		}
	}
}

// handOver gives paper, receipt and change, and waits until the tray is empty:
// nobody else starts while it is not.
func (v *visit) handOver(ctx context.Context, how string) error {
	v.how = how
	account := v.c.Journal.Ledger().Account(v.id)
	v.c.Signals.Blink(LampSheets)
	defer v.c.Signals.Off(LampSheets)
	v.c.Signals.Beep()
	p := Page{Name: PageTakeSheets, Keys: keys("change", yen(account.Owes())), Contact: &v.contact}
	if err := v.c.Screen.Show(ctx, p); err != nil {
		return err
	}
	owed, err := v.payBack()
	if err != nil {
		return err
	}
	if v.copies > 0 {
		v.printSlip(ctx, Slip{
			Kind: "receipt", Copies: v.copies, Fee: v.kept, Paid: v.paid, Change: v.change, Owed: owed,
		})
	}
	if err := v.takeSheets(ctx, p); err != nil {
		return err
	}
	v.c.Signals.Off(LampSheets)
	if owed > 0 {
		return nil // the slip comes next
	}
	return v.c.lasting(ctx, Page{Name: PageGoodbye})
}

func (v *visit) takeSheets(ctx context.Context, p Page) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	taken := v.c.Sheets.Clear(waiting)
	p.Lasts = v.c.Limits.Card
	if _, err := v.c.Screen.Ask(ctx, p, taken); err != nil {
		return err
	}
	if !v.c.Sheets.Lying() {
		return nil
	}
	return v.c.forgotten(ctx, "sheets", taken)
}
