package authority

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Why a certificate is not accepted. *Revoked is the one more.
var (
	ErrMalformed   = errors.New("authority: not a certificate")
	ErrNotOurs     = errors.New("authority: issued by nobody we know")
	ErrProfile     = errors.New("authority: not that kind of certificate")
	ErrNotYetValid = errors.New("authority: certificate is not yet valid")
	ErrExpired     = errors.New("authority: certificate has expired")
	// ErrNoList: the list of revocations is stale or missing, so nobody may be
	// let in.
	ErrNoList = errors.New("authority: no fresh list of revocations")
)

// Revoked says that the certificate is on the list.
type Revoked struct {
	Reason Reason
	At     time.Time
}

func (e *Revoked) Error() string {
	return fmt.Sprintf("authority: certificate was revoked (%s)", e.Reason)
}

// VerifyUser judges a user-verification certificate (DER) at that time: who
// issued it, by signature; its kind; its dates; the list of revocations. nil is
// a good one.
func (a *Authority) VerifyUser(der []byte, at time.Time) error {
	return a.user.verify(der, at, profile{
		usage: x509.KeyUsageDigitalSignature, policy: policyUser,
	})
}

// VerifySign judges a signature certificate.
func (a *Authority) VerifySign(der []byte, at time.Time) error {
	return a.sign.verify(der, at, profile{
		usage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, policy: policySign,
	})
}

// profile is what tells one kind of certificate from another.
type profile struct {
	usage  x509.KeyUsage
	policy asn1.ObjectIdentifier
}

func (s *side) verify(der []byte, at time.Time, want profile) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	issuer, err := s.issuerOf(cert)
	if err != nil {
		return err
	}
	if at.Before(issuer.cert.NotBefore) || at.After(issuer.cert.NotAfter) {
		return fmt.Errorf("%w: generation %d of the authority is not valid now", ErrNotOurs, issuer.number)
	}
	if err := want.check(cert); err != nil {
		return fmt.Errorf("%w: %w", ErrProfile, err)
	}
	if at.Before(cert.NotBefore) {
		return ErrNotYetValid
	}
	if at.After(cert.NotAfter) {
		return ErrExpired
	}
	return issuer.onList(cert, at)
}

// issuerOf finds the generation by the signature: their names are the same.
func (s *side) issuerOf(cert *x509.Certificate) (*generation, error) {
	for _, g := range slices.Backward(s.generations) {
		if err := g.open(); err != nil {
			return nil, err
		}
		// CheckSignatureFrom also wants the issuer's CA flag and key usage.
		if cert.CheckSignatureFrom(g.cert) == nil {
			return g, nil
		}
	}
	return nil, ErrNotOurs
}

func (p profile) check(cert *x509.Certificate) error {
	if cert.IsCA {
		return errors.New("it is an authority's")
	}
	if cert.KeyUsage != p.usage {
		return fmt.Errorf("key usage %b, want %b", cert.KeyUsage, p.usage)
	}
	if !slices.ContainsFunc(cert.PolicyIdentifiers, p.policy.Equal) {
		return fmt.Errorf("policy is not %s", p.policy)
	}
	if len(cert.UnhandledCriticalExtensions) != 0 {
		return fmt.Errorf("critical extensions %v", cert.UnhandledCriticalExtensions)
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("key of type %T", cert.PublicKey)
	}
	if key.N.BitLen() != keyBits {
		return fmt.Errorf("key of %d bits", key.N.BitLen())
	}
	return nil
}
