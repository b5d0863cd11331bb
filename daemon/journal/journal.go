// Package journal is the kiosk's memory: numbered events, one synced commit an
// event, the truth after a power cut and the outbox to the office.
//
// Events lie in a bbolt file. bbolt waits for the disk twice a commit, first for
// the pages, then for the head that leads to them, and a customer's coin waits
// with it. So a commit goes into a log beside that file, with one wait (see log);
// some 250 events later a checkpoint puts them into bbolt with one commit of its
// own. bbolt has the truth as of the latest checkpoint and the log what came
// since: neither is whole without the other. Every start reads both and makes a
// checkpoint, after an orderly end as after a power cut: closing writes nothing.
//
// It never loses, doubles or reorders an event (I7). It holds no name, address or
// serial: a person is a hash with a salt that never leaves the file.
//
// Its size is bounded. Events that the office has acknowledged are kept as
// history, the latest 20,000 of them (some 1,000 visits); older ones are pruned,
// and what they add up to stays as a ledger: what is owed is never pruned. Events
// that the office has not acknowledged are never dropped. When there are 60,000
// events in the file, 2,000 fewer than that for whoever comes new, the kiosk goes
// out of service, and comes back by itself when the office has taken them. The
// disk space is taken beforehand, so that somebody else's log cannot fill the
// disk in the middle of a visit.
//
// A commit that failed ends this journal: what the disk has of it only a fresh
// start can tell. So does a file that turns out damaged. A damaged file is left
// as it lies; a new one begins on a technician's word alone (BeginAnew).
package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"kioskd/flows"
)

// bounds are a journal's limits; tests have smaller ones.
type bounds struct {
	history  uint64 // acknowledged events that are kept
	most     uint64 // events in the file
	reserved uint64 // of those, for who is being served already
	prune    uint64 // events that are pruned at once, at least
	space    int64  // bytes taken on the disk beforehand
	log      int64  // bytes of the log, taken beforehand as well; whole blocks
}

func shopBounds() bounds {
	return bounds{history: 20_000, most: 60_000, reserved: 2_000, prune: 500, space: 32 << 20, log: 1 << 20}
}

// eventMax is the longest event, in bytes: no message to the office may be
// refused for its size.
const eventMax = 4 << 10

// What can be wrong with a journal.
var (
	ErrInUse   = errors.New("journal: another process has it open")
	ErrDamaged = errors.New("journal: file is damaged")
	ErrNewer   = errors.New("journal: file is from a newer version")
	ErrFull    = errors.New("journal: full of events that the office has not taken")
	ErrDisk    = errors.New("journal: disk cannot be written")
	ErrNone    = errors.New("journal: there is none")
)

// Points hears of every commit: "before" and "after", with the event's kind, and
// "checkpoint" for one. A scenario cuts the power there; in a shop it is nil.
type Points interface{ CommitPoint(when, kind string) }

// Journal is an open one. Safe for concurrent use.
type Journal struct {
	db     *bolt.DB
	dir    string
	id     string
	salt   []byte
	points Points
	bounds bounds

	mu     sync.Mutex
	ledger *flows.Ledger
	base   uint64 // the last event that was pruned
	last   uint64
	sent   uint64
	noted  uint64   // what bbolt has of sent
	log    *log     // nil until it is open
	tail   [][]byte // the events that only the log has, up to last
	failed error    // why nothing more can be written; nil for nothing
	faults bool     // reading it faults: its locks may be held for ever
	full   atomic.Bool
	pace   pace
	news   chan struct{}                           // has one element while there may be something to send
	line   chan struct{}                           // has one element when the line to the office stands anew
	spread func(below time.Duration) time.Duration // nil: chance
}

// Write commits one event; when it returns, the disk has it. After an error of
// the disk's or the file's nothing more is written: what became of that event
// only the next start can know.
func (j *Journal) Write(e flows.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		return j.failed
	}
	if j.last-j.base >= j.bounds.most {
		return fmt.Errorf("%w: %d events", ErrFull, j.last-j.base)
	}
	if j.log.full() {
		if err := j.checkpoint(j.base); err != nil {
			return fmt.Errorf("%s: %w", e.Kind, err)
		}
	}
	e.Number = j.last + 1
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("journal: %s: %w", e.Kind, err)
	}
	if len(b) > eventMax {
		return fmt.Errorf("journal: %s has %d bytes, at most %d", e.Kind, len(b), eventMax)
	}
	j.point("before", e.Kind)
	begun := time.Now()
	if err := j.commit(func() error { return j.log.append(e.Number, j.sent, b) }); err != nil {
		return fmt.Errorf("%s: %w", e.Kind, err)
	}
	j.pace.note(time.Since(begun))
	j.last, j.tail = e.Number, append(j.tail, b)
	j.ledger.Apply(e)
	j.fill()
	j.point("after", e.Kind)
	select {
	case j.news <- struct{}{}:
	default: // the sender knows already
	}
	return nil
}

// commit has something written and synced; what fails is the last. j.mu is held.
func (j *Journal) commit(f func() error) error {
	err := j.guard(f)
	if err == nil {
		return nil
	}
	if !errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("%w: %w", kindOf(err), err)
	}
	j.failed = err
	return err
}

// guard has bbolt's panics, and the faults of a map whose file has shrunk, end
// this journal and not the process. j.mu is held.
func (j *Journal) guard(f func() error) (err error) {
	if j.faults {
		return j.failed
	}
	err, j.faults = guarded(f)
	if j.faults {
		j.failed = err
	}
	return err
}

func guarded(f func() error) (err error, faults bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err, faults = fmt.Errorf("%w: %v", ErrDamaged, p), true
		}
	}()
	return f(), false
}

func (j *Journal) point(when, kind string) {
	if j.points != nil {
		j.points.CommitPoint(when, kind)
	}
}

// Err is why nothing more can be written, nil while it can.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failed
}

// Full says that nobody new may be served: there are so many events that the
// office has not taken. It never waits.
func (j *Journal) Full() bool { return j.full.Load() }

// Probe says whether the journal can be written, or could be after a fresh start
// (see Err). It writes nothing before a commit has failed, and then tries the disk
// with a file of its own.
func (j *Journal) Probe() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.failed == nil && j.full.Load():
		return ErrFull
	case j.failed == nil:
		if err := refuses(j.dir, j.bounds.space); err != nil {
			return err
		}
		return j.guard(func() error { return j.db.View(func(*bolt.Tx) error { return nil }) })
	case !errors.Is(j.failed, ErrDisk):
		return j.failed
	}
	return tryDisk(filepath.Join(j.dir, probeName))
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

// Unsent is how many events the office has not acknowledged.
func (j *Journal) Unsent() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last - j.sent
}

// Close ends the journal. It may be called twice.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var err error
	if j.log != nil {
		if err = j.log.file.Close(); errors.Is(err, os.ErrClosed) {
			err = nil
		}
	}
	// A fault may have left bbolt's locks held, and only the process's end takes
	// the map away that holds the file's.
	if !j.faults {
		err = errors.Join(err, j.db.Close())
	}
	if err != nil {
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

// TryDisk says whether the disk under dir takes a file, as Probe does; ErrDisk.
func TryDisk(dir string) error { return tryDisk(filepath.Join(dir, probeName)) }

// tryDisk writes, syncs and removes a file.
func tryDisk(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	_, err = f.Write(make([]byte, probeBytes))
	err = errors.Join(err, f.Sync(), f.Close())
	if gone := os.Remove(path); !errors.Is(gone, fs.ErrNotExist) { // who tries at the same time may have been first
		err = errors.Join(err, gone)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return nil
}
