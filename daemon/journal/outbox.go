package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	bolt "go.etcd.io/bbolt"

	"kioskd/daemon/health"
)

const (
	batchMax      = 64        // events a message
	batchBytesMax = 128 << 10 // of them
	// A refused or lost message is tried again after retryLeast, then ever more
	// slowly, with jitter: a thousand kiosks must not come back as one.
	retryLeast = 500 * time.Millisecond
	retryMost  = 30 * time.Second
)

// Office is where events go.
type Office interface {
	// LastJournal names the journal the office heard of last and its last event
	// with its number; "", 0 and nil for none.
	LastJournal(ctx context.Context) (journal string, last uint64, event json.RawMessage, err error)
	// PublishJournal hands over events first, first+1, … and returns when the
	// office has them on its disk. It refuses, rather than doubles, what it has
	// already.
	PublishJournal(ctx context.Context, first uint64, journal string, events []json.RawMessage) error
}

// Send brings every event to the office, in order, until ctx ends.
func (j *Journal) Send(ctx context.Context, office Office, log *slog.Logger) error {
	wait := retryLeast
	turn := time.NewTicker(health.Turn)
	defer turn.Stop()
	for {
		health.Beat(ctx)
		select {
		case <-turn.C:
			continue
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
			j.rest(ctx, wait/2+j.drawn(wait/2))
			if ctx.Err() != nil {
				return nil
			}
			wait = min(wait*2, retryMost)
		}
	}
}

// Spread says how the pauses between two attempts are drawn, in place of chance.
// Before Send.
func (j *Journal) Spread(draw func(below time.Duration) time.Duration) { j.spread = draw }

func (j *Journal) drawn(below time.Duration) time.Duration {
	if j.spread == nil {
		return rand.N(below)
	}
	return j.spread(below)
}

// Retry ends the rest after a failure: the line to the office stands anew. Kiosks
// come back one by one, since each rests at random before it dials.
func (j *Journal) Retry() {
	select {
	case j.line <- struct{}{}:
	default:
	}
}

// rest waits for d, and no longer than until the line stands anew.
func (j *Journal) rest(ctx context.Context, d time.Duration) {
	over := time.NewTimer(d)
	defer over.Stop()
	turn := time.NewTicker(health.Turn)
	defer turn.Stop()
	for {
		health.Beat(ctx)
		select {
		case <-ctx.Done():
			return
		case <-over.C:
			return
		case <-j.line:
			return
		case <-turn.C:
		}
	}
}

// drain sends until nothing is left. The office's own last number decides where
// to go on: after a lost acknowledgement it is ahead of ours.
func (j *Journal) drain(ctx context.Context, office Office) error {
	journal, last, event, err := office.LastJournal(ctx)
	if err != nil {
		return err
	}
	if journal != j.id {
		last = 0 // the office knows this kiosk by an older journal, or not at all
	} else if err := j.agree(last, event); err != nil {
		return err
	}
	for {
		health.Beat(ctx)
		if err := j.acknowledge(last); err != nil {
			return err
		}
		batch, err := j.after(last)
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := office.PublishJournal(ctx, last+1, j.id, batch); err != nil {
			return err
		}
		last += uint64(len(batch))
	}
}

// after are the next events, as many as one message may have.
func (j *Journal) after(n uint64) ([]json.RawMessage, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var batch []json.RawMessage
	size := 0
	err := j.guard(func() error {
		return j.db.View(func(tx *bolt.Tx) error {
			for len(batch) < batchMax {
				v := j.event(tx, n+1)
				if v == nil || size+len(v) > batchBytesMax {
					return nil
				}
				batch = append(batch, append(json.RawMessage(nil), v...))
				size += len(v)
				n++
			}
			return nil
		})
	})
	return batch, err
}

// agree holds the office's last event against ours of that number. A file that
// was put back from an older copy and has gone on since is a fork: its events
// have numbers that the office knows for others. Nothing of it is sent.
func (j *Journal) agree(last uint64, event json.RawMessage) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var own []byte
	err := j.guard(func() error {
		return j.db.View(func(tx *bolt.Tx) error {
			own = append(own, j.event(tx, last)...)
			return nil
		})
	})
	if err != nil || own == nil {
		return err // not here any more, because it was acknowledged, or not yet: see acknowledge
	}
	var ours, theirs bytes.Buffer
	if err := errors.Join(json.Compact(&ours, own), json.Compact(&theirs, event)); err != nil {
		return fmt.Errorf("journal: event %d at the office: %w", last, err)
	}
	if !bytes.Equal(ours.Bytes(), theirs.Bytes()) {
		j.failed = fmt.Errorf("%w: an older copy that has gone on: the office has another event %d", ErrDamaged, last)
		return j.failed
	}
	return nil
}

// acknowledge notes how far the office has come. It is a note only, and goes to
// the disk with what is next written there: the truth is asked for at every drain.
func (j *Journal) acknowledge(last uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		return j.failed
	}
	if last > j.last {
		// A file that was put back from an older copy. To go on would give two
		// events one number.
		j.failed = fmt.Errorf("%w: the office has %d events, the journal %d", ErrDamaged, last, j.last)
		return j.failed
	}
	if last < j.base {
		return fmt.Errorf("journal: the office has lost the events from %d on; those up to %d are no longer here", last+1, j.base)
	}
	j.sent = last
	return j.prune()
}
