package probe

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kioskd/daemon/office/protocol"
)

func checks() []check {
	return []check{
		{connects, connect},
		{"lets no unknown key in", stranger},
		{"refuses another kiosk's subjects, administration and the system's", foreignPublish},
		{"lets nobody listen to others", foreignSubscribe},
		{"lets the kiosk be a service and hear the settings", ownService},
		{"has settings, signed", settings},
		{"names a message that is none", malformed},
		{"begins a login, and gives the same answer to the same question", beginTwice},
		{"knows no session that was not begun", noSession},
		{"offers nothing before the card has proved itself", tooEarly},
		{"refuses a forged proof, and uses the nonce up", forgedProof},
		{"logs a card in", login},
		{"offers something", offered},
		{"refuses a fee that was not offered", wrongFee},
		{"draws a document: manifest, sheets, once", order},
		{"tells the end of the kiosk's journal, and takes nothing out of place", outOfPlace},
	}
}

func writing() []check {
	return []check{
		{"takes a journal message at its place, once", appendOnce},
		{"takes the kiosk's health", tellHealth},
	}
}

// readTail is the sequence of the last message of the kiosk's journal; 0 is none.
func (p *probe) readTail(ctx context.Context) (uint64, *nats.Msg, error) {
	m, err := p.request(ctx, protocol.JournalDirectGet(p.o.Kiosk), nil)
	if err != nil {
		return 0, nil, wrong("the end of the journal", err)
	}
	if m.Header.Get("Status") == "404" {
		return 0, nil, nil
	}
	values := m.Header["Nats-Sequence"]
	if len(values) == 0 {
		return 0, nil, wrong("a sequence", "none")
	}
	n, err := strconv.ParseUint(values[len(values)-1], 10, 64) // the server's own is the last
	return n, m, err
}

func (p *probe) publish(ctx context.Context, data []byte, last uint64) error {
	js, err := jetstream.New(p.nc)
	if err != nil {
		return err
	}
	signature, err := p.o.Key.Sign(protocol.JournalSigned(p.o.Kiosk, data))
	if err != nil {
		return err
	}
	m := nats.NewMsg(protocol.JournalSubject(p.o.Kiosk))
	m.Data = data
	m.Header.Set(protocol.JournalSignature, base64.StdEncoding.EncodeToString(signature))
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, err = js.PublishMsg(ctx, m, jetstream.WithExpectStream(protocol.Stream), jetstream.WithExpectLastSequencePerSubject(last))
	return err
}

func batch() ([]byte, error) {
	return protocol.Encode(protocol.JournalBatch{
		Version: protocol.Version, Journal: protocol.NewID(), First: 1,
		Events: []json.RawMessage{json.RawMessage(`{"n":1,"kind":"device","device":"probe","reason":"probed","action":"none"}`)},
	})
}

func outOfPlace(ctx context.Context, p *probe) error {
	tail, _, err := p.readTail(ctx)
	if err != nil {
		return err
	}
	p.tail = tail
	data, err := batch()
	if err != nil {
		return err
	}
	return p.refusesPlace(ctx, data, tail+1)
}

func (p *probe) refusesPlace(ctx context.Context, data []byte, last uint64) error {
	err := p.publish(ctx, data, last)
	var api *jetstream.APIError
	switch {
	case err == nil:
		return wrong("a refusal of a message out of place", "an acknowledgement")
	case !errors.As(err, &api):
		return wrong("a refusal of a message out of place", err)
	}
	return nil
}

func appendOnce(ctx context.Context, p *probe) error {
	data, err := batch()
	if err != nil {
		return err
	}
	if err := p.publish(ctx, data, p.tail); err != nil {
		return wrong("an acknowledgement", err)
	}
	if err := p.refusesPlace(ctx, data, p.tail); err != nil {
		return err
	}
	_, m, err := p.readTail(ctx)
	if err != nil {
		return err
	}
	if m == nil || !bytes.Equal(m.Data, data) {
		return wrong("what was written", "something else")
	}
	return nil
}

func tellHealth(_ context.Context, p *probe) error {
	now := time.Now()
	data, err := protocol.Encode(protocol.Health{
		Version: protocol.Version, Kiosk: p.o.Kiosk, At: now, Since: now, Page: protocol.PageIdle,
		Coins: []protocol.Coins{}, Devices: []protocol.Device{}, Stopped: []string{},
	})
	if err != nil {
		return err
	}
	signature, err := p.o.Key.Sign(protocol.HealthSigned(p.o.Kiosk, data))
	if err != nil {
		return err
	}
	m := nats.NewMsg(protocol.HealthSubject(p.o.Kiosk))
	m.Data = data
	m.Header.Set(protocol.JournalSignature, base64.StdEncoding.EncodeToString(signature))
	no, err := p.violated(func() error { return p.nc.PublishMsg(m) })
	if err == nil && no {
		err = wrong("to be let tell its health", "a permissions violation")
	}
	return err
}
