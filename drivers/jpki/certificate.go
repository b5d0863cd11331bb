package jpki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// Certificate is a certificate as the card holds it: Raw is its DER. Where Go's
// parser refuses a certificate that the authority's clients accept, only Raw,
// SerialNumber, NotBefore, NotAfter and PublicKey are set: the office judges
// certificates, the kiosk only reads dates.
type Certificate = x509.Certificate

// outline is as much of a certificate (RFC 5280, 4.1) as a kiosk needs.
// Extensions follow the key; encoding/asn1 leaves out what follows the last
// field.
type outline struct {
	TBS struct {
		Raw       asn1.RawContent
		Version   int `asn1:"optional,explicit,default:0,tag:0"`
		Serial    *big.Int
		Signature asn1.RawValue
		Issuer    asn1.RawValue
		Validity  struct{ NotBefore, NotAfter time.Time }
		Subject   asn1.RawValue
		Key       struct {
			Raw       asn1.RawContent
			Algorithm pkix.AlgorithmIdentifier
			Bits      asn1.BitString
		}
	}
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

func parseCertificate(der []byte) (*Certificate, error) {
	if c, err := x509.ParseCertificate(der); err == nil {
		return c, nil
	}
	var o outline
	rest, err := asn1.Unmarshal(der, &o)
	if err != nil {
		return nil, fmt.Errorf("jpki: parse user certificate: %w: %w", ErrUnreadable, err)
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("jpki: parse user certificate: %d bytes too many: %w", len(rest), ErrUnreadable)
	}
	key, err := x509.ParsePKIXPublicKey(o.TBS.Key.Raw)
	if err != nil {
		return nil, fmt.Errorf("jpki: parse user certificate: key: %w: %w", ErrUnreadable, err)
	}
	return &Certificate{
		Raw: der, SerialNumber: o.TBS.Serial, PublicKey: key,
		NotBefore: o.TBS.Validity.NotBefore, NotAfter: o.TBS.Validity.NotAfter,
	}, nil
}
