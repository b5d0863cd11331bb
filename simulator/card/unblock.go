package card

import (
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/mac/subtle"
)

// Setting the signature password anew, when it is lost.
//
// The unblock commands of real cards are the issuer's own and unpublished: this
// protocol is defined by this project, for this card alone, from commands of
// ISO/IEC 7816-4.
//
//	GET CHALLENGE            00 84 00 00 10            → 16 random bytes
//	EXTERNAL AUTHENTICATE    00 82 00 00 10 cryptogram → 9000
//	RESET RETRY COUNTER      00 2C 02 9B Lc password   → 9000 (or P2 = 80 with 001B selected)
//
// The cryptogram is AES-CMAC (RFC 4493) under the card's own issuer key over
//
//	challenge (16) ‖ 00 2C 02 (the command that it allows) ‖ 00 1B (its file)
//
// It is good for one card (the key), one challenge, one command on one file, and
// once: the challenge is gone with the next command whatever that is, the grant
// with the first RESET RETRY COUNTER whatever its outcome, and both with the
// power. EXTERNAL AUTHENTICATE has a counter of its own, which nothing but a
// right cryptogram restores. There is no cryptogram for any other file: the
// 4-digit PIN cannot be set anew here.

const (
	challengeSize  = 16 // bytes, for EXTERNAL AUTHENTICATE
	cryptogramSize = 16 // bytes
	issuerKeySize  = 16 // bytes
	passwordLeast  = 6
	passwordMost   = 16
)

// IssuerTriesMax is the full counter of EXTERNAL AUTHENTICATE.
const IssuerTriesMax = 5

// issuer is how the card knows its issuer.
type issuer struct {
	mac  *subtle.AESCMAC // nil: nobody can prove to be it
	left int

	// What power-off forgets, and the selection of an application.
	challenge []byte // of the last command, if that was GET CHALLENGE
	granted   uint16 // the file whose counter may be reset, once; 0 for none
}

func newIssuer(s Spec) (issuer, error) {
	if s.IssuerTries < 0 || s.IssuerTries > IssuerTriesMax {
		return issuer{}, fmt.Errorf("card: %d tries of EXTERNAL AUTHENTICATE: want 0 to %d", s.IssuerTries, IssuerTriesMax)
	}
	i := issuer{left: triesLeft(s.IssuerTries, IssuerTriesMax)}
	if s.IssuerKey == nil {
		return i, nil
	}
	if len(s.IssuerKey) != issuerKeySize {
		return issuer{}, errors.New("card: want an issuer key of 16 bytes")
	}
	var err error
	if i.mac, err = subtle.NewAESCMAC(s.IssuerKey, cryptogramSize); err != nil {
		return issuer{}, fmt.Errorf("card: issuer key: %w", err)
	}
	return i, nil
}

func (i *issuer) forget() { i.challenge, i.granted = nil, 0 }

// take gives the challenge out and forgets it.
func (i *issuer) take() []byte {
	c := i.challenge
	i.challenge = nil
	return c
}

// getChallenge is GET CHALLENGE: it works everywhere, but not with an extended
// length.
func (c *Card) getChallenge(cmd command) []byte {
	if cmd.p1 != 0 || cmd.p2 != 0 {
		return status(swParameters)
	}
	if cmd.extended {
		return status(swCondition)
	}
	if len(cmd.data) != 0 || cmd.asked == 0 {
		return status(swLength)
	}
	b := make([]byte, cmd.asked)
	// crypto/rand's Read never fails: it ends the program instead.
	_, _ = rand.Read(b)
	c.issuer.challenge = b
	return answer(b)
}

// authenticate is EXTERNAL AUTHENTICATE, with the challenge that the command
// before it gave out.
func (c *Card) authenticate(cmd command, challenge []byte) []byte {
	i := &c.issuer
	i.granted = 0
	if c.application != jpki || i.mac == nil {
		return status(swInstruction)
	}
	if cmd.p1 != 0 || cmd.p2 != 0 {
		return status(swParameters)
	}
	if cmd.asked != 0 || len(cmd.data) != cryptogramSize {
		return status(swLength)
	}
	if i.left == 0 {
		if c.product.Blocked == BlockedISO {
			return status(swBlockedISO)
		}
		return status(swBlocked)
	}
	if len(challenge) != challengeSize {
		return status(swCondition)
	}
	// As with VERIFY, the try is gone before the comparison.
	i.left--
	allowed := append(append([]byte{}, challenge...), 0x00, insResetCounter, 0x02, efPassword>>8, efPassword&0xFF)
	if i.mac.VerifyMAC(cmd.data, allowed) != nil {
		return status(swTries | uint16(i.left))
	}
	i.left, i.granted = IssuerTriesMax, efPassword
	return status(swDone)
}

// resetCounter is RESET RETRY COUNTER with a new value and nothing else (P1 =
// 02). What was verified before is not verified with the new value.
func (c *Card) resetCounter(cmd command) []byte {
	granted := c.issuer.granted
	c.issuer.granted = 0
	if cmd.p1 != 0x02 || cmd.p2&0xE0 != 0x80 {
		return status(swParameters)
	}
	f, sw := c.named(cmd.p2&0x1F, swNoReference)
	if sw != swDone {
		return status(sw)
	}
	if f.kind != pinReference {
		return status(swFileKind)
	}
	if granted == 0 || f.id != granted {
		return status(swNotVerified)
	}
	if cmd.asked != 0 || len(cmd.data) < passwordLeast || len(cmd.data) > passwordMost {
		return status(swLength)
	}
	for _, b := range cmd.data {
		if (b < 'A' || b > 'Z') && (b < '0' || b > '9') {
			return status(swData)
		}
	}
	r := c.secrets[f.id]
	r.value, r.left, r.verified = append([]byte{}, cmd.data...), r.full, false
	return status(swDone)
}
