package shop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// How long the link's certificates hold; TLS lives in process time.
const (
	trustBefore = time.Hour
	trustAfter  = 30 * 24 * time.Hour
)

// trust is how a board on the network and its kiosk know each other: an
// authority that vouches for both and is then forgotten.
type trust struct {
	board           *tls.Config
	root, cert, key []byte // the kiosk's files, PEM
}

func newTrust(board net.IP) (*trust, error) {
	now := time.Now()
	template := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
			NotBefore: now.Add(-trustBefore), NotAfter: now.Add(trustAfter), KeyUsage: x509.KeyUsageDigitalSignature,
		}
	}
	root := template(1, "simulated board's link")
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	issue := func(leaf *x509.Certificate, use x509.ExtKeyUsage) (cert, keyPEM []byte, err error) {
		leaf.ExtKeyUsage = []x509.ExtKeyUsage{use}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, nil, fmt.Errorf("trust: %w", err)
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), rootKey)
		if err != nil {
			return nil, nil, fmt.Errorf("trust: %w", err)
		}
		keyDER, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, nil, fmt.Errorf("trust: %w", err)
		}
		return armour("CERTIFICATE", der), armour("PRIVATE KEY", keyDER), nil
	}
	t := &trust{root: armour("CERTIFICATE", rootDER)}
	ours := template(2, "board")
	ours.IPAddresses = []net.IP{board}
	cert, key, err := issue(ours, x509.ExtKeyUsageServerAuth)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(t.root)
	t.board = &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MinVersion: tls.VersionTLS13,
	}
	t.cert, t.key, err = issue(template(3, "kiosk"), x509.ExtKeyUsageClientAuth)
	return t, err
}

func armour(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// write puts the kiosk's files there.
func (t *trust) write(dir string) error {
	for name, b := range map[string][]byte{etcLinkRoot: t.root, etcLinkCert: t.cert, etcLinkKey: t.key} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return fmt.Errorf("trust: %w", err)
		}
	}
	return nil
}
