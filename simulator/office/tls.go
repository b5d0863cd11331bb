package office

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Names of the server's files beside authorityFile.
const (
	serverCert = "server.pem"
	serverKey  = "server.key"
)

// TLS lives in process time, whatever the world's clock says.
const (
	certBefore = time.Hour
	certAfter  = 10 * 365 * 24 * time.Hour
)

// openTLS makes an authority and one certificate for this machine's loopback and
// the addresses given, unless they are there. The authority's key is not kept: it vouches once.
func openTLS(dir string, reached []net.IP) error {
	_, err := os.Stat(filepath.Join(dir, serverKey))
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("office: tls: %w", err)
	}
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "simulated office"},
		NotBefore:    now.Add(-certBefore), NotAfter: now.Add(certAfter),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "localhost"},
		NotBefore:    root.NotBefore, NotAfter: root.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: append([]net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, reached...),
	}
	if err := writeTLS(dir, root, leaf); err != nil {
		return fmt.Errorf("office: tls: %w", err)
	}
	return nil
}

func writeTLS(dir string, root, leaf *x509.Certificate) error {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return err
	}
	// The key comes last: openTLS takes it as the sign that all is there.
	for _, f := range []struct {
		name, kind string
		der        []byte
	}{
		{authorityFile, "CERTIFICATE", rootDER},
		{serverCert, "CERTIFICATE", leafDER},
		{serverKey, "PRIVATE KEY", keyDER},
	} {
		block := pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})
		if err := os.WriteFile(filepath.Join(dir, f.name), block, 0o600); err != nil {
			return err
		}
	}
	return nil
}
