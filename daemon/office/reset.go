package office

import (
	"context"
	"fmt"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// BeginReset starts the resident's booking under the number of the visit.
func (s *session) BeginReset(ctx context.Context, visit string) error {
	answer, err := exchange[protocol.ResetBeginAnswer](ctx, s, protocol.ResetBegin, protocol.NewID(), protocol.ResetBeginAsk{Visit: visit})
	if err != nil {
		return err
	}
	if answer.Refused != "" {
		return &flows.Refused{Code: answer.Refused}
	}
	return nil
}

// AuthoriseReset brings the issuer's answer to the card's challenge.
func (s *session) AuthoriseReset(ctx context.Context, visit string, challenge []byte) ([]byte, error) {
	ask := protocol.ResetAuthoriseAsk{Visit: visit, Challenge: challenge}
	answer, err := exchange[protocol.ResetAuthoriseAnswer](ctx, s, protocol.ResetAuthorise, protocol.NewID(), ask)
	if err != nil {
		return nil, err
	}
	return answer.Cryptogram, nil
}

// ReportReset tells what became of a reset. It opens a session of its own for
// the one answer: that of the customer may have gone with the power.
func (c *Client) ReportReset(ctx context.Context, visit string, outcome flows.ResetOutcome) error {
	key, err := protocol.NewKey()
	if err != nil {
		return fmt.Errorf("office: report: %w", err)
	}
	s := &session{c: c, id: visit, key: key, public: key.PublicKey().Bytes()}
	defer s.Close()
	s.digest = protocol.KeyDigest(s.public)
	ask := protocol.ResetDoneAsk{Key: s.public, Visit: visit, Outcome: string(outcome)}
	_, err = exchange[protocol.ResetDoneAnswer](ctx, s, protocol.ResetDone, protocol.NewID(), ask)
	return err
}
