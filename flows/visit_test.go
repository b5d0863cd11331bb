package flows

import (
	"errors"
	"fmt"
	"testing"
)

// TestReasonKey: what page sorry is told of the office, and that it is told nothing
// of anything else, least of all what a refusal says of a person.
func TestReasonKey(t *testing.T) {
	for _, c := range []struct {
		cause error
		want  string
	}{
		{&Declined{Reason: "start-again", Err: errors.New("session")}, "[{reason start-again}]"},
		{fmt.Errorf("offer: %w", &Declined{Reason: "later", Err: ErrOfficeAway}), "[{reason later}]"},
		{fmt.Errorf("order: %w", ErrOfficeAway), "[{reason later}]"},
		{errLate, "[{reason later}]"},
		{&BadDocument{Why: "the manifest is for another card"}, "[{reason fault}]"},
		{&Refused{Code: "at-the-counter"}, "[]"},
		{errors.New("the printer"), "[]"},
	} {
		if got := fmt.Sprint(reasonKey(c.cause)); got != c.want {
			t.Errorf("%v: %s, want %s", c.cause, got, c.want)
		}
	}
}
