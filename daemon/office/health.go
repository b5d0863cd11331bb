package office

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/office/protocol"
)

// Standing fills in what the line knows of the kiosk's health: its settings, its
// commands, and what it refused.
func (c *Client) Standing(h *protocol.Health) {
	kept := c.orders.now()
	h.Version, h.Kiosk = protocol.Version, c.kiosk
	h.Settings = c.rules.now().Revision
	h.Number, h.Order = kept.Number, kept.OutOfService
	c.orders.mu.Lock()
	defer c.orders.mu.Unlock()
	h.Refused = c.orders.refused
}

// errDown says that there is no line to send on.
var errDown = errors.New("office: health: the line is down")

// PublishHealth sends the kiosk's health. Nobody acknowledges it: one that is
// lost is followed by the next.
func (c *Client) PublishHealth(h protocol.Health) error {
	data, err := protocol.Encode(h)
	if err != nil {
		return fmt.Errorf("office: health: %w", err)
	}
	if len(data) > protocol.MaxHealth {
		return fmt.Errorf("office: health of %d bytes: at most %d", len(data), protocol.MaxHealth)
	}
	nc := c.conn()
	if nc == nil || !nc.IsConnected() {
		return errDown
	}
	signature, err := c.key.Sign(protocol.HealthSigned(c.kiosk, data))
	if err != nil {
		return fmt.Errorf("office: health: sign: %w", err)
	}
	m := nats.NewMsg(protocol.HealthSubject(c.kiosk))
	m.Data = data
	m.Header.Set(protocol.JournalSignature, base64.StdEncoding.EncodeToString(signature))
	if err := nc.PublishMsg(m); err != nil {
		return fmt.Errorf("office: health: %w", err)
	}
	return nil
}
