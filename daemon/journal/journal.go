// Package journal is the kiosk's memory: one bbolt file of numbered events, one
// synced commit an event, the truth after a power cut and the outbox to the
// office.
//
// It never loses, doubles or reorders an event (I7), and it never makes room by
// dropping one: a full journal is an error, and the kiosk goes out of service.
// It holds no name, address or serial: a person is a hash with a salt that never
// leaves the file.
package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"kioskd/flows"
)

const (
	fileName = "journal.db"
	// format is the file's; a file of a newer one is left alone.
	format = 1
	// eventsMax bounds the file (about 300 bytes an event): some 20,000 visits.
	eventsMax = 1_000_000
	saltLen   = 32
	idLen     = 16
	// lockWait is how long another process may hold the file: a daemon that is
	// just ending.
	lockWait = 2 * time.Second
)

var (
	metaBucket   = []byte("meta")
	eventsBucket = []byte("events")

	formatKey = []byte("format")
	idKey     = []byte("id")
	saltKey   = []byte("salt")
	sentKey   = []byte("sent")
)

// What can be wrong with a journal.
var (
	ErrInUse   = errors.New("journal: another process has it open")
	ErrDamaged = errors.New("journal: file is damaged")
	ErrNewer   = errors.New("journal: file is from a newer version")
	ErrFull    = errors.New("journal: full")
	ErrDisk    = errors.New("journal: disk cannot be written")
)

// Points hears of every commit: "before" and "after", with the event's kind. A
// scenario cuts the power there; in a shop it is nil.
type Points interface{ CommitPoint(when, kind string) }

// Journal is an open one. Safe for concurrent use.
type Journal struct {
	db     *bolt.DB
	id     string
	salt   []byte
	points Points

	mu     sync.Mutex
	ledger *flows.Ledger
	last   uint64
	sent   uint64
	news   chan struct{} // has one element while there may be something to send
}

// Open opens the journal in dir, or begins one. points may be nil.
func Open(dir string, points Points) (*Journal, error) {
	path := filepath.Join(dir, fileName)
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, NoFreelistSync: true})
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", kindOf(err), path, err)
	}
	j := &Journal{db: db, points: points, ledger: flows.NewLedger(), news: make(chan struct{}, 1)}
	if err := j.load(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := syncDir(dir); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	j.news <- struct{}{}
	return j, nil
}

// kindOf sorts bbolt's and the system's errors into what a technician can act on.
func kindOf(err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrInUse
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist), isDisk(err):
		return ErrDisk
	default:
		return ErrDamaged
	}
}

// syncDir makes a new file's name durable, not just its bytes.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func (j *Journal) load() error {
	if err := j.db.Update(begin); err != nil {
		if errors.Is(err, ErrNewer) {
			return err
		}
		return fmt.Errorf("%w: %w", kindOf(err), err)
	}
	return j.db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		j.id = string(meta.Get(idKey))
		j.salt = append([]byte(nil), meta.Get(saltKey)...)
		j.sent = number(meta.Get(sentKey))
		return tx.Bucket(eventsBucket).ForEach(func(k, v []byte) error {
			e, err := decode(v)
			if err != nil {
				return fmt.Errorf("%w: event %d: %w", ErrDamaged, number(k), err)
			}
			if number(k) != j.last+1 || e.Number != j.last+1 {
				return fmt.Errorf("%w: event %d follows %d", ErrDamaged, number(k), j.last)
			}
			j.last = e.Number
			j.ledger.Apply(e)
			return nil
		})
	})
}

// begin gives a new file its name and its salt, and checks an old one's format.
func begin(tx *bolt.Tx) error {
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucketIfNotExists(eventsBucket); err != nil {
		return err
	}
	if have := meta.Get(formatKey); have != nil {
		if number(have) > format {
			return fmt.Errorf("%w: format %d, this program knows %d", ErrNewer, number(have), format)
		}
		return nil
	}
	id, salt := make([]byte, idLen), make([]byte, saltLen)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	return errors.Join(
		meta.Put(formatKey, key(format)),
		meta.Put(idKey, []byte(hex.EncodeToString(id))),
		meta.Put(saltKey, salt),
		meta.Put(sentKey, key(0)),
	)
}

// Write commits one event; when it returns, the disk has it.
func (j *Journal) Write(e flows.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.last >= eventsMax {
		return fmt.Errorf("%w: %d events", ErrFull, j.last)
	}
	e.Number = j.last + 1
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("journal: %s: %w", e.Kind, err)
	}
	j.point("before", e.Kind)
	if err := j.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(eventsBucket).Put(key(e.Number), b)
	}); err != nil {
		return fmt.Errorf("%w: %s: %w", kindOf(err), e.Kind, err)
	}
	j.last = e.Number
	j.ledger.Apply(e)
	j.point("after", e.Kind)
	select {
	case j.news <- struct{}{}:
	default: // the sender knows already
	}
	return nil
}

func (j *Journal) point(when, kind string) {
	if j.points != nil {
		j.points.CommitPoint(when, kind)
	}
}

// Probe says whether the disk takes a commit again, after one that failed.
func (j *Journal) Probe() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(metaBucket).Put(sentKey, key(j.sent))
	}); err != nil {
		return fmt.Errorf("%w: %w", kindOf(err), err)
	}
	return nil
}

// Ledger is what all events add up to.
func (j *Journal) Ledger() *flows.Ledger { return j.ledger }

// Person is the salted hash by which this journal knows a certificate.
func (j *Journal) Person(serial []byte) string {
	h := sha256.New()
	h.Write(j.salt)
	h.Write(serial)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// New says whether nothing was ever written.
func (j *Journal) New() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last == 0
}

// ID is the journal's random name.
func (j *Journal) ID() string { return j.id }

// Report is the whole journal, for a technician.
type Report struct {
	ID     string        `json:"id"`
	Events []flows.Event `json:"events"`
	Owed   int           `json:"owed"`   // yen
	Unsent uint64        `json:"unsent"` // events the office has not acknowledged
}

// Report reads everything.
func (j *Journal) Report() (Report, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := Report{ID: j.id, Events: []flows.Event{}, Owed: j.ledger.Owed(), Unsent: j.last - j.sent}
	err := j.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(eventsBucket).ForEach(func(k, v []byte) error {
			e, err := decode(v)
			r.Events = append(r.Events, e)
			return err
		})
	})
	if err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r, nil
}

// Unsent is how many events the office has not acknowledged.
func (j *Journal) Unsent() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last - j.sent
}

// Close ends the journal. It may be called twice.
func (j *Journal) Close() error {
	if err := j.db.Close(); err != nil {
		return fmt.Errorf("journal: close: %w", err)
	}
	return nil
}

func decode(b []byte) (flows.Event, error) {
	var e flows.Event
	if err := json.Unmarshal(b, &e); err != nil {
		return flows.Event{}, err
	}
	return e, nil
}

func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func number(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}
