package protocol

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// MaxDataAge is the longest that any manifest may let its data age.
const MaxDataAge = 10 * time.Minute

const maxManifest = 4 << 10 // bytes

// Manifest says what a document is, in the words of the renderer: whoever drew
// the sheets from the record, never of whoever delivers them. The kiosk
// compares every field with what it knows itself.
type Manifest struct {
	Version     int             `json:"version"`
	Order       string          `json:"order"` // id of the order's request
	Issue       string          `json:"issue"` // 128 random bits in hexadecimal: no clock in it
	Kiosk       string          `json:"kiosk"`
	Session     string          `json:"session"`
	SessionKey  []byte          `json:"session_key"` // KeyDigest of the session's public key
	Certificate []byte          `json:"certificate"` // CertificateDigest of the requester
	DataTime    time.Time       `json:"data_time"`   // when the record was read
	MaxAge      int             `json:"max_age"`     // seconds that this may lie back
	Fee         int             `json:"fee"`         // yen for all copies
	Copies      int             `json:"copies"`
	Sheets      []ManifestSheet `json:"sheets"` // of one copy, in order
}

// ManifestSheet is one sheet of it.
type ManifestSheet struct {
	Number  int    `json:"number"`  // from 1
	Digest  []byte `json:"digest"`  // SHA-256 of the sheet's bytes
	Subject []byte `json:"subject"` // SheetSubject of whose record this sheet was drawn from
}

// SignedManifest is a manifest as it travels: the bytes that were signed.
type SignedManifest struct {
	Body      []byte `json:"body"`      // a Manifest as JSON
	Signature []byte `json:"signature"` // ed25519, by the renderer's document key
}

var issueID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Check refuses what breaks a limit.
func (m Manifest) Check() error {
	if err := checkVersion(m.Version, Version); err != nil {
		return err
	}
	if err := checkID("order", m.Order); err != nil {
		return err
	}
	if !issueID.MatchString(m.Issue) {
		return fmt.Errorf("issue %q: want 32 hexadecimal digits", clip(m.Issue))
	}
	if err := CheckKiosk(m.Kiosk); err != nil {
		return err
	}
	if err := checkID("session", m.Session); err != nil {
		return err
	}
	if len(m.SessionKey) != sha256.Size || len(m.Certificate) != sha256.Size {
		return fmt.Errorf("a digest is not %d bytes", sha256.Size)
	}
	if m.DataTime.IsZero() {
		return errors.New("the time of the data is missing")
	}
	if m.MaxAge < 1 || time.Duration(m.MaxAge)*time.Second > MaxDataAge {
		return fmt.Errorf("maximum age of %d s: want 1 to %d", m.MaxAge, int(MaxDataAge/time.Second))
	}
	if m.Copies < 1 || m.Copies > MaxCopies {
		return fmt.Errorf("%d copies: want 1 to %d", m.Copies, MaxCopies)
	}
	if m.Fee < 0 || m.Fee > MaxFee*MaxCopies {
		return fmt.Errorf("fee of %d yen: want 0 to %d", m.Fee, MaxFee*MaxCopies)
	}
	if len(m.Sheets) == 0 || len(m.Sheets) > MaxSheets {
		return fmt.Errorf("%d sheets: want 1 to %d", len(m.Sheets), MaxSheets)
	}
	for i, s := range m.Sheets {
		if s.Number != i+1 {
			return fmt.Errorf("sheet %d stands where sheet %d belongs", s.Number, i+1)
		}
		if len(s.Digest) != sha256.Size || len(s.Subject) != sha256.Size {
			return fmt.Errorf("a digest of sheet %d is not %d bytes", s.Number, sha256.Size)
		}
	}
	return nil
}

// Check refuses what breaks a limit.
func (s SignedManifest) Check() error {
	if len(s.Body) == 0 || len(s.Body) > maxManifest {
		return fmt.Errorf("manifest of %d bytes: want 1 to %d", len(s.Body), maxManifest)
	}
	if len(s.Signature) != ed25519.SignatureSize {
		return fmt.Errorf("signature of %d bytes: want %d", len(s.Signature), ed25519.SignatureSize)
	}
	return nil
}

// SignManifest signs with the renderer's document key.
func SignManifest(key ed25519.PrivateKey, m Manifest) (SignedManifest, error) {
	body, err := Encode(m)
	if err != nil {
		return SignedManifest{}, err
	}
	return SignedManifest{Body: body, Signature: ed25519.Sign(key, frame([]byte(purposeDoc), body))}, nil
}

// ErrSignature says that nobody we know has signed this.
var ErrSignature = errors.New("protocol: not signed by a known key")

// Verify opens a manifest that one of the pinned keys has signed. Two keys are
// valid at once while one follows the other.
func (s SignedManifest) Verify(pinned []ed25519.PublicKey) (Manifest, error) {
	if !verifyAny(pinned, frame([]byte(purposeDoc), s.Body), s.Signature) {
		return Manifest{}, ErrSignature
	}
	return Decode[Manifest](s.Body, maxManifest)
}

func verifyAny(pinned []ed25519.PublicKey, message, signature []byte) bool {
	for _, key := range pinned {
		if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature) {
			return true
		}
	}
	return false
}

// CertificateDigest names a certificate by issuer and serial, which two
// certificates never share.
func CertificateDigest(c *x509.Certificate) []byte {
	sum := sha256.Sum256(frame([]byte(purposeOwner), c.RawIssuer, c.SerialNumber.Bytes()))
	return sum[:]
}

// SheetSubject binds a sheet to the certificate of whose record it shows, and to
// its issue: the same person's sheet of last week does not fit either.
func SheetSubject(certificate []byte, issue string) []byte {
	sum := sha256.Sum256(frame([]byte(purposeOf), certificate, []byte(issue)))
	return sum[:]
}

// SignedMessage is what the card signs: it hashes this with SHA-256.
func SignedMessage(nonce []byte, kiosk, session string, publicKey []byte) []byte {
	return frame([]byte(purposeLogin), nonce, []byte(kiosk), []byte(session), publicKey)
}
