package daemon

import (
	"fmt"

	"kioskd/daemon/screen"
	"kioskd/flows"
)

// artist draws slips with the screen's font, one font for glass and paper.
type artist struct{ screen *screen.Screen }

func (a artist) Slip(s flows.Slip) (rows []byte, said func() error, err error) {
	kinds := map[string]string{"receipt": screen.SlipReceipt, "debt": screen.SlipOwed, "reset": screen.SlipReset, "test": screen.SlipTest}
	dots, err := a.screen.RenderSlip(kinds[s.Kind], screen.Slip{
		At: s.At, Contact: s.Contact, Store: s.Kiosk, Document: "residence-certificate", Number: s.Number,
		Copies: s.Copies, Fee: s.Fee, Paid: s.Paid, Change: s.Change, Owed: s.Owed, Incident: s.Incident,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("slip %s: %w", s.Kind, err)
	}
	return dots.Rows, func() error { return a.screen.SlipShown(dots) }, nil
}
