package office

import (
	"bytes"
	"context"
	"crypto/hpke"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// session is one customer. Its key is made for it and goes with it.
type session struct {
	c       *Client
	id      string
	public  []byte // the session's public key
	digest  []byte // of that
	owner   []byte // protocol.CertificateDigest of the certificate that the card gave
	message []byte // what the card signs

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
	s := &session{
		c: c, id: protocol.NewID(), key: key,
		public: key.PublicKey().Bytes(),
		owner:  protocol.CertificateDigest(cert),
	}
	s.digest = protocol.KeyDigest(s.public)
	ask := protocol.BeginAsk{Certificate: certificate, Key: s.public}
	answer, err := exchange[protocol.BeginAnswer](ctx, s, protocol.LoginBegin, protocol.NewID(), ask)
	if err != nil {
		return nil, err
	}
	s.message = protocol.SignedMessage(answer.Nonce, c.kiosk, s.id, s.public)
	return s, nil
}

// sealable is a body that protocol.Seal closes.
type sealable interface{ Check() error }

// exchange seals a question for the office and opens its answer.
func exchange[A sealable](ctx context.Context, s *session, v protocol.Verb, id string, question sealable) (A, error) {
	var none A
	key, err := s.held()
	if err != nil {
		return none, err
	}
	place := protocol.Place{Purpose: protocol.Question(v), Kiosk: s.c.kiosk, Session: s.id, Request: id}
	if v != protocol.LoginBegin && v != protocol.ResetDone { // these bring the key
		place.Key = s.digest
	}
	sealed, err := protocol.Seal(s.c.pinned.Seal, place, question)
	if err != nil {
		return none, fmt.Errorf("office: %s: %w", v, err)
	}
	body, err := protocol.Encode(protocol.Ask{Version: protocol.Version, ID: id, Session: s.id, Sealed: sealed})
	if err != nil {
		return none, fmt.Errorf("office: %s: %w", v, err)
	}
	reply, err := s.c.ask(ctx, v, id, body)
	if err != nil {
		return none, err
	}
	place.Purpose, place.Key = protocol.Reply(v), s.digest
	answer, err := protocol.Open[A](key, place, reply.Sealed)
	if err != nil {
		return none, fmt.Errorf("office: %s: %w", v, err)
	}
	return answer, nil
}

func (s *session) held() (hpke.PrivateKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == nil {
		return nil, errSessionOver
	}
	return s.key, nil
}

var errSessionOver = errors.New("office: the session is over")

func (s *session) ID() string      { return s.id }
func (s *session) Message() []byte { return bytes.Clone(s.message) }

// Close drops the key. What the session could open, nothing opens any more.
func (s *session) Close() {
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
	ask := protocol.FinishAsk{Signature: signature}
	answer, err := exchange[protocol.FinishAnswer](ctx, s, protocol.LoginFinish, id, ask)
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
