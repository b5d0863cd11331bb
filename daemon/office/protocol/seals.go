package protocol

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Seals close and open what a kiosk and the office say to each other in one
// session. Both ends hold the same: the kiosk's are made by Call, the office's by
// Hear. They are safe for concurrent use.
type Seals struct {
	place Place // Kiosk and Session

	mu     sync.Mutex
	over   bool
	first  []byte // secret of the context to the office
	before ways   // from that secret
	after  ways   // from both contexts' secrets; none until the office has sealed to the session's key
	key    []byte // KeyDigest of that key, from then on
}

// ways are the ciphers of a secret, one for each direction.
type ways struct{ question, answer cipher.AEAD }

const (
	secretSize = sha256.Size
	gcmKeySize = 32
	exportedAs = "kiosk v2 session"  // exporter_context of both contexts
	asQuestion = "kiosk v2 question" // info of the key of what a kiosk says
	asAnswer   = "kiosk v2 answer"   // and of what the office says
)

var (
	// ErrOver says that the secrets are wiped.
	ErrOver = errors.New("protocol: the session is over")
	// ErrTooEarly says that the office has not sealed to the session's key yet.
	ErrTooEarly = errors.New("protocol: the session is not proved yet")
)

// Call begins a session: a context to the office's key. What it returns as enc
// goes before what is sealed first.
func Call(office hpke.PublicKey, v Verb, kiosk, session string) (s *Seals, enc []byte, err error) {
	s = &Seals{place: Place{Kiosk: kiosk, Session: session}}
	enc, context, err := hpke.NewSender(office, kdf(), hpke.ExportOnly(), s.begins(v).info())
	if err != nil {
		return nil, nil, fmt.Errorf("protocol: begin a session: %w", err)
	}
	if err := s.start(context.Export); err != nil {
		return nil, nil, err
	}
	return s, enc, nil
}

// Hear is the office's side of Call.
func Hear(office hpke.PrivateKey, enc []byte, v Verb, kiosk, session string) (*Seals, error) {
	s := &Seals{place: Place{Kiosk: kiosk, Session: session}}
	context, err := hpke.NewRecipient(enc, office, kdf(), hpke.ExportOnly(), s.begins(v).info())
	if err != nil {
		return nil, &ErrSealed{At: Question(v)}
	}
	if err := s.start(context.Export); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Seals) start(export func(string, int) ([]byte, error)) (err error) {
	if s.first, err = export(exportedAs, secretSize); err != nil {
		return fmt.Errorf("protocol: begin a session: %w", err)
	}
	s.before, err = newWays(s.first)
	return err
}

// newWays expands a secret into a key for each direction (RFC 5869, section 2.3).
func newWays(secret []byte) (w ways, err error) {
	if w.question, err = newWay(secret, asQuestion); err != nil {
		return w, err
	}
	w.answer, err = newWay(secret, asAnswer)
	return w, err
}

func newWay(secret []byte, info string) (cipher.AEAD, error) {
	key, err := hkdf.Expand(sha256.New, secret, info, gcmKeySize)
	if err != nil {
		return nil, fmt.Errorf("protocol: key of a session: %w", err)
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("protocol: key of a session: %w", err)
	}
	c, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("protocol: key of a session: %w", err)
	}
	return c, nil
}

func (s *Seals) begins(v Verb) Place {
	return Place{Purpose: Question(v), Kiosk: s.place.Kiosk, Session: s.place.Session}
}

// Confirm is the office's: it takes the session's own key into the secret. It
// must be called only when the card has signed for that key. enc goes before the
// answer to that request.
func (s *Seals) Confirm(to hpke.PublicKey, request string) (enc []byte, err error) {
	at := s.confirms(to, request)
	enc, context, err := hpke.NewSender(to, kdf(), hpke.ExportOnly(), at.info())
	if err != nil {
		return nil, fmt.Errorf("protocol: confirm a session: %w", err)
	}
	secret, err := context.Export(exportedAs, secretSize)
	if err != nil {
		return nil, fmt.Errorf("protocol: confirm a session: %w", err)
	}
	return enc, s.join(secret, at.Key)
}

// Confirmed is the kiosk's side of Confirm. That enc is the office's shows only
// when the answer behind it opens.
func (s *Seals) Confirmed(key hpke.PrivateKey, enc []byte, request string) error {
	at := s.confirms(key.PublicKey(), request)
	context, err := hpke.NewRecipient(enc, key, kdf(), hpke.ExportOnly(), at.info())
	if err != nil {
		return &ErrSealed{At: at.Purpose}
	}
	secret, err := context.Export(exportedAs, secretSize)
	if err != nil {
		return fmt.Errorf("protocol: confirm a session: %w", err)
	}
	return s.join(secret, at.Key)
}

func (s *Seals) confirms(key hpke.PublicKey, request string) Place {
	at := s.place
	at.Purpose, at.Request, at.Key = Reply(LoginFinish), request, KeyDigest(key.Bytes())
	return at
}

func (s *Seals) join(secret, key []byte) error {
	defer clear(secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return ErrOver
	}
	both, err := hkdf.Extract(sha256.New, secret, s.first)
	if err != nil {
		return fmt.Errorf("protocol: confirm a session: %w", err)
	}
	defer clear(both)
	after, err := newWays(both)
	if err != nil {
		return err
	}
	s.after, s.key = after, key
	return nil
}

// way is the cipher of this purpose, and the associated data that binds it to its
// place.
func (s *Seals) way(p Purpose, request string) (cipher.AEAD, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.place
	at.Purpose, at.Request = p, request
	w := s.before
	switch p {
	case Question(LoginBegin), Reply(LoginBegin), Question(LoginFinish), Question(ResetDone), Reply(ResetDone):
	default:
		w, at.Key = s.after, s.key
	}
	c := w.answer
	if strings.HasPrefix(string(p), string(purposeQuestion)) {
		c = w.question
	}
	switch {
	case s.over:
		return nil, nil, ErrOver
	case c == nil:
		return nil, nil, ErrTooEarly
	}
	return c, at.info(), nil
}

// Seal closes a body for the other end, bound to its purpose and request. It may
// be called again for the same.
func (s *Seals) Seal(p Purpose, request string, m message) ([]byte, error) {
	c, place, err := s.way(p, request)
	if err != nil {
		return nil, err
	}
	plain, err := Encode(m)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	if len(plain) > maxPlain {
		return nil, fmt.Errorf("protocol: %T: %d bytes: at most %d", m, len(plain), maxPlain)
	}
	return c.Seal(nil, nil, plain, place), nil
}

// Open opens what the other end's Seal closed.
func Open[M message](s *Seals, p Purpose, request string, sealed []byte) (M, error) {
	var none M
	c, place, err := s.way(p, request)
	if err != nil {
		return none, err
	}
	if len(sealed) > maxPlain+c.Overhead() {
		return none, &ErrSealed{At: p}
	}
	plain, err := c.Open(nil, nil, sealed, place)
	if err != nil {
		return none, &ErrSealed{At: p}
	}
	defer clear(plain)
	return Decode[M](plain, maxPlain)
}

// Wipe ends the session at this end: nothing is sealed or opened any more. It may
// be called twice.
func (s *Seals) Wipe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.before, s.after = ways{}, ways{}
	clear(s.first)
}
