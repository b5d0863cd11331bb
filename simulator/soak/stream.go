package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// stream is the office's end of the journal: what JetStream does in the shop. It
// takes a message only with the sequence that must follow, loses messages and
// acknowledgements when it is told to, and keeps what it took.
type stream struct {
	w *world

	mu      sync.Mutex
	journal string
	events  []json.RawMessage
	taken   int // messages
	loses   int // messages of which the acknowledgement, or the message, is lost
}

var errRefused = errors.New("soak: another sequence is expected")

// journalTransit is how long a message of the journal is on its way: another
// while than a question's, and no small multiple of it.
const journalTransit = 1700*time.Microsecond + 211*time.Nanosecond

// upload is the stream as one life of the daemon reaches it.
type upload struct {
	s *stream
	p *plug
}

func (u upload) LastJournal(context.Context) (string, uint64, json.RawMessage, error) {
	time.Sleep(journalTransit)
	if u.p.dead() || u.s.w.isAway() {
		return "", 0, nil, errNoWire
	}
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	if len(u.s.events) == 0 {
		return u.s.journal, 0, nil, nil
	}
	return u.s.journal, uint64(len(u.s.events)), u.s.events[len(u.s.events)-1], nil
}

func (u upload) PublishJournal(_ context.Context, first uint64, journal string, events []json.RawMessage) error {
	time.Sleep(journalTransit) // whoever loses power at the commit has not sent it
	if u.p.dead() || u.s.w.isAway() {
		return errNoWire
	}
	for _, e := range events {
		u.s.w.heard(e)
	}
	u.p.say(u.s.w, "sends %d events from %d", len(events), first)
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.taken++
	if u.s.loses > 0 && u.s.taken%2 == 0 {
		u.s.loses--
		return errNoWire // it never came
	}
	if u.s.journal != "" && journal != u.s.journal {
		return fmt.Errorf("%w: another journal", errRefused)
	}
	if first != uint64(len(u.s.events))+1 {
		return errRefused
	}
	u.s.journal = journal
	for _, e := range events {
		u.s.events = append(u.s.events, append(json.RawMessage(nil), e...))
	}
	if u.s.loses > 0 {
		u.s.loses--
		return errNoWire // it came, and nobody knows
	}
	return nil
}

func (s *stream) all() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[:len(s.events):len(s.events)]
}

func (s *stream) lose(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loses = n
}
