package office

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/register"
)

// Refusals at login, as the scenario language names them, beside the register's.
const (
	notInService = "not-in-service"
	unknownCard  = "unknown-card"
)

// begin opens a session. What is known of the certificate is not told here: a
// certificate can be read off a card by anybody it is shown to.
func (o *Office) begin(kiosk string, ask protocol.Ask) outcome {
	at := protocol.Question(protocol.LoginBegin)
	enc, sealed, err := protocol.CutEnc(at, ask.Sealed)
	if err != nil {
		return fault(ask.ID, protocol.CodeMalformed, false)
	}
	seals, err := protocol.Hear(o.keys.seal, enc, protocol.LoginBegin, kiosk, ask.Session)
	if err != nil {
		return fault(ask.ID, protocol.CodeMalformed, false)
	}
	q, err := protocol.Open[protocol.BeginAsk](seals, at, ask.ID, sealed)
	if err != nil {
		return fault(ask.ID, protocol.CodeMalformed, false)
	}
	key, err := protocol.PublicKey(q.Key)
	if err != nil {
		return fault(ask.ID, protocol.CodeMalformed, false)
	}
	cert, err := x509.ParseCertificate(q.Certificate)
	if err != nil {
		return fault(ask.ID, protocol.CodeMalformed, false)
	}
	nonce := make([]byte, protocol.NonceSize)
	if _, err := rand.Read(nonce); err != nil {
		return fault(ask.ID, protocol.CodeFailed, true)
	}
	v := o.desk.begin(o.ctx, &visit{
		kiosk: kiosk, id: ask.Session, enc: enc, seals: seals, key: key, public: q.Key, digest: protocol.KeyDigest(q.Key),
		cert: cert, nonce: nonce,
	})
	if v == nil || v.seals != seals {
		seals.Wipe()
	}
	if v == nil {
		return fault(ask.ID, protocol.CodeSession, false)
	}
	// Whoever else begins under this id would hear the answer to another's context.
	if !bytes.Equal(v.enc, enc) {
		return fault(ask.ID, protocol.CodeConflict, false)
	}
	return once(o, v, protocol.LoginBegin, ask.ID, q,
		func(context.Context, *visit, string, protocol.BeginAsk) (protocol.BeginAnswer, *protocol.Error) {
			return protocol.BeginAnswer{Nonce: v.nonce}, nil
		})
}

// finish takes the card's proof. The nonce is used up by it, right or wrong, and
// by its age.
func (o *Office) finish(_ context.Context, v *visit, _ string, q protocol.FinishAsk) (protocol.FinishAnswer, *protocol.Error) {
	v.mu.Lock()
	used := v.nonceOut || o.clock.Now().Sub(v.began) > nonceLife
	v.nonceOut = true
	v.mu.Unlock()
	if used {
		return protocol.FinishAnswer{}, &protocol.Error{Code: protocol.CodeSequence}
	}
	key, ok := v.cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return protocol.FinishAnswer{}, &protocol.Error{Code: protocol.CodeProof}
	}
	sum := sha256.Sum256(protocol.SignedMessage(v.nonce, v.kiosk, v.id, v.public))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], q.Signature); err != nil {
		return protocol.FinishAnswer{}, &protocol.Error{Code: protocol.CodeProof}
	}
	resident, code, no := o.identify(v.cert)
	if no != nil {
		return protocol.FinishAnswer{}, no
	}
	if code != "" {
		o.desk.count(func(a *Audit) { a.Refused++ })
		return protocol.FinishAnswer{Refused: code}, nil
	}
	m, ok := o.register.Municipality(resident.Municipality)
	if !ok {
		o.desk.count(func(a *Audit) { a.Refused++ })
		return protocol.FinishAnswer{Refused: notInService}, nil
	}
	v.mu.Lock()
	v.resident, v.town = resident.Name, m.ID
	v.mu.Unlock()
	return protocol.FinishAnswer{Municipality: &protocol.Municipality{
		ID: m.ID, Name: m.Name, Office: m.Office, Phone: m.Phone, Hours: m.Hours,
	}}, nil
}

// identify judges the certificate and finds whose it is. No judgement is no
// entrance: without a fresh list of revocations nobody comes in.
func (o *Office) identify(cert *x509.Certificate) (r *register.Resident, code string, no *protocol.Error) {
	err := o.cards.authority.VerifyUser(cert.Raw, o.clock.Now())
	var revoked *authority.Revoked
	switch {
	case errors.As(err, &revoked) && revoked.Reason == authority.Hold:
		return nil, register.LoginCardStopped, nil
	case errors.As(err, &revoked), errors.Is(err, authority.ErrExpired), errors.Is(err, authority.ErrNotYetValid):
		// The kiosk has told the holder what its dates say. Here it is one more
		// certificate that is not in force.
		return nil, register.LoginRevoked, nil
	case errors.Is(err, authority.ErrNoList):
		return nil, "", &protocol.Error{Code: protocol.CodeFailed, Retry: true}
	case err != nil:
		return nil, unknownCard, nil
	}
	name, ok := o.cards.owner(cert.SerialNumber)
	if !ok {
		return nil, unknownCard, nil
	}
	r, ok = o.register.Resident(name)
	if !ok {
		return nil, unknownCard, nil
	}
	return r, "", nil
}
