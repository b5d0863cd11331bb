package journal

import (
	"errors"
	"fmt"
	"io/fs"

	bolt "go.etcd.io/bbolt"

	"kioskd/flows"
)

// contents are all that a journal says.
type contents struct {
	id               string
	salt             []byte
	ledger           *flows.Ledger
	base, last, sent uint64
	generation       uint64 // of the log; 0 for none
	events           []flows.Event
}

// take is the next event.
func (c *contents) take(n uint64, b []byte) error {
	e, err := decode(b)
	if err != nil {
		return fmt.Errorf("%w: event %d: %w", ErrDamaged, n, err)
	}
	if n != c.last+1 || e.Number != c.last+1 {
		return fmt.Errorf("%w: event %d follows %d", ErrDamaged, n, c.last)
	}
	c.last = e.Number
	c.ledger.Apply(e)
	c.events = append(c.events, e)
	return nil
}

// logged adds what the log says to what the file says, and returns those events.
func (c *contents) logged(dir string) ([][]byte, error) {
	log, err := readLog(dir, c.id)
	if c.generation == 0 && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, errForeign)) {
		return nil, nil // it has had none yet
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is gone, and the events of the last visits with it", ErrDamaged, logName)
	}
	if err != nil {
		return nil, err
	}
	frames, err := replay(log, c.generation, c.last)
	if err != nil {
		return nil, err
	}
	var events [][]byte
	for _, f := range frames {
		if err := c.take(f.number, f.event); err != nil {
			return nil, err
		}
		c.sent = f.sent
		events = append(events, f.event)
	}
	return events, c.check()
}

func (c *contents) check() error {
	if c.sent > c.last {
		return fmt.Errorf("%w: %d events were sent, it has %d", ErrDamaged, c.sent, c.last)
	}
	return nil
}

// read is the whole file, checked: each event after the other, none missing.
func read(db *bolt.DB) (contents, error) {
	var c contents
	err := db.View(func(tx *bolt.Tx) error {
		have, err := formatOf(tx)
		if err != nil {
			return err
		}
		meta := tx.Bucket(metaBucket)
		c.id = string(meta.Get(idKey))
		c.salt = append([]byte(nil), meta.Get(saltKey)...)
		c.sent, c.generation = number(meta.Get(sentKey)), number(meta.Get(generationKey))
		if len(c.id) != 2*idLen || len(c.salt) != saltLen {
			return fmt.Errorf("%w: it has no name or no salt", ErrDamaged)
		}
		if c.ledger, c.base, err = baseOf(tx, have); err != nil {
			return err
		}
		c.last = c.base
		events := tx.Bucket(eventsBucket)
		if events == nil {
			return fmt.Errorf("%w: it has no events", ErrDamaged)
		}
		return events.ForEach(func(k, v []byte) error { return c.take(number(k), v) })
	})
	if err == nil {
		err = c.check()
	}
	return c, err
}
