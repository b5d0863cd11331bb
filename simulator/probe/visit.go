package probe

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"

	"kioskd/daemon/office/protocol"
)

// visit is one session of the probe.
type visit struct {
	id     string
	key    hpke.PrivateKey
	public []byte
	seals  *protocol.Seals
	enc    []byte
	nonce  []byte
}

func (p *probe) newVisit() (*visit, error) {
	key, err := protocol.NewKey()
	if err != nil {
		return nil, err
	}
	v := &visit{id: protocol.NewID(), key: key, public: key.PublicKey().Bytes()}
	v.seals, v.enc, err = protocol.Call(p.o.Pinned.Seal, protocol.LoginBegin, p.o.Kiosk, v.id)
	return v, err
}

type body interface{ Check() error }

// send asks under an id and returns the answer as it came.
func send(ctx context.Context, p *probe, v *visit, verb protocol.Verb, id string, q body) (protocol.Answer, error) {
	data, err := v.seal(verb, id, q)
	if err != nil {
		return protocol.Answer{}, err
	}
	m, err := p.request(ctx, protocol.Subject(p.o.Kiosk, verb), data)
	if err != nil {
		return protocol.Answer{}, err
	}
	a, err := protocol.DecodeAnswer(m.Data)
	if err == nil && a.ID != id {
		err = errors.New("an answer to another request")
	}
	return a, err
}

func (v *visit) seal(verb protocol.Verb, id string, q body) ([]byte, error) {
	sealed, err := v.seals.Seal(protocol.Question(verb), id, q)
	if errors.Is(err, protocol.ErrTooEarly) {
		// Whoever asks before the proof has nothing to seal with.
		sealed, err = []byte("before its time"), nil
	}
	if err != nil {
		return nil, err
	}
	if verb == protocol.LoginBegin {
		sealed = slices.Concat(v.enc, sealed)
	}
	return protocol.EncodeAsk(protocol.Ask{ID: id, Session: v.id, Sealed: sealed})
}

// ask has a question answered and opened.
func ask[A body](ctx context.Context, p *probe, v *visit, verb protocol.Verb, id string, q body) (A, error) {
	var none A
	a, err := send(ctx, p, v, verb, id, q)
	if err != nil {
		return none, err
	}
	if a.Error != nil {
		return none, a.Error
	}
	at := protocol.Reply(verb)
	if verb == protocol.LoginFinish {
		enc, rest, err := protocol.CutEnc(at, a.Sealed)
		if err == nil {
			err = v.seals.Confirmed(v.key, enc, id)
		}
		if err != nil {
			return none, err
		}
		a.Sealed = rest
	}
	return protocol.Open[A](v.seals, at, id, a.Sealed)
}

// refuses wants a code.
func refuses(ctx context.Context, p *probe, v *visit, verb protocol.Verb, id string, q body, want protocol.Code) error {
	a, err := send(ctx, p, v, verb, id, q)
	switch {
	case err != nil:
		return wrong("the code "+string(want), err)
	case a.Error == nil:
		return wrong("the code "+string(want), "an answer")
	case a.Error.Code != want:
		return wrong("the code "+string(want), a.Error.Code)
	}
	return nil
}

func (p *probe) begin(ctx context.Context) (*visit, string, error) {
	v, err := p.newVisit()
	if err != nil {
		return nil, "", err
	}
	id := protocol.NewID()
	a, err := ask[protocol.BeginAnswer](ctx, p, v, protocol.LoginBegin, id, protocol.BeginAsk{Certificate: p.o.Certificate, Key: v.public})
	v.nonce = a.Nonce
	return v, id, err
}

func beginTwice(ctx context.Context, p *probe) error {
	v, id, err := p.begin(ctx)
	if err != nil {
		return wrong("a nonce", err)
	}
	q := protocol.BeginAsk{Certificate: p.o.Certificate, Key: v.public}
	again, err := ask[protocol.BeginAnswer](ctx, p, v, protocol.LoginBegin, id, q)
	if err != nil {
		return wrong("the same nonce under the same id", err)
	}
	if !bytes.Equal(again.Nonce, v.nonce) {
		return wrong("the same nonce under the same id", "another")
	}
	if err := refuses(ctx, p, v, protocol.LoginBegin, id, protocol.BeginAsk{Certificate: []byte("another"), Key: v.public}, protocol.CodeConflict); err != nil {
		// A question whose certificate does not even parse may be malformed first.
		return refuses(ctx, p, v, protocol.LoginBegin, id, protocol.BeginAsk{Certificate: []byte("another"), Key: v.public}, protocol.CodeMalformed)
	}
	return nil
}

func noSession(ctx context.Context, p *probe) error {
	v, err := p.newVisit()
	if err != nil {
		return err
	}
	return refuses(ctx, p, v, protocol.AskOffer, protocol.NewID(), protocol.OfferAsk{}, protocol.CodeSession)
}

func tooEarly(ctx context.Context, p *probe) error {
	v, _, err := p.begin(ctx)
	if err != nil {
		return wrong("a nonce", err)
	}
	return refuses(ctx, p, v, protocol.AskOffer, protocol.NewID(), protocol.OfferAsk{}, protocol.CodeSequence)
}

func forgedProof(ctx context.Context, p *probe) error {
	v, _, err := p.begin(ctx)
	if err != nil {
		return wrong("a nonce", err)
	}
	if err := refuses(ctx, p, v, protocol.LoginFinish, protocol.NewID(), protocol.FinishAsk{Signature: make([]byte, 256)}, protocol.CodeProof); err != nil {
		return err
	}
	return refuses(ctx, p, v, protocol.LoginFinish, protocol.NewID(), protocol.FinishAsk{Signature: make([]byte, 256)}, protocol.CodeSequence)
}

func login(ctx context.Context, p *probe) error {
	v, _, err := p.begin(ctx)
	if err != nil {
		return wrong("a nonce", err)
	}
	sum := sha256.Sum256(protocol.SignedMessage(v.nonce, p.o.Kiosk, v.id, v.public))
	signature, err := p.o.Card.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return err
	}
	a, err := ask[protocol.FinishAnswer](ctx, p, v, protocol.LoginFinish, protocol.NewID(), protocol.FinishAsk{Signature: signature})
	if err != nil {
		return wrong("a municipality", err)
	}
	if a.Refused != "" {
		return wrong("a municipality for this card", "the refusal "+a.Refused)
	}
	p.visit = v
	return nil
}

func offered(ctx context.Context, p *probe) error {
	if p.visit == nil {
		return errSkip
	}
	a, err := ask[protocol.OfferAnswer](ctx, p, p.visit, protocol.AskOffer, protocol.NewID(), protocol.OfferAsk{})
	if err != nil {
		return wrong("an offer", err)
	}
	if a.Refused != "" {
		return wrong("an offer for this card", "the refusal "+a.Refused)
	}
	p.offer = a.Offer
	return nil
}

func wrongFee(ctx context.Context, p *probe) error {
	if p.offer == nil {
		return errSkip
	}
	q := protocol.OrderAsk{Scope: protocol.ScopeSelf, Copies: 1, Fee: p.offer.Fee + 10}
	return refuses(ctx, p, p.visit, protocol.AskOrder, protocol.NewID(), q, protocol.CodeNotOffered)
}

// order orders a copy twice under one id, and checks all of it as a kiosk does.
func order(ctx context.Context, p *probe) error {
	if p.offer == nil {
		return errSkip
	}
	v, id := p.visit, protocol.NewID()
	q := protocol.OrderAsk{Scope: protocol.ScopeSelf, Copies: 1, Fee: p.offer.Fee}
	a, err := ask[protocol.OrderAnswer](ctx, p, v, protocol.AskOrder, id, q)
	if err != nil {
		return wrong("a document", err)
	}
	if a.Refused != "" {
		return wrong("a document", "the refusal "+a.Refused)
	}
	again, err := ask[protocol.OrderAnswer](ctx, p, v, protocol.AskOrder, id, q)
	if err != nil {
		return wrong("the same document under the same id", err)
	}
	if again.Manifest == nil || !bytes.Equal(again.Manifest.Body, a.Manifest.Body) {
		return wrong("the same document under the same id", "another")
	}
	m, err := a.Manifest.Verify(p.o.Pinned.Document)
	if err != nil {
		return wrong("a manifest that a pinned document key has signed", err)
	}
	cert, err := x509.ParseCertificate(p.o.Certificate)
	if err != nil {
		return err
	}
	owner := protocol.CertificateDigest(cert)
	for _, c := range []struct {
		wrong bool
		want  string
		got   any
	}{
		{m.Order != id, "the manifest of this order", m.Order},
		{m.Kiosk != p.o.Kiosk, "the manifest of this kiosk", m.Kiosk},
		{m.Session != v.id || !bytes.Equal(m.SessionKey, protocol.KeyDigest(v.public)), "the manifest of this session", m.Session},
		{!bytes.Equal(m.Certificate, owner), "the manifest of this card", "another card's"},
		{m.Fee != q.Fee || m.Copies != q.Copies, "the fee and copies that were ordered", m.Fee},
		{len(m.Sheets) != len(a.Parcels), "as many parcels as sheets", len(a.Parcels)},
	} {
		if c.wrong {
			return wrong(c.want, c.got)
		}
	}
	for i, s := range m.Sheets {
		if !bytes.Equal(s.Subject, protocol.SheetSubject(owner, m.Issue)) {
			return wrong("a sheet of this card's record", "another record's")
		}
		if err := fetch(ctx, p, id, s, a.Parcels[i]); err != nil {
			return err
		}
	}
	return nil
}

func fetch(ctx context.Context, p *probe, order string, s protocol.ManifestSheet, parcel protocol.Parcel) error {
	v := p.visit
	o, err := protocol.NewSheetOpener(v.key, protocol.Place{Kiosk: p.o.Kiosk, Session: v.id, Request: order, Key: protocol.KeyDigest(v.public)}, s.Number, parcel)
	if err != nil {
		return wrong("a sheet sealed for this session", err)
	}
	for {
		chunk, done := o.Next()
		if done {
			break
		}
		ask := protocol.SheetAsk{Order: order, Sheet: s.Number, Chunk: chunk}
		a, err := send(ctx, p, v, protocol.AskSheet, protocol.NewID(), ask)
		if err == nil && a.Error != nil {
			err = a.Error
		}
		if err != nil {
			return wrong("a chunk", err)
		}
		if err := o.Add(a.Sealed); err != nil {
			return wrong("a chunk that opens under this session's key", err)
		}
	}
	raster, err := o.Raster()
	if err != nil {
		return wrong("a whole sheet", err)
	}
	if sum := sha256.Sum256(raster); !bytes.Equal(sum[:], s.Digest) {
		return wrong("the sheet that the manifest names", "another")
	}
	return nil
}
