package journal

import (
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"
)

// checkpointKind is how Points hear of a checkpoint, which is no event.
const checkpointKind = "checkpoint"

// checkpoint puts what only the log has into bbolt, in one transaction with the
// log's next generation, and folds the events up to that number into the ledger
// (see prune). Until it is done the log holds; from then on the log is written
// from its beginning. j.mu is held.
func (j *Journal) checkpoint(upTo uint64) error {
	j.point("before", checkpointKind)
	begun := time.Now()
	next := j.log.generation + 1
	if err := j.commit(func() error {
		return j.db.Update(func(tx *bolt.Tx) error {
			events := tx.Bucket(eventsBucket)
			events.FillPercent = 0.9 // they come in order, and are never changed
			for i, e := range j.tail {
				if err := events.Put(key(j.inFile()+uint64(i)+1), e); err != nil {
					return err
				}
			}
			if upTo > j.base {
				if err := fold(tx, upTo); err != nil {
					return err
				}
			}
			meta := tx.Bucket(metaBucket)
			return errors.Join(meta.Put(generationKey, key(next)), meta.Put(sentKey, key(j.sent)))
		})
	}); err != nil {
		return err
	}
	j.pace.checkpoint = Checkpoint{Events: len(j.tail), Took: time.Since(begun)}
	j.log.restart(next)
	j.tail, j.base, j.noted = nil, upTo, j.sent
	j.fill()
	j.point("after", checkpointKind)
	return nil
}

// inFile is the number of the last event that bbolt has. j.mu is held.
func (j *Journal) inFile() uint64 { return j.last - uint64(len(j.tail)) }

// event is the one of that number, from the log or from bbolt; nil where there is
// none. It holds while tx does. j.mu is held.
func (j *Journal) event(tx *bolt.Tx, n uint64) []byte {
	if in := j.inFile(); n > in && n <= j.last {
		return j.tail[n-in-1]
	}
	return tx.Bucket(eventsBucket).Get(key(n))
}
