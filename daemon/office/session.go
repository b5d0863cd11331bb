package office

import (
	"bytes"
	"context"
	"crypto/hpke"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// session is one customer. Its key and its seals are made for it and go with it.
type session struct {
	c       *Client
	id      string
	digest  []byte // of the session's public key
	owner   []byte // protocol.CertificateDigest of the certificate that the card gave
	message []byte // what the card signs
	seals   *protocol.Seals

	mu      sync.Mutex
	key     hpke.PrivateKey // nil once closed
	proof   []byte          // the signature that Prove sent
	proofID string          // under this id
}

var _ flows.Session = (*session)(nil)

// Begin opens a session for the holder of this certificate (DER).
func (c *Client) Begin(ctx context.Context, certificate []byte) (flows.Session, error) {
	cert, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("office: begin: certificate: %w", err)
	}
	key, err := protocol.NewKey()
	if err != nil {
		return nil, fmt.Errorf("office: begin: %w", err)
	}
	public := key.PublicKey().Bytes()
	s := &session{
		c: c, id: protocol.NewID(), key: key,
		digest: protocol.KeyDigest(public), owner: protocol.CertificateDigest(cert),
	}
	seals, enc, err := protocol.Call(c.pinned.Seal, protocol.LoginBegin, c.kiosk, s.id)
	if err != nil {
		return nil, fmt.Errorf("office: begin: %w", err)
	}
	s.seals = seals
	ask := protocol.BeginAsk{Certificate: certificate, Key: public}
	reply, err := c.exchange(ctx, s.seals, protocol.LoginBegin, s.id, protocol.NewID(), enc, ask)
	var answer protocol.BeginAnswer
	if err == nil {
		answer, err = opened[protocol.BeginAnswer](s.seals, protocol.LoginBegin, reply)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.message = protocol.SignedMessage(answer.Nonce, c.kiosk, s.id, public)
	return s, nil
}

// sealable is a body that travels sealed.
type sealable interface{ Check() error }

// exchange seals a question for the office and brings the answer as it came. enc
// is what a session begins with.
func (c *Client) exchange(
	ctx context.Context, seals *protocol.Seals, v protocol.Verb, session, id string, enc []byte, question sealable,
) (protocol.Answer, error) {
	sealed, err := seals.Seal(protocol.Question(v), id, question)
	if err != nil {
		return protocol.Answer{}, fmt.Errorf("office: %s: %w", v, err)
	}
	body, err := protocol.EncodeAsk(protocol.Ask{
		ID: id, Session: session, Sealed: slices.Concat(enc, sealed),
	})
	if err != nil {
		return protocol.Answer{}, fmt.Errorf("office: %s: %w", v, err)
	}
	return c.ask(ctx, v, id, body)
}

func opened[A sealable](seals *protocol.Seals, v protocol.Verb, reply protocol.Answer) (A, error) {
	answer, err := protocol.Open[A](seals, protocol.Reply(v), reply.ID, reply.Sealed)
	if err != nil {
		return answer, fmt.Errorf("office: %s: %w", v, err)
	}
	return answer, nil
}

// exchange asks in a session that is proved.
func exchange[A sealable](ctx context.Context, s *session, v protocol.Verb, id string, question sealable) (A, error) {
	reply, err := s.c.exchange(ctx, s.seals, v, s.id, id, nil, question)
	if err != nil {
		var none A
		return none, err
	}
	return opened[A](s.seals, v, reply)
}

func (s *session) held() (hpke.PrivateKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == nil {
		return nil, protocol.ErrOver
	}
	return s.key, nil
}

func (s *session) ID() string      { return s.id }
func (s *session) Message() []byte { return bytes.Clone(s.message) }

// Close wipes the secrets and drops the key. What the session could open, nothing
// opens any more.
func (s *session) Close() {
	s.seals.Wipe()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = nil
	clear(s.proof)
}

// Prove sends the card's signature. The same signature goes under the same id.
func (s *session) Prove(ctx context.Context, signature []byte) (flows.Municipality, error) {
	s.mu.Lock()
	if s.proofID == "" || !bytes.Equal(s.proof, signature) {
		s.proof, s.proofID = bytes.Clone(signature), protocol.NewID()
	}
	id := s.proofID
	s.mu.Unlock()
	answer, err := s.finish(ctx, id, protocol.FinishAsk{Signature: signature})
	if err != nil {
		return flows.Municipality{}, err
	}
	if answer.Refused != "" {
		return flows.Municipality{}, &flows.Refused{Code: answer.Refused}
	}
	m := answer.Municipality
	return flows.Municipality{
		ID:      m.ID,
		Contact: flows.Contact{Municipality: m.Name, Office: m.Office, Phone: m.Phone, Hours: m.Hours},
	}, nil
}

// finish takes the office's context to the session's key, and opens with it what
// comes behind.
func (s *session) finish(ctx context.Context, id string, ask protocol.FinishAsk) (a protocol.FinishAnswer, err error) {
	reply, err := s.c.exchange(ctx, s.seals, protocol.LoginFinish, s.id, id, nil, ask)
	if err != nil {
		return a, err
	}
	enc, sealed, err := protocol.CutEnc(protocol.Reply(protocol.LoginFinish), reply.Sealed)
	if err != nil {
		return a, fmt.Errorf("office: %s: %w", protocol.LoginFinish, err)
	}
	key, err := s.held()
	if err != nil {
		return a, err
	}
	if err := s.seals.Confirmed(key, enc, id); err != nil {
		return a, fmt.Errorf("office: %s: %w", protocol.LoginFinish, err)
	}
	reply.Sealed = sealed
	return opened[protocol.FinishAnswer](s.seals, protocol.LoginFinish, reply)
}

// Offer asks what this resident may have.
func (s *session) Offer(ctx context.Context) (flows.Offer, error) {
	answer, err := exchange[protocol.OfferAnswer](ctx, s, protocol.AskOffer, protocol.NewID(), protocol.OfferAsk{})
	if err != nil {
		return flows.Offer{}, err
	}
	if answer.Refused != "" {
		return flows.Offer{}, &flows.Refused{Code: answer.Refused}
	}
	o := answer.Offer
	offer := flows.Offer{Fee: o.Fee, CopiesMax: o.CopiesMax, Alone: o.Alone, Items: o.Items}
	for _, m := range o.Members {
		offer.Members = append(offer.Members, flows.Member{ID: m.ID, Name: m.Name})
	}
	return offer, nil
}
