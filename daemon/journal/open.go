package journal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"kioskd/flows"
)

const (
	fileName  = "journal.db"
	newName   = "journal.new" // while it is being made
	probeName = "journal.probe"
	// format is the file's. 1 had no base: nothing was ever pruned. A file of an
	// older one is brought up to this in one commit; one of a newer is left alone.
	format  = 2
	saltLen = 32
	idLen   = 16
	// lockWait is how long another process may hold the file: a daemon that is
	// just ending.
	lockWait   = 2 * time.Second
	probeBytes = 256 << 10 // what a disk must take to be called mended
)

var (
	metaBucket   = []byte("meta")
	eventsBucket = []byte("events")
	baseBucket   = []byte("base") // of what was pruned: the last number, and the ledger

	formatKey = []byte("format")
	idKey     = []byte("id")
	saltKey   = []byte("salt")
	sentKey   = []byte("sent")
	numberKey = []byte("number")
	ledgerKey = []byte("ledger")
)

// Open opens the journal in dir, or begins one where there never was one. points
// may be nil. Its errors say what a technician can act on: see ErrDamaged and its
// neighbours.
func Open(dir string, points Points) (*Journal, error) { return open(dir, points, shopBounds()) }

func open(dir string, points Points, b bounds) (*Journal, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(dir, nil); err != nil {
			return nil, err
		}
	}
	if err := ready(path, b.space); err != nil {
		return nil, err
	}
	j := &Journal{dir: dir, points: points, bounds: b, news: make(chan struct{}, 1), line: make(chan struct{}, 1)}
	err := j.guard(func() (err error) {
		j.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, NoFreelistSync: true})
		if err != nil {
			return fmt.Errorf("%w: %s: %w", kindOf(err), path, err)
		}
		return j.load()
	})
	if err != nil {
		if j.db != nil {
			err = errors.Join(err, j.Close())
		}
		return nil, err
	}
	j.news <- struct{}{}
	return j, nil
}

// ready checks a file as it lies, and takes the space that it may need.
func ready(path string, space int64) error {
	f, err := lockFile(path, os.O_RDWR, unix.LOCK_EX)
	if err != nil {
		return err
	}
	err = inspect(f, path)
	if err == nil {
		err = reserve(f, space)
	}
	return errors.Join(err, f.Close())
}

func inspect(f *os.File, path string) error {
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	if err := verify(f, st.Size()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
	}
	return nil
}

// reserve takes disk blocks for so many bytes, those that a file has not got
// yet. Where a file system cannot do this, the disk may fill up under us.
func reserve(f *os.File, space int64) error {
	err := unix.Fallocate(int(f.Fd()), 0, 0, space)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %d MiB for the journal: %w", ErrDisk, space>>20, err)
	}
	return nil
}

// lockFile opens the file as bbolt locks it, so that nobody writes while it is
// looked at. Closing it gives the lock back.
func lockFile(path string, flag, how int) (*os.File, error) {
	f, err := os.OpenFile(path, flag, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	for until := time.Now().Add(lockWait); ; time.Sleep(50 * time.Millisecond) {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrDisk, path, err), f.Close())
		}
		if time.Now().After(until) {
			return nil, errors.Join(fmt.Errorf("%w: %s", ErrInUse, path), f.Close())
		}
	}
}

// create makes a whole journal under another name and gives it its own: a file
// of that name is never half made. first may write into it.
func create(dir string, first func(*bolt.Tx) error) error {
	path := filepath.Join(dir, newName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, NoFreelistSync: true})
	if err != nil {
		return fmt.Errorf("%w: %s: %w", kindOf(err), path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		if err := begin(tx); err != nil || first == nil {
			return err
		}
		return first(tx)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("%w: %s: %w", kindOf(err), path, err)
	}
	if err := os.Rename(path, filepath.Join(dir, fileName)); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return syncDir(dir)
}

// syncDir makes a new file's name durable, not just its bytes.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return nil
}

// begin gives a new file its name and its salt.
func begin(tx *bolt.Tx) error {
	meta, err := tx.CreateBucket(metaBucket)
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucket(eventsBucket); err != nil {
		return err
	}
	if _, err := tx.CreateBucket(baseBucket); err != nil {
		return err
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

// load reads everything, so that what cannot be read is found before anybody is
// served.
func (j *Journal) load() error {
	old := false
	if err := j.db.View(func(tx *bolt.Tx) error {
		have, err := formatOf(tx)
		old = have < format
		return err
	}); err != nil {
		return err
	}
	if old {
		if err := j.db.Update(migrate); err != nil {
			return fmt.Errorf("%w: bring format up to %d: %w", kindOf(err), format, err)
		}
	}
	c, err := read(j.db)
	if err != nil {
		return err
	}
	j.id, j.salt, j.ledger, j.base, j.last, j.sent = c.id, c.salt, c.ledger, c.base, c.last, c.sent
	j.fill()
	// A disk that takes nothing is found before anybody stands there.
	return j.commit(func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Put(sentKey, key(j.sent)) })
}

func formatOf(tx *bolt.Tx) (uint64, error) {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		return 0, fmt.Errorf("%w: it has no head", ErrDamaged)
	}
	have := number(meta.Get(formatKey))
	switch {
	case have == 0:
		return 0, fmt.Errorf("%w: it has no format", ErrDamaged)
	case have > format:
		return 0, fmt.Errorf("%w: format %d, this program knows %d", ErrNewer, have, format)
	}
	return have, nil
}

// migrate brings an older file up, step by step, in one commit.
func migrate(tx *bolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if number(meta.Get(formatKey)) == 1 {
		if _, err := tx.CreateBucket(baseBucket); err != nil {
			return err
		}
	}
	return meta.Put(formatKey, key(format))
}

// contents are all that a file says.
type contents struct {
	id               string
	salt             []byte
	ledger           *flows.Ledger
	base, last, sent uint64
	events           []flows.Event
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
		c.sent = number(meta.Get(sentKey))
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
		return events.ForEach(func(k, v []byte) error {
			e, err := decode(v)
			if err != nil {
				return fmt.Errorf("%w: event %d: %w", ErrDamaged, number(k), err)
			}
			if number(k) != c.last+1 || e.Number != c.last+1 {
				return fmt.Errorf("%w: event %d follows %d", ErrDamaged, number(k), c.last)
			}
			c.last = e.Number
			c.ledger.Apply(e)
			c.events = append(c.events, e)
			return nil
		})
	})
	if err == nil && c.sent > c.last {
		err = fmt.Errorf("%w: %d events were sent, it has %d", ErrDamaged, c.sent, c.last)
	}
	return c, err
}
