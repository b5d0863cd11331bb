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
	seals, enc, err := protocol.Call(c.pinned.Seal, protocol.ResetDone, c.kiosk, visit)
	if err != nil {
		return fmt.Errorf("office: report: %w", err)
	}
	defer seals.Wipe()
	ask := protocol.ResetDoneAsk{Visit: visit, Outcome: string(outcome)}
	reply, err := c.exchange(ctx, seals, protocol.ResetDone, visit, protocol.NewID(), enc, ask)
	if err != nil {
		return err
	}
	_, err = opened[protocol.ResetDoneAnswer](seals, protocol.ResetDone, reply)
	return err
}
