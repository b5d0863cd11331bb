package office

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"kioskd/daemon/office/protocol"
)

// turnedAway is an office that reads nothing the first times, and then says no.
type turnedAway struct {
	busy  int
	asked []string
}

func (*turnedAway) Connected() bool { return true }

func (l *turnedAway) Request(_ context.Context, _ string, body []byte) ([]byte, error) {
	l.asked = append(l.asked, string(body))
	if len(l.asked) <= l.busy {
		return nil, protocol.Unread(string(protocol.CodeBusy))
	}
	ask, err := protocol.DecodeAsk(body)
	if err != nil {
		return nil, protocol.Unread(string(protocol.CodeMalformed))
	}
	return protocol.AppendAnswer(nil, protocol.Answer{ID: ask.ID, Error: &protocol.Error{Code: protocol.CodeSession}})
}

// TestUnread: who is turned away unread asks again, and sends the same bytes.
func TestUnread(t *testing.T) {
	l := &turnedAway{busy: 3}
	c := &Client{kiosk: "a", given: l, log: slog.New(slog.DiscardHandler), spread: func(time.Duration) time.Duration { return 0 }}
	body, err := protocol.EncodeAsk(protocol.Ask{ID: "i", Session: "s", Sealed: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ask(t.Context(), protocol.AskOffer, "i", body)
	var no *protocol.Error
	if !errors.As(err, &no) || no.Code != protocol.CodeSession {
		t.Errorf("in the end: %v", err)
	}
	if len(l.asked) != 4 {
		t.Errorf("asked %d times, want 4", len(l.asked))
	}
	for _, sent := range l.asked {
		if sent != string(body) {
			t.Errorf("asked again as %q", sent)
		}
	}
	l = &turnedAway{}
	c.given = l
	if _, err := c.ask(t.Context(), protocol.AskOffer, "i", []byte("nonsense")); !errors.As(err, &no) || no.Code != protocol.CodeMalformed || len(l.asked) != 1 {
		t.Errorf("nonsense: %v after %d times", err, len(l.asked))
	}
}
