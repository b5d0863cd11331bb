package daemon

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"kioskd/daemon/config"
)

// A kiosk of a real office takes no panel, no keypad and no card from the other
// end of a socket.
func TestRealOfficeWantsRealBoard(t *testing.T) {
	for _, tc := range []struct {
		names   []string
		refused bool
	}{
		{[]string{"Inagi City CA"}, true},
		{[]string{"simulated office", "Inagi City CA"}, true},
		{nil, true},
		{[]string{simulatedName}, false},
	} {
		cfg := config.Default()
		cfg.Board = "unix:" + filepath.Join(t.TempDir(), "nobody")
		cfg.Office.Authority = authorities(t, tc.names)
		_, err := openBoard(t.Context(), cfg)
		var bad *config.Error
		if refused := errors.As(err, &bad); refused != tc.refused {
			t.Errorf("authorities %q: %v", tc.names, err)
		}
	}
}

func authorities(t *testing.T, names []string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "authority.pem")
	var all []byte
	for _, name := range names {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
