package jpki

import (
	"errors"
	"fmt"
)

// Cards that cannot be used here. None of these has cost a try.
var (
	// ErrForeign: a card without the JPKI application.
	ErrForeign = errors.New("not a My Number Card")
	// ErrOldCard: a resident-registry card, My Number Card's forerunner.
	ErrOldCard = errors.New("old resident-registry card")
	// ErrPhone: the card function of a phone.
	ErrPhone = errors.New("phone token, not a card")
	// ErrUnreadable: answers that no such card gives.
	ErrUnreadable = errors.New("card cannot be read")
	// ErrNoPIN: a card for face checks only, without a user-verification PIN.
	ErrNoPIN = errors.New("card has no user-verification PIN")
	// ErrNoCertificate: no user-verification certificate on the card.
	ErrNoCertificate = errors.New("card has no user-verification certificate")
	// ErrAlgorithm: the certificate's key is of a sort this package cannot use.
	ErrAlgorithm = errors.New("certificate's key is of an unknown sort")
)

// What a secret can be.
var (
	// ErrBlocked: no tries are left.
	ErrBlocked = errors.New("PIN is blocked")
	// ErrNotFourDigits: nothing was sent.
	ErrNotFourDigits = errors.New("PIN is not four digits")
	// ErrNotVerified: the card wants the PIN first.
	ErrNotVerified = errors.New("PIN was not verified")
)

// WrongPIN says that the card compared and said no.
type WrongPIN struct{ Left int } // tries left, at least 1

func (e *WrongPIN) Error() string { return fmt.Sprintf("jpki: wrong PIN, %d tries left", e.Left) }

// StateUnknown says that nobody knows what became of a secret's tries: the
// answer was lost, was none, or has no meaning here. It is never a wrong PIN,
// and never a reason to send again.
type StateUnknown struct {
	Step   string
	Status uint16 // 0 where no status word came
	Err    error  // why none came; nil where one did
}

func (e *StateUnknown) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("jpki: %s: outcome unknown: %v", e.Step, e.Err)
	}
	return fmt.Sprintf("jpki: %s: outcome unknown: status %04X", e.Step, e.Status)
}

// Unwrap gives why no answer came (board.ErrRemoved, board.ErrHung…).
func (e *StateUnknown) Unwrap() error { return e.Err }

func unreadable(step string, sw uint16) error {
	return fmt.Errorf("jpki: %s: status %04X: %w", step, sw, ErrUnreadable)
}
