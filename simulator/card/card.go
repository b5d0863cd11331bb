// Package card is a virtual My Number Card and the reader it is laid on.
//
// It reads the public facts about the JPKI application on its own: nothing of
// the drivers is imported, so that a misreading on either side shows. It
// answers command APDUs byte for byte: SELECT, READ BINARY, VERIFY, the
// signature command and GET CHALLENGE, with the status words of the older
// Japanese command set (JICSAP). Counters of tries survive power-off; what was
// verified does not.
//
// A signature password that is lost is set anew by a protocol of this project's
// own (unblock.go): real cards use the issuer's own, unpublished commands.
//
// It refuses to be a real card in one respect: keys come from the test
// authority and are held in plain memory.
//
// Source: ISO/IEC 7816-4 for the commands; the file map, labels and status
// words are what independent clients of the real card agree on.
package card

import (
	"crypto"
	"crypto/subtle"
	"fmt"
	"sync"
)

// Kind is what sort of card this is.
type Kind string

// The kinds. Each is refused in its own words, but the first.
const (
	MyNumber   Kind = "my-number"
	OldCard    Kind = "old-card"     // resident-registry card: another label, no user-verification side
	Phone      Kind = "phone-token"  // its user certificate wants the PIN first
	Transit    Kind = "transit-card" // has no such application
	NoPIN      Kind = "no-pin"       // face check only: no user-verification PIN to present
	Unreadable Kind = "unreadable"   // does not answer to power
)

// Secret names one of the card's two secrets.
type Secret string

// The secrets.
const (
	PIN      Secret = "pin"
	Password Secret = "password"
)

// Full counters.
const (
	PINTriesMax      = 3
	PasswordTriesMax = 5
)

// Blocked is the count of tries of a secret that is blocked from the start.
const Blocked = -1

// BlockedAnswer is how a product answers when asked about a blocked secret.
type BlockedAnswer uint16

// Known ways to answer the tries query of a blocked secret. VERIFY with data
// gets 6984, or 6983 from the product that speaks ISO.
const (
	BlockedZero   BlockedAnswer = 0      // 63C0
	BlockedJICSAP BlockedAnswer = 0x6984 // 6984
	BlockedISO    BlockedAnswer = 0x6983 // 6983
)

// Product is where one card maker's product differs from another's. The zero
// value is the plainest that the public facts know.
type Product struct {
	NoShortIDs     bool // short file identifiers are refused
	ExtendedLength bool // extended Lc and Le are understood
	FirstFails     bool // the first command after power-up answers 6F00
	Blocked        BlockedAnswer
	Filler         int // bytes after each certificate in its file; 0 means 32
}

// Spec is what a card is made of.
type Spec struct {
	Resident string // whose it is; never leaves the card
	Kind     Kind   // "" means MyNumber
	Product  Product
	Serial   string // of the token, up to 16 characters

	// Certificates, DER. A nil user or signature certificate is a certificate
	// that this card does not have.
	UserCert, SignCert, UserCA, SignCA []byte
	// Keys of the certificates: RSA-2048. Nil where there is none.
	UserKey, SignKey crypto.Signer

	PIN, Password string
	// Tries left; 0 means all of them, Blocked means none.
	PINTries, PasswordTries int

	// IssuerKey is what the issuer proves itself with (AES-128, 16 bytes): this
	// card's own, derived from its serial. Nil makes a card that no issuer can
	// prove itself to.
	IssuerKey []byte
	// IssuerTries are those left of EXTERNAL AUTHENTICATE; 0 means all of them.
	IssuerTries int
}

const fillerDefault = 32

// Card is one card. It is safe for concurrent use, and answers one command at a
// time, as a card does.
type Card struct {
	mu       sync.Mutex
	resident string
	kind     Kind
	product  Product
	files    map[uint16]*file
	secrets  map[uint16]*reference
	keys     map[uint16]*key
	issuer   issuer

	// What power-off forgets.
	application application
	current     *file
	answered    bool // a command since power-up
}

type application int

const (
	issuerDomain application = iota // selected at power-up
	jpki
)

// New makes a card. It is without power.
func New(s Spec) (*Card, error) {
	if s.Kind == "" {
		s.Kind = MyNumber
	}
	switch s.Kind {
	case MyNumber, OldCard, Phone, Transit, NoPIN, Unreadable:
	default:
		return nil, fmt.Errorf("card: no kind %q", s.Kind)
	}
	if len(s.Serial) > serialLength {
		return nil, fmt.Errorf("card: serial %q is longer than %d characters", s.Serial, serialLength)
	}
	if s.PINTries > PINTriesMax || s.PasswordTries > PasswordTriesMax {
		return nil, fmt.Errorf("card: at most %d and %d tries, not %d and %d", PINTriesMax, PasswordTriesMax, s.PINTries, s.PasswordTries)
	}
	if s.Product.Filler == 0 {
		s.Product.Filler = fillerDefault
	}
	c := &Card{
		resident: s.Resident, kind: s.Kind, product: s.Product,
		files: files(s), secrets: references(s), keys: keys(s),
	}
	var err error
	if c.issuer, err = newIssuer(s); err != nil {
		return nil, err
	}
	return c, nil
}

// Resident is whose card this is.
func (c *Card) Resident() string { return c.resident }

// Kind is what sort of card this is.
func (c *Card) Kind() Kind { return c.kind }

// Tries is how many tries the secret has left, by the card's own door: it costs
// none. A secret that the card does not have has none.
func (c *Card) Tries(s Secret) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.secrets[s.file()]; r != nil {
		return r.left
	}
	return 0
}

// Works says whether the signature password is this one and not blocked. It
// costs no try.
func (c *Card) Works(password string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.secrets[efPassword]
	return r != nil && r.left > 0 && subtle.ConstantTimeCompare([]byte(password), r.value) == 1
}

// SetUserCertificate puts another user-verification certificate on the card, as
// a counter at the town hall does; nil takes it away.
func (c *Card) SetUserCertificate(der []byte) error { return c.setCertificate(efUserCert, der) }

// SetSignCertificate does the same for the signature certificate.
func (c *Card) SetSignCertificate(der []byte) error { return c.setCertificate(efSignCert, der) }

func (c *Card) setCertificate(id uint16, der []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.files[id]
	if f == nil {
		return fmt.Errorf("card: a card of kind %q has no file %04X", c.kind, id)
	}
	f.content = withFiller(der, c.product.Filler)
	c.files[efExist].content = existence(c.files[efSignCert].has(), c.files[efUserCert].has())
	return nil
}

// power resets what a card forgets without power: the selection and what was
// verified. Counters stay.
func (c *Card) power() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.application, c.current, c.answered = issuerDomain, nil, false
	c.issuer.forget()
	for _, r := range c.secrets {
		r.verified = false
	}
}

// Process answers one command APDU. It never fails: whatever comes has a status
// word.
func (c *Card) Process(apdu []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.answered
	c.answered = true
	if first && c.product.FirstFails {
		return status(swInternal)
	}
	cmd, ok := parse(apdu)
	if !ok {
		return status(swLength)
	}
	if sw := class(cmd); sw != swDone {
		return status(sw)
	}
	if cmd.extended && !c.product.ExtendedLength {
		return status(swLength)
	}
	// A challenge is good for the very next command.
	challenge := c.issuer.take()
	switch cmd.ins {
	case insSelect:
		return c.selectFile(cmd)
	case insRead:
		return c.read(cmd)
	case insVerify:
		return c.verify(cmd)
	case insSign:
		return c.sign(cmd)
	case insChallenge:
		return c.getChallenge(cmd)
	case insAuthenticate:
		return c.authenticate(cmd, challenge)
	case insResetCounter:
		return c.resetCounter(cmd)
	}
	return status(swInstruction)
}

// class checks the class byte: the interindustry class on channel 0 without
// secure messaging, and the proprietary one for signing only.
func class(cmd command) uint16 {
	if cmd.cla == 0x80 {
		if cmd.ins == insSign {
			return swDone
		}
		return swInstruction
	}
	if cmd.cla&0xE0 != 0 {
		return swClass
	}
	if cmd.cla&0x10 != 0 {
		return swChaining
	}
	if cmd.cla&0x0C != 0 {
		return swSecure
	}
	if cmd.cla&0x03 != 0 {
		return swChannel
	}
	if cmd.ins == insSign {
		return swInstruction
	}
	return swDone
}
