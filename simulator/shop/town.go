package shop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/card"
)

// Set changes one of the office's settings, by the names of the scenario
// language.
func (s *Shop) Set(key, value string) error { return s.office.Set(key, value) }

// Away takes the office off the line.
func (s *Shop) Away() error {
	s.office.Away()
	return nil
}

// Back puts it on the line again, and ends slowness and lies.
func (s *Shop) Back() error { return s.office.Back() }

// Slow makes the office take d of the world's time for each answer.
func (s *Shop) Slow(d time.Duration) error {
	s.office.Slow(d)
	return nil
}

// Command has a kiosk carry out a command of the office. A refusal is a
// protocol.CommandCode.
func (s *Shop) Command(ctx context.Context, kiosk string, name protocol.CommandName) (protocol.CommandAnswer, error) {
	return s.office.Command(ctx, kiosk, name)
}

// Health is what the kiosk told the office last of how it is.
func (s *Shop) Health(ctx context.Context, kiosk string) (protocol.Health, error) {
	return s.office.Health(ctx, kiosk)
}

// Replay sends the kiosk's last command once more.
func (s *Shop) Replay(ctx context.Context, kiosk string) (protocol.CommandAnswer, error) {
	return s.office.Replay(ctx, kiosk)
}

// Lies makes the office err in that way.
func (s *Shop) Lies(kind string) error { return s.office.Lie(kind) }

// Events are the events of a kiosk's journal that have reached the office, as
// they stand in its stream: doubled ones too.
func (s *Shop) Events(kiosk string) []Event {
	open := make(map[string]string)
	for _, i := range s.office.Incidents(kiosk) {
		open[i.Number] = "closed"
		if i.Open {
			open[i.Number] = "open"
		}
	}
	var all []Event
	for _, e := range s.office.Events(kiosk) {
		event := Event{}
		d := json.NewDecoder(bytes.NewReader(e.Raw))
		d.UseNumber()
		if err := d.Decode(&event); err != nil {
			event = Event{"kind": e.Kind, "unreadable": err.Error()}
		}
		if e.Kind == "incident" {
			event["state"] = open[e.Field("incident")] // the office's own, beside what the kiosk wrote
		}
		all = append(all, event)
	}
	return all
}

// CloseIncidents has somebody at the office look into what went wrong at a kiosk.
func (s *Shop) CloseIncidents(kiosk string) { s.office.CloseIncidents(kiosk) }

// SheetText is what the office drew on the front of the sheet whose raster has
// this SHA-256 digest.
func (s *Shop) SheetText(digest [sha256.Size]byte) (string, bool) { return s.office.SheetText(digest) }

// heard are the messages that crossed the office's server.
type heard struct {
	mu       sync.Mutex
	messages [][]byte
	bytes    int
}

// heardMax bounds what is kept of them: some hundred sheets.
const heardMax = 128 << 20

func (h *heard) take(subject string, data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := append([]byte(subject+"\n"), data...)
	h.messages = append(h.messages, m)
	h.bytes += len(m)
	for h.bytes > heardMax {
		h.bytes -= len(h.messages[0])
		h.messages = h.messages[1:]
	}
}

// Overheard are the latest messages that crossed the office's server, subject
// first.
func (s *Shop) Overheard() [][]byte {
	s.heard.mu.Lock()
	defer s.heard.mu.Unlock()
	return slices.Clone(s.heard.messages)
}

// Known says whether there is a resident of that name.
func (s *Shop) Known(resident string) bool {
	for _, r := range s.office.Residents() {
		if r.Name == resident {
			return true
		}
	}
	return false
}

// Expires makes a certificate ("user" or "signature") of the resident's card end
// at that time.
func (s *Shop) Expires(resident, which string, t time.Time) error {
	if err := s.office.Expire(resident, which, t); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cards[resident]
	if c == nil {
		return nil // it will be made so
	}
	spec, err := s.office.CardSpec(resident)
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	if which == "user" {
		return c.SetUserCertificate(spec.UserCert)
	}
	return c.SetSignCertificate(spec.SignCert)
}

// Reissue gives the resident a new card; the old one's certificates are revoked.
func (s *Shop) Reissue(resident string) error {
	if err := s.office.Reissue(resident); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cards, resident)
	return nil
}

// Tries is how many tries of the resident's "pin" or "password" are left, by the
// card's own door.
func (s *Shop) Tries(resident, which string) (int, error) {
	c, err := s.Card(resident)
	if err != nil {
		return 0, err
	}
	switch which {
	case "pin":
		return c.Tries(card.PIN), nil
	case "password":
		return c.Tries(card.Password), nil
	}
	return 0, errors.New("shop: a card has a pin and a password")
}

// Secrets are what the resident would type.
func (s *Shop) Secrets(resident string) []string {
	spec, err := s.office.CardSpec(resident)
	if err != nil {
		return nil // nobody's card, nobody's secret
	}
	var all []string
	for _, secret := range []string{spec.PIN, spec.Password} {
		if secret != "" {
			all = append(all, secret)
		}
	}
	return all
}
