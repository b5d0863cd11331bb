package probe

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"
	"github.com/pelletier/go-toml/v2"

	"kioskd/daemon/office/protocol"
)

// Files are what a kiosk's configuration names, and a card.
type Files struct {
	URL, Authority, Key, PublicKey, Kiosk string
	Card                                  string // PEM: a user-verification certificate and its private key (PKCS 8)
}

// FromConfig reads them from a kiosk's configuration file.
func FromConfig(file string) (Files, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Files{}, fmt.Errorf("probe: configuration: %w", err)
	}
	var c struct {
		Kiosk  string `toml:"kiosk"`
		Office struct {
			URL       string `toml:"url"`
			Authority string `toml:"authority"`
			Key       string `toml:"key"`
			PublicKey string `toml:"public-key"`
		} `toml:"office"`
	}
	if err := toml.Unmarshal(data, &c); err != nil {
		return Files{}, fmt.Errorf("probe: configuration %s: %w", file, err)
	}
	f := Files{URL: c.Office.URL, Authority: c.Office.Authority, Key: c.Office.Key, PublicKey: c.Office.PublicKey, Kiosk: c.Kiosk}
	for _, path := range []*string{&f.Authority, &f.Key, &f.PublicKey} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(filepath.Dir(file), *path)
		}
	}
	return f, nil
}

// Read reads the files.
func Read(f Files) (Options, error) {
	o := Options{URL: f.URL, Kiosk: f.Kiosk, Authority: x509.NewCertPool()}
	if !strings.HasPrefix(f.URL, "tls://") {
		return o, fmt.Errorf("probe: url %q: want tls://host:port", f.URL)
	}
	if err := protocol.CheckKiosk(f.Kiosk); err != nil {
		return o, fmt.Errorf("probe: %w", err)
	}
	root, err := os.ReadFile(f.Authority)
	if err != nil {
		return o, fmt.Errorf("probe: authority: %w", err)
	}
	if !o.Authority.AppendCertsFromPEM(root) {
		return o, fmt.Errorf("probe: authority %s: want a certificate in PEM", f.Authority)
	}
	seed, err := os.ReadFile(f.Key)
	if err != nil {
		return o, fmt.Errorf("probe: key: %w", err)
	}
	defer clear(seed)
	if o.Key, err = nkeys.ParseDecoratedUserNKey(seed); err != nil {
		return o, fmt.Errorf("probe: key %s: want a user's NKey seed: %w", f.Key, err)
	}
	pinned, err := os.ReadFile(f.PublicKey)
	if err != nil {
		return o, fmt.Errorf("probe: public keys: %w", err)
	}
	if o.Pinned, err = protocol.ReadPinned(pinned); err != nil {
		return o, fmt.Errorf("probe: public keys %s: %w", f.PublicKey, err)
	}
	data, err := os.ReadFile(f.Card)
	if err != nil {
		return o, fmt.Errorf("probe: card: %w", err)
	}
	defer clear(data)
	if o.Certificate, o.Card, err = readCard(data); err != nil {
		return o, fmt.Errorf("probe: card %s: %w", f.Card, err)
	}
	return o, nil
}

func readCard(data []byte) (certificate []byte, key crypto.Signer, err error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE":
			certificate = block.Bytes
		case "PRIVATE KEY":
			parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, nil, err
			}
			key, _ = parsed.(crypto.Signer)
		}
	}
	if certificate == nil || key == nil {
		return nil, nil, errors.New("want a CERTIFICATE and a PRIVATE KEY in PEM")
	}
	if _, err := x509.ParseCertificate(certificate); err != nil {
		return nil, nil, err
	}
	return certificate, key, nil
}

// WriteCard writes the file of a card that Read reads.
func WriteCard(file string, certificate []byte, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("probe: card: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("probe: card: %w", err)
	}
	return nil
}
