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
)

const (
	fileName  = "journal.db"
	newName   = "journal.new" // while it is being made
	probeName = "journal.probe"
	// format is the file's. 1 had no base: nothing was ever pruned. 2 had no log
	// beside it. A file of an older one is brought up to this in one commit; one of
	// a newer is left alone.
	format  = 3
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
	// generationKey leads to the generation of the log's frames that follow what is
	// in the file. A file without one has no log yet.
	generationKey = []byte("generation")
	numberKey     = []byte("number")
	ledgerKey     = []byte("ledger")
)

// Open opens the journal in dir, or begins one where there never was one. points
// may be nil. Its errors say what a technician can act on: see ErrDamaged and its
// neighbours.
func Open(dir string, points Points) (*Journal, error) { return open(dir, points, shopBounds()) }

func open(dir string, points Points, b bounds) (*Journal, error) {
	path := filepath.Join(dir, fileName)
	if err := there(dir); errors.Is(err, ErrNone) {
		if err := create(dir, nil); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
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

// there is ErrNone where there never was a journal. A log is never made before
// the file it belongs to, so one alone says that the file is lost.
func there(dir string) error {
	missing := func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return errors.Is(err, fs.ErrNotExist)
	}
	switch {
	case !missing(fileName):
		return nil
	case missing(logName):
		return fmt.Errorf("%w: no %s in %s", ErrNone, fileName, dir)
	default:
		return fmt.Errorf("%w: %s is there, and %s is not", ErrDamaged, logName, fileName)
	}
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
	if err := errors.Join(err, db.Close(), giveToOwner(dir, path)); err != nil {
		return fmt.Errorf("%w: %s: %w", kindOf(err), path, err)
	}
	if err := os.Rename(path, filepath.Join(dir, fileName)); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return syncDir(dir)
}

// giveToOwner gives a file to its folder's owner: a technician is root, the kiosk
// is not, and must be able to open what a technician's command has begun.
func giveToOwner(dir, path string) error {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return err
	}
	if os.Geteuid() != 0 || st.Uid == 0 {
		return nil
	}
	return os.Chown(path, int(st.Uid), int(st.Gid))
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
	if j.tail, err = c.logged(j.dir); err != nil {
		return err
	}
	if c.generation == 0 {
		if err := beginLog(j.dir, c.id, j.bounds.log); err != nil {
			return err
		}
	}
	if j.log, err = openLog(j.dir); err != nil {
		return err
	}
	j.log.generation = c.generation
	j.id, j.salt, j.ledger, j.base, j.last, j.sent = c.id, c.salt, c.ledger, c.base, c.last, c.sent
	// A disk that takes nothing is found before anybody stands there.
	return j.checkpoint(j.base)
}

// beginLog gives a file its first log. What lies in its place is another
// journal's, and is kept.
func beginLog(dir, id string, size int64) error {
	if _, err := readLog(dir, id); errors.Is(err, errForeign) {
		if _, err := keepAside(dir, logName); err != nil {
			return err
		}
	}
	return createLog(dir, id, size)
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
