package journal

import (
	"fmt"

	bolt "go.etcd.io/bbolt"

	"kioskd/flows"
)

// fill notes whether somebody new may still be served. It goes out of service
// while there is room for who is there, and comes back when there is room for
// twice as much, so that it does not flutter. j.mu is held.
func (j *Journal) fill() {
	room := j.bounds.most - min(j.bounds.most, j.last-j.base)
	switch {
	case room < j.bounds.reserved:
		j.full.Store(true)
	case room >= 2*j.bounds.reserved:
		j.full.Store(false)
	}
}

// prune turns history that is too old into the ledger it adds up to. An event
// that the office has not acknowledged stays. It also notes what the office has,
// where the file is far behind. j.mu is held.
func (j *Journal) prune() error {
	upTo := j.base
	if j.sent > j.bounds.history {
		upTo = max(upTo, j.sent-j.bounds.history)
	}
	if upTo < j.base+j.bounds.prune && j.sent < j.noted+j.bounds.prune {
		return nil
	}
	return j.checkpoint(upTo)
}

// fold applies events to the ledger of what was pruned, up to that number, and
// deletes them.
func fold(tx *bolt.Tx, upTo uint64) error {
	ledger, base, err := baseOf(tx, format)
	if err != nil {
		return err
	}
	events := tx.Bucket(eventsBucket)
	c := events.Cursor()
	for k, v := c.Seek(key(base + 1)); k != nil && number(k) <= upTo; k, v = c.Seek(key(base + 1)) {
		e, err := decode(v)
		if err != nil {
			return fmt.Errorf("%w: event %d: %w", ErrDamaged, number(k), err)
		}
		ledger.Apply(e)
		base = number(k)
		if err := c.Delete(); err != nil {
			return err
		}
	}
	b, err := ledger.Snapshot()
	if err != nil {
		return err
	}
	bucket := tx.Bucket(baseBucket)
	if err := bucket.Put(ledgerKey, b); err != nil {
		return err
	}
	return bucket.Put(numberKey, key(base))
}

// baseOf is the ledger of what was pruned, and the number of its last event.
func baseOf(tx *bolt.Tx, format uint64) (*flows.Ledger, uint64, error) {
	if format == 1 {
		return flows.NewLedger(), 0, nil
	}
	bucket := tx.Bucket(baseBucket)
	if bucket == nil {
		return nil, 0, fmt.Errorf("%w: it has no base", ErrDamaged)
	}
	base, b := number(bucket.Get(numberKey)), bucket.Get(ledgerKey)
	if base == 0 {
		return flows.NewLedger(), 0, nil
	}
	ledger, err := flows.LedgerFrom(b)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return ledger, base, nil
}
