package office

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
)

// Event is one event of a kiosk's journal as the office has it.
type Event struct {
	Journal string // id of the journal
	N       uint64 // its number there, from 1
	Kind    string
	Raw     json.RawMessage
	// Trouble is what is wrong with it: "" for nothing, else "duplicate", "gap"
	// (events before it are missing) or what could not be read.
	Trouble string

	fields map[string]json.RawMessage
}

// duplicate is the trouble of an event that was there before.
const duplicate = "duplicate"

// Field is one field of the event as text: a string without its quotes, other
// values as JSON writes them; "" when it is not there.
func (e Event) Field(name string) string {
	raw := e.fields[name]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// journals are the events read off the stream so far.
type journals struct {
	mu     sync.Mutex
	read   map[string]*journal // by kiosk
	closed map[string]bool     // incidents, by number
}

type journal struct {
	next   uint64 // sequence of the stream to read on from
	last   map[string]uint64
	events []Event
}

func newJournals() *journals {
	return &journals{read: make(map[string]*journal), closed: make(map[string]bool)}
}

// Events is everything that the stream has of this kiosk, in order. What the
// kiosk has not signed itself is not its: it is counted and left out. While the
// office is away it is what was read before.
func (o *Office) Events(kiosk string) []Event {
	o.journals.mu.Lock()
	defer o.journals.mu.Unlock()
	j := o.journals.read[kiosk]
	if j == nil {
		j = &journal{next: 1, last: make(map[string]uint64)}
		o.journals.read[kiosk] = j
	}
	if o.server.running() {
		if err := o.catchUp(kiosk, j); err != nil {
			o.log.Warn("office: read a journal", "kiosk", kiosk, "err", err)
		}
	}
	return append([]Event(nil), j.events...)
}

func (o *Office) catchUp(kiosk string, j *journal) error {
	ctx, cancel := context.WithTimeout(o.ctx, lineTimeout)
	defer cancel()
	for {
		m, err := o.next(ctx, kiosk, j.next)
		if err != nil || m == nil {
			return err
		}
		j.next = m.Sequence + 1
		if !o.server.signedBy(kiosk, m, protocol.JournalSigned(kiosk, m.Data)) {
			o.desk.count(func(a *Audit) { a.ForeignJournal[kiosk]++ })
			o.log.Warn("office: a journal message that its kiosk has not signed", "kiosk", kiosk, "sequence", m.Sequence)
			continue
		}
		j.take(m.Data)
	}
}

// stored is a message as the stream gives it out.
type stored struct {
	Sequence uint64 `json:"seq"`
	Header   []byte `json:"hdrs"`
	Data     []byte `json:"data"`
}

// next is the first message of this kiosk at or after that sequence; nil for
// none. It asks the stream itself, not for a direct get: that answers with the
// sequence among the headers that the message was stored with, and those are
// whatever somebody wrote.
func (o *Office) next(ctx context.Context, kiosk string, from uint64) (*stored, error) {
	ask, err := json.Marshal(map[string]any{"seq": from, "next_by_subj": protocol.JournalSubject(kiosk)})
	if err != nil {
		return nil, err
	}
	reply, err := o.clerk.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+protocol.Stream, ask)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *stored             `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return nil, err
	}
	if answer.Error != nil {
		if answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound {
			return nil, nil
		}
		return nil, answer.Error
	}
	return answer.Message, nil
}

// signedBy says whether this kiosk's key has signed the message: signed is what it
// signs of it.
func (s *server) signedBy(kiosk string, m *stored, signed []byte) bool {
	s.mu.Lock()
	public := s.kiosks[kiosk]
	s.mu.Unlock()
	key, err := nkeys.FromPublicKey(public)
	if err != nil {
		return false
	}
	header, err := nats.DecodeHeadersMsg(m.Header)
	if err != nil {
		return false
	}
	signature, err := base64.StdEncoding.DecodeString(header.Get(protocol.JournalSignature))
	return err == nil && key.Verify(signed, signature) == nil
}

// take adds the events of one message.
func (j *journal) take(data []byte) {
	b, err := protocol.Decode[protocol.JournalBatch](data, protocol.MaxBatch)
	if err != nil {
		j.events = append(j.events, Event{Trouble: err.Error()})
		return
	}
	for i, raw := range b.Events {
		e := Event{Journal: b.Journal, N: b.First + uint64(i), Raw: raw}
		last, known := j.last[b.Journal]
		switch {
		case known && e.N <= last:
			e.Trouble = duplicate
		case e.N > last+1:
			e.Trouble = "gap"
		}
		j.last[b.Journal] = max(last, e.N)
		if err := json.Unmarshal(raw, &e.fields); err != nil {
			e.Trouble = fmt.Sprintf("not an event: %v", err)
		}
		e.Kind = e.Field("kind")
		if n := e.Field("n"); n != "" && n != fmt.Sprint(e.N) {
			e.Trouble = "number " + n + " stands at place " + fmt.Sprint(e.N)
		}
		j.events = append(j.events, e)
	}
}

// Tap shows f every message that passes the server from now on, headers before
// data, until Close. f is called from one goroutine and must be quick.
func (o *Office) Tap(f func(subject string, data []byte)) error {
	o.line.Lock()
	defer o.line.Unlock()
	nc, err := o.server.connect("auditor", o.keys.auditor)
	if err != nil {
		return err
	}
	_, err = nc.Subscribe(">", func(m *nats.Msg) {
		var head []byte
		for name, values := range m.Header {
			for _, v := range values {
				head = fmt.Appendf(head, "%s: %s\r\n", name, v)
			}
		}
		f(m.Subject, append(head, m.Data...))
	})
	if err == nil {
		err = waitLine(nc)
	}
	if err != nil {
		closeLine(nc)
		return fmt.Errorf("office: tap: %w", err)
	}
	o.auditors = append(o.auditors, nc)
	return nil
}
