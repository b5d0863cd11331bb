package office

import (
	"bytes"
	"testing"

	"kioskd/daemon/office/protocol"
)

// sealedAsk is a request as it travels.
func (l *login) sealedAsk(v protocol.Verb, id string, q body) []byte {
	l.Helper()
	sealed, err := l.seals.Seal(protocol.Question(v), id, q)
	if err != nil {
		l.Fatal(err)
	}
	data, err := protocol.EncodeAsk(protocol.Ask{ID: id, Session: l.session, Sealed: sealed})
	if err != nil {
		l.Fatal(err)
	}
	return data
}

// says is the answer as it travels, and its code where it says no.
func (c counter) says(kiosk string, v protocol.Verb, data []byte) (reply []byte, code protocol.Code) {
	c.Helper()
	reply, _, err := c.Answer(kiosk, v, data)
	if err != nil {
		c.Fatal(err)
	}
	a, err := protocol.DecodeAnswer(reply)
	if err != nil {
		c.Fatal(err)
	}
	if a.Error != nil {
		return reply, a.Error.Code
	}
	return reply, ""
}

// TestRecorded: what somebody on the way has recorded does nothing anywhere else,
// and where it belongs it brings the very bytes that it brought before.
func TestRecorded(t *testing.T) {
	c := newCounter(t)
	s := c.of("adult")
	first := c.login(s.UserCert)
	first.want("login", "inagi", first.right(s.UserKey))
	recorded := first.sealedAsk(protocol.AskOffer, "r1", protocol.OfferAsk{})
	answer, code := c.says("k001", protocol.AskOffer, recorded)
	if code != "" {
		t.Fatal(code)
	}
	if again, _ := c.says("k001", protocol.AskOffer, recorded); !bytes.Equal(again, answer) {
		t.Error("the same question has another answer")
	}
	anew := first.sealedAsk(protocol.AskOffer, "r1", protocol.OfferAsk{})
	if again, _ := c.says("k001", protocol.AskOffer, anew); bytes.Equal(anew, recorded) || !bytes.Equal(again, answer) {
		t.Error("the same question, sealed anew, has another answer")
	}
	if _, code := c.says("k001", protocol.ResetBegin, recorded); code != protocol.CodeMalformed {
		t.Errorf("as another verb: %q", code)
	}
	if _, code := c.says("k001", protocol.AskOffer, bytes.Replace(recorded, []byte(" r1 "), []byte(" r2 "), 1)); code != protocol.CodeMalformed {
		t.Errorf("under another id: %q", code)
	}
	if _, code := c.says("k002", protocol.AskOffer, recorded); code != protocol.CodeSession {
		t.Errorf("from another kiosk: %q", code)
	}
	// The same person, card and kiosk, a minute later.
	second := c.login(s.UserCert)
	if _, code := c.says("k001", protocol.AskOffer, recorded); code != protocol.CodeSession {
		t.Errorf("when its session is over: %q", code)
	}
	moved := bytes.Replace(recorded, []byte(first.session), []byte(second.session), 1)
	if _, code := c.says("k001", protocol.AskOffer, moved); code != protocol.CodeSequence {
		t.Errorf("in a session that is not proved: %q", code)
	}
	second.want("login", "inagi", second.right(s.UserKey))
	if _, code := c.says("k001", protocol.AskOffer, moved); code != protocol.CodeMalformed {
		t.Errorf("in the next session: %q", code)
	}
}

// TestNothingSealedWithoutProof: a wrong proof has no answer that opens with the
// session's key, and nothing of the session is sealed afterwards.
func TestNothingSealedWithoutProof(t *testing.T) {
	c := newCounter(t)
	s := c.of("adult")
	l := c.login(s.UserCert)
	reply, code := c.says("k001", protocol.LoginFinish, l.sealedAsk(protocol.LoginFinish, "f", protocol.FinishAsk{Signature: make([]byte, 256)}))
	if code != protocol.CodeProof || !bytes.HasPrefix(reply, []byte("{")) {
		t.Errorf("a wrong proof: %q, %q", code, reply)
	}
	v := c.desk.visit("k001", l.session)
	if _, err := v.seals.Seal(protocol.Reply(protocol.AskOffer), "r", protocol.OfferAnswer{Refused: "x"}); err != protocol.ErrTooEarly {
		t.Errorf("an answer can be sealed: %v", err)
	}
	// A session that ended seals nothing any more.
	c.login(s.UserCert)
	if _, err := v.seals.Seal(protocol.Reply(protocol.LoginBegin), "r", protocol.BeginAnswer{Nonce: make([]byte, 32)}); err != protocol.ErrOver {
		t.Errorf("the secrets outlive the session: %v", err)
	}
}

// TestSecondContext: whoever begins a known session with a context of his own is
// told nothing.
func TestSecondContext(t *testing.T) {
	c := newCounter(t)
	s := c.of("adult")
	l := c.login(s.UserCert)
	thief := *l
	var err error
	if thief.seals, thief.enc, err = protocol.Call(c.keys.seal.PublicKey(), protocol.LoginBegin, "k001", l.session); err != nil {
		t.Fatal(err)
	}
	q := protocol.BeginAsk{Certificate: s.UserCert, Key: l.public}
	if _, no := ask[protocol.BeginAnswer](&thief, protocol.LoginBegin, protocol.NewID(), q); no == nil || no.Code != protocol.CodeConflict {
		t.Errorf("a second context: %v", no)
	}
	l.want("the first goes on", "inagi", l.right(s.UserKey))
}
