package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Limits of one message to the stream.
const (
	MaxBatch      = 256 << 10 // bytes
	MaxBatchCount = 256       // events
	MaxEvent      = 8 << 10   // bytes of one event
)

// JournalBatch is a run of numbered events of one journal, without a gap. The
// stream takes it only with the expected last sequence of the kiosk's subject.
type JournalBatch struct {
	Version int               `json:"version"`
	Journal string            `json:"journal"` // random id of the journal
	First   uint64            `json:"first"`   // number of the first event, from 1
	Events  []json.RawMessage `json:"events"`
}

// Last is the number of the last event.
func (b JournalBatch) Last() uint64 { return b.First + uint64(len(b.Events)) - 1 }

// Check refuses what breaks a limit.
func (b JournalBatch) Check() error {
	if err := checkVersion(b.Version, Version); err != nil {
		return err
	}
	if err := checkID("journal", b.Journal); err != nil {
		return err
	}
	if b.First == 0 || b.First > 1<<53 {
		return errors.New("events count from 1")
	}
	if len(b.Events) == 0 || len(b.Events) > MaxBatchCount {
		return fmt.Errorf("%d events: want 1 to %d", len(b.Events), MaxBatchCount)
	}
	for i, e := range b.Events {
		if len(e) > MaxEvent {
			return fmt.Errorf("event %d has %d bytes: at most %d", b.First+uint64(i), len(e), MaxEvent)
		}
		if t := bytes.TrimSpace(e); len(t) == 0 || t[0] != '{' {
			return fmt.Errorf("event %d is no JSON object", b.First+uint64(i))
		}
	}
	return nil
}

// JournalSignature is the header with the kiosk's signature of its batch: by its
// NKey, over JournalSigned, in base64. The NATS server lets a kiosk name any
// reply subject, and answers there itself; so what stands on a kiosk's subject
// is that kiosk's only if the kiosk has signed it.
const JournalSignature = "Kiosk-Signature"

// JournalSigned is what a kiosk signs of a batch.
func JournalSigned(kiosk string, body []byte) []byte {
	return frame([]byte(purposeLedger), []byte(kiosk), body)
}
