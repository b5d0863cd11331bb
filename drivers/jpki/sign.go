package jpki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
)

// algorithm is how one sort of key is used: what the card is given for a
// message, and how its answer is checked. Another generation of cards is
// another entry in algorithmFor.
type algorithm struct {
	name  string
	input func(message []byte) []byte
	check func(key crypto.PublicKey, message, signature []byte) error
}

// digestInfoSHA256 is what stands before a SHA-256 digest (RFC 8017, 9.2 note 1).
var digestInfoSHA256 = [...]byte{
	0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
	0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
}

// algorithmFor picks the algorithm by the certificate's key. RSA-2048 is what
// every card has. ECDSA P-384 is what the next card is planned to have (report of
// the task force, March 2024); how it wants to be asked is not public, so that
// this entry is a reading of the plan: a bare SHA-384 digest in, a signature as
// X9.62 writes it out.
func algorithmFor(c *Certificate) (algorithm, error) {
	const rsaBytes = 256
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.Size() == rsaBytes {
			return algorithm{name: "RSA-2048 with SHA-256", input: digestInfo, check: checkRSA}, nil
		}
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P384() {
			return algorithm{name: "ECDSA P-384 with SHA-384", input: bareSHA384, check: checkECDSA}, nil
		}
	}
	return algorithm{}, fmt.Errorf("jpki: key of type %T: %w", c.PublicKey, ErrAlgorithm)
}

func bareSHA384(message []byte) []byte {
	digest := sha512.Sum384(message)
	return digest[:]
}

var errSignature = errors.New("signature is not the certificate's")

func checkECDSA(key crypto.PublicKey, message, signature []byte) error {
	if !ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), bareSHA384(message), signature) {
		return errSignature
	}
	return nil
}

func digestInfo(message []byte) []byte {
	digest := sha256.Sum256(message)
	return append(digestInfoSHA256[:len(digestInfoSHA256):len(digestInfoSHA256)], digest[:]...)
}

func checkRSA(key crypto.PublicKey, message, signature []byte) error {
	digest := sha256.Sum256(message)
	return rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, digest[:], signature)
}

// Sign has the card sign the message with the user-verification key, in the way
// its certificate's key demands (RSA-2048: PKCS #1 v1.5 over SHA-256, 256
// bytes). Before Verify it is ErrNotVerified. A signature that the certificate
// does not confirm is ErrUnreadable. Signing costs no try.
func (c *Card) Sign(message []byte) ([]byte, error) {
	const step = "sign"
	certificate, err := c.UserCertificate()
	if err != nil {
		return nil, err
	}
	how, err := algorithmFor(certificate)
	if err != nil {
		return nil, err
	}
	signature, sw, err := c.signInput(step, how.input(message))
	if err != nil {
		return nil, err
	}
	switch sw {
	case swDone:
	case swNotVerified:
		return nil, fmt.Errorf("jpki: %s: %w", step, ErrNotVerified)
	default:
		return nil, unreadable(step, sw)
	}
	if err := how.check(certificate.PublicKey, message, signature); err != nil {
		return nil, fmt.Errorf("jpki: %s: %s: %w: %w", step, how.name, ErrUnreadable, err)
	}
	return signature, nil
}

// signInput names the key in the way that the card took for the PIN.
func (c *Card) signInput(step string, input []byte) (signature []byte, sw uint16, err error) {
	key := byte(currentFile)
	if c.shortIDs && c.pin.reference != currentFile {
		key = shortID(efUserKey)
		c.selected = 0
	} else {
		sw, err = c.selectFile(step, efUserKey)
		if err != nil {
			return nil, 0, err
		}
		if sw != swDone {
			return nil, sw, nil
		}
	}
	command := append([]byte{0x80, 0x2A, 0x00, key, byte(len(input))}, input...)
	return c.exchange(step, append(command, 0x00))
}
