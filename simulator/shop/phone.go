package shop

// Phone books a reset with the resident's phone: its face check passes ("book"),
// fails ("fails") or imposes a wait ("waits").
func (s *Shop) Phone(resident, how string) error { return s.office.Phone(resident, how) }

// Booking is the state of the resident's booking: none, booked, started,
// unresolved, used or expired.
func (s *Shop) Booking(resident string) string { return s.office.Booking(resident) }

// PasswordWorks says whether that is the signature password of the resident's
// card, and not blocked, by the card's own door: it costs no try.
func (s *Shop) PasswordWorks(resident, password string) (bool, error) {
	c, err := s.Card(resident)
	if err != nil {
		return false, err
	}
	return c.Works(password), nil
}
