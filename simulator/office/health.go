package office

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"kioskd/daemon/office/protocol"
)

// openHealth makes the stream that keeps the last health of every kiosk, or
// finds it. o.line is held.
func (o *Office) openHealth(ctx context.Context, js jetstream.JetStream) error {
	_, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:              protocol.HealthStream,
		Description:       "how each kiosk is: its last word",
		Subjects:          []string{protocol.HealthSubject("*")},
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: 1,
		MaxMsgSize:        protocol.MaxHealth + 4<<10,
	})
	if err != nil {
		return fmt.Errorf("office: stream %s: %w", protocol.HealthStream, err)
	}
	return nil
}

// ErrNoHealth says that the kiosk has not told how it is.
var ErrNoHealth = errors.New("office: this kiosk has not told how it is")

// Health is what the kiosk told last of how it is. What it has not signed itself
// is not its.
func (o *Office) Health(ctx context.Context, kiosk string) (protocol.Health, error) {
	var none protocol.Health
	ctx, cancel := context.WithTimeout(ctx, lineTimeout)
	defer cancel()
	ask, err := json.Marshal(map[string]string{"last_by_subj": protocol.HealthSubject(kiosk)})
	if err != nil {
		return none, fmt.Errorf("office: health: %w", err)
	}
	reply, err := o.clerk.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+protocol.HealthStream, ask)
	if err != nil {
		return none, fmt.Errorf("office: health: %w", err)
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *stored             `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return none, fmt.Errorf("office: health: %w", err)
	}
	if answer.Message == nil {
		return none, ErrNoHealth
	}
	if !o.server.signedBy(kiosk, answer.Message, protocol.HealthSigned(kiosk, answer.Message.Data)) {
		return none, fmt.Errorf("%w: what stands in its place it has not signed", ErrNoHealth)
	}
	h, err := protocol.Decode[protocol.Health](answer.Message.Data, protocol.MaxHealth)
	if err != nil {
		return none, fmt.Errorf("office: health: %w", err)
	}
	return h, nil
}
