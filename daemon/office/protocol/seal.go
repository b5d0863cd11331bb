package protocol

import (
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// PublicKeySize is the size of an HPKE public key of this protocol, in bytes.
const PublicKeySize = 1184 + 32

const (
	encSize   = 1088 + 32                  // of HPKE's encapsulated key
	tagSize   = 16                         // of AES-GCM
	chunkText = MaxChunk - tagSize         // plain bytes of one chunk
	maxChunks = (MaxSheet / chunkText) + 1 // of one sheet
	maxPlain  = 64 << 10                   // bytes of a sealed body
)

func kem() hpke.KEM { return hpke.MLKEM768X25519() }
func kdf() hpke.KDF { return hpke.HKDFSHA256() }

// NewKey makes an HPKE key pair: a session's, or the office's.
func NewKey() (hpke.PrivateKey, error) {
	key, err := kem().GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("protocol: make a key: %w", err)
	}
	return key, nil
}

// PrivateKey reads a key that was kept (the office's).
func PrivateKey(b []byte) (hpke.PrivateKey, error) {
	key, err := kem().NewPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("protocol: read a private key: %w", err)
	}
	return key, nil
}

// PublicKey reads the other side's key.
func PublicKey(b []byte) (hpke.PublicKey, error) {
	key, err := kem().NewPublicKey(b)
	if err != nil {
		return nil, fmt.Errorf("protocol: read a public key: %w", err)
	}
	return key, nil
}

// Place is what a seal is bound to: it opens nowhere else.
type Place struct {
	Purpose Purpose
	Kiosk   string
	Session string
	Request string // id of the request, or of the order for a sheet; empty where a session begins
	Key     []byte // KeyDigest of the session's public key; empty until the office has sealed to it
}

// Purpose tells one kind of sealed thing from another.
type Purpose string

// The purposes: a question and an answer for each verb, and a sheet. What is
// sealed by a session's secrets says v2, so that nothing of another version opens
// in its place; what the card and the other keys sign has stayed as it was.
const (
	PurposeSheet  Purpose = "kiosk v2 sheet"
	purposeLogin  Purpose = "kiosk v1 login signature"
	purposeDoc    Purpose = "kiosk v1 manifest signature"
	purposeRules  Purpose = "kiosk v1 settings signature"
	purposeLedger Purpose = "kiosk v1 journal signature"
	purposeHealth Purpose = "kiosk v1 health signature"
	purposeOrder  Purpose = "kiosk v1 command signature"
	purposeOwner  Purpose = "kiosk v1 certificate"
	purposeOf     Purpose = "kiosk v1 sheet subject"

	purposeQuestion Purpose = "kiosk v2 question "
	purposeAnswer   Purpose = "kiosk v2 answer "
)

// Question is the purpose of what a kiosk seals for this verb.
func Question(v Verb) Purpose { return purposeQuestion + Purpose(v) }

// Reply is the purpose of what the office seals for this verb.
func Reply(v Verb) Purpose { return purposeAnswer + Purpose(v) }

func (p Place) info() []byte {
	return frame([]byte(p.Purpose), []byte(p.Kiosk), []byte(p.Session), []byte(p.Request), p.Key)
}

// frame joins parts so that no two lists of parts give the same bytes: each
// part behind its length, four bytes, high byte first.
func frame(parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}

// KeyDigest is the digest of a session's public key.
func KeyDigest(publicKey []byte) []byte {
	sum := sha256.Sum256(publicKey)
	return sum[:]
}

// ErrSealed says that something does not open here: it was sealed for another
// key or another place, or was changed on its way.
type ErrSealed struct{ At Purpose }

func (e *ErrSealed) Error() string { return "protocol: does not open: " + string(e.At) }
