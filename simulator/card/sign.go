package card

import (
	"crypto"
	"crypto/rand"
)

// signLimit is what fits under PKCS #1 v1.5 padding in 256 bytes.
const signLimit = 245

// key is a private key and the secret that opens it.
type key struct {
	signer crypto.Signer
	guard  uint16
}

func keys(s Spec) map[uint16]*key {
	m := make(map[uint16]*key)
	if s.SignKey != nil {
		m[efSignKey] = &key{signer: s.SignKey, guard: efPassword}
	}
	if s.UserKey != nil && s.Kind != OldCard {
		m[efUserKey] = &key{signer: s.UserKey, guard: efPIN}
	}
	return m
}

// sign is PERFORM SECURITY OPERATION in the card's own class: it pads exactly
// what it gets (PKCS #1 v1.5, block type 1) and signs that.
func (c *Card) sign(cmd command) []byte {
	if cmd.p1 != 0 || cmd.p2&0xE0 != 0x80 {
		return status(swParameters)
	}
	f, sw := c.named(cmd.p2&0x1F, swNoReference)
	if sw != swDone {
		return status(sw)
	}
	if f.kind != privateKey {
		return status(swFileKind)
	}
	k := c.keys[f.id]
	if k == nil {
		return status(swNoReference)
	}
	if !c.verified(k.guard) {
		return status(swNotVerified)
	}
	if cmd.asked == 0 {
		return status(swLength)
	}
	if len(cmd.data) == 0 || len(cmd.data) > signLimit {
		return status(swCondition)
	}
	signature, err := k.signer.Sign(rand.Reader, cmd.data, crypto.Hash(0))
	if err != nil {
		return status(swInternal)
	}
	return answer(signature[:min(len(signature), cmd.asked)])
}
