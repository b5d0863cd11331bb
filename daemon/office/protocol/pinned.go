package protocol

import (
	"crypto/ed25519"
	"crypto/hpke"
	"fmt"
)

const (
	maxPinned     = 2       // keys of one kind: the present one and the next
	maxPinnedFile = 8 << 10 // bytes
)

// PinnedFile is the file with the office's public keys that a kiosk is given.
type PinnedFile struct {
	Seal     []byte   `json:"seal"`     // HPKE public key
	Document [][]byte `json:"document"` // ed25519, the renderer's: one, or two while they change
	Settings [][]byte `json:"settings"` // ed25519, likewise
}

// Pinned are the office's public keys.
type Pinned struct {
	Seal     hpke.PublicKey
	Document []ed25519.PublicKey
	Settings []ed25519.PublicKey
}

// Check refuses what cannot be keys.
func (f PinnedFile) Check() error {
	if len(f.Seal) != PublicKeySize {
		return fmt.Errorf("seal: key of %d bytes: want %d", len(f.Seal), PublicKeySize)
	}
	for _, list := range []struct {
		what string
		keys [][]byte
	}{{"document", f.Document}, {"settings", f.Settings}} {
		if len(list.keys) == 0 || len(list.keys) > maxPinned {
			return fmt.Errorf("%s: %d keys: want 1 or %d", list.what, len(list.keys), maxPinned)
		}
		for _, k := range list.keys {
			if len(k) != ed25519.PublicKeySize {
				return fmt.Errorf("%s: key of %d bytes: want %d", list.what, len(k), ed25519.PublicKeySize)
			}
		}
	}
	return nil
}

// ReadPinned reads the file.
func ReadPinned(data []byte) (*Pinned, error) {
	f, err := Decode[PinnedFile](data, maxPinnedFile)
	if err != nil {
		return nil, err
	}
	p := &Pinned{}
	if p.Seal, err = PublicKey(f.Seal); err != nil {
		return nil, err
	}
	for _, k := range f.Document {
		p.Document = append(p.Document, ed25519.PublicKey(k))
	}
	for _, k := range f.Settings {
		p.Settings = append(p.Settings, ed25519.PublicKey(k))
	}
	return p, nil
}
