package protocol

import "fmt"

// ResetBeginAsk starts the booking of the session's resident (ResetBegin,
// sealed).
type ResetBeginAsk struct {
	Visit string `json:"visit"` // random, made by the kiosk: names this start from now on
}

// ResetBeginAnswer is empty where the booking was started.
type ResetBeginAnswer struct {
	Refused string `json:"refused,omitempty"` // a reset code of the scenario language
}

// ResetAuthoriseAsk brings the card's challenge (ResetAuthorise, sealed). The
// office allows one command on one file, so that neither is named here.
type ResetAuthoriseAsk struct {
	Visit     string `json:"visit"`
	Challenge []byte `json:"challenge"` // 16 bytes
}

// ResetAuthoriseAnswer brings the issuer's answer to the challenge.
type ResetAuthoriseAnswer struct {
	Cryptogram []byte `json:"cryptogram"` // 16 bytes
}

// ResetDoneAsk tells what became of a start (ResetDone, sealed). It belongs to no
// session, for a kiosk tells it after a power cut too; so it begins one, as
// LoginBegin does, for this one question, and the session's id is the visit's.
type ResetDoneAsk struct {
	Visit   string `json:"visit"`
	Outcome string `json:"outcome"`
}

// ResetDoneAnswer says that the office has noted it.
type ResetDoneAnswer struct{}

// The outcomes of a reset.
const (
	ResetProved    = "proved"    // the card has shown the new password
	ResetUnchanged = "unchanged" // the card has the old one
	ResetUnknown   = "unknown"
)

// Sizes of what passes between card and issuer, in bytes.
const (
	ChallengeSize  = 16
	CryptogramSize = 16
)

// Check refuses what breaks a limit.
func (b ResetBeginAsk) Check() error { return checkID("visit", b.Visit) }

// Check refuses what breaks a limit.
func (b ResetBeginAnswer) Check() error {
	if b.Refused == "" {
		return nil
	}
	return checkID("refusal", b.Refused)
}

// Check refuses what breaks a limit.
func (b ResetAuthoriseAsk) Check() error {
	if len(b.Challenge) != ChallengeSize {
		return fmt.Errorf("challenge of %d bytes: want %d", len(b.Challenge), ChallengeSize)
	}
	return checkID("visit", b.Visit)
}

// Check refuses what breaks a limit.
func (b ResetAuthoriseAnswer) Check() error {
	if len(b.Cryptogram) != CryptogramSize {
		return fmt.Errorf("cryptogram of %d bytes: want %d", len(b.Cryptogram), CryptogramSize)
	}
	return nil
}

// Check refuses what breaks a limit.
func (b ResetDoneAsk) Check() error {
	switch b.Outcome {
	case ResetProved, ResetUnchanged, ResetUnknown:
	default:
		return fmt.Errorf("outcome %q: want proved, unchanged or unknown", clip(b.Outcome))
	}
	return checkID("visit", b.Visit)
}

// Check has nothing to refuse.
func (ResetDoneAnswer) Check() error { return nil }
