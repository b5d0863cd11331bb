package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kioskd/daemon/health"
	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

const (
	attemptTimeout = 3 * time.Second // of process time, for one attempt at a request
	retryMost      = time.Second     // longest pause between two attempts
	// comesBack is how long a request waits for a line that is down, of process
	// time: somebody stands there. A line that is up is waited for as long as the
	// one who asks likes.
	comesBack = 3 * time.Second
)

// ask sends a request until it is answered or ctx ends, each time under the same
// id, so that the office does once what it is asked twice.
func (c *Client) ask(ctx context.Context, v protocol.Verb, id string, body []byte) (protocol.Answer, error) {
	up := time.Now()
	var said *protocol.Error // that it was to be asked again for
	for n := 0; ; n++ {
		health.Beat(ctx)
		if c.Reachable() {
			up = time.Now()
		}
		if time.Since(up) >= comesBack {
			return protocol.Answer{}, declined(said, away(ctx, string(v)))
		}
		answer, answered, err := c.attempt(ctx, v, id, body)
		switch {
		case err != nil:
			return protocol.Answer{}, err
		case answered && answer.Error == nil:
			return answer, nil
		case answered && !answer.Error.Retry:
			return protocol.Answer{}, declined(answer.Error, fmt.Errorf("office: %s: %w", v, answer.Error))
		case answered:
			said = answer.Error
		}
		if err := pause(ctx, c.backoff(n, retryMost)); err != nil {
			return protocol.Answer{}, declined(said, away(ctx, string(v)))
		}
	}
}

// declined gives an error what the screen may say of it, if the office has said
// anything.
func declined(said *protocol.Error, err error) error {
	if said == nil {
		return err
	}
	reason := said.Reason
	if reason == "" {
		reason = said.Code.Reason()
	}
	return &flows.Declined{Reason: string(reason), Err: err}
}

// attempt sends once. No answer is no error: it may come yet.
func (c *Client) attempt(ctx context.Context, v protocol.Verb, id string, body []byte) (a protocol.Answer, answered bool, err error) {
	if !c.Reachable() || ctx.Err() != nil {
		return a, false, nil
	}
	once, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	data, err := c.line().Request(once, protocol.Subject(c.kiosk, v), body)
	var unread *protocol.Error
	if errors.As(err, &unread) {
		return protocol.Answer{Error: unread}, true, nil
	}
	if err != nil {
		c.log.Debug("office: no answer", "verb", v, "request", id, "err", err)
		return a, false, nil
	}
	a, err = protocol.DecodeAnswer(data)
	if err != nil {
		return a, false, fmt.Errorf("office: %s: answer: %w", v, err)
	}
	if a.ID != id {
		return a, false, fmt.Errorf("office: %s: answer to another request", v)
	}
	return a, true, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
