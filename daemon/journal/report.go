package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"kioskd/flows"
)

// Report is the whole journal, for a technician.
type Report struct {
	ID     string        `json:"id"`
	Events []flows.Event `json:"events"`
	Owed   int           `json:"owed"`   // yen
	Unsent uint64        `json:"unsent"` // events the office has not acknowledged
	// Pruned is the number of the last event that is no longer here.
	Pruned uint64 `json:"pruned,omitempty"`
	Debts  []Debt `json:"debts,omitempty"`
	// Pace is of the running daemon.
	Pace Pace `json:"pace,omitzero"`
	// Failed says why nothing more can be written.
	Failed string `json:"failed,omitempty"`
}

// Debt is money that is owed.
type Debt struct {
	Visit    string    `json:"visit"`
	Yen      int       `json:"yen"`
	Incident string    `json:"incident"`
	Booked   time.Time `json:"booked"`
	Card     bool      `json:"card"` // the card is known: it can be fetched at the kiosk
}

// Report reads everything.
func (j *Journal) Report() (Report, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var c contents
	if err := j.guard(func() (err error) {
		if c, err = read(j.db); err != nil {
			return err
		}
		c.sent = j.sent
		for _, e := range j.tail {
			if err := c.take(c.last+1, e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return Report{}, err
	}
	r := c.report()
	r.Pace = j.pace.read()
	if j.failed != nil {
		r.Failed = j.failed.Error()
	}
	return r, nil
}

// Read is the report of a journal that no daemon has open. It changes nothing,
// and needs a disk that can only be read.
func Read(dir string) (Report, error) {
	if err := there(dir); err != nil {
		return Report{}, err
	}
	path := filepath.Join(dir, fileName)
	f, err := lockFile(path, os.O_RDONLY, unix.LOCK_SH)
	if err != nil {
		return Report{}, err
	}
	if err := errors.Join(inspect(f, path), f.Close()); err != nil {
		return Report{}, err
	}
	var c contents
	err, _ = guarded(func() (err error) {
		db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, ReadOnly: true})
		if err != nil {
			return fmt.Errorf("%w: %s: %w", kindOf(err), path, err)
		}
		if c, err = read(db); err == nil {
			_, err = c.logged(dir)
		}
		return errors.Join(err, db.Close())
	})
	if err != nil {
		return Report{}, err
	}
	return c.report(), nil
}

func (c contents) report() Report {
	r := Report{ID: c.id, Events: c.events, Owed: c.ledger.Owed(), Unsent: c.last - c.sent, Pruned: c.base}
	if r.Events == nil {
		r.Events = []flows.Event{}
	}
	for _, a := range c.ledger.Debts() {
		r.Debts = append(r.Debts, Debt{Visit: a.Visit, Yen: a.Debt, Incident: a.Incident, Booked: a.Booked, Card: a.Person != ""})
	}
	return r
}
