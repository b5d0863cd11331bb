package bench

// person is one card in the technician's hand.
type person struct {
	ID    string `json:"id"` // as in scenarios
	Group string `json:"group"`
	About string `json:"about"`
}

// The groups of the hand, in its order.
const (
	inOrder    = "In order"
	foreigners = "Foreign residents"
	cardTrails = "Something about the card"
	notServed  = "Not served at a kiosk"
	otherCards = "Another kind of card"
)

// hand is every resident of the scenarios, with what is special about them.
func hand() []person {
	return []person{
		{"adult", inOrder, "Lives with a spouse; the plain case"},
		{"head", inOrder, "Head of a family of four"},
		{"spouse", inOrder, "Spouse in that family"},
		{"elderly", inOrder, "Born in the Shōwa era"},
		{"alone", inOrder, "One-person household"},
		{"ward", inOrder, "Adult ward; no signature certificate"},
		{"big-household", inOrder, "So many people that it takes 3 sheets"},
		{"other-town", inOrder, "Another municipality: other fee, hours, contact"},
		{"moved", inOrder, "Moved here: signature certificate revoked, the other one good"},
		{"foreign-resident", foreigners, "Nationality and status of residence may be printed"},
		{"foreign-alias", foreigners, "Goes by an alias (通称)"},
		{"foreign-expiring", foreigners, "Certificate ends with the stay, in 2 months"},
		{"expiring", cardTrails, "Both certificates end in 2 months"},
		{"expired", cardTrails, "Certificate has expired"},
		{"signature-expired", cardTrails, "Signature certificate expired, the other one good"},
		{"not-yet-valid", cardTrails, "Certificate begins tomorrow"},
		{"last-try", cardTrails, "One PIN try left"},
		{"blocked-pin", cardTrails, "PIN blocked"},
		{"blocked-password", cardTrails, "Signature password blocked, PIN good"},
		{"revoked", cardTrails, "Certificate revoked"},
		{"card-stopped", cardTrails, "Card reported lost"},
		{"child", notServed, "Under 15; no signature certificate"},
		{"too-big", notServed, "Household over the limit of sheets"},
		{"moved-out", notServed, "Has moved to another town"},
		{"moved-in-today", notServed, "Moved in today, not in the records yet"},
		{"overseas", notServed, "Lives abroad"},
		{"protected", notServed, "Under support measures: counter only"},
		{"mourning", notServed, "A member of the household has died"},
		{"unregistered-character", notServed, "A name the machine cannot print"},
		{"no-pin", otherCards, "Card without a PIN (face check only)"},
		{"old-card", otherCards, "Resident-registry card of before 2016"},
		{"phone-token", otherCards, "A phone that acts as a card"},
		{"transit-card", otherCards, "A train pass"},
	}
}
