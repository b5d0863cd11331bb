package office

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kioskd/daemon/office/protocol"
)

// journalTail is the end of our subject in the stream, as far as we know it.
type journalTail struct {
	mu sync.Mutex
	journalEnd
}

type journalEnd struct {
	known    bool
	sequence uint64 // of the stream; 0: the subject is empty
	journal  string
	last     uint64 // number of the last event
	event    json.RawMessage
}

// GapError says that the stream lacks events before those that were to be sent.
type GapError struct{ Last uint64 }

func (e *GapError) Error() string {
	return fmt.Sprintf("office: journal: the office has events up to %d: send what follows that", e.Last)
}

// LastJournal reads how far the office has the journal: the id of the journal
// that it heard of last and its last event with its number; "", 0 and nil for
// none.
func (c *Client) LastJournal(ctx context.Context) (journalID string, last uint64, event json.RawMessage, err error) {
	c.tail.mu.Lock()
	defer c.tail.mu.Unlock()
	if err := c.readTail(ctx); err != nil {
		return "", 0, nil, err
	}
	return c.tail.journal, c.tail.last, c.tail.event, nil
}

func (c *Client) readTail(ctx context.Context) error {
	c.tail.known = false
	nc := c.conn()
	if nc == nil || !nc.IsConnected() {
		return away(ctx, "journal")
	}
	m, err := directGet(ctx, nc, protocol.JournalDirectGet(c.kiosk))
	if err != nil {
		return fmt.Errorf("%w: %w", away(ctx, "journal"), err)
	}
	if m == nil {
		c.tail.journalEnd = journalEnd{known: true}
		return nil
	}
	// Its seal of origin first: what stands there may be another's (see
	// protocol.JournalSignature). Then only its place counts, and what we know of
	// our own journal stays as it was.
	sequence, err := strconv.ParseUint(lastValue(m.Header, "Nats-Sequence"), 10, 64)
	if err != nil || sequence == 0 {
		return errors.New("office: journal: the last message has no sequence")
	}
	if !c.signed(m) {
		c.log.Error("office: somebody else has written on our journal's subject", "sequence", sequence)
		c.tail.sequence, c.tail.known = sequence, true
		return nil
	}
	batch, err := protocol.Decode[protocol.JournalBatch](m.Data, protocol.MaxBatch)
	if err != nil {
		return fmt.Errorf("office: journal: last message: %w", err)
	}
	c.tail.journalEnd = journalEnd{known: true, sequence: sequence, journal: batch.Journal, last: batch.Last(), event: batch.Events[len(batch.Events)-1]}
	return nil
}

// lastValue is the value that the server added: it puts its own headers after
// those that a message was stored with.
func lastValue(h nats.Header, name string) string {
	values := h[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

func (c *Client) signed(m *nats.Msg) bool {
	signature, err := base64.StdEncoding.DecodeString(m.Header.Get(protocol.JournalSignature))
	return err == nil && c.key.Verify(protocol.JournalSigned(c.kiosk, m.Data), signature) == nil
}

// PublishJournal puts a run of events, numbered from first without a gap, at the
// end of our journal in the stream, and returns nil once the office has them on
// disk. What is there already is not sent again; a doubtful end is looked up
// before the next word goes out. At most protocol.MaxBatchCount events and
// protocol.MaxBatch bytes. A GapError says where to go on.
func (c *Client) PublishJournal(ctx context.Context, first uint64, journalID string, events []json.RawMessage) error {
	c.tail.mu.Lock()
	defer c.tail.mu.Unlock()
	// Twice: a first refusal says that our picture of the end was old.
	for range 2 {
		if !c.tail.known {
			if err := c.readTail(ctx); err != nil {
				return err
			}
		}
		if c.tail.journal == journalID {
			if first > c.tail.last+1 {
				return &GapError{Last: c.tail.last}
			}
			have := min(c.tail.last+1-first, uint64(len(events)))
			first, events = first+have, events[have:]
			if len(events) == 0 {
				return nil
			}
		}
		err := c.publish(ctx, protocol.JournalBatch{
			Version: protocol.Version, Journal: journalID, First: first, Events: events,
		})
		if err == nil {
			return nil
		}
		c.tail.known = false
		if !wrongSequence(err) {
			return err
		}
	}
	return errors.New("office: journal: the end of our subject moves under us: is another kiosk using this key?")
}

func (c *Client) publish(ctx context.Context, b protocol.JournalBatch) error {
	data, err := protocol.Encode(b)
	if err != nil {
		return fmt.Errorf("office: journal: %w", err)
	}
	if len(data) > protocol.MaxBatch {
		return fmt.Errorf("office: journal: message of %d bytes: at most %d", len(data), protocol.MaxBatch)
	}
	nc := c.conn()
	if nc == nil || !nc.IsConnected() {
		return away(ctx, "journal")
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("office: journal: %w", err)
	}
	signature, err := c.key.Sign(protocol.JournalSigned(c.kiosk, data))
	if err != nil {
		return fmt.Errorf("office: journal: sign: %w", err)
	}
	m := nats.NewMsg(protocol.JournalSubject(c.kiosk))
	m.Data = data
	m.Header.Set(protocol.JournalSignature, base64.StdEncoding.EncodeToString(signature))
	once, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	ack, err := js.PublishMsg(once, m,
		jetstream.WithExpectStream(protocol.Stream),
		jetstream.WithExpectLastSequencePerSubject(c.tail.sequence))
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api):
		return fmt.Errorf("office: journal: %w", err)
	case err != nil:
		return fmt.Errorf("%w: %w", away(ctx, "journal"), err)
	}
	c.tail.journalEnd = journalEnd{known: true, sequence: ack.Sequence, journal: b.Journal, last: b.Last(), event: b.Events[len(b.Events)-1]}
	return nil
}

// wrongSequenceReplicated is the server's code for a wrong last sequence that
// it noticed before the message was replicated; the library has no name for it.
const wrongSequenceReplicated jetstream.ErrorCode = 10164

func wrongSequence(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == wrongSequenceReplicated)
}
