package words

// english says the same as japanese, in plain words; the terms are those that
// municipalities use in their English pages.
func english() *Book {
	b := &Book{Pages: englishPages(), Buttons: englishButtons(), Words: englishWords()}
	b.add(englishReset())
	b.add(englishMaintenance())
	b.add(englishCheck())
	return b
}

func englishPages() map[string]Text {
	const (
		bring  = " Bring your My Number Card and the card's 4-digit PIN."
		closed = "Not available now"
		turned = "Guidance"
		away   = "Out of service"
	)
	return map[string]Text{
		"home":     {"Certificates", "Get your residence\ncertificate here", []string{"Have your My Number Card ready"}},
		"menu":     {"Menu", "What would you like to do?", nil},
		"language": {"言語 / Language", "Choose your language", nil},
		"more-time": {"Still there?", "Do you need more time?", []string{
			"Without an answer this visit ends soon.", "Press “More time” to go on. Nothing you entered is lost.",
		}},

		"unavailable/hours":       {closed, "Outside service hours", []string{"Certificates cannot be issued at this hour.", "New visits close a little before the end of service. Ask your municipal office for its hours."}},
		"unavailable/closed":      {closed, "Closed today", []string{"No certificates are issued today.", "The service rests on some days, such as the New Year holidays. Please come back another day."}},
		"unavailable/maintenance": {closed, "Under maintenance", []string{"The system is being maintained.", "The service comes back when the work is done."}},
		"unavailable/paper":       {closed, "Out of paper", []string{"There is no paper left for certificates.", "Please ask the shop staff to refill it."}},
		"unavailable/printer":     {closed, "The printer is not ready", []string{"Certificates cannot be printed at the moment.", "Please tell the shop staff."}},
		"unavailable/receipt":     {closed, "No receipts at the moment", []string{"The receipt printer is not ready, so no money can be taken.", "Please tell the shop staff."}},
		"unavailable/change":      {closed, "Not enough change", []string{"There are not enough coins for change and refunds, so no money can be taken.", "Please tell the shop staff."}},
		"unavailable/office":      {closed, "The centre cannot be reached", []string{"The centre that issues certificates does not answer.", "Please try again later, or go to your municipal office if you are in a hurry."}},
		"unavailable/reader":      {closed, "The card reader is not ready", []string{"Cards cannot be read at the moment.", "Please tell the shop staff."}},
		"unavailable/not-offered": {closed, "Not offered in this shop", []string{"This shop does not offer the service you chose.", "Please try another shop or your municipal office."}},

		"out-of-service/clock":         {away, "Checking the clock", []string{"This machine's clock is not set. Service starts again when it is."}},
		"out-of-service/version":       {away, "Waiting for an update", []string{"This machine needs an update and rests until it is done."}},
		"out-of-service/configuration": {away, "This machine is out of service", []string{"It is not set up for this place. Staff will see to it.", "Please use another shop or your municipal office."}},
		"out-of-service/disk":          {away, "This machine is out of service", []string{"Its storage needs to be checked. Staff will see to it."}},
		"out-of-service/journal":       {away, "This machine is out of service", []string{"Its records need to be checked. Staff will see to it."}},
		"out-of-service/panel":         {away, "This machine is out of service", []string{"Its screen needs to be checked. Staff will see to it."}},
		"out-of-service/touch":         {away, "This machine is out of service", []string{"Its touch screen needs to be checked. Staff will see to it."}},
		"out-of-service/office-order":  {away, "This machine is out of service", []string{"The centre has asked it to rest for now.", "Please use another shop or your municipal office."}},

		"settle":   {"Your refund", "{owed} yen to give back", []string{"A visit was cut short, by a power failure for example. Place the My Number Card used in that visit, and the money comes back to you."}},
		"terms":    {"Before you start", "Do you agree?", []string{"Please use your own card, by yourself.", "Your PIN is not kept in this machine. The card and your municipality confirm who you are.", "You pay only when your certificate is ready."}},
		"lay-card": {"Your card", "Place your card here", []string{"Lay your My Number Card on the lit reader.", "Do not move it until it has been read."}},
		"reading":  {"Your card", "Reading your card", []string{"Please wait and do not move the card."}},

		"wrong-card/old":        {"Your card", "This card cannot be used", []string{"Notification cards and Basic Resident Register cards cannot be used.", "Please place your My Number Card."}},
		"wrong-card/phone":      {"Your card", "Phones cannot be used", []string{"This machine cannot use the certificate in a smartphone.", "Please place your My Number Card."}},
		"wrong-card/foreign":    {"Your card", "This card cannot be used", []string{"It does not seem to be a My Number Card. Transit cards and driving licences cannot be used.", "Please place your My Number Card."}},
		"wrong-card/unreadable": {"Your card", "The card could not be read", []string{"Take the card off and out of its case, then place it again, straight.", "If it still cannot be read, ask at your municipal office."}},
		"wrong-card/two":        {"Your card", "More than one card", []string{"Please take the other cards away and place only your My Number Card."}},
		"wrong-card/no-pin":     {"Your card", "This card has no PIN", []string{"A My Number Card for face recognition only has no PIN and cannot be used here.", "Please go to your municipal office."}},

		"no-certificate": {turned, "No electronic certificate", []string{"This card holds no electronic certificate for user verification.", "Your municipal office can issue one, free of charge." + bring}},
		"expired":        {turned, "Electronic certificate expired", []string{"The date printed on the card is the card's own expiry date, a different thing.", "Renew at your municipal office, free of charge. If your period of stay was extended, the card and its certificates need renewing too."}},
		"expired/until":  {turned, "Electronic certificate expired", []string{"It ended on {until}. The date printed on the card is the card's own, a different one.", "Renew at your municipal office, free of charge. If your period of stay was extended, the card and its certificates need renewing too."}},
		"not-yet-valid":  {turned, "The electronic certificate is not valid yet", []string{"Its period has not begun. A new card can be used from the next day.", "Please come back another day."}},
		"blocked":        {turned, "The PIN is locked", []string{"The 4-digit PIN of the electronic certificate for user verification is locked. It cannot be unlocked here.", "Your municipal office can reset it." + bring}},

		"last-try":    {"PIN", "One more wrong try\nlocks the PIN", []string{"It is the 4-digit PIN of the electronic certificate for user verification. A lock also stops the My Number Portal and health insurance use.", "If you are not sure, we suggest that you stop here."}},
		"pin":         {"PIN", "Enter the 4-digit PIN of your electronic certificate for user verification", []string{"Locked after {tries} more wrong {tries|try|tries}"}},
		"wrong-pin":   {"PIN", "That PIN is not right", []string{"Please enter the 4-digit PIN of your electronic certificate for user verification again.", "It is locked after {tries} more wrong {tries|try|tries}."}},
		"wrong-pin/0": {"PIN", "That PIN is not right", []string{"The 4-digit PIN of your electronic certificate for user verification is locked now."}},
		"checking":    {"Checking", "Checking your certificate", []string{"Please wait and leave your card where it is."}},
		"card-gone":   {"Your card", "The card was moved", []string{"The card left the reader too early, so this visit has ended. No money was taken.", "Please start again."}},
		"take-card":   {"Your card", "Take your card", []string{"Please put it away now, so that you do not forget it.", "The next page comes when you have taken it."}},

		"notice":          {"Notice", "A notice for you", []string{"Please ask at your municipal office."}},
		"notice/expiring": {"Notice", "Your electronic certificate expires soon", []string{"It expires within three months. Renew it at your municipal office, free of charge.", "If your period of stay was extended, renew the card and certificates too.", "Today you can go on as usual."}},

		"notice/expiring/until": {"Notice", "Your electronic certificate expires soon", []string{"It expires on {until}. Renew it at your municipal office, free of charge.", "If your period of stay was extended, renew the card and certificates too.", "Today you can go on as usual."}},

		"refused":                          {turned, "Please apply at the counter", []string{"A certificate cannot be issued here. We are sorry: please apply at the counter of your municipal office."}},
		"refused/revoked":                  {turned, "The electronic certificate is revoked", []string{"It cannot be used now.", "Your municipal office can issue a new one, free of charge." + bring}},
		"refused/card-stopped":             {turned, "Use of this card is stopped", []string{"The card cannot be used now, because it was reported as lost, for example.", "If you have found it again, your municipal office can help."}},
		"refused/not-in-service":           {turned, "Your municipality is not in this service", []string{"Certificates of your municipality cannot be issued here.", "Please go to your municipal office."}},
		"refused/unknown-card":             {turned, "The card could not be confirmed", []string{"The centre could not confirm this card.", "Please ask at your municipal office."}},
		"refused/under-15":                 {turned, "Please apply at the counter", []string{"Under 15, certificates cannot be issued at this machine.", "Use the card of another member of your household, or go to your municipal office."}},
		"refused/moved-out":                {turned, "Please apply at the counter", []string{"A move out was reported for you or your household, so no certificate can be issued here.", "Please apply at your municipal office."}},
		"refused/overseas":                 {turned, "If you live overseas", []string{"No residence certificate can be issued to a person who moved overseas.", "Press “Next” to see where you can apply."}},
		"refused/not-yet-reflected":        {turned, "Your record is being updated", []string{"A move and other changes take effect here from the next day.", "Please come back tomorrow or later, or go to your municipal office."}},
		"refused/unregistered-character":   {turned, "Please apply at the counter", []string{"The name or address has a character that cannot be printed here.", "Your municipal office can issue it with the right character."}},
		"refused/at-the-counter":           {turned, "Please apply at the counter", []string{"A certificate cannot be issued here. We are sorry: please apply at the counter of your municipal office."}},
		"refused/sheet-limit":              {turned, "Too many sheets", []string{"One copy has more sheets than this machine may print. No money was taken.", "Please go to your municipal office."}},
		"refused/no-booking":               {turned, "No booking found", []string{"Resetting the password needs a booking, made with the phone app.", "Please book and come again."}},
		"refused/booking-expired":          {turned, "The booking has expired", []string{"A booking is valid for 24 hours.", "Please book again with the phone app."}},
		"refused/booking-used":             {turned, "This booking was used", []string{"The password was already reset with this booking.", "To reset it again, please make a new booking."}},
		"refused/booking-other-card":       {turned, "Booked with another card", []string{"Please use the card that you used for the booking."}},
		"refused/booking-wait":             {turned, "Please wait a little", []string{"The booking cannot be used at the moment.", "Please try again later."}},
		"refused/no-signature-certificate": {turned, "No certificate for signature", []string{"This card holds no electronic certificate for signature.", "Please ask at your municipal office."}},
		"refused/signature-expired":        {turned, "The certificate for signature has expired", []string{"The date printed on the card is a different one.", "Renew at your municipal office, free of charge." + bring}},
		"refused/signature-revoked":        {turned, "The certificate for signature is revoked", []string{"It is revoked when an address or a name changes.", "Your municipal office can issue a new one, free of charge." + bring}},

		"kind":      {"Certificate", "Which certificate do you need?", nil},
		"scope":     {"Who is on it", "Whose record do you need?", nil},
		"members":   {"Who is on it", "Choose who is to be on it", nil},
		"items":     {"Items", "Choose what is to be printed", []string{"Anything you do not choose is left out."}},
		"my-number": {"Items", "Really print My Number\n(Individual Number)?", []string{"A certificate with My Number may be used only where the law says so, such as tax and social insurance.", "For other purposes it may not be accepted."}},
		"copies":    {"Copies", "How many copies?", nil},
		"confirm":   {"Check", "Is this right?", []string{"The fee is kept for each whole copy that comes out; the rest comes back.", "Certificates cannot be exchanged for your own mistakes."}},
		"fetching":  {"Preparing", "Preparing your certificate", []string{"Before you pay, every sheet is checked to be there."}},
		"pay":       {"Payment", "Please insert coins", []string{"Coins of 10, 50, 100 and 500 yen"}},
		"pay/paid":  {"Payment", "Please press “Print”", []string{"Your change comes after printing."}},
		"printing":  {"Printing", "Printing", []string{"It can take two minutes or more. Please stay here."}},
		"jam": {"Paper jam", "The paper is stuck", []string{
			"Ask the shop staff to clear and shred the paper.", "Then press “Print the rest”. If you stop, the fee for copies that did not come out is given back.",
		}},
		"take-sheets":       {"Take your paper", "Take your certificate", []string{"Check the number of sheets and what they say. Take your receipt and change, too."}},
		"forgotten/card":    {"Left behind", "Take your card", []string{"A card is still here. If it is not yours, please tell the shop staff."}},
		"forgotten/sheets":  {"Left behind", "Take your certificate", []string{"A certificate is still here. If it is not yours, please tell the shop staff."}},
		"forgotten/change":  {"Left behind", "Take your change", []string{"Change is still here. If it is not yours, please tell the shop staff."}},
		"goodbye":           {"Thank you", "Thank you for your visit", []string{"Do you have everything? Card, certificate, change and receipt."}},
		"cancelled":         {"Cancelled", "Cancelled", []string{"No certificate was issued.", "Do you have everything? Card and money."}},
		"sorry":             {"We are sorry", "We are sorry", []string{"This visit could not go on. If money is owed to you, a slip tells you so.", "Reference number: {incident}"}},
		"sorry/later":       {"We are sorry", "We are sorry", []string{"The municipal office cannot answer just now. Please try again later. If money is owed to you, a slip tells you so.", "Reference number: {incident}"}},
		"sorry/start-again": {"We are sorry", "We are sorry", []string{"The municipal office has ended this visit too early. Please begin again with your card. If money is owed to you, a slip tells you so.", "Reference number: {incident}"}},
		"sorry/fault":       {"We are sorry", "We are sorry", []string{"This machine and the municipal office do not agree. The office has been told. If money is owed to you, a slip tells you so.", "Reference number: {incident}"}},
		"slip":              {"Money owed to you", "{owed} yen will be given back later", []string{"The machine could not give it back now.", "Please take the slip. It has the reference number and whom to ask."}},

		"guidance":                      {turned, "Your municipal office", []string{"My Number Cards and electronic certificates are handled at your municipal office."}},
		"guidance/where":                {turned, "Where to go", []string{"To have a certificate issued or renewed, or a PIN changed, reset or unlocked, go in person to your city hall or one of its branch offices."}},
		"guidance/bring":                {turned, "What to bring", []string{"- Your My Number Card, still valid\n- The card's own 4-digit PIN, a different one from that for user verification", "Certificates are free. A new card is charged (July 2024: 1,000 yen with its certificate)."}},
		"guidance/overseas":             {turned, "If you live overseas", []string{"Apply at a Japanese embassy or consulate, or at the municipality of your registered domicile.", "No residence certificate is issued to a person who moved overseas."}},
		"guidance/guardian":             {turned, "For guardians of children under 15", []string{"The legal representative can apply for the child's certificate for user verification.", "Bring the guardian's identity document (driving licence, My Number Card). A certificate for signature is in principle not issued."}},
		"guidance/legal-representative": {turned, "For legal representatives of adult wards", []string{"The legal representative can apply for the certificate for user verification.", "Bring an identity document and the certificate of registered matters. A certificate for signature is in principle not issued."}},
		"guidance/no-card":              {turned, "If you have no card", []string{"First apply for a My Number Card. You can ask for the certificates in the same application.", "The card is not issued the same day. If you need it for e-Tax, apply early."}},
		"guidance/four-digit-pin":       {turned, "If you forgot the 4-digit PIN", []string{"It cannot be reset here. Go to the city hall or a branch with your My Number Card and the card's own 4-digit PIN.", "Moved overseas: a Japanese mission or your registered domicile.", "Under 15 or a ward: the guardian or legal representative."}},
		"guidance/password":             {turned, "If you forgot the signature password", []string{"The password (6–16 letters and digits) is used for e-Tax and online applications.", "Book with the phone app, then reset it at a shop that offers it. The booking is valid for 24 hours. Your municipal office can do it, too."}},
		"guidance/expired":              {turned, "When certificates expire", []string{"They are valid until your 5th birthday after issue. The date printed on the card is a different one.", "Renew from three months before, free of charge. If they end with your period of stay, renew after an extension."}},
		"guidance/revoked":              {turned, "When a certificate is revoked", []string{"The one for signature is revoked when an address or a name changes. The one for user verification is not.", "Your municipal office can issue a new one, free of charge."}},
	}
}

func englishButtons() map[string]string {
	return map[string]string{
		"start": "Start", "help": "Help", "language": "言語", "cancel": "Cancel", "back": "Back", "next": "Next",
		"certificate": "Get a certificate", "reset": "Reset a password", "certificate/note": "Residence certificate", "reset/note": "Signature password (6–16 letters and digits)",
		"agree": "I agree", "disagree": "I do not agree", "stop": "Stop", "go-on": "Go on", "clear": "Clear", "enter": "Enter",
		"residence-certificate": "Residence certificate", "self": "Yourself only", "all": "All household members", "some": "Some household members",
		"self/note": "Your record", "all/note": "Everybody", "some/note": "Choose on the next page",
		"head-and-relation": "Head of household, relationship", "registered-domicile": "Registered domicile", "my-number": "My Number",
		"nationality": "Nationality / region", "status-of-residence": "Status of residence", "card-number": "Residence card number",
		"yes": "Yes", "no": "No", "my-number/yes": "Print it", "my-number/no": "Leave it out", "plus": "More", "minus": "Fewer",
		"confirm/go-on": "Go on", "confirm/back": "Change it", "print": "Print", "pay/cancel": "Cancel, refund", "jam/go-on": "Print the rest",
		"last-try/go-on": "Enter PIN", "wrong-pin/stop": "Stop", "more-time/more-time": "More time", "more-time/cancel": "End visit",
		"settle/next": "Later", "language/back": "Back", "guidance/next": "Finish", "sorry/next": "Finish", "slip/next": "Finish", "card-gone/next": "To the start",
		"unavailable/back": "Back", "head": "Head", "spouse": "Spouse", "child": "Child", "child-2": "Child",
	}
}

func englishWords() map[string]string {
	return map[string]string{
		"step": "Step {step} of {steps}", "coming": "coming soon", "on": "Print", "off": "Leave out",
		"scope": "Who", "items": "Items", "no-items": "none chosen", "copies": "Copies", "fee": "Fee", "yen": "{yen} yen", "count": "{n} {n|copy|copies}",
		"each": "{fee} yen each", "to-pay": "Fee", "paid": "Inserted", "left": "To pay", "change": "Change", "refund": "To give back",
		"sheet-of": "Sheet {sheet} of {of}", "copy-of": "Copy {copy} of {copies}", "date": "2 January 2006", "ready": "{sheet} of {of} sheets", "sheets": "{sheets} {sheets|sheet|sheets}",
		"typed": "{n} of 4 digits", "where": "Ask here", "desk": "The counter of your municipal office", "phone": "Phone ", "notice": "Notice",
		"separator": ", ",
		"change-of": "Change {change} yen", "persons": "{members} {members|person|persons}",
	}
}
