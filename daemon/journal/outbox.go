package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	bolt "go.etcd.io/bbolt"
)

const (
	batchMax = 64 // events a message
	// A refused or lost message is tried again after retryLeast, then ever more
	// slowly, with jitter: a thousand kiosks must not come back as one.
	retryLeast = 500 * time.Millisecond
	retryMost  = 30 * time.Second
)

// Office is where events go.
type Office interface {
	// LastJournal names the journal the office heard of last and the number of
	// its last event; "" and 0 for none.
	LastJournal(ctx context.Context) (journal string, last uint64, err error)
	// PublishJournal hands over events first, first+1, … and returns when the
	// office has them on its disk. It refuses, rather than doubles, what it has
	// already.
	PublishJournal(ctx context.Context, first uint64, journal string, events []json.RawMessage) error
}

// Send brings every event to the office, in order, until ctx ends.
func (j *Journal) Send(ctx context.Context, office Office, log *slog.Logger) error {
	wait := retryLeast
	for {
		select {
		case <-j.news:
		case <-ctx.Done():
			return nil
		}
		for {
			err := j.drain(ctx, office)
			if err == nil {
				wait = retryLeast
				break
			}
			if ctx.Err() != nil {
				return nil
			}
			log.Info("journal not sent yet", "err", err, "again", wait)
			pause := time.NewTimer(wait/2 + rand.N(wait/2))
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
				return nil
			}
			wait = min(wait*2, retryMost)
		}
	}
}

// drain sends until nothing is left. The office's own last number decides where
// to go on: after a lost acknowledgement it is ahead of ours.
func (j *Journal) drain(ctx context.Context, office Office) error {
	journal, last, err := office.LastJournal(ctx)
	if err != nil {
		return err
	}
	if journal != j.id {
		last = 0 // the office knows this kiosk by an older journal, or not at all
	}
	for {
		if err := j.acknowledge(last); err != nil {
			return err
		}
		batch, err := j.after(last)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			return nil
		}
		if err := office.PublishJournal(ctx, last+1, j.id, batch); err != nil {
			return err
		}
		last += uint64(len(batch))
	}
}

func (j *Journal) after(n uint64) ([]json.RawMessage, error) {
	var batch []json.RawMessage
	err := j.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(eventsBucket).Cursor()
		for k, v := c.Seek(key(n + 1)); k != nil && len(batch) < batchMax; k, v = c.Next() {
			batch = append(batch, append(json.RawMessage(nil), v...))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return batch, nil
}

// acknowledge notes how far the office has come. It is a note only: the truth is
// asked for at every drain.
func (j *Journal) acknowledge(last uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if last == j.sent {
		return nil
	}
	if last > j.last {
		return fmt.Errorf("%w: the office has %d events, the journal %d", ErrDamaged, last, j.last)
	}
	if err := j.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(metaBucket).Put(sentKey, key(last))
	}); err != nil {
		return fmt.Errorf("%w: %w", kindOf(err), err)
	}
	j.sent = last
	return nil
}
