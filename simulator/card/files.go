package card

import (
	"bytes"
	"encoding/binary"
)

// Elementary files of the JPKI application. The short identifier of each is its
// low five bits.
const (
	efSignCert = 0x0001
	efSignCA   = 0x0002
	efToken    = 0x0006
	efExist    = 0x0008
	efUserCert = 0x000A
	efUserCA   = 0x000B
	efUserKey  = 0x0017
	efPIN      = 0x0018
	efSignKey  = 0x001A
	efPassword = 0x001B
)

var (
	jpkiAID   = [...]byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
	issuerAID = [...]byte{0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00}
)

const (
	aidLeast     = 5 // bytes of a name that may stand for the whole (ISO/IEC 7816-4: the RID)
	labelLength  = 32
	serialLength = 16
)

type fileKind int

const (
	transparent fileKind = iota
	pinReference
	privateKey
)

// file is one elementary file.
type file struct {
	id      uint16
	kind    fileKind
	content []byte
	guard   uint16 // the secret that must be verified before reading; 0 means free
}

// has says whether a certificate file holds a certificate.
func (f *file) has() bool { return f != nil && len(f.content) > 0 && f.content[0] == 0x30 }

// files lays out the card. A resident-registry card has no user-verification
// side; a transit card has no application at all.
func files(s Spec) map[uint16]*file {
	m := make(map[uint16]*file)
	put := func(id uint16, kind fileKind, guard uint16, content []byte) {
		m[id] = &file{id: id, kind: kind, guard: guard, content: content}
	}
	put(efSignCert, transparent, efPassword, withFiller(s.SignCert, s.Product.Filler))
	put(efSignCA, transparent, 0, withFiller(s.SignCA, s.Product.Filler))
	put(efToken, transparent, 0, tokenInformation(s))
	put(efSignKey, privateKey, 0, nil)
	put(efPassword, pinReference, 0, nil)
	if s.Kind == OldCard {
		put(efExist, transparent, 0, existence(s.SignCert != nil, false))
		return m
	}
	put(efExist, transparent, 0, existence(s.SignCert != nil, s.UserCert != nil))
	userGuard := uint16(0)
	if s.Kind == Phone {
		userGuard = efPIN
	}
	put(efUserCert, transparent, userGuard, withFiller(s.UserCert, s.Product.Filler))
	put(efUserCA, transparent, 0, withFiller(s.UserCA, s.Product.Filler))
	put(efUserKey, privateKey, 0, nil)
	if s.Kind != NoPIN {
		put(efPIN, pinReference, 0, nil)
	}
	return m
}

// withFiller is a certificate in its file: the card's files are longer than what
// they hold. No certificate is filler alone.
func withFiller(der []byte, filler int) []byte {
	return append(bytes.Clone(der), make([]byte, filler)...)
}

// existence is EF 0008: 8F where a certificate exists, the signature's first.
func existence(signature, user bool) []byte {
	mark := func(there bool) byte {
		if there {
			return 0x8F
		}
		return 0x00
	}
	return []byte{mark(signature), mark(user), 0x00}
}

func label(k Kind) string {
	switch k {
	case OldCard:
		return "JPKIAPICCTOKEN"
	case Phone:
		return "JPKIAPGPSETOKEN"
	}
	return "JPKIAPICCTOKEN2"
}

// tokenInformation is EF 0006: an image of PKCS #11's CK_TOKEN_INFO, 160 bytes.
func tokenInformation(s Spec) []byte {
	pad := func(text string, n int) []byte {
		b := bytes.Repeat([]byte{' '}, n)
		copy(b, text)
		return b
	}
	b := pad(label(s.Kind), labelLength)
	b = append(b, pad("JPKI-TEST", 32)...)
	b = append(b, pad("VIRTUAL", 16)...)
	b = append(b, pad(s.Serial, serialLength)...)
	const (
		flags    = 0x0000040D // random generator, login required, PIN set, token initialised
		unknown  = 0xFFFFFFFF
		sessions = 1
		pinLeast = 4
		pinMost  = 16
	)
	for _, n := range []uint32{
		flags, sessions, unknown, sessions, unknown, pinMost, pinLeast,
		unknown, unknown, unknown, unknown,
	} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = append(b, 1, 0, 1, 0) // hardware and firmware version
	return append(b, pad("", 16)...)
}

// selectFile is SELECT.
func (c *Card) selectFile(cmd command) []byte {
	switch cmd.p1 {
	case 0x04:
		return c.selectApplication(cmd)
	case 0x02:
		return c.selectElementary(cmd)
	case 0x00:
		// The master file: refused after power-up, without effect inside an
		// application.
		if c.application == issuerDomain {
			return status(swParameters)
		}
		return status(swDone)
	}
	return status(swParameters)
}

func (c *Card) selectApplication(cmd command) []byte {
	if cmd.p2 != 0x0C && cmd.p2 != 0x00 {
		return status(swParameters)
	}
	if len(cmd.data) < aidLeast {
		return status(swNotFound)
	}
	c.issuer.forget()
	switch {
	case c.kind != Transit && bytes.HasPrefix(jpkiAID[:], cmd.data):
		c.application, c.current = jpki, nil
		return selected(cmd, jpkiAID[:])
	case bytes.HasPrefix(issuerAID[:], cmd.data):
		c.application, c.current = issuerDomain, nil
		return selected(cmd, issuerAID[:])
	}
	return status(swNotFound)
}

// selected answers a selection by name: with the name in a file control
// information template where that was asked for (P2 = 00).
func selected(cmd command, aid []byte) []byte {
	if cmd.p2 == 0x0C {
		return status(swDone)
	}
	fci := append([]byte{0x6F, byte(len(aid) + 2), 0x84, byte(len(aid))}, aid...)
	return answer(fci)
}

func (c *Card) selectElementary(cmd command) []byte {
	if cmd.p2 != 0x0C {
		return status(swParameters)
	}
	if len(cmd.data) != 2 {
		return status(swLength)
	}
	f := c.find(binary.BigEndian.Uint16(cmd.data))
	if f == nil {
		return status(swNotFound)
	}
	c.current = f
	return status(swDone)
}

// find is the file of the selected application, nil where there is none.
func (c *Card) find(id uint16) *file {
	if c.application != jpki {
		return nil
	}
	return c.files[id]
}

// named is the file that a short identifier in P1 or P2 names, or the current
// one where there is none (identifier 0). A status other than "done" says why
// there is no such file.
func (c *Card) named(short byte, absent uint16) (*file, uint16) {
	if short == 0 {
		if c.current == nil {
			return nil, swNoCurrent
		}
		return c.current, swDone
	}
	if c.product.NoShortIDs {
		return nil, swParameters
	}
	f := c.find(uint16(short))
	if f == nil {
		return nil, absent
	}
	c.current = f
	return f, swDone
}

// read is READ BINARY.
func (c *Card) read(cmd command) []byte {
	if len(cmd.data) != 0 || cmd.asked == 0 {
		return status(swLength)
	}
	short, offset := byte(0), int(cmd.p1)<<8|int(cmd.p2)
	if cmd.p1&0x80 != 0 {
		if cmd.p1&0x60 != 0 || cmd.p1&0x1F == 0 {
			return status(swParameters)
		}
		short, offset = cmd.p1&0x1F, int(cmd.p2)
	}
	f, sw := c.named(short, swNotFound)
	if sw != swDone {
		return status(sw)
	}
	if f.kind != transparent {
		return status(swFileKind)
	}
	if f.guard != 0 && !c.verified(f.guard) {
		return status(swNotVerified)
	}
	if offset >= len(f.content) {
		return status(swOffset)
	}
	return answer(f.content[offset:min(offset+cmd.asked, len(f.content))])
}
