package words

// englishMaintenance says the same in English.
func englishMaintenance() *Book {
	return &Book{
		Pages: map[string]Text{
			"out-of-service/technician": {"Out of service", "Under maintenance", []string{"A technician has taken this machine out of service.", "Please use another shop or your municipal office."}},

			"maintenance-code":   {"Maintenance", "Enter the technician's code", []string{"If you are not the technician, please shut the door."}},
			"maintenance":        {"Maintenance", "Maintenance: shut the door to end it", nil},
			"maintenance-hopper": {"Refill or empty", "How many coins of {yen} yen now?", []string{"Type what you counted, then “Enter”. If you took all of them out: “Emptied”."}},
		},
		Buttons: map[string]string{
			"maintenance": "Service", "hopper-100": "Count 100 yen", "hopper-50": "Count 50 yen", "hopper-10": "Count 10 yen",
			"cash-box": "Box emptied", "test-slip": "Test slip", "test-signals": "Lamps, sound",
			"out-of-service": "Out of service", "in-service": "Back in service", "emptied": "Emptied", "maintenance/next": "Done", "more": "Others",
		},
		Words: map[string]string{
			"code-wait": "That code was not right. The next one can be entered in {wait} seconds.", "typed-digits": "{n} {n|digit|digits} typed", "level-now": "By the records: {level}",
			"st-service": "Service", "st-card-reader": "Reader", "st-sheet-printer": "Sheets", "st-receipt-printer": "Receipts", "st-coins": "Bad coins",
			"st-office": "Office", "st-level-100": "100 yen", "st-level-50": "50 yen", "st-level-10": "10 yen", "st-box": "Cash box", "st-owed": "Owed",
			"st-unsent": "Unsent", "st-clock": "Clock", "st-disk": "Disk", "st-journal": "Journal", "st-panel": "Panel", "st-touch": "Touch",
			"st-coins-of": "{n} {n|coin|coins}", "st-faults": "{n}", "st-events": "{n} {n|event|events}",
			"is-in-service": "in service", "is-stopped": "stopped", "is-configuration": "settings", "is-technician": "taken out", "is-office-order": "office's order", "is-clock": "clock", "is-version": "update due",
			"is-disk": "disk", "is-journal": "journal", "is-panel": "panel", "is-touch": "touch",
			"did-counted": "Count booked", "did-box-emptied": "Emptying booked", "did-slip-printed": "Printed", "did-slip-not-printed": "Not printed",
			"did-taken-out": "Out of service", "did-put-back": "In service again", "did-not-booked": "Cannot be booked", "did-busy": "Being changed",
			"remark-not-counted": "A coin was not counted. If it is not in the coin return, please tell the shop staff.",
			"remark-no-change":   "This machine would run out of change, so it takes no more coins. Press “Cancel”: all your coins come back.",
			"part":               "{part} of {parts}",
		},
	}
}
