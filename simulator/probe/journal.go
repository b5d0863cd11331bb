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
		{
			connects, "the server wants a certificate for this host name by the authority that kiosks pin, TLS 1.3, and the kiosk's public NKey in its kiosks.conf",
			connect,
		},
		{"lets no unknown key in", "give the server users: without any, everybody comes in", stranger},
		{
			"refuses another kiosk's subjects, administration and the system's",
			"list in the kiosk's permissions, under publish, what systemd/office/nats-server.conf lets it say, and nothing else", foreignPublish,
		},
		{
			"lets nobody listen to others",
			"list in the kiosk's permissions, under subscribe, its own inbox, its commands, $SRV.> and the settings, and nothing else", foreignSubscribe,
		},
		{
			"lets the kiosk be a service and hear the settings",
			"let it subscribe to its commands, $SRV.> and the settings, or the office cannot reach it", ownService,
		},
		{"has settings, signed", "put SignedSettings into bucket SETTINGS, key rules, and allow direct gets of its stream", settings},
		{
			"names a message that is none",
			"answer every request, one that cannot be read, or of another version, with the code malformed in the header and no body", malformed,
		},
		{
			"begins a login, and gives the same answer to the same question",
			"keep each answer under session and request id; the same question gets it again, another the code conflict", beginTwice,
		},
		{
			"takes nobody else's context for a session that it knows",
			"remember with which enc a session began; login.begin with another is the code conflict", otherContext,
		},
		{"knows no session that was not begun", "answer with the code session", noSession},
		{"offers nothing before the card has proved itself", "answer with the code sequence until login.finish was right", tooEarly},
		{
			"refuses a forged proof, and uses the nonce up",
			"check the signature with the certificate's key, and let a nonce be tried once, right or wrong", forgedProof,
		},
		{"logs a card in", "check the frame that PROTOCOL.md names; or take a card of a resident whom this office serves", login},
		{
			"opens nothing that was sealed for another request or verb",
			"give the place that PROTOCOL.md names as associated data; what does not open is the code malformed", elsewhere,
		},
		{"offers something", "take a card of a resident who may have a copy", offered},
		{"refuses a fee that was not offered", "compare fee with the offer times copies; else the code not-offered", wrongFee},
		{
			"draws a document: manifest, sheets, once",
			"what the manifest must name stands in PROTOCOL.md under Requests; a kiosk takes no money for a document that differs", order,
		},
		{
			"tells the end of the kiosk's journal, and takes nothing out of place",
			"keep the journal in stream JOURNAL, allow direct gets, and let JetStream see the header Nats-Expected-Last-Subject-Sequence", outOfPlace,
		},
	}
}

func writing() []check {
	return []check{
		{
			"takes a journal message at its place, once",
			"let the kiosk publish to its journal's subject, and JetStream answer it", appendOnce,
		},
		{"takes the kiosk's health", "let the kiosk publish to its health's subject", tellHealth},
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
	ctx, done := p.heeding(ctx)
	defer done()
	_, err = js.PublishMsg(ctx, m, jetstream.WithExpectStream(protocol.Stream), jetstream.WithExpectLastSequencePerSubject(last))
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
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
