// Package passcode makes and checks the hash of a technician's code: what the
// configuration holds in the code's place.
//
// The hash is PBKDF2 (HMAC-SHA-256) with a salt of its own, written as
// pbkdf2-sha256$ITERATIONS$SALT$KEY, both in unpadded base64. A memory-hard
// function would do better against somebody with the file and many machines, but
// takes as much memory as the whole daemon; a code of six digits is guarded by
// the door, by the file's mode and by the pause after wrong tries. It refuses a
// code that is not 6 to 12 digits, or that is one digit again and again.
//
// Source: RFC 8018, 5.2; NIST SP 800-132.
package passcode

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kioskd/flows"
	"kioskd/flows/secret"
)

const (
	scheme     = "pbkdf2-sha256"
	iterations = 300_000 // of a new hash: some 0.3 s on a kiosk's processor
	least      = 100_000 // that a configuration may name
	most       = 5_000_000
	saltLen    = 16
	keyLen     = 32
)

// ErrCode says what a code must be.
var ErrCode = fmt.Errorf("a code is %d to %d digits, and not all the same", flows.CodeLeast, flows.CodeMost)

// errForm says what a hash must be.
var errForm = errors.New(`is no hash of a code; make one with "kioskd maintenance-code"`)

// Hash is a code that was made unreadable. The zero value admits nobody.
type Hash struct {
	iterations int
	salt, key  []byte
}

// New hashes a code with a fresh salt.
func New(code []byte) (Hash, error) {
	if len(code) < flows.CodeLeast || len(code) > flows.CodeMost ||
		bytes.Count(code, code[:1]) == len(code) {
		return Hash{}, ErrCode
	}
	for _, c := range code {
		if c < '0' || c > '9' {
			return Hash{}, ErrCode
		}
	}
	h := Hash{iterations: iterations, salt: make([]byte, saltLen)}
	if _, err := rand.Read(h.salt); err != nil {
		return Hash{}, fmt.Errorf("passcode: %w", err)
	}
	var err error
	h.key, err = h.derive(code)
	return h, err
}

// Parse reads what String has written.
func Parse(text string) (Hash, error) {
	part := strings.Split(text, "$")
	if len(part) != 4 || part[0] != scheme {
		return Hash{}, errForm
	}
	n, err := strconv.Atoi(part[1])
	if err != nil || n < least || n > most {
		return Hash{}, errForm
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[2])
	key, err2 := base64.RawStdEncoding.DecodeString(part[3])
	if err1 != nil || err2 != nil || len(salt) != saltLen || len(key) != keyLen {
		return Hash{}, errForm
	}
	return Hash{iterations: n, salt: salt, key: key}, nil
}

// String is the hash as the configuration has it.
func (h Hash) String() string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("%s$%d$%s$%s", scheme, h.iterations, e.EncodeToString(h.salt), e.EncodeToString(h.key))
}

// Admits says whether this is the code.
func (h Hash) Admits(code *secret.Text) bool {
	if len(h.key) == 0 {
		return false
	}
	same := false
	err := code.Use(func(b []byte) error {
		key, err := h.derive(b)
		same = err == nil && subtle.ConstantTimeCompare(key, h.key) == 1
		return err
	})
	return err == nil && same
}

func (h Hash) derive(code []byte) ([]byte, error) {
	key, err := pbkdf2.Key(sha256.New, string(code), h.salt, h.iterations, keyLen)
	if err != nil {
		return nil, fmt.Errorf("passcode: %w", err)
	}
	return key, nil
}
