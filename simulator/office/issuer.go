package office

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/mac/subtle"

	"kioskd/daemon/office/protocol"
)

// issuerFile holds the issuer's master key. Only the issuer has it: neither the
// renderer nor any kiosk does, and a card has but its own key, derived from it.
const issuerFile = "issuer.key"

const (
	masterSize  = 32 // bytes, AES-256
	cardKeySize = 16 // bytes, AES-128
)

// issuer answers the challenges of its cards. The protocol is this project's
// own, for its virtual cards: what the issuer of real cards does is unpublished.
type issuer struct{ master *subtle.AESCMAC }

// openIssuer reads the master key, or makes it the first time.
func openIssuer(dir string) (*issuer, error) {
	file := filepath.Join(dir, issuerFile)
	master, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		master = make([]byte, masterSize)
		if _, err = rand.Read(master); err == nil {
			err = os.WriteFile(file, master, 0o600)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("office: issuer: %w", err)
	}
	if len(master) != masterSize {
		return nil, fmt.Errorf("office: issuer: %s has %d bytes: want %d", file, len(master), masterSize)
	}
	mac, err := subtle.NewAESCMAC(master, cardKeySize)
	if err != nil {
		return nil, fmt.Errorf("office: issuer: %w", err)
	}
	return &issuer{mac}, nil
}

// cardKey is the key of the card with this serial (EF 0006): AES-CMAC under the
// master over a label and the serial, as NIST SP 800-108 derives keys.
func (i *issuer) cardKey(serial string) ([]byte, error) {
	key, err := i.master.ComputeMAC([]byte("\x01kiosk v1 card issuer key\x00" + serial))
	if err != nil {
		return nil, fmt.Errorf("office: issuer: key of a card: %w", err)
	}
	return key, nil
}

// What an issuer may be asked to allow: RESET RETRY COUNTER with a new value, on
// the signature password. There is no more in this list on purpose.
var (
	resetCommand = [...]byte{0x00, 0x2C, 0x02}
	passwordFile = [...]byte{0x00, 0x1B}
)

// cryptogram allows that card, for that challenge, that command on that file.
func (i *issuer) cryptogram(serial string, challenge []byte) ([]byte, error) {
	key, err := i.cardKey(serial)
	if err != nil {
		return nil, err
	}
	mac, err := subtle.NewAESCMAC(key, protocol.CryptogramSize)
	if err != nil {
		return nil, fmt.Errorf("office: issuer: %w", err)
	}
	allowed := append(append(append([]byte{}, challenge...), resetCommand[:]...), passwordFile[:]...)
	c, err := mac.ComputeMAC(allowed)
	if err != nil {
		return nil, fmt.Errorf("office: issuer: %w", err)
	}
	return c, nil
}
