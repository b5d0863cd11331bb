package words

// englishCheck is the technician's check in English.
func englishCheck() *Book {
	return &Book{
		Pages: map[string]Text{
			"maintenance-check":        {"Check", "Faulty: {failed}", nil},
			"maintenance-check/0":      {"Check", "All is well", nil},
			"maintenance-check/trying": {"Check", "Trying every device …", nil},
		},
		Buttons: map[string]string{"maintenance/check": "Check all", "maintenance-check/check": "Check again"},
		Words: map[string]string{
			"is-ok": "good", "is-failed": "faulty", "is-not-tried": "not tried", "n-failed": "Faulty: {n}", "more-failed": "and {n} more",
			"says-and": ", ", "to-do": "{device}: {answer}. {todo}",

			"line-fonts": "Fonts", "line-disk": "Disk", "line-journal": "Journal", "line-office": "Office", "line-configuration": "Configuration",
			"line-board": "Board", "line-clock": "Clock", "line-panel": "Panel", "line-touch": "Touch", "line-card-reader": "Card reader",
			"line-receipt-printer": "Receipt printer", "line-sheet-printer": "Sheet printer", "line-exit-sensor": "Exit sensor",
			"line-tray-sensor": "Tray sensor", "line-coin-acceptor": "Coin acceptor", "line-hopper-100": "Hopper 100", "line-hopper-50": "Hopper 50",
			"line-hopper-10": "Hopper 10", "line-lamps-buzzer": "Lamps, buzzer", "line-door": "Door", "line-power-fail": "Supply",

			"todo-fonts":           "Install the package of fonts again.",
			"todo-disk":            "Make room; a disk that turned read-only by itself is worn: change it.",
			"todo-journal":         "Run kioskd journal: it says what to do.",
			"todo-office":          "Look at the network cable and the router.",
			"todo-configuration":   "Ask the office which settings are right.",
			"todo-board":           "Look at the board's power, and start the kiosk anew.",
			"todo-clock":           "Let it reach a time server, or change the clock's battery.",
			"todo-panel":           "Look at the panel's cable and power.",
			"todo-touch":           "Look at the touch ribbon at both ends.",
			"todo-card-reader":     "Plug the reader in and look at its lamp.",
			"todo-receipt-printer": "Look at paper and cover, then at power and cable.",
			"todo-sheet-printer":   "Look at paper, jam and cover, then at power and cable.",
			"todo-exit-sensor":     "Take out what lies in the slot, then look at the sensor's wire.",
			"todo-tray-sensor":     "Take the paper out of the tray, then look at the sensor's wire.",
			"todo-coin-acceptor":   "Take out what sticks, then look at the acceptor's plug.",
			"todo-hopper-100":      "Take the coin out of its exit, then look at its plug.",
			"todo-hopper-50":       "Take the coin out of its exit, then look at its plug.",
			"todo-hopper-10":       "Take the coin out of its exit, then look at its plug.",
			"todo-lamps-buzzer":    "Look at the lamps' plug.",
			"todo-door":            "Look at the door contact's wire.",
			"todo-power-fail":      "Measure the supply, then look at the wire of its power-good line.",

			"says-media-empty": "no paper", "says-media-needed": "paper needed", "says-input-tray-missing": "paper tray out", "says-media-jam": "paper jam",
			"says-cover-open": "cover open", "says-door-open": "door open", "says-interlock-open": "not shut", "says-output-tray-missing": "output tray out",
			"says-output-area-full": "output full", "says-marker-supply-empty": "no toner", "says-toner-empty": "no toner",
			"says-marker-waste-full": "waste toner full", "says-opc-life-over": "drum worn out", "says-fuser-over-temp": "fuser too hot",
			"says-developer-empty": "no developer", "says-spool-area-full": "memory full", "says-paused": "paused", "says-moving-to-paused": "pausing",
			"says-stopping": "stopping", "says-shutdown": "switched off", "says-connecting-to-device": "connecting", "says-timed-out": "timed out",
			"says-media-low": "little paper", "says-output-area-almost-full": "output nearly full", "says-toner-low": "little toner",
			"says-marker-supply-low": "little toner", "says-marker-waste-almost-full": "waste nearly full", "says-opc-near-eol": "drum nearly worn",
			"says-developer-low": "little developer", "says-fuser-under-temp": "warming up",

			"says-offline": "off line", "says-cover open": "cover open", "says-paper end": "no paper", "says-paper near end": "roll nearly empty",
			"says-cutter error": "cutter stuck", "says-broken": "broken", "says-head hot": "head too hot",
			"says-no answer": "no answer", "says-holds the line": "holds the line", "says-a job stays in its queue": "job stuck in it",
		},
	}
}
