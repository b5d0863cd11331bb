package authority

import (
	"crypto/x509/pkix"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Policies of the test hierarchy.
var (
	policySign = asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 0, 20}
	policyUser = asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 0, 30}
)

const policyStatement = "https://jpki-test.example/cps.html"

// Object identifiers of attributes and extensions.
var (
	oidCountry      = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidLocality     = asn1.ObjectIdentifier{2, 5, 4, 7}
	oidOrganisation = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidUnit         = asn1.ObjectIdentifier{2, 5, 4, 11}
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}

	oidSubjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidIssuerAltName  = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidListPoints     = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidPolicies       = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidStatement      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 2, 1}
)

// The four items (and their maps of substitute characters) in a signature
// certificate's subjectAltName: 1.2.392.200149.8.5.5.N.
const (
	itemName              = 1
	itemNameSubstitute    = 2
	itemSex               = 3
	itemBirth             = 4
	itemAddress           = 5
	itemAddressSubstitute = 6
)

func oidItem(n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 5, n}
}

// attribute is one part of a distinguished name, each in a set of its own.
type attribute struct {
	id   asn1.ObjectIdentifier
	text string
}

// distinguished writes a name. The country is a PrintableString by definition,
// the rest is UTF-8.
func distinguished(attributes ...attribute) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, a := range attributes {
			kind := tag.UTF8String
			if a.id.Equal(oidCountry) {
				kind = tag.PrintableString
			}
			b.AddASN1(tag.SET, func(b *cryptobyte.Builder) {
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(a.id)
					b.AddASN1(kind, func(b *cryptobyte.Builder) { b.AddBytes([]byte(a.text)) })
				})
			})
		}
	})
	return b.BytesOrPanic()
}

func authorityName(unit string, more ...attribute) []byte {
	return distinguished(append([]attribute{
		{oidCountry, "JP"},
		{oidOrganisation, "JPKI-TEST"},
		{oidUnit, unit},
		{oidUnit, "Japan Agency for Local Authority Information Systems"},
	}, more...)...)
}

func holderName(locality, common string) []byte {
	attributes := []attribute{{oidCountry, "JP"}}
	if locality != "" {
		attributes = append(attributes, attribute{oidLocality, locality})
	}
	return distinguished(append(attributes, attribute{oidCommonName, common})...)
}

const (
	tagOtherName     = 0
	tagDirectoryName = 4
	tagFullName      = 0
	tagPointName     = 0
)

func context(n uint8) tag.Tag { return tag.Tag(n).ContextSpecific().Constructed() }

func directoryName(b *cryptobyte.Builder, name []byte) {
	b.AddASN1(context(tagDirectoryName), func(b *cryptobyte.Builder) { b.AddBytes(name) })
}

// listPoint is a distribution point of revocation lists that is a directory's
// entry: there is no address to fetch one from.
func listPoint(name []byte) []pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(context(tagPointName), func(b *cryptobyte.Builder) {
				b.AddASN1(context(tagFullName), func(b *cryptobyte.Builder) { directoryName(b, name) })
			})
		})
	})
	return []pkix.Extension{{Id: oidListPoints, Value: b.BytesOrPanic()}}
}

// policies names the policy and where its statement can be read.
func policies(policy asn1.ObjectIdentifier, critical bool) pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(policy)
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidStatement)
					b.AddASN1(tag.IA5String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(policyStatement)) })
				})
			})
		})
	})
	return pkix.Extension{Id: oidPolicies, Critical: critical, Value: b.BytesOrPanic()}
}

// issuerAltName is the authority's name in Japanese.
func issuerAltName() pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		directoryName(b, distinguished(
			attribute{oidCountry, "JP"},
			attribute{oidOrganisation, "公的個人認証サービス"},
		))
	})
	return pkix.Extension{Id: oidIssuerAltName, Value: b.BytesOrPanic()}
}

func userExtensions(authority []byte) []pkix.Extension {
	return append(listPoint(authority), policies(policyUser, false), issuerAltName())
}

func signExtensions(authority []byte, h Holder) []pkix.Extension {
	return append(listPoint(authority), policies(policySign, true), issuerAltName(), holderItems(h))
}

// holderItems is the four items as other names. Nothing here uses substitute
// characters, so their maps are empty.
func holderItems(h Holder) pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, item := range []struct {
			n    int
			text string
		}{
			{itemName, h.Name},
			{itemNameSubstitute, ""},
			{itemSex, h.Sex},
			{itemBirth, h.Birth},
			{itemAddress, h.Address},
			{itemAddressSubstitute, ""},
		} {
			b.AddASN1(context(tagOtherName), func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidItem(item.n))
				b.AddASN1(context(0), func(b *cryptobyte.Builder) {
					b.AddASN1(tag.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(item.text)) })
				})
			})
		}
	})
	return pkix.Extension{Id: oidSubjectAltName, Value: b.BytesOrPanic()}
}
