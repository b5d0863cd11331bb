package shop

import "kioskd/simulator/board/receipts"

// Papers are the receipts and slips as the receipt printer cut them, oldest
// first: what lies there, whatever kioskd says of it.
func (k *Kiosk) Papers() []receipts.Slip { return k.receipts.Slips() }
