package office

import (
	"crypto"
	"crypto/hpke"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"log/slog"
	"math/big"
	"slices"
	"testing"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/board"
	"kioskd/simulator/card"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/register"
)

// counter is an office that is asked directly, and its world's clock.
type counter struct {
	*Office
	*testing.T
	clock *board.Clock
}

func newCounter(t *testing.T) counter {
	t.Helper()
	keys, err := authority.OpenKeyPool("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	clock := board.NewClock(start)
	o, err := NewDirect(t.Context(), Options{
		Dir: t.TempDir(), Clock: clock, Register: register.New(start), Paper: noPaper{},
		Authority: authority.NewWithKeys(start, keys), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return counter{o, t, clock}
}

func (c counter) of(resident string) card.Spec {
	c.Helper()
	s, err := c.CardSpec(resident)
	if err != nil {
		c.Fatal(err)
	}
	return s
}

// login is one customer's, as a kiosk sees it.
type login struct {
	counter
	session string
	key     hpke.PrivateKey
	public  []byte
	nonce   []byte
	seals   *protocol.Seals
	enc     []byte
}

func (c counter) login(certificate []byte) *login {
	c.Helper()
	key, err := protocol.NewKey()
	if err != nil {
		c.Fatal(err)
	}
	l := &login{counter: c, session: protocol.NewID(), key: key, public: key.PublicKey().Bytes()}
	if l.seals, l.enc, err = protocol.Call(c.keys.seal.PublicKey(), protocol.LoginBegin, "k001", l.session); err != nil {
		c.Fatal(err)
	}
	answer, no := ask[protocol.BeginAnswer](l, protocol.LoginBegin, protocol.NewID(), protocol.BeginAsk{Certificate: certificate, Key: l.public})
	if no != nil {
		c.Fatal(no)
	}
	l.nonce = answer.Nonce
	return l
}

func ask[A body](l *login, v protocol.Verb, id string, q body) (answer A, no *protocol.Error) {
	l.Helper()
	sealed, err := l.seals.Seal(protocol.Question(v), id, q)
	if err != nil {
		l.Fatal(err)
	}
	if v == protocol.LoginBegin {
		sealed = slices.Concat(l.enc, sealed)
	}
	data, err := protocol.EncodeAsk(protocol.Ask{ID: id, Session: l.session, Sealed: sealed})
	if err != nil {
		l.Fatal(err)
	}
	reply, _, err := l.Answer("k001", v, data)
	if err != nil {
		l.Fatal(err)
	}
	a, err := protocol.DecodeAnswer(reply)
	if err != nil {
		l.Fatal(err)
	}
	if a.Error != nil {
		return answer, a.Error
	}
	if v == protocol.LoginFinish {
		enc, rest, err := protocol.CutEnc(protocol.Reply(v), a.Sealed)
		if err == nil {
			err = l.seals.Confirmed(l.key, enc, id)
		}
		if err != nil {
			l.Fatal(err)
		}
		a.Sealed = rest
	}
	if answer, err = protocol.Open[A](l.seals, protocol.Reply(v), id, a.Sealed); err != nil {
		l.Fatal(err)
	}
	return answer, nil
}

// sign is what a card answers over these.
func (l *login) sign(key crypto.Signer, nonce []byte, kiosk, session string, public []byte) []byte {
	l.Helper()
	sum := sha256.Sum256(protocol.SignedMessage(nonce, kiosk, session, public))
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		l.Fatal(err)
	}
	return signature
}

func (l *login) right(key crypto.Signer) []byte {
	return l.sign(key, l.nonce, "k001", l.session, l.public)
}

// finish says what came of it: a municipality, a refusal of the person, or the
// code of an error.
func (l *login) finish(signature []byte) string {
	l.Helper()
	a, no := ask[protocol.FinishAnswer](l, protocol.LoginFinish, protocol.NewID(), protocol.FinishAsk{Signature: signature})
	switch {
	case no != nil:
		return string(no.Code)
	case a.Refused != "":
		return a.Refused
	}
	return a.Municipality.ID
}

func (l *login) want(what, want string, signature []byte) {
	l.Helper()
	if got := l.finish(signature); got != want {
		l.Errorf("%s: %s, want %s", what, got, want)
	}
}

// TestProof: only the card's signature over this nonce, kiosk, session and key,
// once, and while the nonce is fresh.
func TestProof(t *testing.T) {
	c := newCounter(t)
	s := c.of("adult")
	l := c.login(s.UserCert)
	good := l.right(s.UserKey)
	l.want("right", "inagi", good)
	l.want("the nonce a second time", string(protocol.CodeSequence), good)

	other := c.login(s.UserCert)
	for what, signature := range map[string][]byte{
		"another nonce":       other.sign(s.UserKey, l.nonce, "k001", other.session, other.public),
		"another kiosk":       other.sign(s.UserKey, other.nonce, "k002", other.session, other.public),
		"another session":     other.sign(s.UserKey, other.nonce, "k001", l.session, other.public),
		"another session key": other.sign(s.UserKey, other.nonce, "k001", other.session, l.public),
		"the signature key":   other.right(s.SignKey),
		"an earlier proof":    good,
		"nothing":             make([]byte, 256),
	} {
		l := c.login(s.UserCert)
		if what == "the signature key" {
			signature = l.right(s.SignKey)
		}
		l.want(what, string(protocol.CodeProof), signature)
		l.want("the right one after "+what, string(protocol.CodeSequence), l.right(s.UserKey))
	}

	for age, want := range map[time.Duration]string{nonceLife - second: "inagi", nonceLife + second: string(protocol.CodeSequence)} {
		l := c.login(s.UserCert)
		c.clock.Advance(age, func() {})
		l.want("a nonce of "+age.String(), want, l.right(s.UserKey))
	}
}

// made is a certificate that this authority's key has signed, changed.
func (c counter) made(user card.Spec, change func(*x509.Certificate), signer crypto.Signer) []byte {
	c.Helper()
	ca, err := x509.ParseCertificate(user.UserCA)
	if err != nil {
		c.Fatal(err)
	}
	if signer == nil {
		if signer, err = c.cards.authority.Keys().Key("authority-user-2"); err != nil {
			c.Fatal(err)
		}
	} else {
		ca.PublicKey = signer.Public()
	}
	policy, err := x509.ParseOID("1.2.392.200149.8.5.1.0.30")
	if err != nil {
		c.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(user.UserCert)
	if err != nil {
		c.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: leaf.SerialNumber, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, Policies: []x509.OID{policy},
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, ca, user.UserKey.Public(), signer)
	if err != nil {
		c.Fatal(err)
	}
	return der
}

// TestCertificateAtLogin: each thing that may be wrong with a certificate whose
// holder has signed rightly has its code.
func TestCertificateAtLogin(t *testing.T) {
	c := newCounter(t)
	s := c.of("adult")
	forger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	same := func(*x509.Certificate) {}
	for what, tt := range map[string]struct {
		der  []byte
		want string
	}{
		"as issued":              {s.UserCert, "inagi"},
		"as issued, made here":   {c.made(s, same, nil), "inagi"},
		"same name, another key": {c.made(s, same, forger), unknownCard},
		"CA flag":                {c.made(s, func(x *x509.Certificate) { x.IsCA, x.BasicConstraintsValid = true, true }, nil), unknownCard},
		"key usage":              {c.made(s, func(x *x509.Certificate) { x.KeyUsage |= x509.KeyUsageContentCommitment }, nil), unknownCard},
		"policy":                 {c.made(s, func(x *x509.Certificate) { x.Policies = nil }, nil), unknownCard},
		"expired":                {c.made(s, func(x *x509.Certificate) { x.NotAfter = start.Add(-second) }, nil), register.LoginRevoked},
		"not yet valid":          {c.made(s, func(x *x509.Certificate) { x.NotBefore = start.Add(time.Hour) }, nil), register.LoginRevoked},
		"nobody's serial":        {c.made(s, func(x *x509.Certificate) { x.SerialNumber = big.NewInt(4711) }, nil), unknownCard},
	} {
		l := c.login(tt.der)
		l.want(what, tt.want, l.right(s.UserKey))
	}
	for resident, want := range map[string]string{
		"revoked": register.LoginRevoked, "card-stopped": register.LoginCardStopped, "moved": "inagi", "other-town": "other-town",
	} {
		s := c.of(resident)
		l := c.login(s.UserCert)
		l.want(resident, want, l.right(s.UserKey))
	}
	elsewhere, _ := c.register.Resident("alone")
	elsewhere.Municipality = "nowhere"
	s = c.of("alone")
	l := c.login(s.UserCert)
	l.want("municipality outside the service", notInService, l.right(s.UserKey))
}

// TestNoFreshList: nobody comes in while the list of revocations is stale or
// there is none, and whoever asks again when it comes does.
func TestNoFreshList(t *testing.T) {
	for what, last := range map[string]time.Time{"stale": start.Add(-48 * time.Hour), "missing": {}} {
		c := newCounter(t)
		s := c.of("adult")
		c.cards.authority.StopLists(last)
		l := c.login(s.UserCert)
		l.want(what, string(protocol.CodeFailed), l.right(s.UserKey))
		c.cards.authority.ResumeLists()
		l = c.login(s.UserCert)
		l.want("fresh again", "inagi", l.right(s.UserKey))
	}
}
