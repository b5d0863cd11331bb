package protocol

import "testing"

// TestResetLimits: what is too short, too long or senseless does not travel.
func TestResetLimits(t *testing.T) {
	for _, m := range []message{
		ResetBeginAsk{},
		ResetBeginAsk{Visit: "a.b"},
		ResetBeginAnswer{Refused: "no booking"},
		ResetAuthoriseAsk{Visit: "v"},
		ResetAuthoriseAsk{Visit: "v", Challenge: make([]byte, ChallengeSize+1)},
		ResetAuthoriseAsk{Challenge: make([]byte, ChallengeSize)},
		ResetAuthoriseAnswer{},
		ResetAuthoriseAnswer{Cryptogram: make([]byte, CryptogramSize-1)},
		ResetDoneAsk{Visit: "v"},
		ResetDoneAsk{Visit: "v", Outcome: "perhaps"},
		ResetDoneAsk{Outcome: ResetProved},
	} {
		if _, err := Encode(m); err == nil {
			t.Errorf("%+v may travel", m)
		}
	}
}
