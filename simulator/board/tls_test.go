package board_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"kioskd/drivers/board/link"
	"kioskd/simulator/board"
)

// authority signs certificates for one test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t), pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key))(t)
	a.cert = must(x509.ParseCertificate(der))(t)
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) issue(t *testing.T, use x509.ExtKeyUsage) tls.Certificate {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{use},
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key))(t)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestMutualTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	l := must(tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{ours.issue(t, x509.ExtKeyUsageServerAuth)},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: ours.pool,
	}))(t)
	b := board.New(board.NewClock(start), slog.New(slog.DiscardHandler))
	b.AddI2C("I2C1", 1, chipFunc(sink))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { check(t, b.Serve(ctx, l)) })
	defer wg.Wait()
	defer cancel()

	address := "tcp:" + l.Addr().String()
	mine := ours.issue(t, x509.ExtKeyUsageClientAuth)
	client, err := link.DialTLS(t.Context(), address, &tls.Config{Certificates: []tls.Certificate{mine}, RootCAs: ours.pool})
	check(t, err)
	check(t, must(client.I2C("I2C1"))(t).Tx(1, []byte{1}, nil))
	check(t, client.Close())

	stranger := theirs.issue(t, x509.ExtKeyUsageClientAuth)
	for name, config := range map[string]*tls.Config{
		"no config":         nil,
		"no certificate":    {RootCAs: ours.pool},
		"board not checked": {Certificates: []tls.Certificate{mine}, InsecureSkipVerify: true},
		"strange client":    {Certificates: []tls.Certificate{stranger}, RootCAs: ours.pool},
		"strange board":     {Certificates: []tls.Certificate{mine}, RootCAs: theirs.pool},
	} {
		if c, err := link.DialTLS(t.Context(), address, config); err == nil {
			t.Errorf("%s: it was connected", name)
			check(t, c.Close())
		}
	}
	if _, err := link.Dial(t.Context(), address); err == nil {
		t.Error("tcp without TLS was dialled")
	}
}
