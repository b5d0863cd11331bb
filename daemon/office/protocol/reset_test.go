package protocol

import "testing"

// TestResetLimits: what is too short, too long or senseless does not travel.
func TestResetLimits(t *testing.T) {
	key := make([]byte, PublicKeySize)
	for _, m := range []message{
		ResetBeginAsk{},
		ResetBeginAsk{Visit: "a.b"},
		ResetBeginAnswer{Refused: "no booking"},
		ResetAuthoriseAsk{Visit: "v"},
		ResetAuthoriseAsk{Visit: "v", Challenge: make([]byte, ChallengeSize+1)},
		ResetAuthoriseAsk{Challenge: make([]byte, ChallengeSize)},
		ResetAuthoriseAnswer{},
		ResetAuthoriseAnswer{Cryptogram: make([]byte, CryptogramSize-1)},
		ResetDoneAsk{Visit: "v", Key: key},
		ResetDoneAsk{Visit: "v", Key: key, Outcome: "perhaps"},
		ResetDoneAsk{Visit: "v", Key: key[1:], Outcome: ResetProved},
		ResetDoneAsk{Key: key, Outcome: ResetProved},
	} {
		if _, err := Encode(m); err == nil {
			t.Errorf("%+v may travel", m)
		}
	}
}
