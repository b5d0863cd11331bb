package office

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/office/protocol"
)

// Echo puts a bare responder in the service's place, on the same line: each verb
// is answered with so many bytes, unread. That is what a request costs before
// anybody looks at it. back puts the service there again.
func (o *Office) Echo(bytes map[protocol.Verb]int) (back func() error, err error) {
	o.line.Lock()
	defer o.line.Unlock()
	if err := o.service.Stop(); err != nil {
		return nil, fmt.Errorf("office: echo: %w", err)
	}
	var subs []*nats.Subscription
	back = func() error {
		o.line.Lock()
		defer o.line.Unlock()
		var errs []error
		for _, s := range subs {
			errs = append(errs, s.Unsubscribe())
		}
		return errors.Join(append(errs, o.openService())...)
	}
	for v, n := range bytes {
		answer := make([]byte, n)
		s, err := o.front.Subscribe(protocol.Subject("*", v), func(m *nats.Msg) {
			_ = m.Respond(answer) // who hears nothing sees that as an error
		})
		if err != nil {
			return back, fmt.Errorf("office: echo: %w", err)
		}
		subs = append(subs, s)
	}
	if err := waitLine(o.front); err != nil {
		return back, err
	}
	return back, nil
}
