package office

import (
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
)

// Files of the office's directory.
const (
	keysFile      = "office.keys"   // all private keys of the office: a simulation may
	publicFile    = "office.pub"    // for kiosks
	authorityFile = "authority.pem" // for kiosks
	operatorFile  = "operator.nk"   // for whoever commands kiosks with the ordinary tools
)

// keys are the office's own.
type keys struct {
	seal     hpke.PrivateKey    // the front's
	document ed25519.PrivateKey // the renderer's
	settings ed25519.PrivateKey // the clerk's

	front, operator, clerk, auditor nkeys.KeyPair // to our own server
}

// keyFile is how they are kept.
type keyFile struct {
	Seal, Document, Settings []byte
	Front, Operator          string
	Clerk, Auditor           string
}

// openKeys reads the keys, or makes them the first time, and writes what kiosks
// must pin.
func openKeys(dir string) (*keys, error) {
	file := filepath.Join(dir, keysFile)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = makeKeys(file)
	}
	if err != nil {
		return nil, fmt.Errorf("office: keys: %w", err)
	}
	var f keyFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("office: keys %s: %w", file, err)
	}
	k, err := f.open()
	if err != nil {
		return nil, fmt.Errorf("office: keys %s: %w", file, err)
	}
	public, err := protocol.Encode(protocol.PinnedFile{
		Seal:     k.seal.PublicKey().Bytes(),
		Document: [][]byte{k.document.Public().(ed25519.PublicKey)},
		Settings: [][]byte{k.settings.Public().(ed25519.PublicKey)},
	})
	if err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, operatorFile), []byte(f.Operator), 0o600); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, publicFile), public, 0o600); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	return k, nil
}

func makeKeys(file string) ([]byte, error) {
	seal, err := protocol.NewKey()
	if err != nil {
		return nil, err
	}
	var f keyFile
	if f.Seal, err = seal.Bytes(); err != nil {
		return nil, err
	}
	for _, to := range []*[]byte{&f.Document, &f.Settings} {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		*to = key.Seed()
	}
	for _, to := range []*string{&f.Front, &f.Operator, &f.Clerk, &f.Auditor} {
		seed, err := newSeed()
		if err != nil {
			return nil, err
		}
		*to = string(seed)
	}
	data, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return data, os.WriteFile(file, data, 0o600)
}

func newSeed() ([]byte, error) {
	user, err := nkeys.CreateUser()
	if err != nil {
		return nil, err
	}
	return user.Seed()
}

func (f keyFile) open() (*keys, error) {
	if len(f.Document) != ed25519.SeedSize || len(f.Settings) != ed25519.SeedSize {
		return nil, errors.New("a signing key has the wrong size")
	}
	seal, err := protocol.PrivateKey(f.Seal)
	if err != nil {
		return nil, err
	}
	k := &keys{
		seal:     seal,
		document: ed25519.NewKeyFromSeed(f.Document),
		settings: ed25519.NewKeyFromSeed(f.Settings),
	}
	for _, n := range []struct {
		seed string
		to   *nkeys.KeyPair
	}{{f.Front, &k.front}, {f.Operator, &k.operator}, {f.Clerk, &k.clerk}, {f.Auditor, &k.auditor}} {
		if *n.to, err = nkeys.FromSeed([]byte(n.seed)); err != nil {
			return nil, err
		}
	}
	return k, nil
}
