package card

import "crypto/subtle"

// reference is a secret that the card compares with.
type reference struct {
	value    []byte
	left     int
	full     int
	verified bool // since power-up
}

// file is where the card keeps the secret.
func (s Secret) file() uint16 {
	if s == Password {
		return efPassword
	}
	return efPIN
}

func references(s Spec) map[uint16]*reference {
	m := map[uint16]*reference{
		efPassword: {value: []byte(s.Password), left: triesLeft(s.PasswordTries, PasswordTriesMax), full: PasswordTriesMax},
	}
	if s.Kind != NoPIN && s.Kind != OldCard {
		m[efPIN] = &reference{value: []byte(s.PIN), left: triesLeft(s.PINTries, PINTriesMax), full: PINTriesMax}
	}
	return m
}

func triesLeft(n, full int) int {
	if n == 0 {
		return full
	}
	return max(n, 0)
}

func (c *Card) verified(id uint16) bool {
	r := c.secrets[id]
	return r != nil && r.verified
}

// verify is VERIFY: without data it says how many tries are left and costs
// none, and never says that the secret was verified already.
func (c *Card) verify(cmd command) []byte {
	if cmd.p1 != 0 || cmd.p2&0xE0 != 0x80 {
		return status(swParameters)
	}
	if cmd.asked != 0 {
		return status(swLength)
	}
	f, sw := c.named(cmd.p2&0x1F, swNoReference)
	if sw != swDone {
		return status(sw)
	}
	r := c.secrets[f.id]
	if f.kind != pinReference || r == nil {
		return status(swFileKind)
	}
	if len(cmd.data) == 0 {
		return status(c.triesAnswer(r))
	}
	if r.left == 0 {
		if c.product.Blocked == BlockedISO {
			return status(swBlockedISO)
		}
		return status(swBlocked)
	}
	// The try is gone before the comparison: a card pulled in between has spent
	// it.
	r.left--
	r.verified = false
	if subtle.ConstantTimeCompare(cmd.data, r.value) != 1 {
		return status(swTries | uint16(r.left))
	}
	r.left, r.verified = r.full, true
	return status(swDone)
}

func (c *Card) triesAnswer(r *reference) uint16 {
	if r.left == 0 && c.product.Blocked != BlockedZero {
		return uint16(c.product.Blocked)
	}
	return swTries | uint16(r.left)
}
