package words

// englishReset says the same as japaneseReset.
func englishReset() *Book {
	const closed = "Not available now"
	return &Book{
		Pages: map[string]Text{
			"reset-about": {"Password reset", "Set a new password for your certificate for signature (free)", []string{
				"It has 6–16 letters and digits and is used for e-Tax and online applications. A booking, made with the phone app, is needed.",
				"4-digit PINs, such as that for user verification, cannot be reset here.",
			}},
			"booked": {"Booking", "Have you booked with the phone app?", []string{
				"A booking is good for 24 hours, for the card it was made with.", "You also need your 4-digit login PIN.",
			}},
			"how-to-book": {"How to book", "Please book first", []string{
				"1. Install the app “JPKI PIN reset” on your phone.\n2. Photograph the card and enter the 4-digit PIN.\n3. Show your face to confirm that it is you.",
				"You can book at any hour. Come here within 24 hours of booking.",
			}},
			"new-password": {"New password", "New password of your\ncertificate for signature", nil},
			"again":        {"New password", "New password of your\ncertificate for signature, again", []string{"Type it once more, then press “Enter”."}},
			"mismatch": {"New password", "The two passwords differ", []string{
				"Nothing has been written to your card.", "Please type the new password again.",
			}},
			"writing":    {"Writing", "Do not move your card", []string{"The new password is being written to your card."}},
			"reset-done": {"Done", "Your password is the new one", []string{"From now on only the new signature password works. Your booking is used up.", "Please take your card."}},
			"reset-unchanged": {"Please note", "Your password has not changed", []string{
				"The card is as it was. Your booking is still good, so please try again. If it is not taken at once, wait about 10 minutes.",
				"Reference number: {incident}",
			}},
			"reset-unknown": {"Please check", "It could not be confirmed", []string{
				"Try the new password. If it fails, come back with the same booking, within 24 hours of making it.",
				"Reference number: {incident}",
			}},
			"reset-unknown/yes": {"Please check", "It could not be confirmed", []string{
				"Try the new password. If it fails, come back with the same booking, within 24 hours of making it.",
				"Reference number: {incident}. Please take the slip.",
			}},

			"terms/reset": {"Before you start", "Do you agree?", []string{
				"Please use your own card, by yourself.", "Neither PIN nor password is kept in this machine or at the centre.",
				"Leave your card in place until the end.",
			}},
			"unavailable/reset/hours":       {closed, "Outside service hours", []string{"Passwords cannot be reset at this hour.", "New visits close a little before the end of service. If your booking runs out, please book again."}},
			"unavailable/reset/closed":      {closed, "Closed today", []string{"No passwords are reset today.", "Please book for another day and come again."}},
			"unavailable/reset/maintenance": {closed, "Under maintenance", []string{"The system is being maintained.", "The service comes back when the work is done."}},
			"unavailable/reset/office":      {closed, "The centre cannot be reached", []string{"The centre that checks bookings does not answer.", "Please try again later. A booking is good for 24 hours."}},
			"unavailable/reset/not-offered": {closed, "Not offered in this shop", []string{"This shop does not reset passwords.", "Please try another shop or your municipal office."}},
			"blocked/reset":                 {"Guidance", "The 4-digit PIN is locked", []string{"The PIN of the certificate for user verification is locked, so we cannot confirm who you are. It cannot be unlocked here.", "Your municipal office can reset both."}},
			"cancelled/reset":               {"Cancelled", "Cancelled", []string{"Your password has not changed.", "Do you have everything? Your card."}},
			"goodbye/reset":                 {"Thank you", "Thank you for your visit", []string{"Do you have everything? Your card."}},
			"card-gone/reset":               {"Your card", "The card was moved", []string{"The card left the reader too early, so this visit has ended. Your password has not changed.", "Please start again."}},
			"sorry/reset":                   {"We are sorry", "We are sorry", []string{"This visit could not go on. Your password has not changed.", "Reference number: {incident}"}},
			"sorry/reset/later":             {"We are sorry", "We are sorry", []string{"The municipal office cannot answer just now. Please try again later. Your password has not changed.", "Reference number: {incident}"}},
			"sorry/reset/start-again":       {"We are sorry", "We are sorry", []string{"The municipal office has ended this visit too early. Please begin again with your card. Your password has not changed.", "Reference number: {incident}"}},
			"sorry/reset/fault":             {"We are sorry", "We are sorry", []string{"This machine and the municipal office do not agree. The office has been told. Your password has not changed.", "Reference number: {incident}"}},
		},
		Buttons: map[string]string{
			"four-digit-pin": "4-digit PIN?", "booked/yes": "Yes", "booked/no": "Not yet", "show": "Show", "mismatch/next": "Type again",
			"how-to-book/next": "Finish", "reset-done/next": "Finish", "reset-unchanged/next": "Finish", "reset-unknown/next": "Finish",
		},
		Words: map[string]string{
			"typed-letters": "{n} {n|character|characters}", "rule-length": "6 to 16", "rule-letter": "a letter", "rule-digit": "a digit",
			"rule-kept": "OK", "rule-open": "not yet", "a-letter": "letter", "a-digit": "digit",
		},
	}
}
